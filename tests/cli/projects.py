"""Projects on disk for tests of commands, and the program run in this process."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.cli.main import run

GOOD = """\
subAccountId: acme_{key}
trigger: inbound_sms
status: enabled
definition:
  name: Reply {key}
  steps:
    - id: reply
      stepType: SMS
      inputs: {{ subAccountId: acme_{key}, destination: "{{{{data.payload.source}}}}", text: Thank you }}
"""
CONFIG = "version: 1\nenvironments:\n  local: { emulator: true }\n"

Ran = Callable[..., "Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str


def good(key: str) -> str:
    """A workflow without any finding."""
    return GOOD.format(key=key)


def bad(key: str) -> str:
    """The same with one error in line 8."""
    return good(key).replace("stepType: SMS", "stepType: SSM")


def write(root: Path, **workflows: str) -> Path:
    """A project with these workflows."""
    (root / "workflows").mkdir(parents=True, exist_ok=True)
    (root / "deployer.yaml").write_text(CONFIG)
    for key, text in workflows.items():
        (root / "workflows" / f"{key}.yaml").write_text(text, encoding="utf-8")
    return root


def git(folder: Path, *arguments: str) -> str:
    """Run Git without the user's own configuration."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path) -> None:
    """A repository whose only branch holds what is in the folder now."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "State")


def program(capsys: pytest.CaptureFixture[str]) -> Ran:
    """The program, in this process."""

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Outcome(code=code, out=printed.out, err=printed.err)

    return call
