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
from typing import NamedTuple

from deployer.lint.expressions.tame import Path, Question, Tame, apart, cover, question, tame
from deployer.lint.expressions.triggers import (
    ADDED,
    SHAPES,
    WHOLE_REPLY,
    Shape,
    declared_names,
    payload_of_reply,
    starting_names,
)
from deployer.source.workflow import Step, Workflow

Names = frozenset[str]

_MOST_STEPS = 500
_MOST_HOLDERS = 100
"""Mappings and lists in one field; the rules do not look below 200 levels."""
_MOST_ROUNDS = 10
_NO_NAMES: Names = frozenset()
_NO_TEXTS: Sequence[Tame] = ()


class _Way(NamedTuple):
    """One way on from a step."""

    target: int
    gone: Names = _NO_NAMES
    """Names that may have no value when it is taken."""
    answered: bool = True
    """Whether it is taken after a wait that got its answer."""


class _Look(NamedTuple):
    """What one step does that matters to others. Steps are numbers in file order."""

    step: Step
    own: Names
    """The names that its outputs set."""
    before: Sequence[Tame]
    """What its inputs read."""
    after: Sequence[Tame]
    """What its outputs and conditions read."""
    ways: Sequence[_Way]
    starts: Sequence[_Way]
    """The steps that begin the branches of its `do`."""
    ends: int | None
    """The step in whose `do` it may be the last."""


def clear(workflow: Workflow) -> bool:
    """Whether certainly no rule about scripts, conditions, the ways between steps and the flow of data says anything."""
    steps = workflow.steps
    if not 0 < len(steps) <= _MOST_STEPS or len(workflow.by_id) < len(steps):
        return False
    numbers = {step.id: number for number, step in enumerate(steps)}
    first = _first_in_do(steps, numbers)
    looks: list[_Look] = []
    for number, step in enumerate(steps):
        look = _look(step, numbers, first.get(number, ()))
        if look is None:
            return False
        looks.append(look)
    return (
        _names_fit(workflow, looks)
        and _messages_fit(workflow, looks)
        and _arrive(workflow, looks)
        and _keys_after_calls(looks)
        and _slow(looks)
    )


def _first_in_do(steps: Sequence[Step], numbers: Mapping[str | None, int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, step in enumerate(steps):
        if step.parent is not None and step.first:
            found.setdefault(numbers[step.parent.id], []).append(number)
    return found


# One step


def _look(step: Step, numbers: Mapping[str | None, int], inner: Sequence[int]) -> _Look | None:
    """What a step does; None where it takes a closer look."""
    body, kind = step.body, step.type
    inputs, outputs = body.get("inputs"), body.get("outputs")
    before = _tame_texts(inputs) if inputs else _NO_TEXTS
    after = _tame_texts(outputs) if outputs else _NO_TEXTS
    if before is None or after is None:
        return None
    if before and (any([text.step for text in before]) or (kind is not None and "inputs.**" not in kind.expressions)):
        return None
    own = frozenset(outputs) if outputs else _NO_NAMES
    starts = _starts(step, inner)
    ways = _ways(step, numbers, own)
    if ways is None or starts is None:
        return None
    conditions = [tame(outcome.condition) for outcome in step.outcomes if outcome.condition is not None]
    after = [*after, *(text for text in conditions if text is not None)]
    if kind is not None and any([path[0] not in kind.offers for text in after for path in text.step]):
        return None
    goes_on = step.parent is None or any(outcome.via == "nextStepId" for outcome in step.outcomes)
    return _Look(step, own, before, after, ways, starts, None if goes_on else numbers[step.parent.id])


def _tame_texts(value: object) -> Sequence[Tame] | None:
    """What the texts in a field read; None where one is not tame."""
    if not isinstance(value, dict):
        return None
    found: list[Tame] = []
    holders: list[dict[str, object] | list[object]] = [value]
    for holder in holders:
        for item in holder.values() if isinstance(holder, dict) else holder:
            if isinstance(item, str):
                if "{" in item:
                    text = tame(item)
                    if text is None:
                        return None
                    found.append(text)
            elif isinstance(item, dict | list) and item:
                holders.append(item)
        if len(holders) > _MOST_HOLDERS:
            return None
    return found


def _starts(step: Step, inner: Sequence[int]) -> Sequence[_Way] | None:
    """The ways into its `do`; None where a condition takes a closer look."""
    asks = step.type is not None and step.type.name == "If"
    if not (asks or inner):
        return ()
    condition = step.inputs.get("condition")
    if not isinstance(condition, str):
        return [_Way(number) for number in inner]
    asked = question(condition)
    if asked is None:
        return None
    gone = frozenset([asked.name]) if asked.root == "data" and True in asked.gone_if else _NO_NAMES
    return [_Way(number, gone) for number in inner]


def _ways(step: Step, numbers: Mapping[str | None, int], own: Names) -> Sequence[_Way] | None:
    """The ways on; None where they, or their conditions, take a closer look."""
    outcomes = step.outcomes
    select = step.body.get("selectNextStep")
    if not select:
        targets = [numbers.get(outcome.target) for outcome in outcomes]
        return None if None in targets else [_Way(target) for target in targets if target is not None]
    if not isinstance(select, dict) or len(outcomes) != len(select):
        return None
    if not all([value is None or isinstance(value, str) for value in select.values()]):
        return None
    asked = [None if outcome.condition is None else question(outcome.condition) for outcome in outcomes]
    asking = [each for each in asked if each is not None]
    if len(asking) < sum(outcome.condition is not None for outcome in outcomes) or not apart(asking):
        return None
    if len(asking) == len(asked) and not cover(asking):
        return None
    waits = own if step.type is not None and step.type.times_out else None
    ways: list[_Way] = []
    for outcome, each in zip(outcomes, asked, strict=True):
        target = numbers.get(outcome.target)
        if target is None:
            return None
        said = [(each, True)] if each is not None else [(other, False) for other in asking]
        way = _way(target, said, waits)
        if way is None:
            return None
        ways.append(way)
    return ways


def _way(target: int, said: Sequence[tuple[Question, bool]], waits: Names | None) -> _Way | None:
    """The way that is taken when these questions come out so. `waits` are the outputs of a step that waits."""
    gone = [asked for asked, outcome in said if outcome in asked.gone_if and asked.name]
    names = frozenset([asked.name for asked in gone if asked.root == "data"])
    unanswered = waits is not None and any([asked.root == "step" or asked.name in waits for asked in gone])
    if unanswered and len(said) > 1:
        return None  # together they may say more
    return _Way(target, names, not unanswered)


# All steps together


def _names_fit(workflow: Workflow, looks: Sequence[_Look]) -> bool:
    """Whether every output is read by somebody, and none hides what the trigger brings."""
    own = {name for look in looks for name in look.own}
    if not own:
        return True
    if not own.isdisjoint(ADDED) or (workflow.trigger in SHAPES and "payload" in own):
        return False
    read = {name for look in looks for texts in (look.before, look.after) for text in texts for name in text.names}
    return own <= read and own.isdisjoint(declared_names(workflow))


def _messages_fit(workflow: Workflow, looks: Sequence[_Look]) -> bool:
    """Whether what is read from a message is what its kind has."""
    kept: dict[str, list[tuple[Shape, int]]] = {}
    shape = SHAPES.get(workflow.trigger or "")
    if shape is not None:
        kept["payload"] = [(shape, 1)]
    replies = [payload_of_reply(look.step) if look.after else None for look in looks]
    for look, reply in zip(looks, replies, strict=True):
        for name in look.own if reply is not None else ():
            depth = WHOLE_REPLY.get(str(look.step.outputs[name]))
            if reply is not None and depth is not None:
                kept.setdefault(name, []).append((reply, depth))
    for look, reply in zip(looks, replies, strict=True):
        for texts in (look.before, look.after):
            for text in texts:
                if not all([_has(*known, path) for path in text.into for known in kept.get(path[0], ())]):
                    return False
                if reply is not None and not all([_has(reply, 2, path) for path in text.step if path[0] == "reply"]):
                    return False
    return True


def _has(shape: Shape, depth: int, path: Path) -> bool:
    """Whether a chain that goes into a message leads to a field of it; `depth` names lead to its fields."""
    return len(path) <= depth or (depth == 2 and path[1] != "payload") or shape.has(path[depth:])


def _arrive(workflow: Workflow, looks: Sequence[_Look]) -> bool:
    """Whether every step is reached, by some way on which each name is set that it reads."""
    starting = starting_names(workflow)
    states = _spread(looks, starting or _NO_NAMES, [look.own for look in looks])
    if states is None:
        return False
    # What nobody sets, the caller of an `http_request` may have sent.
    kept = None if starting is not None else {name for look in looks for name in look.own}
    for look, (begun, done) in zip(looks, states, strict=True):
        for texts, state in ((look.before, begun), (look.after, done)):
            for text in texts:
                if not text.names <= state and (kept is None or not text.names & kept <= state):
                    return False
    return True


def _spread(looks: Sequence[_Look], starting: Names, own: Sequence[Names]) -> list[tuple[Names, Names]] | None:
    """The names that are surely set when each step begins, and when it is done, on one way at least.

    None where a step is not reached, or the ways are too tangled. What flow.py would say is no less.
    """
    before: list[Names | None] = [None] * len(looks)
    inside: list[Names] = [_NO_NAMES] * len(looks)
    before[0] = starting
    for _ in range(_MOST_ROUNDS):
        again = False
        for number, look in enumerate(looks):
            begun = before[number]
            if begun is None:
                continue
            done = begun | inside[number] if inside[number] else begun
            answered = done | own[number] if own[number] else done
            for ways, state in ((look.starts, begun), (look.ways, answered)):
                for target, gone, with_answer in ways:
                    passed = state if with_answer else done
                    if gone:
                        passed -= gone
                    known = before[target]
                    if known is None:
                        before[target] = passed
                    elif passed <= known:
                        continue
                    else:
                        before[target] = known | passed
                    again |= target <= number
            if look.ends is not None and not answered <= inside[look.ends]:
                inside[look.ends] |= answered
                again = True
        if not again:
            break
    else:
        return None
    states = [(begun, begun | inside[number] | own[number]) for number, begun in enumerate(before) if begun is not None]
    return states if len(states) == len(looks) else None


def _keys_after_calls(looks: Sequence[_Look]) -> bool:
    """Whether a VoiceMessage comes before every WaitForDTMF."""
    kinds = [look.step.type.name if look.step.type is not None else "VoiceMessage" for look in looks]
    if "WaitForDTMF" not in kinds:
        return True
    called = frozenset({"called"})
    states = _spread(looks, _NO_NAMES, [called if kind == "VoiceMessage" else _NO_NAMES for kind in kinds])
    return states is not None and all(
        begun >= called for kind, (begun, _) in zip(kinds, states, strict=True) if kind == "WaitForDTMF"
    )


def _slow(looks: Sequence[_Look]) -> bool:
    """Whether every circle of steps contains one that waits."""
    back = [(number, way.target) for number, look in enumerate(looks) for way in look.ways if way.target <= number]
    if not back:
        return True
    patient = {number for number, look in enumerate(looks) if look.step.type is None or look.step.type.waits}
    if all(start in patient or target in patient for start, target in back):
        return True
    from deployer.lint.graph import components  # few circles need it

    edges = [[way.target for way in (*look.ways, *look.starts)] for look in looks]
    among = set(range(len(looks))) - patient
    return all(len(found) == 1 and found[0] not in edges[found[0]] for found in components(edges, among))
