"""What became of instances that were suspended, resumed or terminated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from deployer.operations.steer import Steering
from deployer.remote.gateway import Instance, InstanceCommand
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1
_MOST_NAMED = 20
_PAST = {"suspend": "suspended", "resume": "resumed", "terminate": "terminated"}


def versions(found: Sequence[Instance]) -> str:
    """`version 3`, or `5 of version 4, 2 of version 3`."""
    counts = sorted(Counter(one.version for one in found).items(), reverse=True)
    if len(counts) == 1:
        return f"version {counts[0][0]}"
    return ", ".join(f"{count} of version {version}" for version, count in counts)


def render_text(steering: Steering, *, color: bool) -> str:
    """A line for each instance, what failed with its way out, and the sum."""
    paint = Paint(color)
    lines = [
        f"{safe(one.instance.id)}: {safe(one.status)}" + (f" ({one.note})" if one.note else "") for one in steering.done
    ]
    for trouble in steering.failed:
        lines.append(paint.red(f"{safe(trouble.instance.id)}: ") + shorten(safe(trouble.message), 500))
        if trouble.hint:
            lines.append(f"  hint: {safe(trouble.hint)}")
    if steering.not_attempted:
        ids = [safe(one.id) for one in steering.not_attempted]
        rest = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
        lines.append(f"not attempted ({safe(steering.reason)}): {', '.join(ids[:_MOST_NAMED])}{rest}")
    if len(steering.done) + len(steering.failed) + len(steering.not_attempted) > 1:
        lines.append(counted(steering))
    return "".join(f"{line}\n" for line in lines)


def counted(steering: Steering) -> str:
    """`3 terminated, 1 failed, 0 not attempted`."""
    return (
        f"{len(steering.done)} {_PAST[steering.command]}, {len(steering.failed)} failed, "
        f"{len(steering.not_attempted)} not attempted"
    )


def render_json(steering: Steering) -> str:
    """A versioned contract."""
    return _json(
        {
            "version": VERSION,
            "command": steering.command,
            "done": [{**_named(one.instance), "status": one.status, "note": one.note} for one in steering.done],
            "failed": [{**_named(one.instance), "message": one.message, "hint": one.hint} for one in steering.failed],
            "notAttempted": [_named(one) for one in steering.not_attempted],
            "reason": steering.reason,
        }
    )


def nothing_json(command: InstanceCommand) -> str:
    """The same where there was nothing to do."""
    return render_json(Steering(command=command))


def _named(one: Instance) -> dict[str, object]:
    return {"id": one.id, "definition": one.definition_id, "definitionVersion": one.version}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
