"""Twenty secrets and an API key go through every command; they arrive at the server and nowhere else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from deployer.source.writer import write
from tests.operations.test_secrets_stay_secret import SECRETS, body, leaks
from tests.operations.world import ACCOUNT, KEY
from tests.state.repositories import ENVIRON

from .processes import PROGRAM, emulator

COMMANDS = (
    ("validate",),
    ("render",),
    ("plan", "-v"),
    ("plan", "--out", "saved.json"),
    ("--format", "json", "plan"),
    ("apply", "--auto-approve"),
    ("status",),
    ("drift",),
    ("state", "show"),
    ("--format", "json", "state", "show"),
    ("--format", "json", "apply", "--auto-approve"),
)


def run(folder: Path, *arguments: str) -> str:
    environ = {
        **ENVIRON, "DEPLOYER_API_KEY": KEY, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **{f"DEPLOYER_SECRET_{name}": value for name, value in SECRETS.items()},
    }  # fmt: skip
    environ.pop("CI", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--debug", *arguments], cwd=folder, env=environ, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def key_forms(key: str) -> list[str]:
    return [key, quote(key, safe=""), base64.b64encode(key.encode()).decode().rstrip("="), json.dumps(key)[1:-1]]


@pytest.mark.slow
def test_no_command_shows_or_keeps_a_canary(tmp_path: Path) -> None:
    with emulator(tmp_path / "server") as url:
        project = tmp_path / "project"
        (project / "workflows").mkdir(parents=True)
        (project / "deployer.yaml").write_text(
            "version: 1\ndefaultEnvironment: prod\nenvironments:\n"
            f"  prod: {{accountId: {ACCOUNT}, baseUrl: '{url}', state: file}}\n"
        )
        told = []
        for note in ("first", "second"):
            (project / "workflows" / "leads.yaml").write_text(write(body(note)), encoding="utf-8")
            told += [run(project, *command) for command in COMMANDS]
        told += [run(tmp_path / "server", "plan")]
        text = "\n".join(told)
        kept = "\n".join(path.read_text("utf-8", "replace") for path in project.rglob("*") if path.is_file())
    assert "created" in text
    assert "POST /api" in text, "--debug said nothing"
    assert leaks(text) == [], "a canary was shown"
    assert leaks(kept) == [], "a canary was kept"
    assert [form for form in key_forms(KEY) if form in text + kept] == []
