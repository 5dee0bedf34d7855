"""`validate --since REF` and `--changed-files`: only what changed is checked, knowing the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import CONFIG, Ran, bad, commit, git, good, program, write


@pytest.fixture
def deployer(capsys: pytest.CaptureFixture[str]) -> Ran:
    return program(capsys)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder of a repository, everything committed; `old` is wrong already."""
    root = write(tmp_path / "team", old=bad("old"), fine=good("fine"))
    commit(tmp_path)
    monkeypatch.chdir(root)
    return root


def summary(output: str) -> str:
    return output.splitlines()[-1]


def test_without_changes_nothing_is_checked(deployer: Ran, project: Path) -> None:
    outcome = deployer("validate", "--since", "HEAD")
    assert (outcome.code, outcome.out) == (0, "no findings in 0 files\n")


def test_edits_new_files_and_what_is_staged_count(deployer: Ran, project: Path) -> None:
    (project / "workflows/fine.yaml").write_text(bad("fine"))
    (project / "workflows/new.yaml").write_text(bad("new"))
    (project / "workflows/staged.yaml").write_text(bad("staged"))
    git(project, "add", "workflows/staged.yaml")
    outcome = deployer("validate", "--since", "HEAD")
    assert summary(outcome.out) == "3 errors in 3 files"
    assert "old.yaml" not in outcome.out


def test_what_others_did_on_the_branch_meanwhile_is_no_change_of_ours(deployer: Ran, project: Path) -> None:
    git(project, "switch", "-q", "-c", "topic")
    (project / "workflows/fine.yaml").write_text(good("other"))
    commit(project.parent)
    git(project, "switch", "-q", "main")
    (project / "workflows/theirs.yaml").write_text(bad("theirs"))
    (project / "workflows/old.yaml").write_text(good("old"))
    commit(project.parent)
    git(project, "switch", "-q", "topic")
    assert summary(deployer("validate", "--since", "main").out) == "no findings in 1 file"


def test_files_that_git_ignores_or_that_were_deleted_do_not_count(deployer: Ran, project: Path) -> None:
    (project / ".gitignore").write_text("workflows/mine.yaml\n")
    (project / "workflows/mine.yaml").write_text(bad("mine"))
    (project / "workflows/fine.yaml").unlink()
    assert deployer("validate", "--since", "HEAD").code == 0


def test_rules_that_compare_workflows_still_know_the_others(deployer: Ran, project: Path) -> None:
    (project / "workflows/new.yaml").write_text(good("fine").replace("Reply fine", "Reply new"))
    outcome = deployer("validate", "--since", "HEAD")
    assert "workflows/new.yaml:2:10: warning[overlapping-trigger]" in outcome.out
    assert summary(outcome.out) == "1 warning in 1 file"


def test_a_changed_configuration_concerns_every_workflow(deployer: Ran, project: Path) -> None:
    (project / "deployer.yaml").write_text(f"{CONFIG}# changed\n")
    assert summary(deployer("validate", "--since", "HEAD").out) == "1 error in 2 files"


def test_a_changed_text_file_concerns_the_workflows_that_take_it_in(deployer: Ran, project: Path) -> None:
    (project / "texts").mkdir()
    (project / "texts/thanks.txt").write_text("Thanks")
    (project / "workflows/fine.yaml").write_text(good("fine").replace("Thank you", '"${file.texts/thanks.txt}"'))
    commit(project.parent)
    (project / "texts/thanks.txt").write_text("Many thanks")
    assert summary(deployer("validate", "--since", "HEAD").out) == "no findings in 1 file"


def test_selectors_choose_among_the_changed_files(deployer: Ran, project: Path) -> None:
    (project / "workflows/fine.yaml").write_text(bad("fine"))
    assert deployer("validate", "old", "--since", "HEAD").out == "no findings in 0 files\n"


@pytest.mark.parametrize("ref", ["nope", "--upload-pack=x", ""])
def test_a_ref_that_git_does_not_know_is_refused(deployer: Ran, project: Path, ref: str) -> None:
    outcome = deployer("validate", f"--since={ref}")
    assert outcome.code == 3
    assert f"`{ref}`" in outcome.err


def test_changed_files_checks_workflows_and_passes_over_the_rest(deployer: Ran, project: Path) -> None:
    (project / "notes.yaml").write_text("a: b")
    (project / "notes.test.yaml").write_text("a: b")
    paths = ["notes.yaml", "notes.test.yaml", "workflows/fine.yaml", "workflows/gone.yaml"]
    outcome = deployer("validate", "--changed-files", *paths)
    assert (outcome.code, outcome.out) == (0, "no findings in 1 file\n")


def test_changed_files_may_lie_in_several_projects(deployer: Ran, project: Path) -> None:
    other = write(project.parent / "other", wrong=bad("wrong"))
    outcome = deployer("validate", "--changed-files", "workflows/old.yaml", str(other / "workflows/wrong.yaml"))
    assert summary(outcome.out) == "2 errors in 2 files"


def test_a_file_named_like_a_glob_means_itself(deployer: Ran, project: Path) -> None:
    (project / "workflows/[a-z]*.yaml").write_text(good("odd"))
    outcome = deployer("validate", "--changed-files", "workflows/[a-z]*.yaml")
    assert outcome.out == "no findings in 1 file\n"


@pytest.mark.parametrize(
    "flags", [["--changed-files", "--since", "HEAD"], ["--changed-files", "-"], ["--since", "HEAD", "-"]]
)
def test_ways_to_choose_that_contradict_each_other_are_refused(deployer: Ran, project: Path, flags: list[str]) -> None:
    assert deployer("validate", *flags).code == 3
