"""`validate --fix` and `--diff`: what is safe is mended, or shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import CONFIG, Ran, bad, good, program, write

LOOSE = good("loose").replace("stepType: SMS", "stepType: sms  # text").replace("text: Thank you", "text: 17:00:00")
MENDED = good("loose").replace("stepType: SMS", "stepType: SMS  # text").replace("text: Thank you", 'text: "17:00:00"')


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, loose=LOOSE))
    return tmp_path


def text_of(project: Path, key: str = "loose") -> str:
    return (project / f"workflows/{key}.yaml").read_text()


def test_what_is_safe_is_written_to_the_file(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--fix")
    assert (outcome.code, outcome.out) == (0, "no findings in 1 file\n")
    assert outcome.err == "2 findings mended in 1 file\n"
    assert text_of(project) == MENDED
    assert deployer("validate", "--fix").err == "0 findings mended in 0 files\n"


def test_errors_that_remain_are_reported_and_fail(deployer: Ran, project: Path) -> None:
    write(project, wrong=bad("wrong").replace("text: Thank you", "text: 17:00:00"))
    outcome = deployer("validate", "--fix")
    assert outcome.code == 1
    assert "error[unknown-step-type]" in outcome.out
    assert "ambiguous-scalar" not in outcome.out
    assert text_of(project, "wrong") == bad("wrong").replace("text: Thank you", 'text: "17:00:00"')


def test_a_diff_shows_it_and_writes_nothing(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--fix", "--diff")
    assert outcome.code == 0
    assert outcome.out.startswith("--- a/workflows/loose.yaml\n+++ b/workflows/loose.yaml\n@@ ")
    assert "-      stepType: sms  # text\n" in outcome.out
    assert "+      stepType: SMS  # text\n" in outcome.out
    assert outcome.err == "2 findings would be mended in 1 file\n"
    assert text_of(project) == LOOSE
    assert deployer("validate", "--diff").out == outcome.out


def test_only_the_chosen_files_change(deployer: Ran, project: Path) -> None:
    write(project, other=LOOSE.replace("loose", "other"))
    deployer("validate", "--fix", "other")
    assert text_of(project) == LOOSE
    assert text_of(project, "other") == MENDED.replace("loose", "other")


def test_a_project_that_turns_a_tidy_rule_off_keeps_its_spelling(deployer: Ran, project: Path) -> None:
    (project / "deployer.yaml").write_text(CONFIG + "rules: { loose-spelling: off, builder-leftover: off }\n")
    deployer("validate", "--fix")
    assert text_of(project) == MENDED.replace("stepType: SMS", "stepType: sms")


def test_a_file_with_an_error_in_its_syntax_is_not_touched(deployer: Ran, project: Path) -> None:
    broken = LOOSE + "  - [\n"
    write(project, loose=broken)
    assert deployer("validate", "--fix").code == 1
    assert text_of(project) == broken


def test_a_byte_order_mark_stays(deployer: Ran, project: Path) -> None:
    file = project / "workflows/loose.yaml"
    file.write_text(LOOSE, encoding="utf-8-sig")
    deployer("validate", "--fix")
    assert file.read_bytes() == MENDED.encode("utf-8-sig")


def test_many_findings_of_one_kind_are_all_mended(deployer: Ran, project: Path) -> None:
    steps = "".join(
        f"    - {{ id: s{n}, stepType: wait, inputs: {{ duration: '5 min' }}, do: [] }}\n" for n in range(130)
    )
    write(project, loose=good("loose") + steps)
    assert deployer("validate", "--fix").err == "390 findings mended in 1 file\n"
    assert "wait" not in text_of(project)


@pytest.mark.parametrize(
    "flags", [("--fix", "-"), ("--diff", "-"), ("--fix", "--watch"), ("--diff", "--format", "json")]
)
def test_what_cannot_be_mended_or_shown_is_refused(deployer: Ran, project: Path, flags: tuple[str, ...]) -> None:
    assert deployer("validate", *flags).code == 3
    assert text_of(project) == LOOSE
