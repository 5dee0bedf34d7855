"""`validate` checks test files together with the workflows that they test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.projects import CONFIG, Ran, bad, commit, good, program, write

RIGHT = '{ cases: [{ name: a, trigger: { sms: { from: "+65" } } }] }\n'
WRONG = '{ cases: [{ name: a, trigger: { sms: { from: "+65" } }, mocks: { repli: {} } }] }\n'


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two workflows in a repository; the test of `fine` is right, the test of `other` is not."""
    root = write(tmp_path, fine=good("fine"), other=good("other"))
    put(root, "fine", RIGHT)
    put(root, "other", WRONG)
    commit(root)
    monkeypatch.chdir(root)
    return root


def put(root: Path, name: str, text: str) -> None:
    (root / "workflows" / f"{name}.test.yaml").write_text(text)


def summary(output: str) -> str:
    return output.splitlines()[-1]


def test_all_files_are_checked_workflows_and_tests(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate")
    assert outcome.code == 1
    assert 'error[test-unknown-step]: `other` has no step `repli`; did you mean "reply"?' in outcome.out
    assert summary(outcome.out) == "1 error in 4 files"


@pytest.mark.parametrize(
    ("selectors", "said"),
    [
        (["fine"], "no findings in 2 files"),
        (["other"], "1 error in 2 files"),
        (["workflows/other.test.yaml"], "1 error in 1 file"),
        (["workflows/fine.test.yaml"], "no findings in 1 file"),
        (["workflows/*.test.yaml"], "1 error in 2 files"),
        (["fine", "workflows/other.test.yaml"], "1 error in 3 files"),
        (["workflows"], "1 error in 4 files"),
        (["--exclude", "other"], "no findings in 2 files"),
        (["--exclude", "workflows/other.test.yaml"], "no findings in 3 files"),
        (["--exclude", "workflows/*.test.yaml"], "no findings in 2 files"),
    ],
    ids=" ".join,
)
def test_a_workflow_means_its_tests_and_a_test_file_means_itself(
    deployer: Ran, project: Path, selectors: list[str], said: str
) -> None:
    assert summary(deployer("validate", *selectors).out) == said


def test_a_test_file_that_is_not_there_is_no_selector(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "workflows/gone.test.yaml")
    assert (outcome.code, outcome.out) == (3, "")
    assert "`workflows/gone.test.yaml` is no workflow, file or folder here" in outcome.err


def test_tests_of_other_projects_are_checked_against_their_own_workflows(deployer: Ran, project: Path) -> None:
    elsewhere = write(project / "elsewhere", far=good("far"))
    put(elsewhere, "far", RIGHT)
    outcome = deployer("validate", "workflows/fine.test.yaml", "elsewhere/workflows/far.test.yaml")
    assert outcome.out == "no findings in 2 files\n"


@pytest.mark.parametrize("output", ["json", "github", "gitlab", "sarif", "junit"])
def test_every_format_names_the_test_file_and_the_rule(deployer: Ran, project: Path, output: str) -> None:
    outcome = deployer("validate", "--format", output)
    assert outcome.code == 1
    assert "workflows/other.test.yaml" in outcome.out
    assert "test-unknown-step" in outcome.out


def test_junit_counts_test_files_as_files(deployer: Ran, project: Path) -> None:
    assert 'tests="4"' in deployer("validate", "--format", "junit").out


def test_no_baseline_hides_a_test_that_cannot_be_understood(deployer: Ran, project: Path) -> None:
    assert deployer("validate", "--baseline", "debt.json", "--write-baseline").code == 1
    assert json.loads((project / "debt.json").read_text())["findings"] == []


def test_no_setting_hides_it_either(deployer: Ran, project: Path) -> None:
    (project / "deployer.yaml").write_text(f"{CONFIG}rules: {{ test-row: off }}\n")
    outcome = deployer("validate")
    assert outcome.code == 3
    assert "always an error: a test that cannot be understood proves nothing" in outcome.err


def test_a_mend_of_workflows_leaves_tests_alone(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--fix")
    assert summary(outcome.out) == "1 error in 4 files"
    assert (project / "workflows/other.test.yaml").read_text() == WRONG


class TestAfterChanges:
    """Only what a change concerns is checked."""

    def test_nothing_changed(self, deployer: Ran, project: Path) -> None:
        assert deployer("validate", "--since", "HEAD").out == "no findings in 0 files\n"

    def test_a_changed_test_is_checked_by_itself(self, deployer: Ran, project: Path) -> None:
        put(project, "fine", WRONG)
        assert summary(deployer("validate", "--since", "HEAD").out) == "1 error in 1 file"
        assert summary(deployer("validate", "--changed-files", "workflows/fine.test.yaml").out) == "1 error in 1 file"

    def test_a_changed_workflow_concerns_its_tests(self, deployer: Ran, project: Path) -> None:
        (project / "workflows/fine.yaml").write_text(good("fine").replace("id: reply", "id: answer"))
        put(project, "fine", WRONG.replace("repli", "reply"))
        commit(project)
        (project / "workflows/fine.yaml").write_text(good("fine").replace("id: reply", "id: answers"))
        outcome = deployer("validate", "--since", "HEAD")
        assert "`fine` has no step `reply`" in outcome.out
        assert summary(outcome.out) == "1 error in 2 files"
        assert deployer("validate", "--changed-files", "workflows/fine.yaml").out == outcome.out

    def test_changed_fixtures_concern_the_tests_that_include_them(self, deployer: Ran, project: Path) -> None:
        put(project, "people", 'fixtures: { mei: { trigger: { sms: { from: "+65" } } } }\n')
        put(project, "fine", "{ include: [people.test.yaml], cases: [{ name: a, use: [mei] }] }\n")
        commit(project)
        put(project, "people", 'fixtures: { may: { trigger: { sms: { from: "+65" } } } }\n')
        outcome = deployer("validate", "--since", "HEAD")
        assert "workflows/fine.test.yaml:1:57: error[test-unknown-fixture]" in outcome.out
        assert summary(outcome.out) == "1 error in 2 files"

    def test_a_changed_configuration_concerns_all(self, deployer: Ran, project: Path) -> None:
        (project / "deployer.yaml").write_text(f"{CONFIG}# changed\n")
        assert summary(deployer("validate", "--since", "HEAD").out) == "1 error in 4 files"

    def test_selectors_choose_among_the_changed(self, deployer: Ran, project: Path) -> None:
        put(project, "fine", WRONG)
        assert deployer("validate", "other", "--since", "HEAD").out == "no findings in 0 files\n"
        assert summary(deployer("validate", "fine", "--since", "HEAD").out) == "1 error in 1 file"

    def test_a_broken_workflow_and_its_test_are_told_together(self, deployer: Ran, project: Path) -> None:
        (project / "workflows/other.yaml").write_text(bad("other"))
        assert summary(deployer("validate", "--since", "HEAD").out) == "2 errors in 2 files"
