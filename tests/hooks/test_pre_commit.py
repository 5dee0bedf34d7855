"""The hooks of .pre-commit-hooks.yaml, run by the real pre-commit at a real `git commit`, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.cli.projects import bad, good, write
from tests.hooks.wheels import needed, pack

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A user's machine with pre-commit, Git and no network, and the hooks as a repository on it."""

    folder: Path
    hooks: Path
    environ: dict[str, str]

    def run(self, *command: str, at: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=at, env=self.environ, capture_output=True, text=True, check=False)

    def must(self, *command: str, at: Path) -> str:
        done = self.run(*command, at=at)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    wheels = folder / "wheels"
    wheels.mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for distribution in needed([*project["project"]["dependencies"], *project["build-system"]["requires"]]):
        pack(distribution, wheels)
    environ = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "HOME": str(folder),
        "PRE_COMMIT_HOME": str(folder / "pre-commit"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    identity = "[user]\nname = Test\nemail = test@example.com\n[init]\ndefaultBranch = main\n"
    (folder / ".gitconfig").write_text(identity)
    ignore = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "build", "__pycache__", ".*_cache", ".deployer")
    machine = Machine(
        folder=folder, hooks=Path(shutil.copytree(ROOT, folder / "hooks", ignore=ignore)), environ=environ
    )
    machine.must("git", "init", "-q", at=machine.hooks)
    machine.must("git", "add", "-A", at=machine.hooks)
    machine.must("git", "commit", "-q", "-m", "Hooks", at=machine.hooks)
    return machine


def repository(machine: Machine, name: str, hook: str) -> Path:
    """A project whose commits this hook checks; what it starts with is in order."""
    root = write(machine.folder / name, fine=good("fine"))
    commit = machine.must("git", "rev-parse", "HEAD", at=machine.hooks).strip()
    config = {"repos": [{"repo": str(machine.hooks), "rev": commit, "hooks": [{"id": hook}]}]}
    (root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    machine.must("git", "init", "-q", at=root)
    machine.must(sys.executable, "-m", "pre_commit", "install", at=root)
    return root


def commit(machine: Machine, root: Path) -> subprocess.CompletedProcess[str]:
    machine.must("git", "add", "-A", at=root)
    return machine.run("git", "commit", "-m", "Change", at=root)


def commits(machine: Machine, root: Path) -> int:
    return int(machine.must("git", "rev-list", "--count", "HEAD", at=root))


def test_changed_files_are_checked_at_every_commit(machine: Machine) -> None:
    root = repository(machine, "changed", "deployer-validate")
    first = commit(machine, root)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Passed" in first.stderr

    write(root, wrong=bad("wrong"))
    stopped = commit(machine, root)
    assert stopped.returncode == 1
    assert "workflows/wrong.yaml:8:17: error[unknown-step-type]" in stopped.stderr
    assert commits(machine, root) == 1

    write(root, wrong=good("wrong"))
    assert commit(machine, root).returncode == 0
    assert commits(machine, root) == 2

    # It knows the files that the commit does not change.
    write(root, twin=good("twin").replace("subAccountId", "metadata: { key: fine }\nsubAccountId", 1))
    assert "error[duplicate-key]" in commit(machine, root).stderr
    (root / "workflows/twin.yaml").unlink()

    # YAML and JSON files that are no workflows are none of its business.
    (root / "notes.yaml").write_text("just: notes\n")
    (root / "notes.test.yaml").write_text("just: notes\n")
    (root / "workflows/fine.test.yaml").write_text("cases: []\n")
    (root / "package.json").write_text("{}\n")
    passed = commit(machine, root)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert commits(machine, root) == 3

    # The tests of workflows are.
    (root / "workflows/fine.test.yaml").write_text("just: notes\n")
    assert "error[test-not-a-test-file]" in commit(machine, root).stderr


def test_the_other_hook_checks_all_files_whatever_changed(machine: Machine) -> None:
    root = repository(machine, "all", "deployer-validate-all")
    write(root, wrong=bad("wrong"))
    machine.must("git", "add", "-A", at=root)
    machine.must("git", "commit", "-q", "--no-verify", "-m", "In a hurry", at=root)

    (root / "notes.txt").write_text("unrelated\n")
    stopped = commit(machine, root)
    assert stopped.returncode == 1
    assert "workflows/wrong.yaml:8:17: error[unknown-step-type]" in stopped.stderr

    write(root, wrong=good("wrong"))
    assert commit(machine, root).returncode == 0
    assert commits(machine, root) == 2


def test_a_commit_in_another_layout_stops_and_is_mended(machine: Machine) -> None:
    root = repository(machine, "layout", "deployer-fmt")
    (root / "notes.yaml").write_text("just:   notes\n")
    first = commit(machine, root)
    assert first.returncode == 0, first.stdout + first.stderr

    write(root, wild=good("wild").replace("status: enabled", "status:   enabled   # for now"))
    stopped = commit(machine, root)
    assert stopped.returncode == 1
    assert "files were modified by this hook" in stopped.stderr
    assert commits(machine, root) == 1
    assert (root / "workflows/wild.yaml").read_text() == good("wild").replace("enabled", "enabled  # for now")

    again = commit(machine, root)
    assert again.returncode == 0, again.stdout + again.stderr
    assert commits(machine, root) == 2
    assert (root / "notes.yaml").read_text() == "just:   notes\n"
