"""This repository's own hooks: what they name is there, and those of the program pass on the examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.projects import git

ROOT = Path(__file__).parents[2]
HOOKS = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
}
OFFERED = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


@pytest.mark.parametrize("name", sorted(HOOKS.keys() & OFFERED.keys()))
def test_the_examples_are_checked_by_the_hooks_that_others_get(name: str) -> None:
    assert {"deployer-validate", "deployer-fmt"} <= HOOKS.keys()
    for said in ("name", "entry", "types_or", "require_serial"):
        assert HOOKS[name].get(said) == OFFERED[name].get(said)


@pytest.mark.slow
def test_the_programs_hooks_pass_on_the_examples_and_stop_a_mistake(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    shutil.copytree(ROOT / "examples", root / "examples", ignore=shutil.ignore_patterns(".deployer"))
    shutil.copy(ROOT / ".pre-commit-config.yaml", root)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    beside = tmp_path / "bin"
    beside.mkdir()
    (beside / "deployer").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c \'from deployer.cli.main import main; main()\' "$@"\n'
    )
    (beside / "deployer").chmod(0o755)
    environ = {
        **os.environ,
        "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
    }

    def run(hook: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "run", hook, "--all-files"]
        return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)

    for hook in ("deployer-validate", "deployer-fmt", "deployer-test"):
        done = run(hook)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Passed" in done.stdout
    file = root / "examples/workflows/auto-reply.yaml"
    file.write_text(file.read_text().replace("stepType: SMS", "stepType: SSM", 1))
    assert "unknown-step-type" in run("deployer-validate").stdout
