"""Two environments side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence

from deployer.operations.compare_environments import Comparison
from deployer.operations.diff import StepChange, sentences
from deployer.operations.saved_plan import shown_value
from deployer.report.plan import steps_text
from deployer.report.terminal import Paint, safe

VERSION = 1


def render_text(found: Comparison, *, color: bool = False) -> str:
    """What differs, step by step, from left to right."""
    paint = Paint(color)
    lines = [f"From {safe(found.left)} to {safe(found.right)}, variables aside:", ""]
    for item in found.different:
        said = "; ".join(safe(sentence) for sentence in sentences(item.changes)[:3])
        lines.append(paint.yellow(f"~ {item.key} (version {item.left_version}, {item.right_version}): {said}"))
        lines += [*steps_text(item.changes, paint), ""]
    lines += [paint.red(f"- {key}: only in {safe(found.left)}") for key in found.only_left]
    lines += [paint.green(f"+ {key}: only in {safe(found.right)}") for key in found.only_right]
    lines.append(paint.bold(
        f"{len(found.equal)} equal, {len(found.different)} different, {len(found.only_left)} only in "
        f"{safe(found.left)}, {len(found.only_right)} only in {safe(found.right)}."
    ))  # fmt: skip
    return "\n".join(lines) + "\n"


def render_json(found: Comparison) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "left": found.left,
        "right": found.right,
        "equal": list(found.equal),
        "onlyLeft": list(found.only_left),
        "onlyRight": list(found.only_right),
        "different": [
            {
                "key": item.key,
                "leftVersion": item.left_version,
                "rightVersion": item.right_version,
                "steps": _steps(item.changes),
            }
            for item in found.different
        ],
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def versions_text(left: str, right: str, changes: Sequence[StepChange], *, color: bool) -> str:
    """What differs between two versions, step by step, from left to right."""
    paint = Paint(color)
    if not changes:
        return f"{safe(left)} and {safe(right)} are equal.\n"
    lines = [f"From {safe(left)} to {safe(right)}:", ""]
    lines += [paint.yellow(f"~ {safe(sentence)}") for sentence in sentences(changes)]
    return "\n".join([*lines, *steps_text(changes, paint)]) + "\n"


def versions_json(left: str, right: str, changes: Sequence[StepChange]) -> str:
    """A versioned contract."""
    value = {"version": VERSION, "left": left, "right": right, "equal": not changes, "steps": _steps(changes)}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _steps(changes: Sequence[StepChange]) -> list[dict[str, object]]:
    return [
        {"id": step.id, "op": step.op, "path": step.path,
         "before": shown_value(step.before, step.path), "after": shown_value(step.after, step.path)}
        for step in changes
    ]  # fmt: skip
