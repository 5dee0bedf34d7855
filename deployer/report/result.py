"""What an apply did: three lists, each with id and version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from deployer.finding import Finding
from deployer.operations.applied import Applied, Result
from deployer.operations.diff import sentences
from deployer.operations.plan import Action
from deployer.operations.smoke_phase import Smoked
from deployer.operations.write import way_back
from deployer.remote.remedies import remedy as remedy_of
from deployer.report.findings import finding_json
from deployer.report.table import table
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1
_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DISABLE: "disabled", Action.DELETE: "deleted"}


def render_text(result: Result, *, color: bool = False) -> str:
    """The three lists and the closing line."""
    paint = Paint(color)
    lines: list[str] = []
    if result.applied:
        rows = [
            (item.key, _DONE[item.action], item.id, _version(item.old_version), _version(item.new_version))
            for item in result.applied
        ]
        lines += [paint.green("Applied"), *table(("key", "", "id", "old version", "new version"), rows), ""]
        lines += _remarks(result.applied, paint)
    lines += [line for item in result.smoked for line in _smoked(item, paint)]
    # Found out by this run, done by one that could not tell any more.
    lines += [paint.red(f"! {item.key}: {safe(item.message)}") for item in result.settled if item.lost]
    if result.failed:
        lines.append(paint.red("Failed"))
        for failed in result.failed:
            where = f" ({failed.id}, version {failed.version})" if failed.id else ""
            lines.append(f"  {failed.key}: {failed.action}{where}: {safe(failed.message)}")
            if failed.hint:
                lines.append(f"      {safe(failed.hint)}")
        lines.append("")
    lines += _left(result, paint)
    lines += [paint.yellow(f"warning: {safe(warning)}") for warning in result.warnings]
    lines.append(paint.bold(closing(result)))
    return "\n".join(lines) + "\n"


def closing(result: Result) -> str:
    """The last line."""
    counts = [f"{sum(1 for item in result.applied if item.action is action)} {word}" for action, word in _DONE.items()]
    line = f"Applied: {', '.join(counts)}."
    rest = [
        f"{len(items)} {word}"
        for items, word in (
            (result.failed, "failed"),
            (result.not_attempted, "not attempted"),
            (result.not_approved, "not approved"),
            (result.plan.refused, "refused"),
        )
        if items
    ]
    if rest:
        line += f" {', '.join(rest)}."
    return line + (" Interrupted." if result.interrupted else "")


def _version(version: int | None) -> str:
    return "-" if version is None else str(version)


def _remarks(applied: Sequence[Applied], paint: Paint) -> Iterator[str]:
    for item in applied:
        for lost in item.lost:
            yield paint.red(f"! {item.key}: lost update: version {lost.version} was somebody else's and is replaced")
            yield from (f"    it had changed: {safe(sentence)}" for sentence in sentences(lost.changes))
            yield f"    the server keeps version {lost.version} of {item.id}: {safe(way_back(item.key, lost.version))}"
        yield from (f"  {item.key}: {safe(note)}" for note in item.notes)


def _smoked(item: Smoked, paint: Paint) -> Iterator[str]:
    tested = item.tested
    if tested.passed:
        yield f"  {item.key}: smoke test of version {tested.version} passed" + (
            f"; {item.outcome}" if item.outcome else ""
        )
        return
    yield paint.red(f"! {item.key}: smoke test of version {tested.version} ") + (
        f"not made: {safe(tested.refused)}" if tested.refused else f"failed: {safe(tested.problems[0])}"
    )
    yield from (f"    {safe(problem)}" for problem in tested.problems[1:])
    if tested.instance is not None:
        steps = ", ".join(f"{safe(log.step)} {safe(log.status)}" for log in tested.logs) or "no step"
        yield f"    instance {safe(tested.instance.id)}: {steps}"
    yield from (f"    error: {safe(error.step)}: {safe(shorten(error.message, 500))}" for error in tested.errors)
    remedies = dict.fromkeys(remedy_of(error.message) for error in tested.errors)
    yield from (f"    {remedy}" for remedy in remedies if remedy)
    yield f"    {safe(item.outcome)}"


def _left(result: Result, paint: Paint) -> Iterator[str]:
    if result.not_attempted:
        yield paint.yellow("Not attempted")
        for item in result.not_attempted:
            where = f" ({item.id}, version {item.version})" if item.id else ""
            yield f"  {item.key}: {item.action}{where}: {safe(shorten(item.reason, 200))}"
        yield ""
    if result.not_approved:
        yield paint.yellow("Not approved by the saved plan")
        for change in result.not_approved:
            where = f" ({change.id}, version {change.base})" if change.id else ""
            yield f"  {change.key}: {change.action}{where}"
        yield "  Run `deployer plan` again and review the new plan."
        yield ""
    if result.plan.refused:
        yield paint.yellow("Refused")
        for change in result.plan.refused:
            if change.refusal is not None:
                yield f"  {change.key}: {change.refusal.stop}: {safe(change.refusal.message)}"
                yield f"      {safe(change.refusal.hint)}"
        yield ""


def render_json(result: Result, findings: Sequence[Finding] = ()) -> str:
    """A versioned contract; `exitCode` is the one the program ends with, `findings` are warnings about the files."""
    value = {
        "version": VERSION,
        "environment": result.plan.environment,
        "account": result.plan.account,
        "host": result.plan.host,
        "exitCode": result.exit_code,
        "interrupted": result.interrupted,
        "applied": [_applied(item) for item in result.applied],
        "failed": [
            {"key": item.key, "action": str(item.action), "id": item.id, "version": item.version,
             "message": item.message, "hint": item.hint}
            for item in result.failed
        ],
        "notAttempted": [
            {"key": item.key, "action": str(item.action), "id": item.id, "version": item.version, "reason": item.reason}
            for item in result.not_attempted
        ],
        "notApproved": [
            {"key": change.key, "action": str(change.action), "id": change.id, "version": change.base}
            for change in result.not_approved
        ],
        "refused": [
            {"key": change.key, "why": str(change.refusal.stop), "message": change.refusal.message,
             "hint": change.refusal.hint}
            for change in result.plan.refused if change.refusal is not None
        ],
        "held": [{"key": change.key, "why": change.held} for change in result.plan.changes if change.held],
        "smokeTests": [
            {"key": item.key, "id": item.id, "testedVersion": item.tested.version, "passed": item.tested.passed,
             "problems": list(item.tested.problems), "notStarted": item.tested.refused or None,
             "instance": item.tested.instance.id if item.tested.instance is not None else None,
             "steps": [{"step": log.step, "status": log.status} for log in item.tested.logs],
             "errors": [{"step": error.step, "message": error.message} for error in item.tested.errors],
             "outcome": item.outcome, "definitionVersion": item.version,
             "lostVersions": [lost.version for lost in item.lost]}
            for item in result.smoked
        ],
        "findings": [finding_json(finding) for finding in findings],
        "warnings": list(result.warnings),
        "settled": [
            {"key": item.key, "message": item.message, "lostVersions": [lost.version for lost in item.lost]}
            for item in result.settled
        ],
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _applied(item: Applied) -> dict[str, object]:
    return {
        "key": item.key,
        "action": str(item.action),
        "id": item.id,
        "name": item.name,
        "oldVersion": item.old_version,
        "newVersion": item.new_version,
        "lostVersions": [lost.version for lost in item.lost],
        "notes": list(item.notes),
    }


def render_settled(lines: Iterable[tuple[str, str]]) -> str:
    """What became of an earlier run's open intents."""
    return "".join(f"{key}: {safe(message)}\n" for key, message in lines)
