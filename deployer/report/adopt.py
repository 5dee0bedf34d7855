"""Which files and definitions belong together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from deployer.finding import dotted
from deployer.operations.adopt import Pairing
from deployer.operations.diff import sentences
from deployer.operations.proposals import Proposal, described
from deployer.operations.saved_plan import shown_value
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1
MOST_LISTED = 20


def render_text(pairing: Pairing, proposals: Sequence[Proposal] = (), *, color: bool = False) -> str:
    """Paired, ambiguous, what stands on one side only, and variables for what differs."""
    paint = Paint(color)
    lines: list[str] = []
    for pair in pairing.paired:
        count = len(pair.changes)
        agreement = (
            f"{count} difference{'s' if count > 1 else ''}, which the next apply would write" if count else "equal"
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
    lines += [paint.yellow(line) for proposal in proposals for line in _proposal(proposal)]
    lines.append(paint.bold(f"{len(pairing.paired)} paired, {len(pairing.ambiguous)} ambiguous."))
    return "\n".join(lines) + "\n"


def _proposal(proposal: Proposal) -> Iterator[str]:
    what = f"variable {proposal.name}" if proposal.name is not None else f"status of {proposal.spots[0].key}"
    yield f"+ {what}: {_value(proposal, proposal.here)} here, {_value(proposal, proposal.elsewhere)} elsewhere"
    yield f"    for {described(proposal)}"


def _value(proposal: Proposal, value: object) -> str:
    return safe(shorten(str(shown_value(value, str(proposal.spots[0].path[-1]))), 60))


def render_json(pairing: Pairing, proposals: Sequence[Proposal] = ()) -> str:
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
        "proposed": [
            {"variable": item.name, "here": shown_value(item.here, ""), "elsewhere": shown_value(item.elsewhere, ""),
             "places": [{"key": spot.key, "path": dotted(spot.path)} for spot in item.spots]}
            for item in proposals
        ],
        "onlyFiles": list(pairing.only_files),
        "onlyServer": [{"id": item.id, "name": item.name} for item in pairing.only_server],
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
