"""One quick look at a workflow's scripts, ways and data, which finds that the rules about them have nothing to say.

Nearly every file that is checked is right, and seeing that takes a tenth of what it takes to say what is wrong: no
places, no syntax trees, no messages, and neither the rules nor what they build upon are imported. So this look comes
first, and only where it is not sure do the rules look. It knows no fact of its own: what a step offers, a trigger
brings and a script may be stands in the tables that the rules ask, too. It is sure only of the ordinary: steps with
ids of their own, ways to steps that there are, tame scripts, and names that are set on some way to whoever reads
them. tests/lint/test_clear_flow.py holds it and the rules together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.lint.expressions.tame import Path
from deployer.lint.expressions.triggers import WHOLE_REPLY, Shape, payload_of_reply, starting_names
from deployer.lint.looks import NO_NAMES, PARTS, Look, Names, Way, look_at, tame_texts
from deployer.source.workflow import Step, Workflow

_MOST_STEPS = 500
_MOST_ROUNDS = 10


def clear(workflow: Workflow) -> bool:
    """Whether certainly no rule about scripts, conditions, ways between steps and the flow of data says anything."""
    steps, trigger = workflow.steps, workflow.trigger
    if not 0 < len(steps) <= _MOST_STEPS or len(workflow.by_id) < len(steps):
        return False
    numbers = {step.id: number for number, step in enumerate(steps)}
    first = _first_in_do(steps, numbers)
    looks: list[Look] = []
    for number, step in enumerate(steps):
        look = look_at(step, numbers, first.get(number, ()), trigger)
        if look is None:
            return False
        looks.append(look)
    own = NO_NAMES.union(*[look.own for look in looks if look.own])
    return _arrive(workflow, looks, own) and _slow(steps, looks) and _whole_replies_fit(steps)


def _first_in_do(steps: Sequence[Step], numbers: Mapping[str | None, int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, step in enumerate(steps):
        if step.parent is not None and step.first:
            found.setdefault(numbers[step.parent.id], []).append(number)
    return found


def _arrive(workflow: Workflow, looks: Sequence[Look], own: Names) -> bool:
    """Whether every step is reached by some way on which each name is set that it reads, and every output is read."""
    read = NO_NAMES.union(*[look.before for look in looks], *[look.after for look in looks])
    starting = starting_names(workflow)
    if starting is None:
        starting = read - own  # what nobody sets, the caller of an `http_request` may have sent
    states = _Spread(looks, starting).states() if own <= read else None
    return states is not None and all(
        look.before <= begun and look.after <= done for look, (begun, done) in zip(looks, states, strict=True)
    )


class _Spread:
    """Which names are surely set at each step, on one way to it at least. What flow.py finds there is no less."""

    def __init__(self, looks: Sequence[Look], starting: Names) -> None:
        self.looks = looks
        self.before: list[Names | None] = [None] * len(looks)
        self.inside: list[Names] = [NO_NAMES] * len(looks)
        """What the branches of a `do` leave behind."""
        self.before[0] = starting

    def states(self) -> list[tuple[Names, Names]] | None:
        """The names when each step begins and when it is done; None where one is not reached, or the ways go wild."""
        rounds = 1
        while self.changes():
            rounds += 1
            if rounds > _MOST_ROUNDS:
                return None
        found = zip(self.looks, self.before, self.inside, strict=True)
        states = [(begun, begun | inside | look.own) for look, begun, inside in found if begun is not None]
        return states if len(states) == len(self.looks) else None

    def changes(self) -> bool:
        """Go through all steps in their order; whether something came to one that was done already."""
        changed = False
        for number, look in enumerate(self.looks):
            begun = self.before[number]
            if begun is not None:
                done = begun | self.inside[number]
                answered = done | look.own
                changed |= self.go(number, look.starts, begun, begun)
                changed |= self.go(number, look.ways, answered, done)
                if look.ends is not None and not answered <= self.inside[look.ends]:
                    self.inside[look.ends] |= answered
                    changed = True
        return changed

    def go(self, number: int, ways: Sequence[Way], answered: Names, unanswered: Names) -> bool:
        """Take the names along the ways of a step; whether that changes a step that does not come after it."""
        changed = False
        for target, gone, with_answer in ways:
            brought = (answered if with_answer else unanswered) - gone
            known = self.before[target]
            if known is None or not brought <= known:
                self.before[target] = brought if known is None else known | brought
                changed |= target <= number
        return changed


def _slow(steps: Sequence[Step], looks: Sequence[Look]) -> bool:
    """Whether every circle of steps contains one that waits."""
    back = [(number, way.target) for number, look in enumerate(looks) for way in look.ways if way.target <= number]
    if not back:
        return True
    patient = {number for number, step in enumerate(steps) if step.type is None or step.type.waits}
    if all(start in patient or target in patient for start, target in back):
        return True
    from deployer.lint.graph import components  # few circles need it

    edges = [[way.target for way in (*look.ways, *look.starts)] for look in looks]
    among = set(range(len(looks))) - patient
    return all(len(found) == 1 and found[0] not in edges[found[0]] for found in components(edges, among))


def _whole_replies_fit(steps: Sequence[Step]) -> bool:
    """Whether what is read from a message that an output keeps whole is what its kind has."""
    kept: dict[str, list[tuple[Shape, int]]] = {}
    for step in steps:
        for name, output in step.outputs.items():
            depth = WHOLE_REPLY.get(output) if isinstance(output, str) else None
            shape = payload_of_reply(step) if depth is not None else None
            if shape is not None and depth is not None:
                kept.setdefault(name, []).append((shape, depth))
    if not kept:
        return True
    texts = [text for step in steps for part in PARTS for text in tame_texts(step.body.get(part) or {}) or ()]
    return all(_has(*known, path) for text in texts for path in text.data for known in kept.get(path[0], ()))


def _has(shape: Shape, depth: int, path: Path) -> bool:
    """Whether a chain that goes into a message leads to a field of it; `depth` names lead to its fields."""
    return len(path) <= depth or (depth == 2 and path[1] != "payload") or shape.has(path[depth:])
