"""`validate` in the formats of CI systems."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deployer.cli.options import FINDING_FORMATS
from tests.cli.projects import Ran, bad, commit, good, program, write


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project in one of its folders; the user stands in the project."""
    for name in ("DEPLOYER_FORMAT", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    root = write(tmp_path / "team", fine=good("fine"), wrong=bad("wrong"))
    commit(tmp_path)
    monkeypatch.chdir(root)
    return root


def files_in(output: str, kind: str) -> set[str]:
    """The file names in a report."""
    if kind == "github":
        return {line.split("file=")[1].split(",")[0] for line in output.splitlines() if line.startswith("::")}
    if kind == "gitlab":
        return {issue["location"]["path"] for issue in json.loads(output)}
    if kind == "junit":
        return {str(suite.get("name")) for suite in ET.fromstring(output)}  # noqa: S314  # our own output
    results = json.loads(output)["runs"][0]["results"]
    return {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}


@pytest.mark.parametrize("kind", FINDING_FORMATS)
def test_the_exit_code_does_not_depend_on_the_format(deployer: Ran, project: Path, kind: str) -> None:
    assert deployer("validate", "--format", kind).code == 1
    assert deployer("validate", "fine", "--format", kind).code == 0


@pytest.mark.parametrize("kind", ["github", "gitlab", "sarif", "junit"])
@pytest.mark.parametrize("place", [".", "workflows", "..", "/"])
def test_files_are_named_from_the_repositorys_top_wherever_the_user_stands(
    deployer: Ran, project: Path, monkeypatch: pytest.MonkeyPatch, kind: str, place: str
) -> None:
    monkeypatch.chdir(project / place)
    path = str(project / "workflows")
    assert "team/workflows/wrong.yaml" in files_in(deployer("validate", path, "--format", kind).out, kind)


@pytest.mark.parametrize("kind", ["github", "gitlab", "sarif", "junit"])
def test_the_c_option_does_not_change_the_names(
    deployer: Ran, project: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(project.parent)
    output = deployer("-C", "team", "validate", "--format", kind).out
    assert "team/workflows/wrong.yaml" in files_in(output, kind)


def test_outside_a_repository_names_start_at_the_checkout_of_the_ci_system(
    deployer: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "checkout" / "team", wrong=bad("wrong"))
    monkeypatch.chdir(root)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "checkout"))
    assert files_in(deployer("validate", "--format", "github").out, "github") == {"team/workflows/wrong.yaml"}


def test_outside_of_both_names_start_at_the_project(
    deployer: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path, wrong=bad("wrong"))
    monkeypatch.chdir(root / "workflows")
    monkeypatch.setenv("GITHUB_WORKSPACE", "/nowhere")
    assert files_in(deployer("validate", "--format", "github").out, "github") == {"workflows/wrong.yaml"}


def test_junit_names_files_without_findings_too(deployer: Ran, project: Path) -> None:
    output = deployer("validate", "--format", "junit").out
    assert files_in(output, "junit") == {"team/workflows/fine.yaml", "team/workflows/wrong.yaml"}


def test_strict_makes_warnings_fail_in_junit_as_in_the_exit_code(deployer: Ran, project: Path) -> None:
    same_sub_account = good("fine").replace("Reply fine", "Reply wrong")
    (project / "workflows/wrong.yaml").write_text(same_sub_account)
    usual, strict = (deployer("validate", "--format", "junit", *flag) for flag in ((), ("--strict",)))
    assert (usual.code, strict.code) == (0, 1)
    assert 'failures="0"' in usual.out
    assert '<testsuites name="deployer validate" tests="2" failures="1"' in strict.out


def test_stdin_is_reported_by_its_name(deployer: Ran, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = (project / "workflows/wrong.yaml").open("rb")

    monkeypatch.setattr("sys.stdin", Stdin)
    with Stdin.buffer:
        output = deployer("validate", "-", "--stdin-name", "workflows/new.yaml", "--format", "gitlab").out
    assert files_in(output, "gitlab") == {"team/workflows/new.yaml"}


@pytest.mark.parametrize("command", ["render", "explain", "status"])
@pytest.mark.parametrize("kind", ["github", "gitlab", "sarif", "junit"])
def test_a_command_without_findings_says_which_formats_it_has(
    deployer: Ran, project: Path, command: str, kind: str
) -> None:
    for arguments in ([command, "--format", kind], ["--format", kind, command]):
        outcome = deployer(*arguments)
        assert outcome.code == 3
        assert f"`deployer {command}` prints text and json, not {kind}." in outcome.err
        assert outcome.out == ""


def test_a_format_from_the_environment_is_checked_as_well(
    deployer: Ran, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_FORMAT", "sarif")
    assert json.loads(deployer("validate").out)["version"] == "2.1.0"
    assert deployer("plan").code == 3
    assert deployer("explain", "--format", "json").code == 0


def test_a_format_that_does_not_exist_is_refused_with_the_ones_that_do(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--format", "sarrif")
    assert outcome.code == 3
    assert "'sarif'" in outcome.err


def test_help_is_printed_whatever_the_format(deployer: Ran, project: Path) -> None:
    assert deployer("--format", "sarif", "plan", "--help").code == 0
