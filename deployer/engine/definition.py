"""A definition as the engine runs it: steps by id, where each leads, which steps stand in which."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from deployer.engine.failures import LoadError
from deployer.engine.measure import is_deeper
from deployer.engine.rendering import Fields, Value, read_value
from deployer.steps import StepType, find_step_type

_DEEPEST = 64
"""Levels of nested steps, and of a step's values. Ours: the platform names no limit, and a hostile body has no
right to our stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of `selectNextStep`."""

    target: str
    condition: Value | None
    """None for the default: chosen when no sibling is true."""
    source: str
    """The condition as written; empty for the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, ready to run."""

    id: str
    type: str
    """Canonical spelling where the type is known, else as written."""
    inputs: Value
    required: tuple[tuple[str, ...], ...]
    """Inputs that must not come out empty; of several spellings of one, any will do."""
    outputs: tuple[tuple[str, Value], ...]
    """Names in `data`, and what they are given."""
    next_step: str | None
    choices: tuple[Choice, ...]
    branches: tuple[str, ...]
    """The first step of each branch of `do`."""
    parent: str | None
    """The step in whose `do` it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """All steps of one definition."""

    name: str
    first: str | None
    """The step that starts; None when there are no steps."""
    steps: Mapping[str, Step]
    """By id, in the order in which they stand, nested ones after their parent."""


def load_definition(body: Mapping[str, object]) -> Definition:
    """Read a definition's body as the server stores it: the whole envelope, or its `definition` alone.

    Raises LoadError where the platform's loader would: duplicate ids, targets that do not exist.
    """
    inner = body.get("definition", body)
    if not isinstance(inner, Mapping):
        raise LoadError("`definition` is no mapping")
    steps: dict[str, Step] = {}
    top = _steps(inner.get("steps"), "definition.steps")
    for step in _walk(top, None, 0):
        if step.id in steps:
            raise LoadError(f"Duplicate step Id {step.id}")
        steps[step.id] = step
    for step in steps.values():
        for target in (step.next_step, *(choice.target for choice in step.choices)):
            if target is not None and target not in steps:
                raise LoadError(f"Cannot find step id {target}, to which step {step.id} leads")
    name = inner.get("name")
    first = _id(top[0]) if top else None
    return Definition(name=name if isinstance(name, str) else "", first=first, steps=MappingProxyType(steps))


def _steps(value: object, where: str) -> Sequence[Mapping[str, object]]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise LoadError(f"{where} is no list of steps")
    return value


def _walk(bodies: Sequence[Mapping[str, object]], parent: str | None, depth: int) -> Iterator[Step]:
    if depth > _DEEPEST:
        raise LoadError(f"steps are nested deeper than {_DEEPEST} levels")
    for body in bodies:
        step_id = _id(body)
        branches = [branch for branch in _branches(body, step_id) if branch]
        yield _step(body, step_id, tuple(_id(branch[0]) for branch in branches), parent)
        for branch in branches:
            yield from _walk(branch, step_id, depth + 1)


def _id(body: Mapping[str, object]) -> str:
    step_id = body.get("id")
    if not isinstance(step_id, str) or not step_id:
        raise LoadError("a step has no id")
    return step_id


def _branches(body: Mapping[str, object], step_id: str) -> list[Sequence[Mapping[str, object]]]:
    value = body.get("do")
    if value is None:
        return []
    if not isinstance(value, list):
        raise LoadError(f"`do` of step {step_id} is no list of branches")
    return [_steps(branch, f"a branch of `do` of step {step_id}") for branch in value]


def _step(body: Mapping[str, object], step_id: str, branches: tuple[str, ...], parent: str | None) -> Step:
    type_name = body.get("stepType")
    if not isinstance(type_name, str) or not type_name:
        raise LoadError(f"step {step_id} has no stepType")
    known = find_step_type(type_name)
    inputs, outputs, selector = (_mapping(body, key, step_id) for key in ("inputs", "outputs", "selectNextStep"))
    _check_json([inputs, outputs, selector], step_id)
    following = body.get("nextStepId")
    return Step(
        id=step_id,
        type=known.name if known is not None else type_name,
        inputs=read_value(inputs, ("inputs",)),
        required=_required(known) if known is not None else (),
        outputs=tuple((str(name), read_value(value, ("outputs", str(name)))) for name, value in outputs.items()),
        next_step=following if isinstance(following, str) and following else None,
        choices=tuple(_choice(target, value) for target, value in selector.items()),
        branches=branches,
        parent=parent,
    )


def _check_json(value: object, step_id: str) -> None:
    """A body may come from a reader that takes more than JSON: NaN, Infinity, integers without an end."""
    if is_deeper(value, _DEEPEST):
        raise LoadError(f"step {step_id} is nested deeper than {_DEEPEST} levels")
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        raise LoadError(f"step {step_id} holds a number that JSON cannot write, or no JSON at all") from None


def _mapping(body: Mapping[str, object], key: str, step_id: str) -> Mapping[str, object]:
    """A field that the web builder leaves as `{}` or null when it is not used."""
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise LoadError(f"`{key}` of step {step_id} is no mapping")
    return value


def _required(known: StepType) -> tuple[tuple[str, ...], ...]:
    names = [path.removeprefix("inputs.") for path in known.required if path.startswith("inputs.")]
    return tuple((name, *(alias for alias, meant in known.aliases.items() if meant == name)) for name in names)


def _choice(target: str, value: object) -> Choice:
    if value is None:
        return Choice(target=target, condition=None, source="")
    # Blanks around a condition are the layout of the file it came from.
    written = value.strip() if isinstance(value, str) else value
    return Choice(
        target=target, condition=read_value(written, ("selectNextStep", target)), source=str(value) if written else ""
    )


def fields_of(value: Value) -> Mapping[str, Value]:
    """The parts of a scripted mapping by name; empty for anything else."""
    return dict(value.fields) if isinstance(value, Fields) else {}
