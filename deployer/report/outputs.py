"""What a step of GitHub Actions tells the steps after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def outputs(*, plan_file: Path | None, exit_code: int) -> dict[str, str]:
    """Every output by its name; numbers and paths only, empty where the command knows none."""
    values = {"exit-code": str(exit_code), "plan-file": str(plan_file or "")}
    if plan_file is not None:
        summary = json.loads(plan_file.read_text(encoding="utf-8"))["summary"]
        values |= {f"to-{action}": str(summary[action]) for action in ("create", "update", "disable", "delete")}
    return values


def render_outputs(values: Mapping[str, str], *, end: str) -> str:
    """The file's format. `end` must be hard to guess: a value that held it could name further outputs."""
    return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())
