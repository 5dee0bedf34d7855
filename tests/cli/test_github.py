"""`github comment`, as a step of a workflow runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Ran, project, within
from tests.remote.github_server import REPOSITORY, FakeGitHub, serving

TOKEN = "ghs_0123456789abcdef"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """GitHub, and the environment of a step."""
    made = FakeGitHub()
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH", "GITHUB_EVENT_NAME", "GITHUB_SHA", "GITHUB_SERVER_URL",
                 "GITHUB_RUN_ID", "DEPLOYER_FORMAT"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    with serving(made) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a plan's report."""
    made = project(tmp_path / "a project")
    assert within("plan", "--report", "comment=plan.comment", cwd=made).code == 0
    return made


def comment(folder: Path, *arguments: str, file: str = "plan.comment") -> Ran:
    return within("github", "comment", file, *arguments, cwd=folder)


def event(folder: Path, monkeypatch: pytest.MonkeyPatch, value: object, name: str = "pull_request") -> None:
    (folder / "event.json").write_text(json.dumps(value))
    monkeypatch.setenv("GITHUB_EVENT_PATH", "event.json")
    monkeypatch.setenv("GITHUB_EVENT_NAME", name)


def test_the_plan_becomes_a_comment(github: FakeGitHub, folder: Path) -> None:
    ran = comment(folder, "--pull-request", "7")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Pull request 7: comment created: https://github.com/{REPOSITORY}/pull/7#issuecomment-1001\n"
    lines = github.comments[0].body.splitlines()
    assert lines[0] == "<!-- deployer report project=. environment=local -->"
    assert lines[1] == "**1 workflow changes for customers in local:** `reply` is new."
    assert comment(folder, "--pull-request", "7").out.startswith("Pull request 7: comment already says so")


def test_environments_stand_beside_each_other_and_so_does_validate(github: FakeGitHub, tmp_path: Path) -> None:
    line = "  NAME: {emulator: true, vars: {sms: acme_NAME}}\n"
    config = "version: 1\nenvironments:\n" + "".join(line.replace("NAME", name) for name in "ab")
    made = project(tmp_path, config=config)
    for name in ("a", "b"):
        within("--env", name, "plan", "--report", f"comment={name}.comment", cwd=made)
        comment(made, "--pull-request", "7", file=f"{name}.comment")
    within("validate", "--report", "comment=v.comment", cwd=made)
    comment(made, "--pull-request", "7", file="v.comment")
    assert [item.body.splitlines()[0] for item in github.comments] == [
        "<!-- deployer report project=. environment=a -->",
        "<!-- deployer report project=. environment=b -->",
        "<!-- deployer report project=. environment= -->",
    ]


@pytest.mark.parametrize(
    "value", [{"pull_request": {"number": 7}}, {"issue": {"number": 7, "pull_request": {"url": "x"}}}]
)
def test_the_pull_request_is_that_of_the_event(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    event(folder, monkeypatch, value)
    assert comment(folder).out.startswith("Pull request 7: comment created")


def test_after_a_merge_it_is_the_one_that_the_commit_came_with(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event(folder, monkeypatch, {"ref": "refs/heads/main"}, "push")
    monkeypatch.setenv("GITHUB_SHA", "abcdef1")
    github.of_commit["abcdef1"] = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": "abcdef1"}]
    assert comment(folder).out.startswith("Pull request 7: comment created")


@pytest.mark.parametrize("value", [{"issue": {"number": 7}}, {"schedule": "0 3 * * *"}, []])
def test_without_a_pull_request_there_is_the_summary(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    event(folder, monkeypatch, value, "schedule")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    ran = comment(folder)
    assert ran.code == 0
    assert "no pull request belongs to this run" in ran.err
    assert (folder / "summary.md").read_text().startswith("**1 workflow changes")
    assert github.comments == []


def test_at_a_shell_the_pull_request_has_to_be_named(github: FakeGitHub, folder: Path) -> None:
    ran = comment(folder)
    assert ran.code == 3
    assert "--pull-request N" in ran.err


def test_a_fork_gets_the_summary_and_a_note_and_the_step_goes_on(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    github.may_write = False
    ran = comment(folder, "--pull-request", "7")
    assert ran.code == 0
    assert "note: cannot comment on pull request 7: the token may not do this: Resource not accessible" in ran.err
    assert ran.err.count("note:") == 1
    assert (
        (folder / "summary.md")
        .read_text()
        .startswith(
            "> ⚠️ The token may not comment on this pull request, so the report is only in this summary.\n\n**1 workflow"
        )
    )


def test_a_token_that_may_not_comment_is_an_error_where_no_summary_can_do(github: FakeGitHub, folder: Path) -> None:
    github.may_write = False
    ran = comment(folder, "--pull-request", "7")
    assert ran.code == 4
    assert "error: cannot comment on pull request 7: the token may not do this: Resource not accessible" in ran.err
    assert "summary" not in ran.err


def test_where_the_summary_has_the_report_already_only_the_reason_is_added(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = folder / "summary.md"
    summary.write_text("The report\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    comment(folder, "--pull-request", "7", "--no-summary")
    assert summary.read_text() == "The report\n"
    github.comments.clear()
    github.may_write = False
    comment(folder, "--pull-request", "7", "--no-summary")
    assert summary.read_text().startswith("The report\n\n> ⚠️ The token may not comment on this pull request")
    assert "is new" not in summary.read_text()


def test_a_token_that_is_not_accepted_is_an_error(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "revoked")
    ran = comment(folder, "--pull-request", "7")
    assert ran.code == 4
    assert "does not accept the token: Bad credentials" in ran.err


@pytest.mark.parametrize(("name", "said"), [("GITHUB_TOKEN", "GITHUB_TOKEN is not set"),
                                            ("GITHUB_REPOSITORY", "GITHUB_REPOSITORY is not set")])  # fmt: skip
def test_what_is_missing_is_named(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.delenv(name)
    ran = comment(folder, "--pull-request", "7")
    assert ran.code == 3
    assert said in ran.err


def test_the_token_goes_to_no_address_in_the_clear(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://ghe.acme.example/api/v3")
    ran = comment(folder, "--pull-request", "7")
    assert ran.code == 3
    assert "in the clear" in ran.err
    assert TOKEN not in ran.err


def test_an_enterprise_server_has_its_api_below_a_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = FakeGitHub(prefix="/api/v3")
    with serving(made) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        for number in range(130):
            made.add(str(number), login="octocat")
        assert comment(folder, "--pull-request", "7").code == 0
        assert comment(folder, "--pull-request", "7").out.startswith("Pull request 7: comment already says so")
    assert len(made.comments) == 131


def test_changes_only_comments_on_changes_and_takes_its_word_back(github: FakeGitHub, folder: Path) -> None:
    arguments = ("--pull-request", "7", "--when", "changes-only")
    within("apply", "--auto-approve", cwd=folder)
    within("plan", "--report", "comment=none.comment", cwd=folder)
    assert comment(folder, *arguments, file="none.comment").out == "Pull request 7: comment not needed\n"
    comment(folder, *arguments)
    assert comment(folder, *arguments, file="none.comment").out.startswith("Pull request 7: comment updated")
    assert "**Nothing changes for customers in local.**" in github.comments[0].body


def test_never_is_the_summary_alone_and_needs_no_token(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert comment(folder, "--when", "never").code == 0
    assert "`reply` is new" in (folder / "summary.md").read_text()
    assert github.heard == []


def test_a_summary_is_added_to_what_is_there_and_stays_below_its_limit(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    before = "x" * 1_000_000 + "\n"
    summary.write_text(before)
    large = {"version": 1, "kind": "deployer comment", "project": ".", "environment": "local", "changes": True,
             "blocks": [["**Short.**"], *[["é" * 2_000, "é"]] * 30]}  # fmt: skip
    (folder / "large.comment").write_text(json.dumps(large))
    assert comment(folder, "--when", "never", file="large.comment").code == 0
    text = summary.read_text()
    assert text.startswith(f"{before}\n**Short.**")
    assert len(text.encode()) <= 1024 * 1024
    assert text.count("é" * 2_000) > 5
    assert text.endswith("*Shortened to what fits here; the whole report is an artifact of the run.*\n")


def test_a_summary_that_is_full_or_not_writable_is_a_note(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "summary.md").write_text("x" * 1024 * 1024)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    ran = comment(folder, "--when", "never")
    assert (ran.code, "the step summary is full" in ran.err) == (0, True)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/summary.md")
    ran = comment(folder, "--when", "never")
    assert (ran.code, "cannot be written: No such file or directory" in ran.err) == (0, True)


def test_a_long_report_links_to_the_run_that_has_all_of_it(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    blocks = [["**Short.**"], *[["x" * 9_000, "x"]] * 30]
    large = {"version": 1, "kind": "deployer comment", "project": ".", "environment": "", "changes": True,
             "blocks": blocks}  # fmt: skip
    (folder / "large.comment").write_text(json.dumps(large))
    comment(folder, "--pull-request", "7", file="large.comment")
    body = github.comments[0].body
    assert len(body) <= 65_536
    assert body.count("x" * 9_000) == 7
    assert f"[the whole report](https://github.com/{REPOSITORY}/actions/runs/42)" in body


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is not JSON"),
        ("[]", "it is no deployer comment"),
        ('{"kind": "deployer comment", "version": 2}', "version 2 is not known here"),
        ('{"kind": "deployer comment", "version": true}', "version True is not known here"),
        ('{"kind": "deployer comment", "version": 1, "blocks": [[]]}', "a part of it is missing"),
        ("\udcff", "can't decode"),
    ],
)
def test_a_file_that_is_no_report_is_told(github: FakeGitHub, folder: Path, content: str, said: str) -> None:
    (folder / "odd.comment").write_bytes(content.encode("utf-8", "surrogateescape"))
    ran = comment(folder, "--pull-request", "7", file="odd.comment")
    assert ran.code == 3
    assert "odd.comment: not a report for a comment: " in ran.err
    assert said in ran.err


def test_a_file_that_is_not_there_is_told(github: FakeGitHub, folder: Path) -> None:
    assert "no.comment: cannot be read: No such file" in comment(folder, file="no.comment").err


def test_an_event_that_cannot_be_read_is_told(
    github: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_PATH", "no.json")
    ran = comment(folder)
    assert ran.code == 3
    assert "the event cannot be read" in ran.err
