"""Boxes and links put into layers, in an order with few crossings.

The method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
structures", 1981): every link points down one layer after cycles are cut; layers by the longest way;
links that are longer run over *points*, one a layer; then each layer is sorted by the mean place
of its neighbours, down and up again, and the best order wins.

Boxes stand in odd layers. The layer below a box holds the labels of its links, so that no label
can lie on a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from deployer.record import record

ROUNDS = 12
"""Sweeps down and up. After some, orders get no better."""


@record
class Box:
    """Something with a size, in pixels."""

    width: float
    height: float


@record
class Link:
    """From box to box, by number, with the size of its label."""

    source: int
    target: int
    back: bool = False
    """Known to lead back; others are found out."""
    label: Box = Box(width=0.0, height=0.0)


@dataclass(slots=True)
class Item:
    """What takes a place in a layer: a box, or a point that a link runs over."""

    rank: int
    width: float
    height: float
    box: bool
    up: list[int] = field(default_factory=list)
    """Neighbours in the layer above."""
    down: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Layers:
    """The items by number (boxes first), the layers from the top, and each link's items in order."""

    items: list[Item]
    rows: list[list[int]]
    ways: list[list[int]]

    def join(self, one: int, other: int) -> None:
        """Make neighbours of two items in adjacent layers."""
        upper, lower = (one, other) if self.items[one].rank < self.items[other].rank else (other, one)
        if lower not in self.items[upper].down:
            self.items[upper].down.append(lower)
            self.items[lower].up.append(upper)


def layered(boxes: Sequence[Box], links: Sequence[Link]) -> Layers:
    """Layers of boxes and points, sorted."""
    found = ranks(len(boxes), links)
    items = [
        Item(rank=rank, width=box.width, height=box.height, box=True) for box, rank in zip(boxes, found, strict=True)
    ]
    layers = Layers(items=items, rows=[], ways=[])
    shared: dict[tuple[int, bool, int], int] = {}
    for link in links:
        way = _way(layers, link, shared)
        layers.ways.append(way)
        for one, other in pairwise(way):
            layers.join(one, other)
    layers.rows = [[] for _ in range(max((item.rank for item in items), default=0) + 1)]
    for number in _first_order(items):
        layers.rows[items[number].rank].append(number)
    _sort(layers)
    return layers


def ranks(count: int, links: Sequence[Link]) -> list[int]:
    """Odd numbers: each box below all that lead to it, links back left out.

    What the first box does not lead to stands just above what it leads to, not at the top of everything.
    """
    onward: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        if not link.back and link.source != link.target:
            onward[link.source].append(link.target)
    order = _topological(onward)
    found = [1] * count
    for number in order:
        for target in onward[number]:
            found[target] = max(found[target], found[number] + 2)
    seen = {0}
    for number in order:
        if number in seen:
            seen.update(onward[number])
    for part in _loose_parts(onward, seen):
        room = [found[target] - found[number] - 2 for number in part for target in onward[number] if target in seen]
        for number in part:
            found[number] += min(room, default=0)
    return found


def _loose_parts(onward: Sequence[Sequence[int]], seen: set[int]) -> Iterator[list[int]]:
    """The boxes that are not seen, those together that hang together."""
    beside: dict[int, list[int]] = {number: [] for number in range(len(onward)) if number not in seen}
    for number, others in beside.items():
        for target in onward[number]:
            if target in beside:
                others.append(target)
                beside[target].append(number)
    left = dict.fromkeys(beside)
    while left:
        part, work = [], [next(iter(left))]
        del left[work[0]]
        while work:
            number = work.pop()
            part.append(number)
            for other in beside[number]:
                if other in left:
                    del left[other]
                    work.append(other)
        yield part


def _topological(onward: list[list[int]]) -> list[int]:
    """An order in which links point forward; cuts, in place, the links that close a circle."""
    state = [0] * len(onward)
    done: list[int] = []
    for root in range(len(onward)):
        if state[root]:
            continue
        state[root] = 1
        work = [(root, 0)]
        while work:
            number, at = work.pop()
            if at == len(onward[number]):
                state[number] = 2
                done.append(number)
                continue
            target = onward[number][at]
            if state[target] == 1:
                del onward[number][at]
                work.append((number, at))
                continue
            work.append((number, at + 1))
            if state[target] == 0:
                state[target] = 1
                work.append((target, 0))
    return done[::-1]


def _way(layers: Layers, link: Link, shared: dict[tuple[int, bool, int], int]) -> list[int]:
    """The items that a link runs over. Links to one box share their points: they join on the way."""
    items = layers.items
    top, bottom = items[link.source].rank, items[link.target].rank
    label = _add(items, top + 1, link.label.width, link.label.height)
    if top < bottom:
        return [link.source, label, *_points(items, link, shared, False, range(top + 2, bottom)), link.target]
    turn = _add(items, top + 2, 0, 0)
    return [link.source, label, turn, *_points(items, link, shared, True, range(top + 1, bottom - 2, -1)), link.target]


def _points(
    items: list[Item], link: Link, shared: dict[tuple[int, bool, int], int], back: bool, ranks: Iterable[int]
) -> Iterator[int]:
    for rank in ranks:
        key = (link.target, back, rank)
        if key not in shared:
            shared[key] = _add(items, rank, 0, 0)
        yield shared[key]


def _add(items: list[Item], rank: int, width: float, height: float) -> int:
    items.append(Item(rank=rank, width=width, height=height, box=False))
    return len(items) - 1


def _first_order(items: Sequence[Item]) -> Iterator[int]:
    """Depth first from the top, so that what belongs together starts out together."""
    seen = [False] * len(items)
    for root in sorted(range(len(items)), key=lambda number: (items[number].rank, number)):
        if seen[root]:
            continue
        work = [root]
        while work:
            number = work.pop()
            if seen[number]:
                continue
            seen[number] = True
            yield number
            work += [other for other in reversed(items[number].down) if not seen[other]]


def _sort(layers: Layers) -> None:
    best, fewest = [list(row) for row in layers.rows], _all_crossings(layers)
    for turn in range(ROUNDS):
        if fewest == 0:
            break
        down = turn % 2 == 0
        for row in layers.rows if down else layers.rows[::-1]:
            _sort_row(layers, row, down=down, late=turn % 4 >= 2)
        _swap_neighbours(layers)
        crossings = _all_crossings(layers)
        if crossings < fewest:
            best, fewest = [list(row) for row in layers.rows], crossings
    layers.rows = best


def _places(layers: Layers) -> list[int]:
    places = [0] * len(layers.items)
    for row in layers.rows:
        for place, number in enumerate(row):
            places[number] = place
    return places


def _sort_row(layers: Layers, row: list[int], *, down: bool, late: bool) -> None:
    places = _places_of_neighbours(layers, row, down=down)
    fixed = {number: place for place, number in enumerate(row)}
    wanted = {number: sum(found) / len(found) if found else float(fixed[number]) for number, found in places.items()}
    row.sort(key=lambda number: (wanted[number], -fixed[number] if late else fixed[number]))


def _places_of_neighbours(layers: Layers, row: Sequence[int], *, down: bool) -> dict[int, list[int]]:
    if not row:
        return {}
    rank = layers.items[row[0]].rank + (-1 if down else 1)
    other = layers.rows[rank] if 0 <= rank < len(layers.rows) else []
    place = {number: at for at, number in enumerate(other)}
    return {
        number: [place[next_to] for next_to in (layers.items[number].up if down else layers.items[number].down)]
        for number in row
    }


def _swap_neighbours(layers: Layers) -> None:
    """Swap two that stand side by side wherever that takes crossings away."""
    places = _places(layers)
    for row in layers.rows:
        for at in range(len(row) - 1):
            left, right = row[at], row[at + 1]
            one, other = layers.items[left], layers.items[right]
            now = _crossings(one.up, other.up, places) + _crossings(one.down, other.down, places)
            then = _crossings(other.up, one.up, places) + _crossings(other.down, one.down, places)
            if then < now:
                row[at], row[at + 1] = right, left
                places[left], places[right] = at + 1, at


def _crossings(left: Sequence[int], right: Sequence[int], places: Sequence[int]) -> int:
    """How many lines of the left one cross lines of the right one."""
    return sum(1 for one in left for other in right if places[one] > places[other])


def _all_crossings(layers: Layers) -> int:
    """Inversions, counted in a Fenwick tree: n log n."""
    places, total = _places(layers), 0
    for row in layers.rows:
        ends = [place for number in row for place in sorted(places[other] for other in layers.items[number].down)]
        size = max(ends, default=0) + 1
        tree = [0] * (size + 1)
        for seen, end in enumerate(ends):
            at, before = end + 1, 0
            while at:
                before += tree[at]
                at &= at - 1
            total += seen - before
            at = end + 1
            while at <= size:
                tree[at] += 1
                at += at & -at
    return total
