"""How long a workflow has surely waited before a step begins."""

from __future__ import annotations

import heapq
import re
from datetime import timedelta

from deployer.lint.graph import graph_of
from deployer.source.workflow import Step, Workflow

_DURATION = re.compile(r"(?:(\d{1,7})|(?:(\d{1,7})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{1,7})?)?)", re.ASCII)


def least_wait(workflow: Workflow, step: Step) -> timedelta:
    """The sum of the Wait steps on the way that waits least; other steps may take time too, and need not."""
    graph = graph_of(workflow)
    goal = next(number for number, found in enumerate(graph.steps) if found is step)
    ways = [(timedelta(), 0)]
    seen: set[int] = set()
    while ways:
        waited, number = heapq.heappop(ways)
        if number == goal:
            return waited
        if number not in seen:
            seen.add(number)
            after = waited + _wait_of(graph.steps[number])
            for following in (*graph.edges[number], *graph.back[number]):
                heapq.heappush(ways, (after, following))
    return timedelta()


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
