"""What one step does that matters to others, where that is quickly said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.lint.expressions.questions import Question, apart, cover, question
from deployer.lint.expressions.tame import Tame, tame
from deployer.lint.expressions.triggers import payload_of_reply
from deployer.source.workflow import Step
from deployer.tuples import NamedTuple

Names = frozenset[str]

NO_NAMES: Names = frozenset()
PARTS = ("inputs", "outputs", "selectNextStep")
"""The fields of a step that hold scripts."""
_MOST_HOLDERS = 100
"""Mappings and lists in one field; the rules do not look below 200 levels."""


class Way(NamedTuple):
    """One way on from a step."""

    target: int
    gone: Names = NO_NAMES
    """Names that may have no value when it is taken."""
    answered: bool = True
    """Whether it is taken after a wait that got its answer."""


class Look(NamedTuple):
    """What one step does that matters to others. Steps are numbers in file order."""

    own: Names
    """The names that its outputs set."""
    before: Names
    """Those that its inputs read."""
    after: Names
    """Those that its outputs and conditions read."""
    ways: Sequence[Way]
    starts: Sequence[Way]
    """The ways into its `do`."""
    ends: int | None
    """The step in whose `do` it may be the last."""


def look_at(step: Step, numbers: Mapping[str | None, int], inner: Sequence[int], trigger: str | None) -> Look | None:
    """What a step does; None where it takes a closer look. `inner` are the steps with which its `do` begins."""
    body, kind = step.body, step.type
    inputs, outputs, select = body.get("inputs"), body.get("outputs"), body.get("selectNextStep")
    own = before = after = NO_NAMES
    if inputs:
        texts = tame_texts(inputs)
        if texts is None or (texts and kind is not None and "inputs.**" not in kind.expressions):
            return None
        for text in texts:
            if text.step or trigger in text.strange_to:
                return None
            before = before | text.names if before else text.names
    if outputs or select:
        texts = _late_texts(step, outputs, select)
        if texts is None:
            return None
        own = frozenset(step.outputs)
        for text in texts:
            if trigger in text.strange_to or not (text.step == () or _offered(step, text)):
                return None
            after = after | text.names if after else text.names
    ways = _choices(step, numbers, own) if select else _following(step, numbers)
    starts = _starts(step, inner) if inner or (kind is not None and kind.name == "If") else ()
    if ways is None or starts is None:
        return None
    ends = None
    if step.parent is not None and not any(outcome.via == "nextStepId" for outcome in step.outcomes):
        ends = numbers[step.parent.id]
    return Look(own, before, after, ways, starts, ends)


def tame_texts(value: object) -> list[Tame] | None:
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
            elif item and isinstance(item, dict | list):
                holders.append(item)
        if len(holders) > _MOST_HOLDERS:
            return None
    return found


def _late_texts(step: Step, outputs: object, select: object) -> list[Tame] | None:
    """What its outputs and its conditions read."""
    texts = tame_texts(outputs) if outputs else []
    if texts is None or not select:
        return texts
    for outcome in step.outcomes:
        if outcome.condition is not None:
            text = tame(outcome.condition)
            if text is None:
                return None
            texts.append(text)
    return texts


def _offered(step: Step, text: Tame) -> bool:
    """Whether a step leaves behind what is read of it."""
    if step.type is None:
        return True
    reply = payload_of_reply(step)
    return all(
        path[0] in step.type.offers
        and (reply is None or path[:2] != ("reply", "payload") or len(path) == 2 or reply.has(path[2:]))
        for path in text.step
    )


def _following(step: Step, numbers: Mapping[str | None, int]) -> Sequence[Way] | None:
    """The way of `nextStepId`; None where it leads nowhere."""
    if not step.outcomes:
        return ()
    target = numbers.get(step.outcomes[0].target)
    return None if target is None else (Way(target),)


def _starts(step: Step, inner: Sequence[int]) -> Sequence[Way] | None:
    """The ways into its `do`; None where a condition takes a closer look."""
    condition = step.inputs.get("condition")
    if not isinstance(condition, str):
        return [Way(number) for number in inner]
    asked = question(condition)
    if asked is None or not asked.terms:
        return None
    gone = frozenset([name for root, name in asked.gone[True] if root == "data"])
    return [Way(number, gone) for number in inner]


def _choices(step: Step, numbers: Mapping[str | None, int], own: Names) -> Sequence[Way] | None:
    """The ways of `selectNextStep`; None where they, or their conditions, take a closer look."""
    select = step.body["selectNextStep"]
    if not isinstance(select, dict) or len(step.outcomes) != len(select):
        return None
    asked: list[Question] = []
    for value in select.values():
        if value is not None:
            each = question(value) if isinstance(value, str) else None
            if each is None:
                return None
            asked.append(each)
    if not apart(asked) or (len(asked) == len(select) and not cover(asked)):
        return None
    waits = own if step.type is not None and step.type.times_out else None
    ways: list[Way] = []
    following = iter(asked)
    for name, value in select.items():
        target = numbers.get(name)
        if target is None:
            return None
        way = _way(target, asked, False, waits) if value is None else _way(target, [next(following)], True, waits)
        if way is None:
            return None
        ways.append(way)
    return ways


def _way(target: int, asked: Sequence[Question], outcome: bool, waits: Names | None) -> Way | None:
    """The way that is taken when all these questions come out so. `waits` are the outputs of a step that waits."""
    gone = [each for one in asked for each in one.gone[outcome]]
    if not gone:
        return Way(target)
    unanswered = waits is not None and any(root == "step" or name in waits for root, name in gone)
    if unanswered and sum(len(each.terms) for each in asked) > 1:
        return None  # together they may say more
    return Way(target, frozenset([name for root, name in gone if root == "data"]), not unanswered)
