"""Graphs as JSON, for programs that draw themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deployer.report.graph.model import Edge, Graph, Node

VERSION = 1


def render(graphs: Mapping[str, Graph]) -> str:
    """All graphs by workflow key: a versioned contract."""
    value = {"version": VERSION, "graphs": {key: _graph(graph) for key, graph in graphs.items()}}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _graph(graph: Graph) -> dict[str, object]:
    return {
        "title": graph.title,
        "compared": graph.compared,
        "nodes": [_node(node) for node in graph.nodes],
        "edges": [_edge(edge) for edge in graph.edges],
    }


def _node(node: Node) -> dict[str, object]:
    return {
        "key": node.key, "id": node.id, "type": node.type, "text": node.text, "shape": str(node.shape),
        "group": node.group, "fault": node.fault or None, "mark": node.mark and str(node.mark),
        "before": node.before or None, "note": node.note or None,
    }  # fmt: skip


def _edge(edge: Edge) -> dict[str, object]:
    return {
        "source": edge.source, "target": edge.target, "kind": str(edge.kind), "label": edge.label,
        "condition": edge.condition or None, "loop": edge.loop, "mark": edge.mark and str(edge.mark),
        "note": edge.note or None,
    }  # fmt: skip
