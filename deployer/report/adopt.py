"""Which files and definitions belong together."""

from __future__ import annotations

import json

from deployer.operations.adopt import Pairing
from deployer.operations.diff import sentences
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1
MOST_LISTED = 20


def render_text(pairing: Pairing, *, color: bool = False) -> str:
    """Paired, ambiguous, and what stands on one side only."""
    paint = Paint(color)
    lines: list[str] = []
    for pair in pairing.paired:
        agreement = (
            "equal" if not pair.changes else f"{len(pair.changes)} differences, which the next apply would write"
        )
        lines.append(paint.green(f"= {pair.key}: {pair.id} ({safe(pair.name)}, version {pair.version}): {agreement}"))
        lines += [f"    {safe(sentence)}" for sentence in sentences(pair.changes)[:MOST_LISTED]]
    for item in pairing.ambiguous:
        lines.append(
            paint.yellow(f"? ambiguous: `{safe(item.name)}`: {', '.join(item.keys)} and {', '.join(item.ids)}")
        )
        lines.append(f"    choose yourself: deployer adopt {item.keys[0]} ID")
    lines += [f"  only here: {key}" for key in pairing.only_files]
    lines += [
        f"  only on the server: {definition.id}  {safe(shorten(definition.name, 60))}"
        for definition in pairing.only_server[:MOST_LISTED]
    ]
    if len(pairing.only_server) > MOST_LISTED:
        lines.append(f"  and {len(pairing.only_server) - MOST_LISTED} more on the server")
    lines.append(paint.bold(f"{len(pairing.paired)} paired, {len(pairing.ambiguous)} ambiguous."))
    return "\n".join(lines) + "\n"


def render_json(pairing: Pairing) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "paired": [
            {"key": pair.key, "id": pair.id, "name": pair.name, "definitionVersion": pair.version,
             "differences": len(pair.changes)}
            for pair in pairing.paired
        ],
        "ambiguous": [
            {"name": item.name, "keys": list(item.keys), "ids": list(item.ids)} for item in pairing.ambiguous
        ],
        "onlyFiles": list(pairing.only_files),
        "onlyServer": [{"id": item.id, "name": item.name} for item in pairing.only_server],
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
