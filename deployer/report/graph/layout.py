"""Places for boxes, and ways for links that run between them: down, across, down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployer.record import record
from deployer.report.graph.columns import columns
from deployer.report.graph.layers import Box, Layers, Link, layered

TRACK = 9.0
"""Pixels between two lines that run across beside each other."""
MARGIN = 11.0
"""Pixels above the first and below the last line between two layers, room for an arrow's head."""
PORT = 13.0
"""Pixels between two lines that leave or enter a box."""
_MOST_COMPARED = 150
"""Lines between two layers that are compared pair by pair; more are drawn in the order in which they come."""

Point = tuple[float, float]


@record
class Route:
    """How a link runs."""

    points: tuple[Point, ...]
    """Its corners; consecutive ones differ in one coordinate only."""
    label: Point
    """The middle of its label."""


@record
class Laid:
    """Everything in place. Coordinates count from the top left, in pixels."""

    places: tuple[Point, ...]
    """The top left corner of each box."""
    routes: tuple[Route, ...]
    width: float
    height: float

    def turned(self) -> Laid:
        """The same with layers from left to right."""
        return Laid(
            places=tuple((y, x) for x, y in self.places),
            routes=tuple(
                Route(points=tuple((y, x) for x, y in route.points), label=(route.label[1], route.label[0]))
                for route in self.routes
            ),
            width=self.height,
            height=self.width,
        )


@dataclass(slots=True)
class _Crossing:
    """A line across the gap between two layers, with the ends that lead up and those that lead down."""

    ends: tuple[tuple[float, bool], tuple[float, bool]]
    """Horizontal place of both ends, and whether each leads up."""
    track: int = 0

    @property
    def low(self) -> float:
        return min(self.ends[0][0], self.ends[1][0])

    @property
    def high(self) -> float:
        return max(self.ends[0][0], self.ends[1][0])

    def across(self, other: _Crossing) -> int:
        """How many of this one's ends cross the other, if this one runs above it."""
        hits = 0
        for place, up in self.ends:
            if not up and other.low - 4 < place < other.high + 4:
                same = any(abs(place - end) < 4 for end, leads_up in other.ends if leads_up)
                hits += 10 if same else 1
        for place, up in other.ends:
            if up and self.low < place < self.high:
                hits += 1
        return hits

    def near(self, other: _Crossing) -> bool:
        """Whether both cannot share a track."""
        return self.low - 8 < other.high and other.low - 8 < self.high

    def joins(self, other: _Crossing) -> bool:
        """Whether both end at one place on one side, and so are one line from there on."""
        return self.ends[1] == other.ends[1]


def lay_out(boxes: Sequence[Box], links: Sequence[Link], *, gap: float) -> Laid:
    """Put boxes into layers from top to bottom, `gap` pixels apart, and lead links around them."""
    if not boxes:
        return Laid(places=(), routes=(), width=0.0, height=0.0)
    layers = layered(boxes, links)
    middles = columns(layers, gap)
    ports = _ports(layers, links, middles)
    gaps: list[dict[tuple[float, bool, float, bool], _Crossing]] = [{} for _ in layers.rows]
    hops = [list(_hops(layers, way, ports, middles)) for way in layers.ways]
    for hop in (hop for way in hops for hop in way):
        if abs(hop.start - hop.end) >= 1:
            gaps[hop.gap].setdefault(hop.key, _Crossing(ends=((hop.start, hop.start_up), (hop.end, hop.end_up))))
    tops, heights, rooms = _rows(layers, [_assign(list(gap.values())) for gap in gaps])
    routes = []
    for way, path in zip(layers.ways, hops, strict=True):
        label = layers.items[way[1]]
        routes.append(
            Route(
                points=tuple(_simplified(_points(layers, way, path, tops, heights, gaps))),
                label=(middles[way[1]], tops[label.rank] + heights[label.rank] / 2),
            )
        )
    places = tuple((middles[at] - box.width / 2, tops[layers.items[at].rank]) for at, box in enumerate(boxes))
    width = max(middle + item.width / 2 for middle, item in zip(middles, layers.items, strict=True))
    return Laid(places=places, routes=tuple(routes), width=width, height=tops[-1] + heights[-1] + rooms[-1])


@dataclass(frozen=True, slots=True)
class _Hop:
    """A link's way from one of its items to the next, through the gap below layer `gap`."""

    gap: int
    start: float
    start_up: bool
    end: float
    end_up: bool

    @property
    def key(self) -> tuple[float, bool, float, bool]:
        return (self.start, self.start_up, self.end, self.end_up)


Ports = dict[tuple[int, bool, int], float]
"""By box, whether at its top, and the item beyond: where a line meets the box."""


def _ports(layers: Layers, links: Sequence[Link], middles: Sequence[float]) -> Ports:
    beyond: dict[tuple[int, bool], set[int]] = {}
    for link, way in zip(links, layers.ways, strict=True):
        beyond.setdefault((link.source, False), set()).add(way[1])
        beyond.setdefault((link.target, True), set()).add(way[-2])
    ports: Ports = {}
    for (box, top), others in beyond.items():
        item = layers.items[box]
        order = sorted(others, key=middles.__getitem__)
        room = item.width - 28
        step = min(PORT, room / max(1, len(order) - 1))
        places = _spread([middles[other] for other in order], middles[box], room, step)
        for other, place in zip(order, places, strict=True):
            ports[box, top, other] = place
    return ports


def _spread(wanted: Sequence[float], middle: float, room: float, step: float) -> list[float]:
    """Places as near as possible to where the lines come from, so that they run straight, yet apart."""
    low, high = middle - room / 2, middle + room / 2
    if len(wanted) == 1 and not low <= wanted[0] <= high:
        return [middle + max(-room / 4, min(room / 4, wanted[0] - middle))]
    places: list[float] = []
    for place in wanted:
        least = places[-1] + step if places else low
        places.append(max(least, min(high, place)))
    for at in range(len(places) - 1, -1, -1):
        most = places[at + 1] - step if at + 1 < len(places) else high
        places[at] = min(places[at], most)
    return places


def _hops(layers: Layers, way: Sequence[int], ports: Ports, middles: Sequence[float]) -> Iterator[_Hop]:
    """A turn stands one layer beyond the gap in which the line really turns, so it is passed over."""
    places = [middles[number] for number in way]
    places[0], places[-1] = ports[way[0], False, way[1]], ports[way[-1], True, way[-2]]
    ranks = [layers.items[number].rank for number in way]
    at = 0
    while at < len(way) - 1:
        after = at + 1
        if after < len(way) - 1 and (ranks[after] - ranks[at]) * (ranks[after + 1] - ranks[after]) < 0:
            after += 1  # from below a layer back up through it, or the other way round
            gap = ranks[at] if ranks[at + 1] > ranks[at] else ranks[at] - 1
            up = ranks[at + 1] > ranks[at]
            yield _Hop(gap, places[at], up, places[after], up)
        else:
            gap = min(ranks[at], ranks[after])
            down = ranks[after] > ranks[at]
            yield _Hop(gap, places[at], down, places[after], not down)
        at = after


def _assign(lines: list[_Crossing]) -> int:
    """Give each line a track, from the top; how many there are."""
    if len(lines) <= _MOST_COMPARED:
        lines = _sorted(lines)
    for at, line in enumerate(lines):
        taken = [other for other in lines[:at] if line.near(other)]
        joined = next((other.track for other in taken if line.joins(other)), None)
        above = max((other.track + 1 for other in taken if not line.joins(other)), default=0)
        line.track = joined if joined is not None and joined >= above else above
    return max((line.track + 1 for line in lines), default=0)


def _sorted(lines: list[_Crossing]) -> list[_Crossing]:
    """An order from top to bottom with few crossings; circles are cut where least is lost."""
    above: list[set[int]] = [set() for _ in lines]
    for one, line in enumerate(lines):
        for other in range(one):
            if line.near(lines[other]):
                first, second = line.across(lines[other]), lines[other].across(line)
                if first < second:
                    above[other].add(one)
                elif second < first:
                    above[one].add(other)
    order: list[int] = []
    left = set(range(len(lines)))
    while left:
        following = min(left, key=lambda number: (len(above[number] & left), number))
        left.discard(following)
        order.append(following)
    return [lines[number] for number in order]


def _rows(layers: Layers, tracks: Sequence[int]) -> tuple[list[float], list[float], list[float]]:
    """Top and height of each layer, and the room below it, in which lines run across."""
    heights = [max((layers.items[number].height for number in row), default=0.0) for row in layers.rows]
    used = [any(layers.items[number].box or layers.items[number].height for number in row) for row in layers.rows]
    tops: list[float] = []
    rooms: list[float] = []
    y = 0.0
    for at, height in enumerate(heights):
        tops.append(y)
        room = 2 * MARGIN + (tracks[at] - 1) * TRACK if tracks[at] else MARGIN
        if at == len(heights) - 1 or (at == 0 and not used[0]):
            room = 2 * MARGIN + (tracks[at] - 1) * TRACK if tracks[at] else 0.0
        rooms.append(room)
        y += height + room
    return tops, heights, rooms


def _points(
    layers: Layers,
    way: Sequence[int],
    hops: Sequence[_Hop],
    tops: Sequence[float],
    heights: Sequence[float],
    gaps: Sequence[dict[tuple[float, bool, float, bool], _Crossing]],
) -> Iterator[Point]:
    source, target = layers.items[way[0]], layers.items[way[-1]]
    yield hops[0].start, tops[source.rank] + source.height
    for hop in hops:
        line = gaps[hop.gap].get(hop.key)
        if line is None:
            continue
        y = tops[hop.gap] + heights[hop.gap] + MARGIN + line.track * TRACK
        yield hop.start, y
        yield hop.end, y
    yield hops[-1].end, tops[target.rank]


def _simplified(points: Iterator[Point]) -> Iterator[Point]:
    """Without corners that are none."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < 1 and abs(kept[-1][1] - point[1]) < 1:
            continue
        if len(kept) >= 2 and _straight(kept[-2], kept[-1], point):
            kept[-1] = point
            continue
        kept.append(point)
    yield from kept


def _straight(one: Point, two: Point, three: Point) -> bool:
    return any(abs(one[at] - two[at]) < 0.01 and abs(two[at] - three[at]) < 0.01 for at in (0, 1))
