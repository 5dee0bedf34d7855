"""Which item of a list became which: steps by id, whatever else by what it says."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence

from deployer.source.edits import same


def pair(old: Sequence[object], new: Sequence[object]) -> list[int | None]:
    """For each item of `new` the index of the one in `old` that it was; None for a new one."""
    before, after = _marks(old), _marks(new)
    pairs = _unchanged_ends(before, after)
    taken = {index for index in pairs if index is not None}
    waiting: dict[str, deque[int]] = {}
    for index, mark in enumerate(before):
        if index not in taken:
            waiting.setdefault(mark, deque()).append(index)
    for place, mark in enumerate(after):
        if pairs[place] is None and (queue := waiting.get(mark)):
            pairs[place] = queue.popleft()
    free = sorted(index for queue in waiting.values() for index in queue)
    _pair_renamed(pairs, free, old, new)
    _pair_replaced(pairs, set(free), old, new)
    return pairs


def unmoved(indexes: Sequence[int]) -> set[int]:
    """The most of these different numbers that are in ascending order: they stay, and the others move."""
    tails: list[int] = []
    at: list[int] = []
    previous: dict[int, int | None] = {}
    for index in indexes:
        place = bisect_left(tails, index)
        tails[place:] = [index] if place == len(tails) else [index, *tails[place + 1 :]]
        at[place : place + 1] = [index]
        previous[index] = at[place - 1] if place else None
    found: set[int] = set()
    last = at[-1] if at else None
    while last is not None:
        found.add(last)
        last = previous[last]
    return found


def _unchanged_ends(before: Sequence[str], after: Sequence[str]) -> list[int | None]:
    """Pair the items at the start and at the end that are still there."""
    pairs: list[int | None] = [None] * len(after)
    shorter = min(len(before), len(after))
    start = next((place for place in range(shorter) if before[place] != after[place]), shorter)
    pairs[:start] = range(start)
    for back in range(1, shorter - start + 1):
        if before[-back] != after[-back]:
            break
        pairs[-back] = len(before) - back
    return pairs


def _marks(items: Sequence[object]) -> list[str]:
    """What tells each item from the others: its id where no other has it, else all that it says."""
    ids = [_id(item) for item in items]
    count = Counter(ids)
    return [
        f"id {name}" if name is not None and count[name] == 1 else json.dumps(item, sort_keys=True)
        for name, item in zip(ids, items, strict=True)
    ]


def _id(item: object) -> str | None:
    name = item.get("id") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _pair_renamed(pairs: list[int | None], free: list[int], old: Sequence[object], new: Sequence[object]) -> None:
    """Pair what has another id now but says much the same, in the order of both."""
    for place, index in enumerate(pairs):
        found = next((number for number in free if _similar(old[number], new[place])), None) if index is None else None
        if found is not None:
            pairs[place] = found
            free.remove(found)


def _pair_replaced(pairs: list[int | None], free: set[int], old: Sequence[object], new: Sequence[object]) -> None:
    """Pair what stands behind the same item as before, unless both are things with ids of their own."""
    last = -1
    for place, index in enumerate(pairs):
        following = last + 1
        if index is None and following in free and (_id(old[following]) is None or _id(new[place]) is None):
            pairs[place] = following
            free.remove(following)
        now = pairs[place]
        last = last if now is None else now


def _similar(left: object, right: object) -> bool:
    if not isinstance(left, dict) or not isinstance(right, dict) or left.get("stepType") != right.get("stepType"):
        return False
    keys = (left.keys() | right.keys()) - {"id", "stepType"}
    equal = sum(1 for key in keys if key in left and key in right and same(left[key], right[key]))
    return 2 * equal >= len(keys)
