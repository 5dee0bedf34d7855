"""A graph as a Mermaid flowchart, as GitHub and GitLab draw it in Markdown.

Every text stands in quotes and every character in it that could mean something, to Mermaid, to the
Markdown within Mermaid's labels, or to HTML, stands as a numeric entity. Names of nodes are made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deployer.report.graph.model import Edge, Graph, Kind, Mark, Node, Shape
from deployer.report.graph.words import plain

LONGEST = 60
"""Characters of a line of text: Mermaid wraps, but not well."""
MOST_EDGES, MOST_CHARACTERS = 500, 50_000
"""Beyond these Mermaid draws an error: its settings `maxEdges` and `maxTextSize`, which GitHub and GitLab keep."""

_HARMLESS = re.compile(r"[^\W_]|[ ,'!?…–—‘’“”→↺−×✓✗]")
"""Letters and digits of any alphabet, and what neither Mermaid nor Markdown reads anything into."""
_HARMLESS_WITHIN = re.compile(
    r"(?<=[^\W_])[-_](?=[^\W_])"  # inside a word
    r"|(?<=[^\W\d_])[.:](?= |\Z)"  # after a word: `1. x` is a list to Markdown, `www.x` and `a:b` are links
)

_SHAPES = {
    Shape.START: ('(["', '"])'),
    Shape.MESSAGE: ('("', '")'),
    Shape.CALL: ('(["', '"])'),
    Shape.REQUEST: ('[["', '"]]'),
    Shape.WAIT: ('{{"', '"}}'),
    Shape.CHOICE: ('{"', '"}'),
    Shape.PERSON: ('[/"', '"/]'),
    Shape.MISSING: ('>"', '"]'),
}
_OTHER = ('["', '"]')

_ARROWS = {Kind.TIMEOUT: "-.->", Kind.DEFAULT: "-.->"}

_CLASSES = {
    "added": "fill:#e6f8ea,stroke:#116b2b,stroke-width:3px,color:#1f2328",
    "changed": "fill:#fff6d9,stroke:#8a5a00,stroke-width:3px,color:#1f2328",
    "removed": "fill:#ffebe9,stroke:#b3202a,stroke-width:3px,stroke-dasharray:5 4,color:#1f2328",
    "reached": "fill:#e6f8ea,stroke:#116b2b,color:#1f2328",
    "unreached": "fill:#ffebe9,stroke:#b3202a,stroke-dasharray:3 4,color:#1f2328",
    "fault": "fill:#fff1f0,stroke:#b3202a,stroke-dasharray:4 3,color:#1f2328",
}
_COLOURS = {
    Mark.ADDED: "#116b2b", Mark.CHANGED: "#8a5a00", Mark.REMOVED: "#b3202a", Mark.REACHED: "#116b2b",
    Mark.UNREACHED: "#b3202a",
}  # fmt: skip
_TIMEOUT, _LOOP = "#9a6700", "#8250df"


def render(graph: Graph) -> str:
    """The text of a flowchart, without a fence around it."""
    names = {node.key: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    inside: dict[str | None, list[Node]] = {}
    for node in graph.nodes:
        inside.setdefault(node.group, []).append(node)
    lines = ["flowchart TD", *_nodes(None, inside, names, 1)]
    lines += [f"  {_way(edge, names)}" for edge in graph.edges]
    lines += _styles(graph, names)
    return "\n".join(lines) + "\n"


def too_large(graph: Graph, drawn: str) -> str | None:
    """Why GitHub and GitLab would show an error in place of this flowchart; None when they draw it.

    `drawn` is what `render` made of the graph. In a comment, `markdown.ways` then stands in for the picture.
    """
    if len(graph.edges) > MOST_EDGES:
        return f"{len(graph.edges)} ways are more than the {MOST_EDGES} that Mermaid draws"
    characters = len(drawn.encode("utf-16-le")) // 2  # as JavaScript counts them
    if characters > MOST_CHARACTERS:
        return f"{characters} characters are more than the {MOST_CHARACTERS} that Mermaid reads"
    return None


def escape(text: str) -> str:
    """A text for between Mermaid's quotes: letters, digits and blanks stay, all else becomes `#NN;`."""
    # With this ligature Mermaid marks entities of its own, so a text that holds it would be read as such.
    return "".join(_escaped(text.replace("\ufb02", "fl")))


def _escaped(text: str) -> Iterator[str]:
    for at, character in enumerate(text):
        kept = _HARMLESS.match(character) or _HARMLESS_WITHIN.match(text, at)
        yield character if kept else f"#{ord(character)};"


def _nodes(group: str | None, inside: dict[str | None, list[Node]], names: dict[str, str], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for node in inside.get(group, ()):
        opening, closing = _SHAPES.get(node.shape, _OTHER)
        yield f"{margin}{names[node.key]}{opening}{_text(node)}{closing}"
        if node.key in inside:
            yield f'{margin}subgraph g{names[node.key]}["{escape(f"inside {node.id}")}"]'
            yield from _nodes(node.key, inside, names, depth + 1)
            yield f"{margin}end"


def _text(node: Node) -> str:
    sign = f"{_sign(node.mark)} " if node.mark is not None else ""
    head = f"{sign}{node.type}: {node.id}" if node.type else f"{sign}{node.id}"
    lines = [head]
    if node.before:
        lines += [f"− {plain(node.before, LONGEST)}", f"+ {plain(node.text, LONGEST)}"]
    elif node.text:
        lines.append(plain(node.text, LONGEST))
    if node.fault:
        lines.append(f"! {node.fault}")
    if node.note:
        lines.append(node.note)
    return "<br/>".join(escape(line) for line in lines)


def _sign(mark: Mark) -> str:
    return "−" if mark is Mark.REMOVED else mark.sign


def _way(edge: Edge, names: dict[str, str]) -> str:
    arrow = "==>" if edge.loop else _ARROWS.get(edge.kind, "-->")
    sign = _sign(edge.mark) if edge.mark is not None else ""
    words = (sign, edge.note, "↺" if edge.loop else "", "do" if edge.kind is Kind.DO else "", edge.label)
    label = " ".join(word for word in words if word)
    tag = f'|"{escape(label)}"|' if label else ""
    return f"{names[edge.source]} {arrow}{tag} {names[edge.target]}"


def _styles(graph: Graph, names: dict[str, str]) -> Iterator[str]:
    for name, style in _CLASSES.items():
        members = [names[node.key] for node in graph.nodes if _class(node) == name]
        if members:
            yield f"  classDef {name} {style}"
            yield f"  class {','.join(members)} {name}"
    for mark, colour in _COLOURS.items():
        yield from _lines(
            [at for at, edge in enumerate(graph.edges) if edge.mark is mark], f"stroke:{colour},stroke-width:3px"
        )
    plain_ways = [(at, edge) for at, edge in enumerate(graph.edges) if edge.mark is None]
    yield from _lines([at for at, edge in plain_ways if edge.loop], f"stroke:{_LOOP}")
    timeouts: Iterable[int] = (at for at, edge in plain_ways if edge.kind is Kind.TIMEOUT and not edge.loop)
    yield from _lines(list(timeouts), f"stroke:{_TIMEOUT}")


def _class(node: Node) -> str:
    if node.mark is not None:
        return str(node.mark)
    return "fault" if node.fault else ""


def _lines(numbers: Sequence[int], style: str) -> Iterator[str]:
    if numbers:
        yield f"  linkStyle {','.join(map(str, numbers))} {style}"
