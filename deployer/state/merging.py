"""What a run left in its journal, put into a state that may have moved on since."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from deployer.state.journal import Journal
from deployer.state.model import Facts, State

_Part = TypeVar("_Part")


def merge(journal: Journal, theirs: State, *, shared: bool) -> tuple[State, tuple[str, ...]]:
    """`theirs` with what the journal's run found out, and the keys on which the two disagree.

    Key by key. Where the state stands at any point that the run itself went through, nobody else touched the key,
    and the run's last word holds. Where another run settled an intent in the meantime, it looked at the server,
    and its word holds, unless it knows nothing of a definition that the journal's run saw.

    In a `shared` state intents were there before the first request left: one that it no longer has was settled.
    """
    merged: dict[str, Facts] = {}
    disagreed: list[str] = []
    for key, points in sorted(journal.points.items()):
        facts = _merge_key(points, theirs.facts(key), shared=shared)
        if facts is None:
            disagreed.append(key)
        else:
            merged[key] = facts
    return (theirs if disagreed else theirs.with_facts(merged)), tuple(disagreed)


def _merge_key(points: list[Facts], theirs: Facts, *, shared: bool) -> Facts | None:
    ours = points[-1]
    if shared and ours.intent is not None and theirs.intent is None:
        return theirs
    if any(_same(theirs, point) for point in points):
        return ours
    # Where another run most likely started from: where the intent was opened, else the beginning.
    base = next((point for point in points if point.intent is not None), points[0])
    if base.intent is not None and theirs.intent is None:
        base_id, ours_id, theirs_id = (facts.binding.id if facts.binding else None for facts in (base, ours, theirs))
        return theirs if ours_id in (None, base_id, theirs_id) else None
    try:
        return Facts(
            binding=_merge_part(base.binding, ours.binding, theirs.binding),
            hold=_merge_part(base.hold, ours.hold, theirs.hold),
            tombstone=_merge_part(base.tombstone, ours.tombstone, theirs.tombstone),
            intent=_merge_part(base.intent, ours.intent, theirs.intent),
        )
    except _Disagreement:
        return None


def _same(theirs: Facts, point: Facts) -> bool:
    runs = [facts.intent.run if facts.intent else None for facts in (theirs, point)]
    # Another machine may have been about to send the very same, and what it sent we do not know.
    return runs[0] == runs[1] and _as_seen(theirs) == _as_seen(point)


def _as_seen(facts: Facts) -> Facts:
    """As everybody sees it: whether a request has left is known on its own machine only."""
    return facts if facts.intent is None else replace(facts, intent=replace(facts.intent, maybe_sent=True))


class _Disagreement(Exception):
    """Both sides changed one thing, differently."""


def _merge_part(base: _Part, ours: _Part, theirs: _Part) -> _Part:
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    raise _Disagreement
