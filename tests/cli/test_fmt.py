"""`deployer fmt`: one canonical layout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.program import deployer as deployer_at_a_shell
from tests.cli.projects import Ran, good, program, write

WILD = """\
trigger:   inbound_sms     # SMS
subAccountId: acme_wild
status:  enabled


definition:
    steps:
    -   stepType: SMS
        id: reply
        inputs: {subAccountId: 'acme_wild',  destination: '{{data.payload.source}}', text: Thank you}
    name: Reply
"""
TAME = """\
subAccountId: acme_wild
trigger: inbound_sms  # SMS
status: enabled

definition:
  name: Reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: "acme_wild", destination: "{{data.payload.source}}", text: Thank you }
"""


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, fine=good("fine"), wild=WILD))
    return tmp_path


def text_of(project: Path, key: str = "wild") -> str:
    return (project / f"workflows/{key}.yaml").read_text()


def test_files_are_written_in_the_layout(deployer: Ran, project: Path) -> None:
    outcome = deployer("fmt")
    assert (outcome.code, outcome.out) == (0, "workflows/wild.yaml: formatted\n1 file formatted, 1 file in order\n")
    assert text_of(project) == TAME
    assert text_of(project, "fine") == good("fine")
    assert deployer("fmt", "--check").code == 0


def test_a_check_writes_nothing_and_fails(deployer: Ran, project: Path) -> None:
    outcome = deployer("fmt", "--check")
    assert outcome.code == 1
    assert outcome.out.startswith("workflows/wild.yaml: would be formatted\n")
    assert text_of(project) == WILD


def test_a_diff_shows_what_would_change(deployer: Ran, project: Path) -> None:
    outcome = deployer("fmt", "--diff")
    assert outcome.code == 0
    assert "-trigger:   inbound_sms     # SMS\n" in outcome.out
    assert "+trigger: inbound_sms  # SMS\n" in outcome.out
    assert text_of(project) == WILD
    assert deployer("fmt", "--diff", "--check").code == 1


def test_credentials_in_a_diff_are_masked(deployer: Ran, project: Path) -> None:
    write(project, wild=WILD + "    # Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789\n")
    assert "abcdefghijklmnop" not in deployer("fmt", "--diff").out


def test_only_the_chosen_files_change(deployer: Ran, project: Path) -> None:
    deployer("fmt", "fine")
    assert text_of(project) == WILD
    deployer("fmt", "--exclude", "wild")
    assert text_of(project) == WILD


def test_changed_files_that_are_no_workflows_are_passed_over(deployer: Ran, project: Path) -> None:
    (project / "notes.yaml").write_text("just:   notes\n")
    outcome = deployer("fmt", "--changed-files", "notes.yaml", "deployer.yaml", "workflows/wild.yaml")
    assert (outcome.code, outcome.out) == (0, "workflows/wild.yaml: formatted\n1 file formatted\n")
    assert (project / "notes.yaml").read_text() == "just:   notes\n"
    assert deployer("fmt", "--changed-files").code == 0


def test_a_broken_file_stays_as_it_is_and_fails(deployer: Ran, project: Path) -> None:
    write(project, wild=WILD + "  [\n")
    outcome = deployer("fmt")
    assert outcome.code == 1
    assert "workflows/wild.yaml: left as it is: it has errors; `deployer validate` names them" in outcome.err
    assert text_of(project) == WILD + "  [\n"


def test_what_is_no_workflow_stays_as_it_is(deployer: Ran, project: Path) -> None:
    write(project, compose="services:   {}\n")
    outcome = deployer("fmt")
    assert outcome.code == 0
    assert "workflows/compose.yaml: left as it is: it is no workflow" in outcome.err
    assert text_of(project, "compose") == "services:   {}\n"


def test_json_says_what_happened(deployer: Ran, project: Path) -> None:
    report = json.loads(deployer("fmt", "--check", "--format", "json").out)
    assert report["summary"] == {"changed": 1, "files": 2}
    assert [item["status"] for item in report["files"]] == ["same", "changed"]


@pytest.mark.parametrize(
    ("given", "code", "printed"), [(WILD, 0, TAME), (TAME.replace("\n", "\r\n"), 0, TAME.replace("\n", "\r\n")),
                                   (WILD + "[", 1, WILD + "[")]
)  # fmt: skip
def test_an_editor_gets_the_text_back(project: Path, given: str, code: int, printed: str) -> None:
    outcome = deployer_at_a_shell("fmt", "-", cwd=project, given=given)
    assert (outcome.code, outcome.out) == (code, printed)


def test_stdin_goes_with_nothing_else(deployer: Ran, project: Path) -> None:
    assert deployer("fmt", "-", "fine").code == 3


def test_a_link_out_of_the_project_is_not_written_through(deployer: Ran, project: Path) -> None:
    outside = project.parent / f"{project.name}-outside.yaml"
    outside.write_text(WILD)
    (project / "workflows/link.yaml").symlink_to(outside)
    deployer("fmt", "workflows/")
    assert outside.read_text() == WILD


def test_a_file_keeps_its_mode(deployer: Ran, project: Path) -> None:
    file = project / "workflows/wild.yaml"
    file.chmod(0o600)
    deployer("fmt")
    assert os.stat(file).st_mode & 0o777 == 0o600
