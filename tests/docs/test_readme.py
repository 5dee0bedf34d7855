"""The README's tour, done as a newcomer would: its files, its commands, its output."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.emulator import create_app
from deployer.remote.client import connect
from deployer.remote.target import Target

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run(folder: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOYER_", "CI"))}
    done = subprocess.run(
        [sys.executable, "-c", "from deployer.cli.main import main; main()", *arguments],
        cwd=folder, env=environ, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.stdout


def promised(command: str) -> list[str]:
    """The lines that the README shows for a command, ids made equal; `...` stands for more."""
    found = [block for block in blocks("console") if block.startswith(f"$ {command}\n")]
    assert found, command
    return [UUID.sub("ID", line.rstrip()) for line in found.pop(0).splitlines()[1:] if line.strip() and line != "..."]


def shown(output: str) -> list[str]:
    return [UUID.sub("ID", line.rstrip()) for line in output.splitlines()]


@pytest.fixture
def tour(tmp_path: Path) -> Path:
    """A project with the two files of the tour, applied once."""
    workflow, config, _ = blocks("yaml")
    (tmp_path / "workflows").mkdir()
    (tmp_path / "deployer.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "workflows" / "auto-reply.yaml").write_text(workflow, encoding="utf-8")
    run(tmp_path, "apply", "--auto-approve")
    return tmp_path


def change(folder: Path, text: str, old: str, new: str) -> None:
    assert old in text
    (folder / "workflows" / "auto-reply.yaml").write_text(text.replace(old, new), encoding="utf-8")


def workflow_text(folder: Path) -> str:
    return (folder / "workflows" / "auto-reply.yaml").read_text(encoding="utf-8")


def test_a_typo_gets_the_place_and_the_answer_that_the_readme_shows(tour: Path) -> None:
    change(tour, workflow_text(tour), "stepType: SMS", "stepType: SSM")
    output = shown(run(tour, "validate"))
    assert [line for line in output if line] == promised("deployer validate")


def test_a_test_passes_and_then_fails_as_the_readme_shows(tour: Path) -> None:
    workflow, _, cases = blocks("yaml")
    assert cases.startswith("# workflows/auto-reply.test.yaml\n")
    change(tour, workflow, "Auto reply", "Auto reply")
    (tour / "workflows" / "auto-reply.test.yaml").write_text(cases, encoding="utf-8")
    assert "no findings in 2 files" in run(tour, "validate")
    assert "Tests: 1 passed in 1 file." in run(tour, "test")

    change(tour, workflow, "one working day", "two working days")
    assert [line for line in shown(run(tour, "test")) if line] == promised("deployer test")


@pytest.mark.parametrize("command", ["chat auto-reply", "graph auto-reply", "fmt", "log", "doctor"])
def test_the_commands_that_the_readme_names_in_passing_work(tour: Path, command: str) -> None:
    assert f"`deployer {command}`" in README
    assert run(tour, *command.split())


def test_plan_apply_and_a_colleague_in_the_web_builder(tour: Path) -> None:
    change(tour, workflow_text(tour), "one working day", "two working days")
    assert [line for line in shown(run(tour, "plan")) if line] == promised("deployer plan")

    applied = shown(run(tour, "apply", "--auto-approve"))
    for line in promised("deployer apply"):
        assert line in applied

    edit_in_the_web_builder(tour, "We answer tomorrow.")
    refused = shown(run(tour, "plan"))
    drift = next(block for block in blocks("console") if "drift:" in block).splitlines()[1:]
    for line in drift:
        assert line.rstrip() in refused


def test_a_rollback_goes_as_the_readme_shows(tour: Path) -> None:
    change(tour, workflow_text(tour), "one working day", "two working days")
    run(tour, "apply", "--auto-approve")
    command = 'rollback auto-reply --reason "wrong day" --auto-approve'
    output = shown(run(tour, *shlex.split(command)))
    assert [line for line in promised(f"deployer {command}") if line not in output] == []
    assert "wrong day" in run(tour, "log")


def edit_in_the_web_builder(folder: Path, text: str) -> None:
    app = create_app(folder / ".deployer" / "local" / "emulator.sqlite")
    try:
        with connect(Target(account="local"), api_key=None, wsgi_app=app) as gateway:
            found = gateway.definitions()[0]
            body = json.loads(json.dumps(dict(found.body)))
            body["definition"]["steps"][0]["inputs"]["text"] = text
            gateway.update(found.id, body)
    finally:
        app.close()


def test_pull_all_makes_a_project_of_an_account_and_the_plan_is_empty(tour: Path) -> None:
    edit_in_the_web_builder(tour, "We answer tomorrow.")
    (tour / "workflows" / "auto-reply.yaml").unlink()
    (tour / ".deployer" / "local" / "state.json").unlink()
    run(tour, "pull", "--all")
    assert (tour / "workflows" / "auto-reply.yaml").exists()
    assert "No changes." in run(tour, "plan")
