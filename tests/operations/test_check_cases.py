"""Test files are checked without being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.operations.check_cases import check_cases
from deployer.operations.selection import choose
from deployer.source.project import open_project
from tests.operations.caselab import MENU, project

BAD = "cases: [{ name: a, trigger: { chat: { from: x } } }]"


def rules(root: Path, *selectors: str, tests: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    opened = open_project(root)
    environment = opened.environment(None)
    files, findings = check_cases(opened, environment, choose(opened, environment, selectors), tests)
    return [path.name for path in files], [finding.rule for finding in findings]


def test_the_test_files_of_the_chosen_workflows_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(tmp_path, menu_test=BAD, other=MENU, other_test="cases: []", lost_test="cases: [{ name: a }]")
    monkeypatch.chdir(root)
    assert rules(root) == (
        ["lost.test.yaml", "menu.test.yaml", "other.test.yaml"], ["test-unknown-workflow", "test-trigger"],
    )  # fmt: skip
    assert rules(root, "other") == (["other.test.yaml"], [])
    assert rules(root, "other", tests=("workflows/menu.test.yaml",)) == (
        ["menu.test.yaml", "other.test.yaml"], ["test-trigger"],
    )  # fmt: skip


def test_an_include_that_leads_out_of_the_project_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.test.yaml"
    outside.write_text("fixtures: {}")
    root = project(tmp_path / "inside", menu_test="include: [../../outside.test.yaml, /etc/passwd]\ncases: []")
    (root / "workflows" / "link.test.yaml").symlink_to(outside)
    project(root, other=MENU, other_test="include: [link.test.yaml]\ncases: []")
    assert rules(root)[1] == ["test-include"] * 3
