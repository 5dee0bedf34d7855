"""The whole picture, in pixels: steps as cards, steps within steps as frames, ways as lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.report.graph.far import referred
from deployer.report.graph.layers import Box, Link
from deployer.report.graph.layout import Laid, Point, lay_out
from deployer.report.graph.metrics import width, wrap
from deployer.report.graph.model import Edge, Graph, Mark, Node, Shape

MOST_STEPS = 1_000
MOST_WAYS = 4_000
"""Beyond these nobody reads a picture, and laying it out takes long."""

WIDE = 1_400.0
"""Pixels of width from which a picture runs from left to right, if that makes it narrower: pages scroll down."""

NARROWEST, WIDEST = 130.0, 236.0
"""Of a card, in pixels."""
SIDE = 16.0
"""Pixels left and right of a card's text."""
FRAME = 18.0
"""Pixels between a frame and what it holds."""
LABEL = 168.0
"""Pixels that a label may be wide."""

SMALL, USUAL, LARGE = 10.5, 12.0, 13.5
"""Font sizes: types and labels, texts, ids."""
LEADING = 1.32
"""Line height in font sizes."""


@record
class Line:
    """One line of text on a card."""

    text: str
    role: str
    """`type`, `id`, `text`, `old`, `new`, `fault`, `note`."""
    size: float
    y: float
    """The base line, from the card's top."""


@record
class Card:
    """A node with its place."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]


@record
class Frame:
    """Around a step and the steps that it holds."""

    node: Node
    x: float
    y: float
    width: float
    height: float


@record
class Label:
    """A label of a line, around its middle."""

    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


@record
class Wire:
    """An edge with its way."""

    edge: Edge
    points: tuple[Point, ...]
    label: Label | None


@dataclass(slots=True)
class Picture:
    """All of it; frames from the outermost to the innermost."""

    width: float = 0.0
    height: float = 0.0
    cards: list[Card] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


def picture(graph: Graph) -> Picture:
    """Lay out a graph. Raises ConfigurationError where it is too large to be of use as a picture."""
    if graph.steps > MOST_STEPS or len(graph.edges) > MOST_WAYS:
        raise ConfigurationError(
            f"{graph.title or 'the workflow'}: {graph.steps} steps with {len(graph.edges)} ways between them are too "
            f"many for a picture (at most {MOST_STEPS} and {MOST_WAYS})",
            hint="`--format mermaid` writes them all.",
        )
    graph = referred(graph)
    drawn = _Painter(graph, across=False).paint()
    if drawn.width > max(WIDE, drawn.height):
        other = _Painter(graph, across=True).paint()
        return other if other.width < drawn.width else drawn
    return drawn


@dataclass(frozen=True, slots=True)
class _Level:
    """The inside of one step, or the whole, before it has a place."""

    laid: Laid
    members: tuple[str, ...]
    sizes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    labels: tuple[tuple[str, ...], ...]


class _Painter:
    def __init__(self, graph: Graph, *, across: bool) -> None:
        self.across = across
        self.nodes = {node.key: node for node in graph.nodes}
        self.inside: dict[str | None, list[str]] = {}
        for node in graph.nodes:
            self.inside.setdefault(node.group, []).append(node.key)
        self.ways: dict[str | None, list[tuple[Edge, str, str]]] = {}
        for edge in graph.edges:
            level, source, target = self.level_of(edge)
            self.ways.setdefault(level, []).append((edge, source, target))
        self.lines = {node.key: _lines(node) for node in graph.nodes}
        self.levels: dict[str | None, _Level] = {}
        self.picture = Picture()

    def paint(self) -> Picture:
        whole = self.lay_out(None)
        self.place(None, 0.0, 0.0)
        self.picture.width, self.picture.height = whole.width, whole.height
        return self.picture

    def level_of(self, edge: Edge) -> tuple[str | None, str, str]:
        """The innermost frame that holds both ends, and what stands for them in it."""
        sources = self.levels_around(edge.source)
        for level, target in self.levels_around(edge.target).items():
            if level in sources:
                return level, sources[level], target
        return None, edge.source, edge.target

    def levels_around(self, key: str) -> dict[str | None, str]:
        """From the inside out: each frame around a node, and the node or frame that stands in it."""
        levels: dict[str | None, str] = {key: key} if key in self.inside else {}
        here: str | None = key
        while here is not None:
            around = self.nodes[here].group
            levels[around] = here
            here = around
        return levels

    def lay_out(self, level: str | None) -> Box:
        """The size of a frame's inside; what it holds is laid out first."""
        members = [*([level] if level is not None else []), *self.inside.get(level, [])]
        sizes = [self.size(key, level) for key in members]
        number = {key: at for at, key in enumerate(members)}
        ways = self.ways.get(level, [])
        labels = [self.label(edge, source, target) for edge, source, target in ways]
        tags = [Box(width=_label_width(label), height=_label_height(label)) for label in labels]
        links = [
            Link(source=number[source], target=number[target], back=self.leads_back(edge), label=self.turned(tag))
            for (edge, source, target), tag in zip(ways, tags, strict=True)
        ]
        laid = lay_out([self.turned(size) for size in sizes], links, gap=20.0 if self.across else 34.0)
        if self.across:
            laid = laid.turned()
        edges = tuple(edge for edge, _, _ in ways)
        self.levels[level] = _Level(laid, tuple(members), tuple(sizes), edges, tuple(labels))
        return Box(width=laid.width, height=laid.height)

    def leads_back(self, edge: Edge) -> bool:
        return edge.loop and self.nodes[edge.target].shape is not Shape.REFERENCE

    def turned(self, box: Box) -> Box:
        """Layers run down; where they shall run across, the page is turned, laid out, and turned back."""
        return Box(width=box.height, height=box.width) if self.across else box

    def size(self, key: str, level: str | None) -> Box:
        if key in self.inside and key != level:
            inner = self.lay_out(key)
            return Box(width=inner.width + 2 * FRAME, height=inner.height + 2 * FRAME)
        return _card_size(self.nodes[key], self.lines[key])

    def label(self, edge: Edge, source: str, target: str) -> tuple[str, ...]:
        """What stands on a line; where it ends at a frame, between which steps it runs."""
        sign = _sign(edge.mark) if edge.mark is not None else ""
        text = " ".join(word for word in (sign, edge.note, "↺" if edge.loop else "", edge.label) if word)
        if source != edge.source or target != edge.target:
            text = f"{self.nodes[edge.source].id} → {self.nodes[edge.target].id} {text}".strip()
        return tuple(wrap(text, LABEL, SMALL, 3))

    def place(self, level: str | None, x: float, y: float) -> None:
        here = self.levels[level]
        for key, size, (left, top) in zip(here.members, here.sizes, here.laid.places, strict=True):
            node = self.nodes[key]
            if key in self.inside and key != level:
                frame = Frame(node=node, x=x + left, y=y + top, width=size.width, height=size.height)
                self.picture.frames.append(frame)
                self.place(key, x + left + FRAME, y + top + FRAME)
            else:
                self.picture.cards.append(
                    Card(node=node, x=x + left, y=y + top, width=size.width, height=size.height, lines=self.lines[key])
                )
        for edge, route, lines in zip(here.edges, here.laid.routes, here.labels, strict=True):
            points = tuple((x + left, y + top) for left, top in route.points)
            self.picture.wires.append(Wire(edge=edge, points=points, label=_label(lines, route.label, x, y)))


def _sign(mark: Mark) -> str:
    return "−" if mark is Mark.REMOVED else mark.sign


def _label(lines: tuple[str, ...], middle: Point, x: float, y: float) -> Label | None:
    if not lines:
        return None
    return Label(
        lines=lines, x=x + middle[0], y=y + middle[1], width=_label_width(lines) - 6, height=_label_height(lines) - 2
    )


def _label_width(lines: tuple[str, ...]) -> float:
    return max((width(line, SMALL) for line in lines), default=-14.0) + 14


def _label_height(lines: tuple[str, ...]) -> float:
    return len(lines) * SMALL * LEADING + 6 if lines else 0.0


def _lines(node: Node) -> tuple[Line, ...]:
    return tuple(_stacked(_texts(node)))


def _texts(node: Node) -> Iterator[tuple[str, str, float]]:
    room = WIDEST - 2 * SIDE
    if node.shape is Shape.REFERENCE:
        yield from ((text, "text", USUAL) for text in wrap(f"→ {node.id}", room, USUAL, 1))
        return
    if node.type:
        yield from ((text, "type", SMALL) for text in wrap(node.type, room, SMALL, 1))
    yield from ((text, "id", LARGE) for text in wrap(node.id, room, LARGE, 2, bold=True))
    if node.before:
        yield from ((text, "old", USUAL) for text in wrap(f"− {node.before}", room, USUAL, 3))
        yield from ((text, "new", USUAL) for text in wrap(f"+ {node.text}", room, USUAL, 3))
    else:
        yield from ((text, "text", USUAL) for text in wrap(node.text, room, USUAL, 3))
    if node.fault:
        yield from ((text, "fault", USUAL) for text in wrap(f"! {node.fault}", room, USUAL, 2))
    if node.note:
        yield from ((text, "note", SMALL) for text in wrap(node.note, room, SMALL, 1))


def _stacked(texts: Iterator[tuple[str, str, float]]) -> Iterator[Line]:
    y = 6.0
    for text, role, size in texts:
        y += size * LEADING
        yield Line(text=text, role=role, size=size, y=y - size * 0.3)


def _card_size(node: Node, lines: tuple[Line, ...]) -> Box:
    widest = max((width(line.text, line.size, bold=line.role == "id") for line in lines), default=0.0)
    narrowest = {Shape.START: 70.0, Shape.REFERENCE: 40.0}.get(node.shape, NARROWEST)
    side = 8.0 if node.shape is Shape.REFERENCE else SIDE
    height = (lines[-1].y + lines[-1].size * 0.3 if lines else 20.0) + 7
    return Box(width=round(max(narrowest, min(WIDEST, widest + 2 * side))), height=round(height))
