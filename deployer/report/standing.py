"""How workflows stand to the server: `drift` and `status`."""

from __future__ import annotations

import json

from deployer.operations.diff import sentences
from deployer.operations.drift import Report, Stand, Standing
from deployer.operations.saved_plan import shown_value
from deployer.report.plan import steps_text
from deployer.report.table import table
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1


def render_drift(found: Report, *, color: bool = False, verbose: bool = False) -> str:
    """What moved, step by step, and what to do about it."""
    paint = Paint(color)
    lines: list[str] = []
    for stand in found.stands:
        if stand.standing is Standing.DRIFTED:
            lines.append(paint.yellow(f"! {stand.key}: {_moved(stand)}"))
            lines += [f"    {safe(sentence)}" for sentence in sentences(stand.changes)]
            lines += steps_text(stand.changes, paint)
            lines.append(f"    `deployer pull {stand.key}` takes it in")
        elif stand.standing is Standing.GONE:
            lines.append(paint.red(f"! {stand.key}: definition {stand.id} was deleted on the server"))
        elif stand.standing is Standing.EQUAL:
            lines.append(f"  {stand.key}: equal content, now version {stand.version}")
        elif verbose:
            lines.append(f"  {stand.key}: {stand.standing}, version {stand.version}")
    lines += [paint.yellow(f"warning: {safe(warning)}") for warning in found.warnings]
    if found.unmanaged:
        lines.append(f"{len(found.unmanaged)} without a file")
    count = len(found.drifted)
    lines.append(paint.bold(f"{count} of {len(found.stands)} drifted." if count else "No drift."))
    return "\n".join(lines) + "\n"


def _moved(stand: Stand) -> str:
    if stand.version != stand.applied_version:
        return f"version {stand.applied_version} was applied, the server has version {stand.version}"
    return f"the content of version {stand.version} is not what was applied"


def render_status(found: Report, *, color: bool = False) -> str:
    """A table, a line a key."""
    paint = Paint(color)
    rows = [
        (
            stand.key,
            stand.id or "-",
            "-" if stand.version is None else str(stand.version),
            stand.status or "-",
            "-" if stand.running is None else f"{stand.running}{'+' if stand.running_more else ''}",
            str(stand.standing) + ("" if stand.file else ", no file"),
            shorten(stand.hold or "", 60),
        )
        for stand in found.stands
    ]
    lines = [f"Environment {safe(found.environment)}: account {safe(found.account)} on {safe(found.host)}", ""]
    lines += table(("key", "id", "version", "status", "running", "state", "hold"), rows)
    if found.warnings or found.unmanaged:
        lines.append("")
    if any(stand.running_more for stand in found.stands):
        lines.append("+ or more: `deployer runs list KEY --status Runnable --all-versions --all` counts them")
    lines += [paint.yellow(f"warning: {safe(warning)}") for warning in found.warnings]
    if found.unmanaged:
        lines.append(f"{len(found.unmanaged)} without a file (`deployer plan -v` lists them)")
    return "\n".join(lines) + "\n"


def render_json(found: Report) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "environment": found.environment,
        "account": found.account,
        "host": found.host,
        "summary": {
            "workflows": len(found.stands),
            "drifted": len(found.drifted),
            "unmanaged": len(found.unmanaged),
        },
        "workflows": [_stand(stand) for stand in found.stands],
        "unmanaged": [{"id": item.id, "name": item.name, "version": item.version} for item in found.unmanaged],
        "warnings": list(found.warnings),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _stand(stand: Stand) -> dict[str, object]:
    return {
        "key": stand.key,
        "state": str(stand.standing),
        "id": stand.id or None,
        "name": stand.name,
        "appliedVersion": stand.applied_version,
        "definitionVersion": stand.version,
        "status": stand.status or None,
        "file": stand.file,
        "hold": stand.hold,
        "running": stand.running,
        "runningMore": stand.running_more,
        "steps": [
            {
                "id": step.id,
                "op": step.op,
                "path": step.path,
                "before": shown_value(step.before, step.path),
                "after": shown_value(step.after, step.path),
            }
            for step in stand.changes
        ],
    }
