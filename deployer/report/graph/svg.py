"""A graph as SVG, by this program alone: no script, no font, no picture from elsewhere.

Readable on a light and on a dark page: it brings its own ground, and follows
`prefers-color-scheme`. Programs that know no media queries show the light one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from math import hypot

from deployer.report.graph.layout import Point
from deployer.report.graph.metrics import width, wrap
from deployer.report.graph.model import Edge, Graph, Kind, Mark, Node, Shape
from deployer.report.graph.picture import LEADING, SMALL, Card, Frame, Label, Picture, Wire, picture
from deployer.report.graph.style import STYLE

EDGE = 24.0
"""Pixels around everything."""
ROUND = 7.0
"""Radius of a line's corners, in pixels."""

SHAPES = {
    Shape.MESSAGE: "message",
    Shape.CALL: "call",
    Shape.REQUEST: "web request",
    Shape.WAIT: "wait",
    Shape.CHOICE: "choice",
    Shape.PERSON: "to a person",
    Shape.OTHER: "other step",
    Shape.MISSING: "missing",
    Shape.REFERENCE: "→ goes on there",
}


def render(graph: Graph) -> str:
    """The picture as the text of an SVG file.

    Raises ConfigurationError where the graph is too large to be of use as a picture.
    """
    drawn = picture(graph)
    shapes = {card.node.shape for card in drawn.cards}
    head = 34.0 if graph.title else 0.0
    legend, legend_width, legend_height = _legend(graph, shapes, max(drawn.width, 460.0))
    title = wrap(graph.title, max(drawn.width, 460.0), 17, 1, bold=True)
    wide = max(drawn.width, legend_width, *(width(line, 17, bold=True) for line in title or [""])) + 2 * EDGE
    high = head + drawn.height + legend_height + 2 * EDGE + 20
    name = sha256(graph.summary().encode() + graph.title.encode()).hexdigest()[:8]
    left = (wide - drawn.width) / 2
    size = f'width="{wide:.0f}" height="{high:.0f}"'
    named = f'role="img" aria-labelledby="title-{name} desc-{name}" class="deployer-graph"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {wide:.0f} {high:.0f}" {named}>',
        f'<title id="title-{name}">{escape(graph.title or "Workflow")}</title>',
        f'<desc id="desc-{name}">{escape(graph.summary())}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" {size} rx="10"/>',
        *(f'<text class="headline" x="{EDGE}" y="{EDGE + 15}">{escape(line)}</text>' for line in title),
        f'<g transform="translate({left:.1f} {EDGE + head:.1f})">',
        *_drawing(drawn),
        "</g>",
        f'<g transform="translate({EDGE} {EDGE + head + drawn.height + 20:.1f})">',
        *legend,
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def escape(text: str) -> str:
    """A text for an element or an attribute; what XML 1.0 does not allow becomes a replacement character."""
    allowed = "".join(character if _allowed(character) else "\ufffd" for character in text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        allowed = allowed.replace(character, entity)
    return allowed


def _allowed(character: str) -> bool:
    return character >= " " and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"


def _drawing(drawn: Picture) -> Iterator[str]:
    for frame in drawn.frames:
        yield from _frame(frame)
    # What is marked lies on top of what is not, and what ran on top of what did not.
    wires = sorted(drawn.wires, key=lambda wire: (wire.edge.mark is not None, wire.edge.mark is not Mark.UNREACHED))
    for wire in wires:
        yield from _wire(wire)
    for card in drawn.cards:
        yield from _card(card)
    for wire in wires:
        if wire.label is not None:
            yield from _label(wire.edge, wire.label)


def _frame(frame: Frame) -> Iterator[str]:
    yield (
        f'<rect class="frame {_mark(frame.node.mark)}" x="{frame.x:.1f}" y="{frame.y:.1f}" '
        f'width="{frame.width:.1f}" height="{frame.height:.1f}" rx="12"/>'
    )


def _card(card: Card) -> Iterator[str]:
    node = card.node
    fault = " faulty" if node.fault else ""
    yield f'<g class="{node.shape}{fault} {_mark(node.mark)}" transform="translate({card.x:.1f} {card.y:.1f})">'
    yield f"<title>{escape(_told(node))}</title>"
    yield from _outline(node.shape, card.width, card.height)
    for line in card.lines:
        anchor = card.width / 2
        yield f'<text class="{line.role}" x="{anchor:.1f}" y="{line.y:.1f}">{escape(line.text)}</text>'
    if node.mark is not None:
        yield from _badge(node.mark)
    yield "</g>"


def _told(node: Node) -> str:
    if node.shape is Shape.REFERENCE:
        return f"goes on at {node.id}"
    words = " ".join(part for part in (node.type, node.id) if part)
    parts = [words, node.text, f"before: {node.before}" if node.before else "", node.fault, node.mark or "", node.note]
    return "; ".join(part for part in parts if part)


def _outline(shape: Shape, wide: float, high: float) -> Iterator[str]:
    if shape is Shape.CHOICE:
        cut = min(13.0, high * 0.35)
        corners = [(cut, 0), (wide - cut, 0), (wide, high / 2), (wide - cut, high), (cut, high), (0, high / 2)]
        yield f'<polygon class="card" points="{_list(corners)}"/>'
        return
    if shape is Shape.WAIT:
        cut = min(10.0, high * 0.3)
        corners = [(cut, 0), (wide - cut, 0), (wide, cut), (wide, high - cut), (wide - cut, high), (cut, high),
                   (0, high - cut), (0, cut)]  # fmt: skip
        yield f'<polygon class="card" points="{_list(corners)}"/>'
        return
    radius = {Shape.MESSAGE: 12.0, Shape.CALL: 24.0, Shape.START: 30.0, Shape.PERSON: 24.0, Shape.REFERENCE: 9.0}.get(
        shape, 3.0
    )
    radius = min(radius, high * (0.25 if shape is Shape.MESSAGE else 0.5))
    yield f'<rect class="card" width="{wide:.1f}" height="{high:.1f}" rx="{radius:.1f}"/>'
    if shape is Shape.REQUEST:
        yield f'<path class="inset" d="M6 0V{high:.1f}M{wide - 6:.1f} 0V{high:.1f}"/>'
    if shape is Shape.PERSON:
        yield f'<rect class="inset" x="4" y="4" width="{wide - 8:.1f}" height="{high - 8:.1f}" rx="20"/>'


def _badge(mark: Mark) -> Iterator[str]:
    yield '<circle class="badge" cx="2" cy="2" r="9"/>'
    yield f'<text class="sign" x="2" y="6.5">{_sign(mark)}</text>'


def _sign(mark: Mark) -> str:
    return "−" if mark is Mark.REMOVED else mark.sign


def _mark(mark: Mark | None) -> str:
    return f"is-{mark}" if mark is not None else "is-plain"


def _edge_class(edge: Edge) -> str:
    return f"way {edge.kind}{' loop' if edge.loop else ''} {_mark(edge.mark)}"


def _wire(wire: Wire) -> Iterator[str]:
    yield f'<g class="{_edge_class(wire.edge)}">'
    yield f'<path class="line" d="{_rounded(wire.points)}"/>'
    (x, y), (_, before) = wire.points[-1], wire.points[-2]
    corners = [(x, y), (x - 4.5, y - 9), (x + 4.5, y - 9)]
    if abs(y - before) < 1:
        corners = [(x, y), (x - 9, y - 4.5), (x - 9, y + 4.5)]
    yield f'<polygon class="head" points="{_list(corners)}"/>'
    yield "</g>"


def _rounded(points: Sequence[Point]) -> str:
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{start[0]:.1f} {start[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    x, y = _towards(points[-1], points[-2], 6)
    parts.append(f"L{x:.1f} {y:.1f}")
    return "".join(parts)


def _length(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _towards(start: Point, end: Point, by: float) -> Point:
    length = _length(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * by / length, start[1] + (end[1] - start[1]) * by / length


def _list(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _label(edge: Edge, label: Label) -> Iterator[str]:
    left, top = label.x - label.width / 2, label.y - label.height / 2
    yield f'<g class="{_edge_class(edge)}">'
    if edge.condition:
        yield f"<title>{escape(edge.condition)}</title>"
    yield (
        f'<rect class="tag" x="{left:.1f}" y="{top:.1f}" width="{label.width:.1f}" height="{label.height:.1f}" rx="4"/>'
    )
    for at, line in enumerate(label.lines):
        y = top + 2 + (at + 0.78) * SMALL * LEADING
        yield f'<text class="label" x="{label.x:.1f}" y="{y:.1f}">{escape(line)}</text>'
    yield "</g>"


def _legend(graph: Graph, shapes: set[Shape], room: float) -> tuple[list[str], float, float]:
    """What shapes, lines and signs mean: those that occur, in rows; and the size of it."""
    parts: list[str] = []
    x = y = widest = 0.0
    for words, sample in _entries(graph, shapes):
        wide = 34 + width(words, 11) + 20
        if x and x + wide > room:
            x, y = 0.0, y + 22
        parts.append(
            f'<g transform="translate({x:.1f} {y:.1f})">{sample}<text class="key" x="34" y="13">{words}</text></g>'
        )
        x += wide
        widest = max(widest, x)
    return parts, widest, y + 22 if parts else 0.0


def _entries(graph: Graph, shapes: set[Shape]) -> Iterator[tuple[str, str]]:
    for shape, words in SHAPES.items():
        if shape in shapes:
            outline = (
                "".join(_outline(shape, 26, 16))
                if shape is not Shape.PERSON
                else ('<rect class="card" width="26" height="16" rx="8"/>')
            )
            yield words, f'<g class="{shape} is-plain small">{outline}</g>'
    if any(node.group is not None for node in graph.nodes):
        yield "steps inside", '<rect class="frame is-plain" width="26" height="16" rx="4"/>'
    kinds = {edge.kind for edge in graph.edges if edge.source != "start"}
    for kind, words in ((Kind.DEFAULT, "otherwise"), (Kind.TIMEOUT, "time-out")):
        if kind in kinds:
            yield words, _sample(f"way {kind} is-plain")
    if any(edge.loop for edge in graph.edges):
        yield "↺ loop", _sample("way next loop is-plain")
    if any(node.fault for node in graph.nodes):
        yield "! fault", '<g class="other faulty is-plain small"><rect class="card" width="26" height="16" rx="3"/></g>'
    marks = {node.mark for node in graph.nodes} | {edge.mark for edge in graph.edges}
    for mark in Mark:
        if mark in marks:
            badge = (
                f'<circle class="badge" cx="13" cy="8" r="8"/><text class="sign" x="13" y="12.5">{_sign(mark)}</text>'
            )
            yield str(mark), f'<g class="is-{mark}">{badge}</g>'


def _sample(classes: str) -> str:
    return (
        f'<g class="{classes}"><path class="line" d="M0 8H20"/><polygon class="head" points="27,8 18,3.5 18,12.5"/></g>'
    )
