"""Which conditions can be true together, and so which steps can run side by side.

All branches whose conditions are true start (API reference, `selectNextStep`), and every list of a
`do` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from deployer.lint.expressions.conditions import Condition, read_condition, worlds
from deployer.lint.graph import Graph, graph_of, reachable
from deployer.source.workflow import Outcome, Step, Workflow


def together(one: Condition, other: Condition) -> bool:
    """Whether both are true for some data. True when in doubt."""
    everything = worlds((one, other))
    return everything is None or any(one.test(world) and other.test(world) for world in everything)


def exclusive(one: Outcome, other: Outcome) -> bool:
    """Whether a step takes at most one of two ways."""
    if one.default and other.default:
        return False
    if one.default or other.default:
        return True
    if one.condition is None or other.condition is None:
        return False
    first, second = read_condition(one.condition), read_condition(other.condition)
    return first is not None and second is not None and not together(first, second)


@lru_cache(maxsize=8)
def _graph(workflow: Workflow) -> Graph:
    return graph_of(workflow)


def side_by_side(workflow: Workflow, one: Step, other: Step) -> bool:
    """Whether two steps may run on different paths of one instance."""
    graph = _graph(workflow)
    onward = [[*ways, *back] for ways, back in zip(graph.edges, graph.back, strict=True)]
    numbers = {id(step): number for number, step in enumerate(graph.steps)}
    first, second = numbers[id(one)], numbers[id(other)]
    for fork in graph.steps:
        starts = list(_starts(graph, fork, numbers[id(fork)]))
        if len(starts) < 2:
            continue
        reached = [reachable(onward, numbers_of) for _, numbers_of in starts]
        to_first = [place for place, found in enumerate(reached) if first in found]
        to_second = [place for place, found in enumerate(reached) if second in found]
        for mine in to_first:
            for theirs in to_second:
                if mine != theirs and not _exclusive(starts[mine][0], starts[theirs][0]):
                    return True
    return False


def _starts(graph: Graph, fork: Step, number: int) -> Iterator[tuple[Outcome | None, list[int]]]:
    """The ways on from a step, and the beginnings of the lists in its `do`."""
    for outcome in fork.outcomes:
        targets = [place for place, step in enumerate(graph.steps) if step.id == outcome.target]
        if targets:
            yield outcome, targets
    for place, step in enumerate(graph.steps):
        if step.first and graph.parents[place] == number:
            yield None, [place]


def _exclusive(one: Outcome | None, other: Outcome | None) -> bool:
    if one is None and other is None:
        return False
    # What is inside a `do` ends before its step goes on.
    return one is None or other is None or exclusive(one, other)
