"""A workflow's ways as a table, where a picture of it would be too large."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.report.graph.model import START, Edge, Graph, Kind, Mark
from deployer.report.markdown.document import counted, table
from deployer.report.markdown.escape import code, text

MOST = 100
"""Rows; the rest is counted."""


def render(graph: Graph, most: int = MOST) -> list[str]:
    """The lines of a Markdown table: from which step to which, and when. Of a difference, only what differs."""
    marked = any(edge.mark is not None for edge in graph.edges)
    edges = [edge for edge in graph.edges if edge.mark is not None or not (graph.compared and marked)]
    ids = {node.key: node.id for node in graph.nodes}
    lines = table(["", "from", "when", "to"], [list(_row(edge, ids)) for edge in edges[:most]])
    left = len(edges) - most
    return [*lines, "", f"… and {counted(left, 'way')} more."] if left > 0 else lines


def _row(edge: Edge, ids: dict[str, str]) -> Iterator[str]:
    signs = [_sign(edge.mark) if edge.mark is not None else "", "↺" if edge.loop else "", edge.note]
    yield " ".join(sign for sign in signs if sign)
    yield "start" if edge.source == START else code(ids[edge.source], cell=True)
    yield _when(edge)
    yield code(ids[edge.target], cell=True)


def _when(edge: Edge) -> str:
    if edge.kind is Kind.SELECT and edge.label:
        return code(edge.label, cell=True)
    return text("do" if edge.kind is Kind.DO else edge.label)


def _sign(mark: Mark) -> str:
    return "−" if mark is Mark.REMOVED else mark.sign
