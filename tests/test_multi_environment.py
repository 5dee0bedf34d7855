"""The example with three accounts: what works on staging reaches production by a merge, and by nothing else."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.program import Ran, within
from tests.cli.projects import commit, git

EXAMPLE = Path(__file__).parent.parent / "examples" / "multi-environment"
ACCOUNTS = ("development", "staging", "production")


def deployer(root: Path, *arguments: str) -> Ran:
    return within(*arguments, cwd=root)


def apply(root: Path, environment: str) -> Ran:
    ran = deployer(root, "apply", "--env", environment, "--auto-approve", "--confirm", environment)
    assert ran.code == 0, ran.out + ran.err
    return ran


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, generated, in a repository whose branches are the accounts'."""
    root = tmp_path / "project"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".deployer", "workflows", "__pycache__"))
    runpy.run_path(str(root / "generate.py"), run_name="__main__")
    (root / ".gitignore").write_text(".deployer/\n")
    commit(root)
    git(root, "branch", "staging")
    return root


def test_sixty_workflows_are_right_for_all_three_accounts(project: Path) -> None:
    assert deployer(project, "validate", "--strict").out == "no findings in 120 files\n"


def test_a_change_goes_from_staging_to_production_by_git_alone(project: Path) -> None:
    for environment in ACCOUNTS:
        assert "Applied: 60 created" in apply(project, environment).out
    alike = deployer(project, "compare", "staging", "production")
    assert (alike.code, "60 equal, 0 different" in alike.out) == (0, True)

    git(project, "switch", "-q", "staging")
    closing = project / "texts" / "closing.txt"
    closing.write_text(closing.read_text().replace("Questions? Call", "Any question? Ring"))
    reply = project / "workflows" / "sg" / "auto-reply.yaml"
    reply.write_text(reply.read_text().replace("name: SG auto-reply", "name: Singapore replies"))
    commit(project)
    assert "0 created, 60 updated" in apply(project, "staging").out
    moved = deployer(project, "compare", "staging", "production", "--format", "json")
    assert moved.code == 2
    assert {len(item["steps"]) for item in moved.json["different"] if item["key"] != "sg-auto-reply"} == {1}

    git(project, "switch", "-q", "main")
    assert "Any question?" not in closing.read_text()
    assert deployer(project, "plan", "--env", "production", "--detailed-exitcode").code == 0
    git(project, "merge", "-q", "--ff-only", "staging")
    assert "0 created, 60 updated" in apply(project, "production").out
    for environment in ("staging", "production"):
        assert deployer(project, "plan", "--env", environment, "--detailed-exitcode").code == 0
    alike = deployer(project, "compare", "staging", "production")
    assert "60 equal, 0 different" in alike.out


def test_accounts_keep_what_is_theirs(project: Path) -> None:
    production = deployer(project, "render", "sg-survey", "--env", "production", "--format", "json").json["bodies"]
    staging = deployer(project, "render", "sg-survey", "--env", "staging", "--format", "json").json["bodies"]
    assert production["sg-survey"]["status"] == "disabled"
    assert staging["sg-survey"]["status"] == "enabled"
    assert "acme_staging_sg" in str(staging)
    assert "acme_staging" not in str(production)
    assert "Call +6561234567." in str(production)
    assert "Call +6500000001." in str(staging)


def test_the_commands_of_its_readme_work(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "examples" / "multi-environment",
                    ignore=shutil.ignore_patterns(".deployer", "workflows", "__pycache__"))  # fmt: skip
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    generate, *commands = re.findall(r"```\n(.*?)```", readme, re.DOTALL)[0].strip().splitlines()
    assert generate == "python examples/multi-environment/generate.py"
    runpy.run_path(str(tmp_path / "examples" / "multi-environment" / "generate.py"), run_name="__main__")
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "deployer"
        assert within(*arguments, cwd=tmp_path).code == 0, command
