"""From two bodies to one graph that shows the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deployer.report.graph.model import Edge, Graph, Kind, Mark, Node
from deployer.report.graph.reading import Mask, Reading, graph_of, read, with_loops
from deployer.report.graph.words import LONGEST, differently
from deployer.source.workflow import Body


def compare(before: Body | None, after: Body | None, mask: Mask = str) -> Graph:
    """The difference of two canonical bodies as one graph; None is a definition that is not there."""
    if before is None or after is None:
        mark = Mark.REMOVED if after is None else Mark.ADDED
        return _all_marked(graph_of(after or before or {}, mask), mark)
    old, new = read(before, mask), read(after, mask)
    nodes = tuple(_merge_nodes(old, new))
    edges = _merge_edges(old.graph.edges, new.graph.edges)
    return Graph(title=new.graph.title, nodes=nodes, edges=with_loops(nodes, edges), compared=True)


def _all_marked(graph: Graph, mark: Mark) -> Graph:
    return replace(
        graph,
        nodes=tuple(replace(node, mark=mark) for node in graph.nodes),
        edges=tuple(replace(edge, mark=mark) for edge in graph.edges),
        compared=True,
    )


def _merge_nodes(old: Reading, new: Reading) -> Iterator[Node]:
    """New nodes in their order, each followed by the old ones that stood behind it and are gone."""
    before = {node.key: node for node in old.graph.nodes}
    after = {node.key: node for node in new.graph.nodes}
    gone: dict[str | None, list[Node]] = {}
    last: str | None = None
    for node in old.graph.nodes:
        if node.key in after:
            last = node.key
        else:
            gone.setdefault(last, []).append(replace(node, mark=Mark.REMOVED))
    for node in new.graph.nodes:
        former = before.get(node.key)
        if former is None:
            yield replace(node, mark=Mark.ADDED)
        elif (former.digest, former.group) != (node.digest, node.group) or former.shape is not node.shape:
            left, right = differently(old.texts.get(node.key, former.text), new.texts.get(node.key, node.text), LONGEST)
            yield replace(node, mark=Mark.CHANGED, text=right, before=left if left != right else "")
        else:
            yield node
        yield from gone.get(node.key, ())


def _merge_edges(before: Sequence[Edge], after: Sequence[Edge]) -> list[Edge]:
    old, new = _ways(before), _ways(after)
    merged = [replace(edge, mark=_edge_mark(old.get(way), edge)) for way, edge in new.items()]
    return merged + [replace(edge, mark=Mark.REMOVED) for way, edge in old.items() if way not in new]


def _edge_mark(former: Edge | None, edge: Edge) -> Mark | None:
    if former is None:
        return Mark.ADDED
    same = (former.kind, former.condition, former.label) == (edge.kind, edge.condition, edge.label)
    return None if same else Mark.CHANGED


def _ways(edges: Sequence[Edge]) -> dict[tuple[str, str, bool], Edge]:
    """By both ends and whether it is one of several: a target has one condition."""
    return {(edge.source, edge.target, edge.kind in (Kind.NEXT, Kind.DO)): edge for edge in edges}
