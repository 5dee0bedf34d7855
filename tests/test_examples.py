"""The examples work as their own README says, on a machine without an account, a key or a secret."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from deployer.steps import step_types

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(path for path in (EXAMPLES / "workflows").glob("*.yaml") if ".test." not in path.name)
README = (EXAMPLES / "README.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| \[(?P<name>[\w-]+)\]\((?P<link>[^)]+)\) \| .+ \| (?P<trigger>\w+) \| (?P<types>[\w, ]+) \|$", re.M
)

each_example = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def load(file: Path) -> Mapping[str, object]:
    body = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    return body


def types_used(value: object) -> Iterator[str]:
    """Every step type in a body, in the order of the file, steps in `do` included."""
    if isinstance(value, Mapping):
        if "stepType" in value:
            yield str(value["stepType"])
        for item in value.values():
            yield from types_used(item)
    elif isinstance(value, list):
        for item in value:
            yield from types_used(item)


class Terminal:
    """Somebody who types the README's commands beside a copy of the examples, with no setting of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(EXAMPLES, folder / "examples", ignore=shutil.ignore_patterns(".deployer"))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOYER_")}

    def type(self, command: str) -> str:
        """What the command prints; the test fails where it does not end well."""
        program, *arguments = shlex.split(command)
        assert program == "deployer"
        ended = subprocess.run(
            [sys.executable, "-c", "from deployer.cli.main import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def edit(self, name: str, before: str, after: str) -> None:
        path = self.folder / "examples" / "workflows" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), encoding="utf-8", newline="\n")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_the_commands_of_the_readme_lead_from_the_files_to_version_2(terminal: Terminal) -> None:
    validate, apply, plan, apply_again, test = re.findall(r"^deployer .+$", README, re.M)

    assert f"no findings in {len(FILES) * 2} files" in terminal.type(validate)
    applied = terminal.type(apply)
    assert f"Applied: {len(FILES)} created, 0 updated, 0 disabled, 0 deleted." in applied
    assert "No changes." in terminal.type(plan)

    terminal.edit("auto-reply.yaml", "within one working day", "within two hours")
    planned = terminal.type(plan)
    assert [file.stem for file in FILES if f"~ {file.stem}: " in planned] == ["auto-reply"]
    assert "~ auto-reply: text of step `reply` changes" in planned
    assert "Plan: 0 to create, 1 to update, 0 to disable, 0 to delete." in planned

    updated = terminal.type(apply_again)
    assert re.search(r"auto-reply +updated +\S+ +1 +2\n", updated)
    assert "Applied: 0 created, 1 updated, 0 disabled, 0 deleted." in updated
    assert "No changes." in terminal.type(plan)

    terminal.edit("auto-reply.yaml", "within two hours", "within one working day")
    tested = terminal.type(test)
    assert "Coverage: steps 100%, branches 100%, expressions 100%.\n" in tested
    assert re.search(rf"Tests: \d+ passed in {len(FILES)} files\.\n$", tested)


def test_not_even_a_strict_run_finds_anything(terminal: Terminal) -> None:
    assert f"no findings in {len(FILES) * 2} files" in terminal.type("deployer -C examples validate --strict")


def test_there_are_enough_examples_to_choose_from() -> None:
    assert len(FILES) >= 12


def test_every_step_type_occurs() -> None:
    used = {name for file in FILES for name in types_used(load(file))}

    assert used == set(step_types())


@each_example
def test_an_example_says_first_what_it_does_and_what_to_change(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    opening = " ".join(line.removeprefix("#").strip() for line in lines[: lines.index("metadata:")])

    assert all(line.startswith("#") for line in lines[: lines.index("metadata:")])
    assert "Before you use it: " in opening


@each_example
def test_an_example_is_named_as_its_file(file: Path) -> None:
    metadata = load(file)["metadata"]

    assert isinstance(metadata, dict)
    assert metadata["key"] == file.stem
    assert metadata["description"]


@each_example
def test_the_table_of_the_readme_tells_the_truth_about_an_example(file: Path) -> None:
    rows = {match["link"]: match for match in ROW.finditer(README)}
    row = rows[f"workflows/{file.name}"]
    body = load(file)

    assert row["name"] == file.stem
    assert row["trigger"] == body["trigger"]
    assert row["types"].split(", ") == list(dict.fromkeys(types_used(body)))


def test_the_table_of_the_readme_has_no_row_without_a_file() -> None:
    assert sorted(match["link"] for match in ROW.finditer(README)) == [f"workflows/{file.name}" for file in FILES]
    assert README.count("\n| ") == len(FILES) + 1  # and the table's head


def test_every_variable_of_the_project_is_used() -> None:
    project = (EXAMPLES / "deployer.yaml").read_text(encoding="utf-8")
    variables = yaml.safe_load(project)["environments"]["local"]["vars"]
    texts = "".join(file.read_text(encoding="utf-8") for file in FILES)

    assert set(variables) == set(re.findall(r"\$\{var\.(\w+)\}", texts))
