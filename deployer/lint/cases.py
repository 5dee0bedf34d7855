"""What is wrong with a test file: its shape, and names that mean nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache
from types import MappingProxyType

from deployer.finding import Finding, Path, Severity
from deployer.lint.schema_words import Judge
from deployer.lint.wording import MOST_GUESSES, did_you_mean, kind, listed, nearest, shorten, with_article
from deployer.record import record
from deployer.source.case_file import BadCase, Case, CaseFile, CaseProblem
from deployer.source.excerpts import with_lines
from deployer.source.workflow import Workflow
from deployer.steps import Schema, case_file_schema_text

CASE_RULES: Mapping[str, str] = MappingProxyType(
    {
        "test-not-a-test-file": "A test file is a mapping with `cases`, or with `fixtures` for other files.",
        "test-unknown-workflow": "A test file names a workflow of the project.",
        "test-unknown-step": "Steps that a case names exist in its workflow.",
        "test-unknown-fixture": "`use` names fixtures of this file or of the files that it includes.",
        "test-unknown-environment": "`environment` names one that `deployer.yaml` declares.",
        "test-include": "Included files are test files of the project that can be read.",
        "test-row": "`${row.NAME}` stands for a value of the case's table.",
        "test-duplicate-name": "The names of cases are unique in their file.",
        "test-trigger": "A case has one trigger, of the kind that starts its workflow.",
        "test-outcome": "A mock is an answer, a fault or an unreachable service, in the words of its step's type.",
        "test-reply": "A reply is one of `text`, `dtmf`, `payload` and `silent`, for a step that waits for it.",
        "test-size": "A test file has at most 10,000 cases, each row of a table counted.",
    }
)
"""Every rule that only test files have, with its sentence. All are errors."""

MOST_PER_RULE = 100

_KINDS = {"inbound_sms": "sms", "inbound_chat_apps": "chat", "http_request": "http"}
_HTTP_ANSWER = ("responseCode", "responseBody", "reasonPhrase")
_NO_ANSWER = ("fault", "unreachable")
_SPANS = ("after", "duration")
_WAITS = {"WaitForReply": ("text", "a message"), "WaitForDTMF": ("dtmf", "keys")}


@record
class Surroundings:
    """What a test file may name."""

    workflows: Mapping[str, Workflow] = field(repr=False)
    environments: frozenset[str] = frozenset()


@cache
def case_file_schema() -> Schema:
    """The JSON Schema of test files, as `schemas/test.schema.json` publishes it."""
    schema: Schema = json.loads(case_file_schema_text())
    return schema


def check_case_file(file: CaseFile, around: Surroundings) -> tuple[Finding, ...]:
    """Everything wrong with a test file, in the order of its lines."""
    return with_lines(file.document, _findings(file, around))


def _findings(file: CaseFile, around: Surroundings) -> tuple[Finding, ...]:
    document = file.document
    found = [finding for finding in document.findings if finding.severity is Severity.ERROR]
    if document.value is None and found:
        return tuple(found)
    if not isinstance(document.value, dict) or not {"cases", "fixtures"} & document.value.keys():
        what = (
            "this file has neither" if isinstance(document.value, dict) else f"this file holds {kind(document.value)}"
        )
        message = f"a test file is a mapping with `cases`, or with `fixtures` for other test files; {what}"
        return (*found, _finding(file, CaseProblem(rule="test-not-a-test-file", path=(), message=message)))
    problems = [*_shape(file), *file.problems, *_names(file, around)]
    counts: dict[str, int] = {}
    seen: set[tuple[str, Path, bool, str]] = set()
    for problem in problems:
        identity = (problem.rule, problem.path, problem.key, problem.message)
        counts[problem.rule] = counts.get(problem.rule, 0) + (identity not in seen)
        if identity not in seen and counts[problem.rule] <= MOST_PER_RULE:
            found.append(_finding(file, problem, guess=counts[problem.rule] <= MOST_GUESSES))
        seen.add(identity)
    return tuple(sorted(found, key=lambda finding: (finding.span, finding.rule, finding.message)))


class _CaseJudge(Judge):
    """Lets a text pass whose value comes from elsewhere: `${row.after}`, `${var.number}`."""

    __slots__ = ()

    def about_number(self, path: Path, value: object, suggestion: str | None) -> str:
        if path and path[-1] in _SPANS:
            return "; write a time span as d.HH:mm:ss, such as 00:00:30"
        return super().about_number(path, value, suggestion)

    def accepts_later(self, path: Path, value: object) -> bool:  # noqa: ARG002  # the judge's signature
        return isinstance(value, str) and "${" in value


def _shape(file: CaseFile) -> Iterator[CaseProblem]:
    document = file.document
    value = document.value if isinstance(document.value, dict) else {}
    judge = _CaseJudge(
        workflow=_as_workflow(file), what="a test file", schema=case_file_schema(), root=(), original=value
    )
    for rule, verdict in judge.problems(value):
        place = verdict.place
        yield CaseProblem(
            rule=rule, path=place.path, key=place.key, part=place.part, message=verdict.message,
            suggestion=verdict.suggestion,
        )  # fmt: skip


def _as_workflow(file: CaseFile) -> Workflow:
    """The file in the form in which a judge asks for places."""
    return Workflow(
        key=file.workflow, document=file.document, body={}, metadata={}, secrets={}, variables=frozenset(),
        problems=(), steps=(), by_id={},
    )  # fmt: skip


def _names(file: CaseFile, around: Surroundings) -> Iterator[CaseProblem]:
    if not file.cases:
        return
    workflow = around.workflows.get(file.workflow)
    if workflow is None:
        written = isinstance(file.document.value, dict) and "workflow" in file.document.value
        tail = "" if written else "; say which one this file tests, with `workflow:`"
        yield CaseProblem(
            rule="test-unknown-workflow",
            path=("workflow",) if written else ("cases",),
            key=not written,
            message=f"no workflow has the key `{shorten(file.workflow)}`{tail}",
            name=file.workflow if written else "",
            nearest_of=tuple(around.workflows),
        )
    checked: set[Path] = set()
    for case in file.cases:
        try:
            body = file.body(case)
        except BadCase as bad:
            yield bad.problem
            continue
        if case.path in checked:
            continue
        checked.add(case.path)
        yield from _environment(case, body, around)
        if workflow is not None:
            yield from _trigger(case, body, workflow)
            yield from _steps(case, workflow)
            yield from _mocks(case, workflow)
            yield from _replies(case, workflow)


def _environment(case: Case, body: Mapping[str, object], around: Surroundings) -> Iterator[CaseProblem]:
    name = body.get("environment")
    if isinstance(name, str) and name not in around.environments:
        yield CaseProblem(
            rule="test-unknown-environment",
            path=_where(case, "environment"),
            message=f"no environment `{shorten(name)}` is declared",
            name=name,
            nearest_of=tuple(sorted(around.environments)),
        )


def _trigger(case: Case, body: Mapping[str, object], workflow: Workflow) -> Iterator[CaseProblem]:
    wanted = _KINDS.get(workflow.trigger or "", "payload")
    path = _where(case, "trigger")
    trigger = body.get("trigger")
    given = [name for name in (*_KINDS.values(), "payload") if isinstance(trigger, Mapping) and name in trigger]
    if trigger is None and not isinstance(case.written.get("use", []), list):
        return  # what it uses is not known, and that is told by itself
    if trigger is None:
        message = f"this case has no trigger; `{workflow.key}` is started by `{wanted}: {{...}}`"
        yield CaseProblem(rule="test-trigger", path=path, message=message)
    elif isinstance(trigger, Mapping) and len(given) != 1:
        count = "are more" if given else "is none"
        message = f"a trigger is one of `sms`, `chat`, `http` and `payload`; here {count} of them"
        yield CaseProblem(rule="test-trigger", path=path, message=message)
    elif given and given[0] not in (wanted, "payload"):
        yield CaseProblem(
            rule="test-trigger",
            path=(*path, given[0]) if "trigger" in case.written else path,
            key="trigger" in case.written,
            message=f"`{workflow.key}` has the trigger {workflow.trigger}, so it is started by `{wanted}` "
            f"(or `payload`), not by `{given[0]}`",
            suggestion=wanted,
        )


def _where(case: Case, key: str) -> Path:
    """The key's place in the case, or the case's name when a fixture has it."""
    return (*case.path, key) if key in case.written else (*case.path, "name")


def _steps(case: Case, workflow: Workflow) -> Iterator[CaseProblem]:
    known = tuple(step.id for step in workflow.steps if step.id is not None)
    for path, key, name in _named_steps(case):
        if name not in workflow.by_id and "${" not in name:
            yield CaseProblem(
                rule="test-unknown-step",
                path=path,
                key=key,
                message=f"`{workflow.key}` has no step `{shorten(name)}`",
                name=name,
                nearest_of=known,
            )


def _named_steps(case: Case) -> Iterator[tuple[Path, bool, str]]:
    mocks = case.written.get("mocks")
    for name in mocks if isinstance(mocks, Mapping) else ():
        if name != "*":
            yield (*case.path, "mocks", name), True, name
    expect = case.written.get("expect")
    expect = expect if isinstance(expect, Mapping) else {}
    for index, name in _items(expect.get("path")):
        if isinstance(name, str):
            yield (*case.path, "expect", "path", index), False, name
    lists: list[tuple[Path, object]] = [((*case.path, "replies"), case.written.get("replies"))]
    lists += [((*case.path, "expect", key), expect.get(key)) for key in ("sent", "requests", "errors")]
    for path, items in lists:
        for index, item in _items(items):
            name = item.get("step") if isinstance(item, Mapping) else None
            if isinstance(name, str):
                yield (*path, index, "step"), False, name


def _items(value: object) -> Iterable[tuple[int, object]]:
    return enumerate(value) if isinstance(value, list) else ()


def _mocks(case: Case, workflow: Workflow) -> Iterator[CaseProblem]:
    mocks = case.written.get("mocks")
    for name, written in (mocks if isinstance(mocks, Mapping) else {}).items():
        step = workflow.by_id.get(name)
        is_http = name == "*" or (step is not None and step.type is not None and step.type.name == "HttpRequest")
        outcomes = _items(written) if isinstance(written, list) else [(None, written)]
        for index, outcome in outcomes:
            path: Path = (*case.path, "mocks", name, *(() if index is None else (index,)))
            if isinstance(outcome, Mapping):
                yield from _outcome(outcome, path, is_http=is_http)


def _outcome(outcome: Mapping[str, object], path: Path, *, is_http: bool) -> Iterator[CaseProblem]:
    failing = [key for key in _NO_ANSWER if key in outcome]
    if failing and len(outcome) > 1:
        message = f"`{failing[0]}` stands alone: the step gets no answer then"
        yield CaseProblem(rule="test-outcome", path=(*path, failing[0]), key=True, message=message)
    elif is_http:
        for key in outcome:
            if key not in (*_HTTP_ANSWER, *_NO_ANSWER):
                message = f"unknown property `{shorten(key)}` in the answer to an HTTP request"
                yield CaseProblem(
                    rule="test-outcome", path=(*path, key), key=True, message=message,
                    name=key, nearest_of=(*_HTTP_ANSWER, *_NO_ANSWER),
                )  # fmt: skip
    elif "unreachable" in outcome:
        message = "only an HTTP request can be unreachable; write `fault` for what is refused"
        yield CaseProblem(
            rule="test-outcome", path=(*path, "unreachable"), key=True, message=message, suggestion="fault"
        )


def _replies(case: Case, workflow: Workflow) -> Iterator[CaseProblem]:
    types = {step.type.name for step in workflow.steps if step.type is not None}
    for index, reply in _items(case.written.get("replies")):
        if not isinstance(reply, Mapping):
            continue
        path: Path = (*case.path, "replies", index)
        said = [key for key in ("text", "dtmf", "payload", "silent") if key in reply]
        if len(said) != 1:
            message = f"a reply is one of `text`, `dtmf`, `payload` and `silent`; here {_count(said)}"
            yield CaseProblem(rule="test-reply", path=path, message=message)
            continue
        yield from _fits(reply, said[0], path, workflow, types)


def _count(said: list[str]) -> str:
    return f"are {listed(said)}" if said else "is none of them"


def _fits(
    reply: Mapping[str, object], said: str, path: Path, workflow: Workflow, types: set[str]
) -> Iterator[CaseProblem]:
    named = reply.get("step")
    step = workflow.by_id.get(named) if isinstance(named, str) else None
    if step is not None and step.type is not None:
        waits = _WAITS.get(step.type.name)
        if waits is None:
            message = f"step `{shorten(str(step.id))}` is {with_article(step.type.name)} step and waits for no reply"
            yield CaseProblem(rule="test-reply", path=(*path, "step"), message=message)
        elif said in ("text", "dtmf") and said != waits[0]:
            message = f"step `{shorten(str(step.id))}` waits for {waits[1]}; write `{waits[0]}`"
            yield CaseProblem(rule="test-reply", path=(*path, said), key=True, message=message, suggestion=waits[0])
    elif named is None and said in ("payload", "silent") and types.issuperset(_WAITS):
        message = f"`{workflow.key}` waits for messages and for keys; name the `step` that this belongs to"
        yield CaseProblem(rule="test-reply", path=(*path, said), key=True, message=message)


def _finding(file: CaseFile, problem: CaseProblem, *, guess: bool = True) -> Finding:
    document = file.document
    near = nearest(problem.name, problem.nearest_of) if guess and problem.name else None
    tail = did_you_mean(near) or (f"; there are {listed(problem.nearest_of)}" if problem.nearest_of else "")
    span = document.span(problem.path, key=problem.key, part=problem.part)
    return Finding(
        rule=problem.rule,
        severity=Severity.ERROR,
        message=problem.message + tail,
        file=document.file,
        span=span,
        path=problem.path,
        suggestion=problem.suggestion or near,
    )
