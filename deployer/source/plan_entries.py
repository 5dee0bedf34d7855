"""What a list or mapping is to hold: old entries and new ones, in their new order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.record import record
from deployer.source.edits import Edit
from deployer.source.writer import ordered


@record
class Kept:
    """An entry that was there, and the edits inside it."""

    index: int
    edits: tuple[Edit, ...] = ()


@record
class Fresh:
    """A new entry."""

    lines: tuple[str, ...]
    """As it is written, ready for its column; inside brackets one text."""


def with_added(
    kept: Mapping[str, Kept], added: Mapping[str, Fresh], value: Mapping[str, object], first: Sequence[str]
) -> list[Kept | Fresh]:
    """Old keys in their order, and new ones at their documented place (`first`), else at the end."""
    names = list(kept)
    for name in ordered({key: value[key] for key in value if key in added}, first):
        names.insert(_place(name, names, first), name)
    return [kept[name] if name in kept else added[name] for name in names]


def _place(name: str, names: Sequence[str], first: Sequence[str]) -> int:
    if name not in first:
        return len(names)
    rank = list(first).index(name)
    before = [names.index(other) for other in first[:rank] if other in names]
    if before:
        return names.index(next(other for other in reversed(first[:rank]) if other in names)) + 1
    after = [names.index(other) for other in first[rank + 1 :] if other in names]
    return min(after) if after else len(names)
