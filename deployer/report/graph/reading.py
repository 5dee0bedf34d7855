"""From a body to its graph."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from deployer.finding import Path, dotted
from deployer.lint.expressions.conditions import Condition, read_condition
from deployer.lint.expressions.narrowing import narrowing
from deployer.operations.saved_plan import shown_value
from deployer.record import record
from deployer.report.graph.model import START, Edge, Graph, Kind, Node, Shape
from deployer.report.graph.words import (
    LONGEST,
    LONGEST_CONDITION,
    READ_AT_MOST,
    plain,
    shape_of,
    unbraced,
    what_it_says,
)
from deployer.source.canonical import digest
from deployer.source.document import parse
from deployer.source.workflow import Body, Outcome, Step, read_steps

_NOWHERE = parse("null", "definition", format="json")
"""Places are not asked for here: a definition of the server has no file."""

_WAYS = frozenset({"id", "do", "nextStepId", "selectNextStep"})
"""What a node does not count as its own: ways are edges."""


@record
class Reading:
    """A graph, and what its steps say in full length."""

    graph: Graph
    texts: Mapping[str, str]
    """By the node's key."""


Mask = Callable[[str], str]
"""Takes secrets out of a text: whole texts, before a drawing shortens and escapes them."""


def graph_of(body: Body, mask: Mask = str) -> Graph:
    """The graph of one canonical body. Secrets show as `(secret NAME)`, credentials are masked."""
    return read(body, mask).graph


def read(body: Body, mask: Mask) -> Reading:
    """The graph of a body, and what a difference needs beside it."""
    visible = _masked(shown_value(body, ""), mask)
    # Two credentials look the same once masked, so what differs is told from the body itself.
    originals = {step.path: step.body for step in read_steps(_NOWHERE, body)}
    steps = read_steps(_NOWHERE, visible) if isinstance(visible, Mapping) else ()
    keys = _keys(steps)
    by_id: dict[str, str] = {}
    for step in steps:
        if step.id is not None:
            by_id.setdefault(step.id, keys[step.path])
    texts: dict[str, str] = {}
    nodes = [_start(visible if isinstance(visible, Mapping) else {})]
    for step in steps:
        key = keys[step.path]
        texts[key] = what_it_says(step.type.name if step.type else step.type_name or "", step.inputs)
        nodes.append(_node(step, key, keys, texts[key], originals[step.path]))
    edges = list(_edges(steps, keys, by_id))
    known = {node.key for node in nodes}
    for edge in edges:
        if edge.target not in known:
            known.add(edge.target)
            nodes.append(_missing(edge.target))
    nodes = _unreached(nodes, edges)
    title = plain(_title(visible), LONGEST)
    graph = Graph(title=title, nodes=tuple(nodes), edges=with_loops(nodes, edges))
    return Reading(graph=graph, texts=texts)


def _masked(value: object, mask: Mask) -> object:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(key): _masked(item, mask) for key, item in value.items()}
    return [_masked(item, mask) for item in value] if isinstance(value, list) else value


def _title(body: object) -> str:
    definition = body.get("definition") if isinstance(body, Mapping) else None
    name = definition.get("name") if isinstance(definition, Mapping) else None
    return name if isinstance(name, str) else ""


def _keys(steps: Sequence[Step]) -> dict[Path, str]:
    """A key for each step: `step ID`, unless it has no id or repeats one."""
    keys: dict[Path, str] = {}
    times: Counter[str] = Counter()
    for step in steps:
        if step.id is None:
            keys[step.path] = f"nameless {dotted(step.path)}"
            continue
        times[step.id] += 1
        again = times[step.id]
        keys[step.path] = f"step {step.id}" if again == 1 else f"repeat {again} {step.id}"
    return keys


def _start(body: Body) -> Node:
    trigger, status, where = body.get("trigger"), body.get("status"), body.get("subAccountId")
    text = "disabled" if status == "disabled" else ""
    if isinstance(where, str):
        text = f"on {where}" + (f", {text}" if text else "")
    return Node(
        key=START, id=_named(trigger if isinstance(trigger, str) else "start"), type="",
        text=plain(text, LONGEST), shape=Shape.START,
        digest=digest([trigger, status, where]),
    )  # fmt: skip


def _node(step: Step, key: str, keys: Mapping[Path, str], text: str, original: Body) -> Node:
    fault = ""
    if step.id is None:
        fault = "has no id"
    elif key != f"step {step.id}":
        fault = "repeats the id of another step"
    elif step.type_name is None:
        fault = "has no step type"
    return Node(
        key=key,
        id=_named(step.id if step.id is not None else f"step {step.path[-1]}"),
        type=plain(step.type.name if step.type else step.type_name or "?", LONGEST),
        text=plain(text, LONGEST),
        shape=shape_of(step.type),
        group=keys[step.parent.path] if step.parent is not None else None,
        digest=digest({name: value for name, value in original.items() if name not in _WAYS}),
        fault=fault,
    )


def _named(name: str) -> str:
    """A name as it shows; an empty one shows as empty quotes."""
    return plain(name, LONGEST) or '""'


def _missing(key: str) -> Node:
    return Node(
        key=key,
        id=_named(key.removeprefix("step ")),
        type="",
        text="",
        shape=Shape.MISSING,
        fault="no step has this id",
    )


def _edges(steps: Sequence[Step], keys: Mapping[Path, str], by_id: Mapping[str, str]) -> Iterator[Edge]:
    if steps:
        yield Edge(source=START, target=keys[steps[0].path], kind=Kind.NEXT)
    inside: dict[Path, list[str]] = {}
    for step in steps:
        if step.parent is not None and step.first:
            inside.setdefault(step.parent.path, []).append(keys[step.path])
    for step in steps:
        key = keys[step.path]
        branches = inside.get(step.path, [])
        for number, first in enumerate(branches, 1):
            label = f"branch {number}" if len(branches) > 1 else ""
            yield Edge(source=key, target=first, kind=Kind.DO, label=label)
        for outcome in step.outcomes:
            yield _edge(step, outcome, key, by_id.get(outcome.target, f"step {outcome.target}"))


def _edge(step: Step, outcome: Outcome, source: str, target: str) -> Edge:
    if outcome.via == "nextStepId":
        return Edge(source=source, target=target, kind=Kind.NEXT)
    kind, label = Kind.SELECT, "no condition"
    if outcome.condition is not None:
        label = unbraced(outcome.condition)
    elif _is_default(step, outcome):
        kind, label = Kind.DEFAULT, "otherwise"
    if _only_without_answer(step, outcome):
        kind, label = Kind.TIMEOUT, "time-out"
    return Edge(
        source=source, target=target, kind=kind, label=plain(label, LONGEST_CONDITION),
        condition=plain(outcome.condition or "", READ_AT_MOST),
    )  # fmt: skip


def _is_default(step: Step, outcome: Outcome) -> bool:
    select = step.body.get("selectNextStep")
    return isinstance(select, Mapping) and select.get(outcome.target) is None


def _only_without_answer(step: Step, outcome: Outcome) -> bool:
    """Whether a wait leads here when, and only when, its time was over."""
    if step.type is None or not step.type.times_out:
        return False
    siblings = [other for other in step.outcomes if other.via == "selectNextStep" and other is not outcome]
    if outcome.condition is not None:
        true, false = _conditions([outcome]), []
    else:
        true, false = [], _conditions(siblings)
        if len(false) < len(siblings):
            return False
    if not true and not false:
        return False
    found = narrowing(true, false, frozenset(step.outputs))
    return found.timed_out and not found.answered


def _conditions(outcomes: Sequence[Outcome]) -> list[Condition]:
    read = (read_condition(outcome.condition) for outcome in outcomes if outcome.condition is not None)
    return [condition for condition in read if condition is not None]


def _unreached(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Node]:
    onward: dict[str, list[str]] = {}
    for edge in edges:
        onward.setdefault(edge.source, []).append(edge.target)
    seen, queue = {START}, deque([START])
    while queue:
        for target in onward.get(queue.popleft(), ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return [node if node.key in seen or node.fault else replace(node, fault="nothing leads here") for node in nodes]


def with_loops(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Mark the edges that lead back: to a step that is still being walked through, depth first."""
    onward: dict[str, list[int]] = {node.key: [] for node in nodes}
    for number, edge in enumerate(edges):
        onward[edge.source].append(number)
    open_, done, loops = set[str](), set[str](), set[int]()
    for node in nodes:
        if node.key in done:
            continue
        work = [(node.key, iter(onward[node.key]))]
        open_.add(node.key)
        while work:
            key, rest = work[-1]
            for number in rest:
                target = edges[number].target
                if target in open_:
                    loops.add(number)
                elif target not in done:
                    open_.add(target)
                    work.append((target, iter(onward[target])))
                    break
            else:
                work.pop()
                open_.discard(key)
                done.add(key)
    return tuple(replace(edge, loop=number in loops) for number, edge in enumerate(edges))
