"""One run, and its result in as many formats as somebody needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import LOCAL, project, within


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
    assert within("validate", "--report", "json=findings.json", cwd=folder).code == 3
    assert json.loads((folder / "findings.json").read_text())["summary"]["errors"] == 1


@pytest.mark.parametrize("given", ["markdown", "markdown=", "=x", "svg=x", "nonsense=x"])
def test_a_report_needs_a_format_that_the_command_has_and_a_file(tmp_path: Path, given: str) -> None:
    ran = within("plan", "--report", given, cwd=project(tmp_path))
    assert ran.code == 3
    assert "is not FORMAT=FILE with a format of text, json, markdown, comment" in ran.err


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
