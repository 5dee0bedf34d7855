"""What changes within a workflow, step by step: texts as differences, all else in a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deployer.operations.diff import StepChange
from deployer.operations.saved_plan import shown_value
from deployer.report.graph.words import what_it_says
from deployer.report.markdown.escape import code, fence, text
from deployer.report.markdown.wording import difference
from deployer.report.terminal import shorten
from deployer.source.document import parse
from deployer.source.workflow import read_steps

LONG = 40
"""Characters from which a text is shown as a difference of its own."""
NOWHERE = parse("null", "definition", format="json")
"""Places are not asked for here."""
_SIGNS = {"add": "`+`", "remove": "`-`"}


def steps(changes: Iterable[StepChange]) -> Iterator[str]:
    """Every change in the order of the plan."""
    for change in changes:
        before, after = shown_value(change.before, change.path), shown_value(change.after, change.path)
        words = _words(change, before, after)
        if words is None:
            yield _line(change, before, after)
        else:
            yield from (f"{_name(change, before, after)}:", "", *fence(difference(*words), "diff"), "")


def short_steps(changes: Sequence[StepChange], most: int) -> Iterator[str]:
    """A line each, without the texts."""
    for change in changes[:most]:
        yield _name(change, shown_value(change.before, ""), shown_value(change.after, ""))
    if len(changes) > most:
        yield f"- … and {len(changes) - most} more"


def saying(body: Mapping[str, object], sign: str) -> Iterator[str]:
    """What the steps of a whole workflow say, in their order, as one difference."""
    visible = shown_value(body, "")
    found = read_steps(NOWHERE, visible) if isinstance(visible, Mapping) else ()
    lines: list[str] = []
    for step in found:
        words = what_it_says(step.type.name if step.type else step.type_name or "", step.inputs)
        said = f"{step.id or '?'} ({step.type_name or '?'})" + (f": {words}" if words else "")
        lines += difference("", said) if sign == "+" else difference(said, "")
    yield from fence(lines, "diff") if lines else ()


def _words(change: StepChange, before: object, after: object) -> tuple[str, str] | None:
    """Texts that are worth a difference: what a step says, before and after."""
    if change.op in {"start", "order", "move"}:
        return None
    if not change.path:
        left, right = _said(before), _said(after)
        return (left, right) if left or right else None
    texts = _long(before), _long(after)
    short = max(map(len, texts)) < LONG and not any("\n" in item for item in texts)
    return None if short else texts


def _long(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _said(step: object) -> str:
    """The words of a whole step."""
    inputs = step.get("inputs") if isinstance(step, Mapping) else None
    return what_it_says(_type(step), inputs) if isinstance(inputs, Mapping) else ""


def _type(step: object) -> str:
    return str(step.get("stepType") or "") if isinstance(step, Mapping) else ""


def _line(change: StepChange, before: object, after: object) -> str:
    name = _name(change, before, after)
    if change.op in {"start", "order", "move"} or not change.path:
        return name
    if change.op == "change":
        return f"{name}: {_value(before)} → {_value(after)}"
    return f"{name}: {_value(after if change.op == 'add' else before)}"


def _name(change: StepChange, before: object, after: object) -> str:
    """The line of a change without its values."""
    start = f"- {_SIGNS.get(change.op, '`~`')}"
    if change.op == "start":
        return f"{start} starts with step {_value(after)}, no longer with {_value(before)}"
    if change.op == "order":
        return f"{start} order of steps: {_value(before)} → {_value(after)}"
    where = f"step {code(change.id)}" if change.id is not None else ""
    if change.op == "move":
        return f"{start} {where} moves from {_value(before)} to {_value(after)}"
    if change.path:
        field = code(change.path.removeprefix("inputs.").removeprefix("definition."))
        return f"{start} {where}, {field}" if where else f"{start} {field}"
    kind = _type(after if change.op == "add" else before)
    return f"{start} {where} {'is new' if change.op == 'add' else 'goes'}" + (f" ({text(kind)})" if kind else "")


def _value(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(code(shorten(item, 60)) for item in value)
    return code(shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 200))
