"""One run, and its result in as many formats as somebody needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import LOCAL, project, within
from tests.cli.projects import commit


def test_a_run_of_plan_gives_markdown_and_json(tmp_path: Path) -> None:
    folder = project(tmp_path)
    ran = within("plan", "--report", "markdown=plan.md", "--report", "json=plan.json", cwd=folder)
    assert ran.out.endswith("Plan: 1 to create, 0 to update, 0 to disable, 0 to delete.\n")
    assert "**1 workflow changes for customers in local:** `reply` is new." in (folder / "plan.md").read_text()
    assert json.loads((folder / "plan.json").read_text())["summary"]["create"] == 1
    assert within("plan", "--format", "markdown", cwd=folder).out == (folder / "plan.md").read_text()


def test_errors_in_the_files_are_the_result_of_a_plan(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "workflows" / "bad.yaml").write_text("trigger: inbound_sms\n")
    ran = within("plan", "--report", "markdown=plan.md", "--report", "json=plan.json", cwd=folder)
    assert ran.code == 1
    assert (folder / "plan.md").read_text().startswith("**❌ Nothing can be deployed: ")
    assert json.loads((folder / "plan.json").read_text())["summary"]["errors"] > 0


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_errors_that_stop_a_plan_stand_beside_their_lines_on_github(tmp_path: Path, command: str) -> None:
    folder = project(tmp_path, reply="Hello")
    bad = folder / "workflows" / "reply.yaml"
    bad.write_text(bad.read_text().replace("stepType: SMS", "stepType: SSM"))
    commit(folder)
    (folder / "below").mkdir()
    ran = within(command, "-C", "..", "--report", "github=beside.txt", cwd=folder / "below")
    assert ran.code == 1
    written = (folder / "beside.txt").read_text()
    assert written == within("validate", "--format", "github", cwd=folder).out
    assert written.startswith("::error file=workflows/reply.yaml,line=8,")


def test_a_plan_and_an_apply_that_nothing_stops_put_nothing_beside_lines(tmp_path: Path) -> None:
    folder = project(tmp_path)
    planned = within("plan", "--format", "github", cwd=folder)
    assert planned.out == "Plan: 1 to create, 0 to update, 0 to disable, 0 to delete.\n"
    within("apply", "--auto-approve", "--report", "github=beside.txt", cwd=folder)
    assert (folder / "beside.txt").read_text() == "Applied: 1 created, 0 updated, 0 disabled, 0 deleted.\n"


def test_warnings_about_the_files_are_in_the_json_of_a_plan_that_looked_for_them(tmp_path: Path) -> None:
    folder = project(tmp_path)
    file = folder / "workflows" / "reply.yaml"
    file.write_text(f"version: 3\n{file.read_text()}")
    said = json.loads(within("validate", "--format", "json", cwd=folder).out)["findings"]
    assert [finding["severity"] for finding in said] == ["warning"]
    within("plan", "--report", "json=plan.json", "--report", "markdown=plan.md", "--out", "saved.json", cwd=folder)
    assert json.loads((folder / "plan.json").read_text())["findings"] == said
    assert "findings" not in json.loads((folder / "saved.json").read_text())
    assert within("apply", "--auto-approve", "--format", "json", cwd=folder).json["findings"] == said


def test_validate_writes_every_format_that_it_knows(tmp_path: Path) -> None:
    folder = project(tmp_path)
    formats = ("text", "json", "github", "gitlab", "sarif", "junit", "markdown")
    ran = within("validate", *(f"--report={kind}={kind}.out" for kind in formats), "--format", "sarif", cwd=folder)
    assert ran.code == 0
    assert {kind for kind in formats if (folder / f"{kind}.out").read_text()} == set(formats)
    assert (folder / "sarif.out").read_text() == ran.out
    assert (folder / "markdown.out").read_text() == "**✅ Valid: no findings in 1 file.**\n"


def test_what_is_wrong_with_the_project_is_a_report_too(tmp_path: Path) -> None:
    folder = project(tmp_path, config="version: 1\nnonsense: true\n")
    commit(folder)
    for command in ("validate", "plan", "apply"):
        reports = {kind: tmp_path / f"{command}.{kind}" for kind in ("comment", "json", "github", "markdown")}
        ran = within(command, *(f"--report={kind}={path}" for kind, path in reports.items()), cwd=folder)
        assert (ran.code, "unknown setting `nonsense`" in ran.out) == (3, True)
        assert json.loads(reports["json"].read_text())["summary"]["errors"] == 1
        assert reports["github"].read_text().startswith("::error file=deployer.yaml,line=2,")
        assert "unknown setting `nonsense`" in reports["markdown"].read_text()
        assert json.loads(reports["comment"].read_text())["project"] == "."


def test_without_a_report_it_is_the_last_word_of_the_program(tmp_path: Path) -> None:
    folder = project(tmp_path, config="version: 1\nnonsense: true\n")
    for command in ("validate", "plan", "apply"):
        ran = within(command, cwd=folder)
        assert (ran.code, ran.out, "unknown setting `nonsense`" in ran.err) == (3, "", True)


@pytest.mark.parametrize("given", ["markdown", "markdown=", "=x", "svg=x", "nonsense=x"])
def test_a_report_needs_a_format_that_the_command_has_and_a_file(tmp_path: Path, given: str) -> None:
    ran = within("plan", "--report", given, cwd=project(tmp_path))
    assert ran.code == 3
    assert "is not FORMAT=FILE with a format of text, json, markdown, github, comment" in ran.err


def test_a_report_that_cannot_be_written_is_said_after_the_result(tmp_path: Path) -> None:
    ran = within("plan", "--report", "json=no/such/folder.json", cwd=project(tmp_path))
    assert ran.code == 3
    assert "Plan: 1 to create" in ran.out
    assert "error: --report json=no/such/folder.json: cannot be written: No such file or directory" in ran.err


def test_a_secret_that_a_report_would_cut_in_two_is_masked_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_SECRET_TOKEN", "first sentence. second_sentence")
    text = f"{'A long text that is cut between its sentences. ' * 3}first sentence. second_sentence"
    folder = project(tmp_path, config=LOCAL, reply=text)
    out = within("plan", "--format", "markdown", cwd=folder).out
    assert "second" not in out
    assert "(secret TOKEN)" in out


def test_apply_and_drift_report_in_markdown_too(tmp_path: Path) -> None:
    folder = project(tmp_path)
    ran = within("apply", "--auto-approve", "--report", "markdown=done.md", "--report", "json=done.json", cwd=folder)
    assert "Applied: 1 created" in ran.out
    assert (folder / "done.md").read_text().startswith("**✅ Deployed: 1 change is live in local.**")
    assert json.loads((folder / "done.json").read_text())["exitCode"] == 0
    again = within("apply", "--auto-approve", "--format", "markdown", cwd=folder)
    assert again.out.startswith("**Nothing was to change in local.**")
    drift = within("drift", "--format", "markdown", "--report", "comment=drift.comment", cwd=folder)
    assert drift.out.startswith("**Nobody changed local since the last apply:** 1 workflow as deployed.")
    assert json.loads((folder / "drift.comment").read_text())["changes"] is False


def test_compare_reports_in_markdown_too(tmp_path: Path) -> None:
    folder = project(tmp_path, config="version: 1\nenvironments:\n  a: {emulator: true, vars: {sms: acme_a}}\n"
                                      "  b: {emulator: true, vars: {sms: acme_b}}\n")  # fmt: skip
    for name in ("a", "b"):
        within("--env", name, "apply", "--auto-approve", cwd=folder)
    ran = within("compare", "a", "b", "--format", "markdown", "--report", "comment=ab.comment", cwd=folder)
    assert ran.out == "**a and b are the same**, variables aside: 1 workflow.\n"
    assert json.loads((folder / "ab.comment").read_text())["environment"] == "a and b"
