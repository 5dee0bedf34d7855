"""Which conditions can be true together, and so which steps can run side by side.

All branches whose conditions are true start (API reference, `selectNextStep`), and every list of a
`do` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from deployer.lint.expressions.conditions import Condition, read_condition, worlds
from deployer.lint.graph import graph_of, reachable
from deployer.record import record
from deployer.source.workflow import Outcome, Step, Workflow

_MOST_FORKS = 200
_MOST_WAYS = 50


@record
class _Fork:
    """A step from which several ways lead on."""

    ways: Sequence[tuple[Outcome | None, set[int]]]
    """Each way with the steps that it leads to; no outcome for a list of its `do`."""


@record
class _Forks:
    forks: Sequence[_Fork] | None
    """None for more than are worth looking at."""
    numbers: Mapping[int, int]


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


def side_by_side(workflow: Workflow, one: Step, other: Step) -> bool:
    """Whether two steps may run on different paths of one instance. True when in doubt."""
    known = _forks(workflow)
    if known.forks is None:
        return True
    first, second = known.numbers[id(one)], known.numbers[id(other)]
    for fork in known.forks:
        to_first = [way for way in fork.ways if first in way[1]]
        to_second = [way for way in fork.ways if second in way[1]]
        if any(mine is not yours and not _exclusive(mine[0], yours[0]) for mine in to_first for yours in to_second):
            return True
    return False


def _exclusive(one: Outcome | None, other: Outcome | None) -> bool:
    if one is None and other is None:
        return False
    # What is inside a `do` ends before its step goes on.
    return one is None or other is None or exclusive(one, other)


@lru_cache(maxsize=8)
def _forks(workflow: Workflow) -> _Forks:
    graph = graph_of(workflow)
    onward = [[*ways, *back] for ways, back in zip(graph.edges, graph.back, strict=True)]
    numbers = {id(step): number for number, step in enumerate(graph.steps)}
    starts: list[list[tuple[Outcome | None, int]]] = [[] for _ in graph.steps]
    for number, step in enumerate(graph.steps):
        starts[number] += _outcomes(step, workflow, numbers)
        parent = graph.parents[number]
        if parent is not None and step.first:
            starts[parent].append((None, number))
    several = [ways for ways in starts if len(ways) > 1]
    if len(several) > _MOST_FORKS or any(len(ways) > _MOST_WAYS for ways in several):
        return _Forks(forks=None, numbers=numbers)
    forks = [_Fork(ways=[(outcome, reachable(onward, [target])) for outcome, target in ways]) for ways in several]
    return _Forks(forks=forks, numbers=numbers)


def _outcomes(step: Step, workflow: Workflow, numbers: Mapping[int, int]) -> Iterator[tuple[Outcome, int]]:
    for outcome in step.outcomes:
        target = workflow.by_id.get(outcome.target)
        if target is not None:
            yield outcome, numbers[id(target)]
