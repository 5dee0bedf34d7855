"""`validate --baseline`: a project that starts with debt makes no new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import Ran, bad, commit, good, program, write


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write(tmp_path, a=bad("a"), b=bad("b"))
    commit(root)
    monkeypatch.chdir(root)
    return root


def test_what_is_written_is_not_reported_any_more(deployer: Ran, project: Path) -> None:
    written = deployer("validate", "--baseline", "debt.json", "--write-baseline")
    assert (written.code, written.err) == (0, "debt.json: 2 findings written\n")
    after = deployer("validate", "--baseline", "debt.json")
    assert (after.code, after.out) == (0, "no findings in 2 files\n")
    assert after.err == "2 findings not shown: debt.json knows them\n"


def test_new_findings_are_reported_and_fail(deployer: Ran, project: Path) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    (project / "workflows/c.yaml").write_text(bad("c"))
    after = deployer("validate", "--baseline", "debt.json")
    assert after.code == 1
    assert after.out.endswith("\n1 error in 3 files\n")
    assert "workflows/c.yaml:8:17: error[unknown-step-type]" in after.out


def test_the_baseline_holds_from_every_folder_and_when_lines_move(
    deployer: Ran, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    (project / "workflows/a.yaml").write_text("# first\n\n" + bad("a"))
    monkeypatch.chdir(project / "workflows")
    assert deployer("validate", "--baseline", "../debt.json").code == 0


def test_paid_debt_is_told(deployer: Ran, project: Path) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    (project / "workflows/a.yaml").write_text(good("a"))
    (project / "workflows/b.yaml").unlink()
    told = "2 findings of debt.json gone; write it anew with --write-baseline\n"
    assert deployer("validate", "--baseline", "debt.json").err == told
    assert deployer("validate", "--baseline", "debt.json", "-q").err == ""


def test_debt_of_files_that_were_not_checked_is_not_paid(deployer: Ran, project: Path) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    assert "gone" not in deployer("validate", "a", "--baseline", "debt.json").err


def test_writing_for_one_file_keeps_the_rest(deployer: Ran, project: Path) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    (project / "workflows/a.yaml").write_text(good("a"))
    assert deployer("validate", "a", "--baseline", "debt.json", "--write-baseline").err.startswith(
        "debt.json: 1 finding written"
    )
    assert deployer("validate", "--baseline", "debt.json").code == 0


def test_a_file_that_cannot_be_read_cannot_be_put_off(deployer: Ran, project: Path) -> None:
    (project / "workflows/a.yaml").write_text("steps: [")
    written = deployer("validate", "--baseline", "debt.json", "--write-baseline")
    assert written.code == 1
    assert "error[yaml-syntax]" in written.out
    assert "nothing could be sent" in written.err


def test_every_format_leaves_out_what_is_known(deployer: Ran, project: Path) -> None:
    deployer("validate", "--baseline", "debt.json", "--write-baseline")
    assert deployer("validate", "--baseline", "debt.json", "--format", "gitlab").out == "[]\n"


def test_a_baseline_that_is_not_there_is_named_with_the_way_to_write_it(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--baseline", "debt.json")
    assert outcome.code == 3
    assert "debt.json: no such file" in outcome.err
    assert "--write-baseline" in outcome.err


def test_write_baseline_needs_a_file_to_write(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--write-baseline")
    assert (outcome.code, outcome.err) == (3, "error: --write-baseline needs --baseline FILE, the file to write\n")
