"""How long a workflow has surely waited before a step begins."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from deployer.lint.graph import graph_of
from deployer.regex import regex
from deployer.source.workflow import Step, Workflow

_DURATION = regex(r"(?:(\d{1,7})|(?:(\d{1,7})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{1,7})?)?)", re.ASCII)


def least_wait(workflow: Workflow, step: Step) -> timedelta:
    """The sum of the Wait steps on the way that waits least; other steps may take time too, and need not."""
    return _least_waits(workflow).get(id(step), timedelta())


@lru_cache(maxsize=8)
def _least_waits(workflow: Workflow) -> Mapping[int, timedelta]:
    """For every step that can be reached, by its identity (Dijkstra)."""
    graph = graph_of(workflow)
    found: dict[int, timedelta] = {}
    ways = [(timedelta(), 0)] if graph.steps else []
    while ways:
        waited, number = heapq.heappop(ways)
        step = graph.steps[number]
        if id(step) not in found:
            found[id(step)] = waited
            after = waited + _wait_of(step)
            for following in (*graph.edges[number], *graph.back[number]):
                heapq.heappush(ways, (after, following))
    return found


def duration_of(text: str) -> timedelta | None:
    """A literal `d.HH:mm:ss`; a bare number counts days. None for what is none, or not known yet."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    bare, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=bare + days, hours=hours, minutes=minutes, seconds=seconds)


def _wait_of(step: Step) -> timedelta:
    duration = step.inputs.get("duration")
    if step.type is None or step.type.name != "Wait" or not isinstance(duration, str):
        return timedelta()
    return duration_of(duration) or timedelta()
