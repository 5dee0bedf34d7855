"""Large graphs with fewer lines: ways that lead far away end in a reference, `→ step`.

A hundred lines to one goodbye hide everything else, and nobody can follow them. In a small graph every
way is drawn to its end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from deployer.report.graph.layers import Link, ranks
from deployer.report.graph.model import START, Edge, Graph, Kind, Node, Shape

FROM = 40
"""Steps from which far ways become references."""
MOST_INTO = 3
"""Lines that may enter a step before further ones become references."""


def referred(graph: Graph) -> Graph:
    """The same graph, its far ways cut if it is large. At least one line still leads to every step."""
    if graph.steps <= FROM:
        return graph
    number = {node.key: at for at, node in enumerate(graph.nodes)}
    links = [Link(source=number[edge.source], target=number[edge.target], back=edge.loop) for edge in graph.edges]
    layer = ranks(len(graph.nodes), links)
    nodes = {node.key: node for node in graph.nodes}
    entering: Counter[str] = Counter()
    extra: list[Node] = []
    edges: list[Edge] = []
    for edge in graph.edges:
        near = layer[number[edge.target]] - layer[number[edge.source]] == 2 and not edge.loop
        if edge.kind is Kind.DO or edge.source == START or (near and entering[edge.target] < MOST_INTO):
            entering[edge.target] += 1
            edges.append(edge)
            continue
        reference = Node(
            key=f"far {len(extra)}", id=nodes[edge.target].id, type="", text="", shape=Shape.REFERENCE,
            group=nodes[edge.source].group,
        )  # fmt: skip
        extra.append(reference)
        edges.append(replace(edge, target=reference.key))
    return replace(graph, nodes=(*graph.nodes, *extra), edges=tuple(edges))
