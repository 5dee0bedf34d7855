"""docs/testing.md is true: its files are read, its commands are run, its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.lint.cases import CASE_RULES, case_file_schema

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml file=(\S+)\n(.*?)```", PAGE, re.DOTALL))
FIRST = ("workflows/survey.yaml", "workflows/survey.test.yaml")
PROGRAM = f'{sys.executable} -c "from deployer.cli.main import main; main()"'


def project(root: Path, *names: str) -> Path:
    """A project with these files of the page."""
    (root / "workflows").mkdir()
    (root / "deployer.yaml").write_text("version: 1\nenvironments:\n  local: { emulator: true }\n")
    (root / "mei.json").write_text(json.dumps({"phone": "+6591234567", "name": "Mei"}))
    for name in names:
        (root / name).write_text(FILES[name], encoding="utf-8")
    return root


def shown(command: str) -> list[str]:
    """What the page shows for a command, each time that it is run."""
    return [text for line, text in re.findall(r"```console\n\$ (.*?)\n(.*?)```", PAGE, re.DOTALL) if line == command]


def run(root: Path, command: str) -> str:
    line = command.replace("deployer", PROGRAM)
    done = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout


def test_the_first_test_passes_as_the_page_says(tmp_path: Path) -> None:
    assert run(project(tmp_path, *FIRST), "deployer test") == shown("deployer test")[0]


def test_a_failure_looks_as_the_page_says(tmp_path: Path) -> None:
    root = project(tmp_path, *FIRST)
    workflow = root / "workflows" / "survey.yaml"
    workflow.write_text(workflow.read_text().replace("data.score < 3", "data.score < 5"))
    assert run(root, "deployer test") == shown("deployer test")[1]


@pytest.mark.parametrize(
    "command",
    [
        "deployer test --coverage",
        r"printf '1\n200\n' | deployer chat survey --payload mei.json --at 2026-03-02T10:00:00Z",
    ],
)
def test_all_files_of_the_page_together_do_what_it_says(tmp_path: Path, command: str) -> None:
    (expected,) = shown(command)
    assert run(project(tmp_path, *FILES), command) == expected


def test_the_tables_name_every_key_and_every_rule() -> None:
    definitions = case_file_schema()["definitions"]
    for name in (*definitions["case"]["properties"], *definitions["expect"]["properties"], *CASE_RULES):
        assert f"`{name}`" in PAGE, name
    for rule, sentence in CASE_RULES.items():
        assert f"| `{rule}` | {sentence} |" in PAGE
