"""What the schemas say about a file, in our own words: one problem, one finding.

A step is checked against the schema of its own `stepType`, so no message speaks of another type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from deployer.finding import Path
from deployer.lint.gate import passes
from deployer.lint.registry import Context, Problem
from deployer.lint.used import used
from deployer.lint.wording import listed, nearest, or_legal, quoted, respelled
from deployer.source.canonical import SERVER_FIELDS
from deployer.source.workflow import Workflow
from deployer.steps import StepType, envelope_schema, find_step_type, generic_step_type, step_types

Line = Callable[[int], str]
Found = Iterator[tuple[str, Problem]]
"""Problems with the names of their rules."""

_LEFT_TO_RULES = frozenset({"trigger", "name", "steps", "status"})
"""Their absence has rules of its own, in `rules/`."""
_NOT_RECOMMENDED = SERVER_FIELDS | {"subaccountId"}


def schema_problems(workflow: Workflow, context: Context) -> Found:
    """Everything that the envelope's schema and those of the steps object to."""
    line = cache(workflow.document.line)
    yield from _envelope(workflow, line)
    yield from _metadata(workflow, line)
    steps = workflow.definition.get("steps")
    yield from _steps(workflow, context, line, steps, ("definition", "steps"))


def _envelope(workflow: Workflow, line: Line) -> Found:
    body = {key: value for key, value in workflow.body.items() if key not in SERVER_FIELDS}
    body = _without_nulls(body)
    definition = body.get("definition")
    if isinstance(definition, Mapping):
        body["definition"] = _without_nulls({k: v for k, v in definition.items() if k not in SERVER_FIELDS})
    if passes(envelope_schema(), body):
        return
    from deployer.lint.schema_words import Judge

    judge = Judge(
        workflow=workflow,
        line=line,
        what="a workflow file",
        schema=envelope_schema(),
        root=(),
        original=workflow.body,
        hidden=_NOT_RECOMMENDED,
    )
    for rule, problem in judge.problems(body):
        path = problem.place.path
        if rule == "missing-property" and problem.subject in _LEFT_TO_RULES:
            continue
        if path == ("definition", "name") and rule == "invalid-value":
            continue
        if path == ("definition", "steps") and rule == "invalid-value":
            continue
        yield ("unknown-trigger" if path == ("trigger",) and rule == "invalid-enum" else rule), problem.plain


def _metadata(workflow: Workflow, line: Line) -> Found:
    document = workflow.document.value
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    schema = envelope_schema()["properties"]["metadata"]
    if metadata is None or passes(schema, metadata):
        return
    from deployer.lint.schema_words import Judge

    judge = Judge(
        workflow=workflow,
        line=line,
        what="`metadata`",
        schema=schema,
        root=("metadata",),
        original=metadata if isinstance(metadata, Mapping) else {},
    )
    for rule, problem in judge.problems(metadata):
        top = len(problem.place.path) == 2
        yield ("unknown-metadata-property" if rule == "unknown-property" and top else rule), problem.plain


def _without_nulls(mapping: Mapping[str, object]) -> dict[str, object]:
    """Without what is null and may as well be absent."""
    return {key: value for key, value in mapping.items() if value is not None or key not in _LEFT_TO_RULES}


def _steps(workflow: Workflow, context: Context, line: Line, steps: object, path: Path) -> Found:
    if not isinstance(steps, list):
        return
    for index, body in enumerate(steps):
        if isinstance(body, Mapping):
            here = (*path, index)
            yield from _step(workflow, context, line, body, here)
            branches = body.get("do")
            for number, branch in enumerate(branches if isinstance(branches, list) else ()):
                yield from _steps(workflow, context, line, branch, (*here, "do", number))


def _step(workflow: Workflow, context: Context, line: Line, body: Mapping[str, object], path: Path) -> Found:
    step_id = body.get("id")
    if step_id is None or (isinstance(step_id, str) and not step_id.strip()):
        place = workflow.place(*path, "id") if "id" in body else workflow.place(*path)
        yield "missing-step-id", Problem(place, "this step has no id; logs, plans and other steps name it by its id")
    name = body.get("stepType")
    declared = _declared(name, context)
    if declared is None:
        yield _unknown_type(workflow, context, name, path, written="stepType" in body)
        if step_id is not None and not isinstance(step_id, str):
            yield "wrong-type", Problem(workflow.place(*path, "id"), f"`id` must be a text, not {quoted(step_id)}")
        return
    step = used(body)
    if passes(declared.schema, step):
        return
    from deployer.lint.schema_words import Judge

    judge = Judge(
        workflow=workflow,
        line=line,
        what=f"{declared.name} step" if declared.documented else "step of this type",
        schema=declared.schema,
        root=path,
        original=body,
        step_type=declared,
        hidden=frozenset(declared.aliases) | ({"do"} - set(declared.outcomes)),
    )
    for rule, problem in judge.problems(step):
        if problem.subject != "id" or rule == "wrong-type":
            yield rule, problem.plain


def _declared(name: object, context: Context) -> StepType | None:
    if not isinstance(name, str):
        return None
    known = find_step_type(name)
    if known is None and name.lower() in context.allowed_step_types:
        return generic_step_type()
    return known


def _unknown_type(
    workflow: Workflow, context: Context, name: object, path: Path, *, written: bool
) -> tuple[str, Problem]:
    known = [*step_types(), *sorted(context.allowed_step_types)]
    if not written or name is None:
        place = workflow.place(*path, "id") if not written and "id" in _at(workflow, path) else workflow.place(*path)
        return "missing-property", Problem(place, f"this step has no `stepType`; the types are {listed(known)}")
    place = workflow.place(*path, "stepType")
    if not isinstance(name, str):
        return "wrong-type", Problem(
            place, f"`stepType` must be a text, not {quoted(name)}; the types are {listed(known)}"
        )
    near = nearest(name, known)
    end = or_legal(near, f"the types are {listed(known)}")
    return "unknown-step-type", Problem(place, f"unknown stepType {quoted(name)}{end}", near, fix=respelled(name, near))


def _at(workflow: Workflow, path: Path) -> Mapping[str, object]:
    value: object = workflow.body
    for part in path:
        value = value[part]  # type: ignore[index]  # the path was walked to come here
    return value if isinstance(value, Mapping) else {}
