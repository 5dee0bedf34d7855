"""What ran, drawn on a workflow's graph: of all its tests, or of one case.

A step or a way carries a mark, which every drawing shows as colour and as sign, and a note that says how often or when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from deployer.engine.clock import write_duration
from deployer.engine.instance import StepStatus
from deployer.engine.records import Record, RecordKind
from deployer.engine.trace import Trace
from deployer.operations.coverage import CAME, DO, SKIPPED, TIMED_OUT
from deployer.operations.reach import Reach
from deployer.report.graph.model import START, Edge, Graph, Kind, Mark, Node, Shape
from deployer.report.graph.reading import Mask
from deployer.report.graph.words import LONGEST, plain

_NEVER = {DO: "never held", SKIPPED: "never skipped", CAME: "never answered", TIMED_OUT: "never timed out"}
"""What is said of a step whose outcome no way stands for."""
_MOST_NAMED = 4
"""Runs of one step that a note names."""


def covered(graph: Graph, reach: Reach) -> Graph:
    """A graph with what all cases reached of it. Steps that the coverage does not know carry no mark."""
    nodes = tuple(_covered_node(node, reach) for node in graph.nodes)
    edges = tuple(_covered_edge(edge, reach) for edge in graph.edges)
    cases = f"{reach.cases} case" if reach.cases == 1 else f"{reach.cases} cases"
    return replace(graph, title=f"{graph.title}: what {cases} reached", nodes=nodes, edges=edges)


def unknown_steps(graph: Graph, reach: Reach) -> tuple[str, ...]:
    """Ids of steps that the coverage does not know: it was measured before they came."""
    return tuple(node.id for node in graph.nodes if _is_step(node) and _step_id(node.key) not in reach.steps)


def _step_id(key: str) -> str:
    """As the definition has it; a node's own `id` is shortened."""
    return key.removeprefix("step ")


def _is_step(node: Node) -> bool:
    return node.key.startswith("step ") and node.shape is not Shape.MISSING


def _covered_node(node: Node, reach: Reach) -> Node:
    count = reach.steps.get(_step_id(node.key)) if _is_step(node) else None
    if count is None:
        return node
    if not count:
        return replace(node, mark=Mark.UNREACHED, note="never ran")
    missed = [word for outcome, word in _NEVER.items() if reach.branches.get((_step_id(node.key), outcome)) == 0]
    return replace(node, mark=Mark.REACHED, note=", ".join([f"ran {_times(count)}", *missed]))


def _covered_edge(edge: Edge, reach: Reach) -> Edge:
    source, target = _step_id(edge.source), _step_id(edge.target)
    if edge.kind in (Kind.NEXT, Kind.DO):
        # No outcome of its own: who leaves the one step comes to the other.
        ends = [reach.steps.get(name) for key, name in ((edge.source, source), (edge.target, target)) if key != START]
        if edge.kind is Kind.DO and (source, DO) in reach.branches:
            ends.append(reach.branches[source, DO])
        return replace(edge, mark=Mark.UNREACHED) if 0 in ends else edge
    count = reach.branches.get((source, target))
    if count is None:
        return edge
    return replace(edge, mark=Mark.REACHED if count else Mark.UNREACHED, note=_times(count) if count else "")


def _times(count: int) -> str:
    return f"{count}×"


def traced(graph: Graph, trace: Trace, case: str, mask: Mask = str) -> Graph:
    """A graph with the way of one run: in which order its steps ran, which branches it took and which it did not."""
    way = _Way(trace)
    return replace(
        graph,
        title=plain(f"{graph.title}: {mask(case)}", 2 * LONGEST),
        nodes=tuple(way.node(node, mask) for node in graph.nodes),
        edges=tuple(way.edge(edge) for edge in graph.edges),
    )


class _Way:
    """Where one run went."""

    def __init__(self, trace: Trace) -> None:
        self._end = f"{trace.status.value} after {write_duration(trace.duration)}"
        self._length = len(trace.path)
        self._order: dict[str, list[int]] = {}
        for number, step in enumerate(trace.path, 1):
            self._order.setdefault(step, []).append(number)
        self._decided: dict[tuple[str, str], int] = {}
        """How often a branch was chosen, by step and target; 0 where it was asked for and never chosen."""
        self._left: set[str] = set()
        """Steps that ended so that what follows them ran."""
        self._waited: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self._read(trace.records)

    def _read(self, records: Iterable[Record]) -> None:
        words = {RecordKind.RECEIVED: "answered", RecordKind.TIMED_OUT: "timed out"}
        for record in records:
            if record.kind is RecordKind.DECIDED:
                way = record.step, record.name
                self._decided[way] = self._decided.get(way, 0) + bool(record.value)
            elif record.kind in words:
                self._waited[record.step] = words[record.kind]
                self._left.add(record.step)
            elif record.kind is RecordKind.ENDED and record.name == StepStatus.COMPLETE:
                self._left.add(record.step)
            elif record.kind is RecordKind.FAULTED:
                self._faults[record.step] = str(record.value)

    def node(self, node: Node, mask: Mask) -> Node:
        if node.key == START:
            return replace(node, note=self._end)
        order = self._order.get(_step_id(node.key)) if _is_step(node) else None
        if order is None:
            return node
        named = ", ".join(map(str, order[:_MOST_NAMED])) + (", …" if len(order) > _MOST_NAMED else "")
        waited, fault = self._waited.get(_step_id(node.key)), self._faults.get(_step_id(node.key))
        note = f"{named} of {self._length}" + (f", {waited}" if waited else "")
        wrong = node.fault if fault is None else plain(mask(fault), LONGEST)
        return replace(node, mark=Mark.REACHED, note=note, fault=wrong)

    def edge(self, edge: Edge) -> Edge:
        source, target = _step_id(edge.source), _step_id(edge.target)
        if edge.source == START:
            return replace(edge, mark=Mark.REACHED) if target in self._order else edge
        name = DO if edge.kind is Kind.DO and (source, DO) in self._decided else target
        chosen = self._decided.get((source, name)) if edge.kind is not Kind.NEXT else None
        if chosen == 0:
            return replace(edge, mark=Mark.UNREACHED)
        taken = source in (self._order if edge.kind is Kind.DO else self._left) and target in self._order
        if chosen is None and (not taken or edge.kind not in (Kind.NEXT, Kind.DO)):
            return edge
        return replace(edge, mark=Mark.REACHED, note=_times(chosen) if chosen and chosen > 1 else "")
