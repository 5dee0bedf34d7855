"""What a plan means to the people who own the conversations: one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from deployer.operations.diff import StepChange
from deployer.operations.plan import Action, Change, Plan
from deployer.report.markdown.document import counted, listed
from deployer.report.markdown.escape import code, text
from deployer.report.markdown.steps import NOWHERE
from deployer.source.workflow import read_steps

MOST_NAMED = 6
"""Workflows that the sentence names; the rest is counted."""


def headline(plan: Plan) -> str:
    """`2 workflows change for customers in production: ...`, as Markdown."""
    noticed = [change for change in plan.pending if reaches_customers(change)]
    unnoticed = [change for change in plan.pending if not reaches_customers(change)]
    where = text(plan.environment)
    if not plan.pending:
        said = [f"**Nothing changes for customers in {where}.**"]
    elif not noticed:
        said = [f"**Nothing changes for customers in {where} yet:** {_named(unnoticed)}."]
    else:
        verb = "changes" if len(noticed) == 1 else "change"
        said = [f"**{counted(len(noticed), 'workflow')} {verb} for customers in {where}:** {_named(noticed)}."]
        if unnoticed:
            said.append(f"No customer notices this: {_named(unnoticed)}.")
    return " ".join([*said, *_open_questions(plan)])


def _open_questions(plan: Plan) -> list[str]:
    refused, held = plan.refused, [change for change in plan.changes if change.held is not None]
    said = []
    if refused:
        verb = "needs" if len(refused) == 1 else "need"
        said.append(f"⚠️ {_keys(refused)} {verb} somebody's decision first and {_stay(len(refused))}.")
    if held:
        said.append(f"⏸️ {_keys(held)} {'is' if len(held) == 1 else 'are'} held and {_stay(len(held))}.")
    goes_on = [item for item in plan.fileless if item.enabled]
    if goes_on:
        names = _some([code(item.key) for item in goes_on])
        verb = (
            "has no file any more and still answers" if len(goes_on) == 1 else "have no file any more and still answer"
        )
        said.append(f"⚠️ {names} {verb} customers.")
    return said


def _stay(count: int) -> str:
    return "stays as it is" if count == 1 else "stay as they are"


def _named(changes: Sequence[Change]) -> str:
    """Each workflow with what it does; those that do the same stand together."""
    alike: dict[str, list[str]] = {}
    for change in changes[:MOST_NAMED]:
        alike.setdefault(meaning(change), []).append(code(change.key))
    parts = [f"{listed(keys)} {said if len(keys) == 1 else _plural(said)}" for said, keys in alike.items()]
    if len(changes) > MOST_NAMED:
        parts.append(f"{len(changes) - MOST_NAMED} more")
    return listed(parts) if len(alike) == len(changes) else "; ".join(parts)


def _plural(said: str) -> str:
    """What several do, from what one does. Names of secrets, in backticks, stay as they are."""
    words, mark, names = said.partition("`")
    return _VERBS.sub(lambda match: _SEVERAL.get(match[0], match[0][:-1]), words) + mark + names


def _keys(changes: Sequence[Change]) -> str:
    return _some([code(change.key) for change in changes])


def _some(names: Sequence[str]) -> str:
    rest = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return listed([*names[:MOST_NAMED], *rest])


def reaches_customers(change: Change) -> bool:
    """Whether the definition answers customers, before or after."""
    return _enabled(change.before) or (_enabled(change.template) and change.action is not Action.DELETE)


def _enabled(body: Mapping[str, object] | None) -> bool:
    return body is not None and body.get("status") == "enabled"


def meaning(change: Change, *, cell: bool = False) -> str:
    """What a change does, as a verb and its object, as Markdown."""
    if change.action is Action.CREATE:
        return "is new" if _enabled(change.template) else "is new, and switched off"
    if change.action is Action.DELETE:
        return "is deleted"
    before, after = _enabled(change.before), _enabled(change.template)
    if change.action is Action.DISABLE or (before and not after):
        return "is switched off"
    said = ["is switched on"] if after and not before else []
    said += _what_differs(change, cell=cell)
    return listed(list(dict.fromkeys(said))) or "changes inside"


_MESSAGES = frozenset({"SMS", "ChatAppsMessage", "VoiceMessage"})
_WAITS = frozenset({"Wait", "WaitForReply", "WaitForDTMF"})
_WAYS = ("answers", "decides", "goes on", "waits", "asks other systems", "hands over", "works")
"""What a workflow does differently; what a customer notices first stands first."""
_OTHERS = ("reacts to something else", "works on another number", "remembers something else", "is renamed")
_VERBS = re.compile(r"\b(is|goes|answers|decides|waits|asks|hands|works|reacts|remembers|uses|changes)\b")
_SEVERAL = {"is": "are", "goes": "go"}
_TOP = {
    "trigger": "reacts to something else",
    "subAccountId": "works on another number",
    "definition.name": "is renamed",
    "start": "goes on",
    "steps": "goes on",
}


def _what_differs(change: Change, *, cell: bool) -> list[str]:
    kinds = {**_kinds(change.before), **_kinds(change.template)}
    said = {_phrase(step, kinds.get(step.id or "", "")) for step in change.steps}
    ways = [way for way in _WAYS if way in said and (way != "works" or len(said) == 1)][:2]
    phrases = [f"{listed(ways)} differently"] if ways else []
    phrases += [phrase for phrase in _OTHERS if phrase in said][: 2 - len(phrases)]
    if change.rotated:
        names = listed([code(name, cell=cell) for name in sorted(change.rotated)])
        phrases.append(f"uses a new value of secret {names}")
    return phrases


def _phrase(step: StepChange, kind: str) -> str:
    field = step.path.partition(".")[0]
    if step.id is None:
        return _TOP.get(step.path, "goes on" if step.op == "order" else "works")
    if step.path.startswith("inputs.condition"):
        return "decides"
    if field in {"selectNextStep", "nextStepId"} or step.op == "move":
        return "goes on"
    if field == "outputs":
        return "remembers something else"
    if kind in _MESSAGES:
        return "works on another number" if step.path.endswith(("ubAccountId", ".source")) else "answers"
    if kind in _WAITS and step.path:
        return "waits"
    return {"HttpRequest": "asks other systems", "SendToConverse": "hands over"}.get(
        kind, "works" if step.path else "goes on"
    )


def _kinds(body: Mapping[str, object] | None) -> dict[str, str]:
    """The type of each step by its id, in its canonical spelling."""
    steps = read_steps(NOWHERE, body) if body is not None else ()
    return {step.id: step.type.name for step in steps if step.id is not None and step.type is not None}
