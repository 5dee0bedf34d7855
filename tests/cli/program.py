"""The program as somebody at a shell meets it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.cli.main import run

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from deployer.cli.main import main; main()")
LOCAL = "version: 1\nenvironments:\n  local: {emulator: true, vars: {sms: acme_sms}}\n"
REPLY = """\
subAccountId: ${var.sms}
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: "${var.sms}", destination: "{{data.payload.source}}", text: TEXT }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # JSON payload
        return json.loads(self.out)


def environ(**extra: str) -> dict[str, str]:
    """The variables of a user who has set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOYER_", "CI", "NO_COLOR"))}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error", **extra}


def deployer(
    *arguments: str, cwd: Path, given: str = "", env: Mapping[str, str] | None = None, command: Sequence[str] = COMMAND
) -> Ran:
    """Run the program to its end; a traceback is always a mistake."""
    done = subprocess.run(
        [*command, *arguments], cwd=cwd, input=given.encode(), capture_output=True, check=False, timeout=60,
        env=environ(**(env or {})),
    )  # fmt: skip
    ran = Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())
    assert "Traceback" not in ran.out + ran.err, ran.err
    assert "\x1b[" not in ran.out + ran.err
    return ran


def within(*arguments: str, cwd: Path) -> Ran:
    """Run the program in this process, which takes a tenth of the time."""
    out, err = io.StringIO(), io.StringIO()
    set_here = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("CI")}  # as in `environ`
    try:
        with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(arguments)
    finally:
        os.environ |= set_here
    assert "Traceback" not in err.getvalue()
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


def project(folder: Path, *, config: str = LOCAL, **texts: str) -> Path:
    """A project with a workflow for each key and text."""
    (folder / "workflows").mkdir(parents=True, exist_ok=True)
    (folder / "deployer.yaml").write_text(config)
    for key, text in (texts or {"reply": "Hello"}).items():
        body = REPLY.replace("TEXT", text).replace("Auto reply", key).replace("acme_sms", f"acme_{key}")
        (folder / "workflows" / f"{key}.yaml").write_text(body)
    return folder
