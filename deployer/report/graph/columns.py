"""Where the items of sorted layers stand from left to right.

The method of Brandes and Köpf ("Fast and simple horizontal coordinate assignment", 2001): long links
become straight, boxes stand in the middle of what they lead to. Four ways to align (up or down, left
or right) are worked out; the place is the mean of the two in the middle.

One thing is added: where one of several ways goes on for much longer than the others, it goes straight
down. Else a long conversation would drift to one side with every question in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from deployer.report.graph.layers import Item, Layers

MUCH_LONGER = 3
"""Layers that a way must go on for beyond its neighbours to become the straight one."""
POINT_GAP = 16.0
"""Pixels between a link that passes and whatever stands beside it."""


def columns(layers: Layers, gap: float) -> list[float]:
    """The middle of each item, in pixels; the leftmost edge is 0. `gap` is left between boxes."""
    if not layers.items:
        return []
    conflicts, heirs = _conflicts(layers), _heirs(layers)
    conflicts |= {
        (number, other) for number, heir in heirs.items() for other in layers.items[number].down if other != heir
    }
    found: list[list[float]] = []
    for upward in (True, False):
        for mirrored in (False, True):
            rows = layers.rows if upward else layers.rows[::-1]
            rows = [row[::-1] for row in rows] if mirrored else rows
            places = _compact(layers.items, rows, _align(layers.items, rows, conflicts, heirs, upward=upward), gap)
            found.append([-place for place in places] if mirrored else places)
    _side_by_side(layers.items, found)
    middle = [sum(sorted(places[number] for places in found)[1:3]) / 2 for number in range(len(layers.items))]
    left = min(place - item.width / 2 for place, item in zip(middle, layers.items, strict=True))
    return [place - left for place in middle]


def _conflicts(layers: Layers) -> set[tuple[int, int]]:
    """Pairs of neighbours whose line crosses a long link: the long link stays straight."""
    conflicts: set[tuple[int, int]] = set()
    items = layers.items
    for upper, row in pairwise(layers.rows):
        place = {number: at for at, number in enumerate(upper)}
        low, scanned = 0, 0
        for at, number in enumerate(row):
            inner = next((other for other in items[number].up if _inner(items, other, number)), None)
            if inner is None and at < len(row) - 1:
                continue
            high = place[inner] if inner is not None else len(upper)
            for other in row[scanned : at + 1]:
                for above in items[other].up:
                    if not low <= place[above] <= high and not _inner(items, above, other):
                        conflicts.add((above, other))
            scanned, low = at + 1, high
    return conflicts


def _heirs(layers: Layers) -> dict[int, int]:
    """By item, the one below it that goes on for much longer than all others below it."""
    depth = [0] * len(layers.items)
    heirs: dict[int, int] = {}
    for row in reversed(layers.rows):
        for number in row:
            below = sorted(layers.items[number].down, key=depth.__getitem__)
            depth[number] = 1 + depth[below[-1]] if below else 0
            if len(below) > 1 and depth[below[-1]] - depth[below[-2]] >= MUCH_LONGER:
                heirs[number] = below[-1]
    return heirs


def _inner(items: Sequence[Item], upper: int, lower: int) -> bool:
    return not items[upper].box and not items[lower].box


def _align(
    items: Sequence[Item],
    rows: Sequence[Sequence[int]],
    conflicts: set[tuple[int, int]],
    heirs: Mapping[int, int],
    *,
    upward: bool,
) -> list[int]:
    """For each item the root of its column: items that shall stand straight above each other."""
    root, following = list(range(len(items))), list(range(len(items)))
    place = {number: at for row in rows for at, number in enumerate(row)}
    for row in rows:
        last = -1
        for number in row:
            others = sorted(items[number].up if upward else items[number].down, key=place.__getitem__)
            middle = {(len(others) - 1) // 2, len(others) // 2} if others else set[int]()
            if not upward and number in heirs:
                middle = {others.index(heirs[number])}
            for at in sorted(middle):
                other = others[at]
                pair = (other, number) if upward else (number, other)
                if following[number] == number and last < place[other] and pair not in conflicts:
                    following[other] = number
                    root[number] = root[other]
                    following[number] = root[number]
                    last = place[other]
    return root


def _compact(items: Sequence[Item], rows: Sequence[Sequence[int]], root: Sequence[int], gap: float) -> list[float]:
    """As far left as neighbours allow, then as far right as nothing else moves."""
    after: dict[int, dict[int, float]] = {}
    before: dict[int, dict[int, float]] = {}
    for row in rows:
        for left, right in pairwise(row):
            one, other = root[left], root[right]
            apart = max(after.setdefault(one, {}).get(other, 0.0), _apart(items[left], items[right], gap))
            after[one][other] = apart
            before.setdefault(other, {})[one] = apart
    order = _order(set(root), after)
    places: dict[int, float] = {}
    for number in order:
        places[number] = max((places[one] + apart for one, apart in before.get(number, {}).items()), default=0.0)
    for number in reversed(order):
        room = min((places[other] - apart for other, apart in after.get(number, {}).items()), default=None)
        if room is not None:
            places[number] = max(places[number], room)
    return [places[found] for found in root]


def _apart(left: Item, right: Item, gap: float) -> float:
    between = gap if left.box and right.box else POINT_GAP
    return (left.width + right.width) / 2 + between


def _order(roots: set[int], after: dict[int, dict[int, float]]) -> list[int]:
    missing = dict.fromkeys(sorted(roots), 0)
    for others in after.values():
        for other in others:
            missing[other] += 1
    ready = [number for number, count in missing.items() if count == 0]
    order: list[int] = []
    while ready:
        number = ready.pop()
        order.append(number)
        for other in after.get(number, ()):
            missing[other] -= 1
            if missing[other] == 0:
                ready.append(other)
    return order


def _side_by_side(items: Sequence[Item], found: list[list[float]]) -> None:
    """Move the four so that they agree: left ones at the left edge of the narrowest, right ones at its right."""
    edges = [
        (
            min(place - item.width / 2 for place, item in zip(places, items, strict=True)),
            max(place + item.width / 2 for place, item in zip(places, items, strict=True)),
        )
        for places in found
    ]
    left, right = min(edges, key=lambda edge: edge[1] - edge[0])
    for at, places in enumerate(found):
        by = right - edges[at][1] if at % 2 else left - edges[at][0]
        found[at] = [place + by for place in places]
