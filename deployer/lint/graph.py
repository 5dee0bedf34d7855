"""The steps of a workflow as a graph: who follows whom, what can be reached, what goes round.

Linear in steps and edges, and without recursion: a file may hold tens of thousands of steps.

What the engine does (https://github.com/danielgerlag/workflow-core, whose vocabulary the vendor
uses): the first step of the list starts. A step leads to its `nextStepId` and to the keys of its
`selectNextStep`, wherever in the workflow those ids stand. A step with `do` starts the first step of
each branch; it goes on when they have ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from deployer.record import record
from deployer.source.workflow import Place, Step, Workflow

Edges = Sequence[Sequence[int]]
"""For each step, by its number in the file, the numbers of the steps it leads to."""


@record
class Graph:
    """Steps by number, in file order, and where they lead."""

    steps: Sequence[Step]
    edges: Edges
    """By `nextStepId`, `selectNextStep` and into `do`. Targets that do not exist are left out."""
    back: Edges
    """From a step inside `do` to what its parent leads to: the way on when the branch has ended."""
    parents: Sequence[int | None]
    """The step whose `do` each stands in."""


@lru_cache(maxsize=8)
def graph_of(workflow: Workflow) -> Graph:
    """The graph of a workflow; rules that follow one another share the work.

    A repeated id leads to all its steps: the repetition is reported already, and what follows
    from it would only be noise.
    """
    return graph_with_guesses(workflow, lambda _: None)


def graph_with_guesses(workflow: Workflow, guess: Callable[[str], str | None]) -> Graph:
    """The graph where `guess` gives the id that was probably meant by one that does not exist."""
    numbers: dict[str, list[int]] = {}
    by_identity = {id(step): number for number, step in enumerate(workflow.steps)}
    parents = [None if step.parent is None else by_identity[id(step.parent)] for step in workflow.steps]
    children: dict[int, list[int]] = {}
    for number, step in enumerate(workflow.steps):
        if step.id is not None:
            numbers.setdefault(step.id, []).append(number)
        parent = parents[number]
        if parent is not None and step.first:
            children.setdefault(parent, []).append(number)
    onward: list[list[int]] = [
        [found for outcome in step.outcomes for found in _targets(outcome.target, numbers, guess)]
        for step in workflow.steps
    ]
    # Parents stand before what they hold, so what follows them is known when it is asked for.
    after: dict[int | None, list[int]] = {None: [], **{parent: [] for parent in parents}}
    for number, parent in enumerate(parents):
        if number in after:
            after[number] = onward[number] + after[parent]
    return Graph(
        steps=workflow.steps,
        edges=[[*ways, *children.get(number, ())] for number, ways in enumerate(onward)],
        back=[after[parent] for parent in parents],
        parents=parents,
    )


def _targets(target: str, numbers: Mapping[str, Sequence[int]], guess: Callable[[str], str | None]) -> Sequence[int]:
    return numbers[target] if target in numbers else numbers.get(guess(target) or "", ())


def reachable(edges: Edges, starts: Iterable[int]) -> set[int]:
    """Every number that the starts lead to, themselves included."""
    seen = set(starts)
    queue = deque(seen)
    while queue:
        for target in edges[queue.popleft()]:
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def components(edges: Edges, among: set[int]) -> list[list[int]]:
    """Strongly connected components of the steps in `among`, each in file order (Tarjan, iterative)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in sorted(among):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in among:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(edges[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    member = -1
                    component = []
                    while member != node:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                    found.append(sorted(component))
    return found


def shortest_cycle(edges: Edges, component: Sequence[int]) -> list[int]:
    """The shortest way from a component's first step back to itself; empty when it has none."""
    start, among = component[0], set(component)
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for target in edges[node]:
            if target == start:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if target in among and target not in came_from:
                came_from[target] = node
                queue.append(target)
    return []


def place_of(step: Step) -> Place:
    """Where a message about a step as a whole points: at its id, if it has one."""
    return step.place("id") if step.id is not None else step.place()
