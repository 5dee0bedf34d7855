"""Test runs as text: what failed, expected beside got, the path with its conditions, and the coverage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from deployer.engine.clock import write_duration
from deployer.engine.instance import Effect
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import KINDS, Coverage, Kind, Share, Spot, WorkflowCoverage
from deployer.operations.expectations import Difference
from deployer.operations.test_run import RunResult
from deployer.operations.trail import Condition, Stop
from deployer.report.columns import beside, pad, width
from deployer.report.findings import render_json as render_findings_json
from deployer.report.findings import render_text as render_findings
from deployer.report.terminal import Paint, safe, shorten

JSON_VERSION = 1
_COLUMN = 44
_MOST_LINES = 60
"""Of one difference; a snapshot may differ in thousands."""
_NAMES: Mapping[Kind, str] = {"step": "steps", "branch": "branches", "expression": "expressions"}


def render_text(
    tested: RunResult,
    *,
    coverage: bool = False,
    verbose: bool = False,
    fail_under: float | None = None,
    color: bool = False,
) -> str:
    """Failures in full, passed cases with `verbose`, then the totals."""
    paint = Paint(color)
    parts: list[str] = []
    if tested.findings:
        parts.append(render_findings(tested.findings, color=color))
    for case in tested.cases:
        if case.verdict is not Verdict.PASSED:
            parts.append("\n".join(_failed(case, paint)) + "\n")
        elif verbose:
            parts.append(f"{paint.green('ok')}   {_title(case)}\n")
        parts += [
            f"     note: {safe(note)}  ({_title(case)})\n" for note in case.notes if case.verdict is Verdict.PASSED
        ]
    if coverage:
        parts.append("\n".join(_coverage(tested.coverage, paint)) + "\n")
    parts += [f"snapshot written: {safe(name)}\n" for name in tested.updated]
    parts.append("\n".join(_totals(tested, fail_under, paint)) + "\n")
    return "".join(parts)


def _title(case: CaseResult) -> str:
    return f"{safe(case.workflow)} › {safe(case.name)}"


def _failed(case: CaseResult, paint: Paint) -> Iterator[str]:
    mark = "FAIL" if case.verdict is Verdict.FAILED else "ERROR"
    yield f"{paint.red(mark)} {paint.bold(_title(case))}  {paint.dim(f'{safe(case.file)}:{case.line}')}"
    if case.message:
        yield f"  {safe(case.message)}"
    for difference in case.differences:
        yield from _difference(difference, paint)
    for effect in case.unmocked:
        yield from _unmocked(effect)
    if case.trail:
        yield from (f"  {line}" for line in path_lines(case.trail, color=paint.on))
    yield from (f"  note: {safe(note)}" for note in case.notes)
    yield ""


def _difference(difference: Difference, paint: Paint) -> Iterator[str]:
    yield f"  {paint.bold(safe(difference.what))}"
    yield f"    {pad('expected', _COLUMN)} | got"
    rows = list(beside(difference.expected, difference.got, _COLUMN))
    for left, right, differs in rows[:_MOST_LINES]:
        mark = "≠" if differs else " "
        wanted = paint.green(left) if differs else left
        have = paint.red(right) if differs else right
        yield f"  {mark} {wanted}{' ' * max(0, _COLUMN - width(left))} | {have}".rstrip()
    if len(rows) > _MOST_LINES:
        yield f"    … {len(rows) - _MOST_LINES} more lines"


def _unmocked(effect: Effect) -> Iterator[str]:
    yield f"  step {safe(effect.step)} made a request that nothing answers:"
    request = dict(effect.request)
    if effect.type == "HttpRequest":
        yield f"    {safe(str(request.pop('method', 'GET')))} {safe(str(request.pop('url', '')))}"
        request.pop("timeoutSeconds", None)
    for key, value in request.items():
        yield f"    {safe(str(key))}: {safe(shorten(json.dumps(value, ensure_ascii=False, default=str), 300))}"
    answer = "{ responseCode: 200, responseBody: {} }" if effect.type == "HttpRequest" else "{ ... }"
    yield f"    answer it with   mocks: {{ {safe(effect.step)}: {answer} }}"


def path_lines(trail: Sequence[Stop], *, color: bool = False) -> Iterator[str]:
    """The path taken, with the value of every condition on it."""
    yield "path taken"
    for stop in trail:
        yield from _stop(stop, Paint(color))


def _stop(stop: Stop, paint: Paint) -> Iterator[str]:
    status = "" if stop.status in ("Complete", "") else f"  {stop.status}"
    yield f"  {write_duration(stop.after)}  {safe(stop.step)}  {paint.dim(safe(stop.type))}{status}"
    for condition in stop.conditions:
        yield f"            {_condition(condition)}"
    if stop.error:
        yield f"            {paint.red(safe(shorten(stop.error, 300)))}"


def _condition(condition: Condition) -> str:
    arrow = "→" if condition.chosen else "·"
    if not condition.source:
        return f"{arrow} {safe(condition.target)}  otherwise"
    return f"{arrow} {safe(condition.target)}  {safe(shorten(condition.source, 160))} = {safe(condition.value)}"


# Coverage


def _coverage(coverage: Coverage, paint: Paint) -> Iterator[str]:
    rows = [("workflow", "cases", *_NAMES.values())]
    rows += [
        (safe(item.key), str(item.cases), *(_share(item.share(kind)) for kind in KINDS)) for item in coverage.workflows
    ]
    rows.append(
        (
            "total",
            str(sum(item.cases for item in coverage.workflows)),
            *(_share(coverage.share(kind)) for kind in KINDS),
        )
    )
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        yield paint.bold(line) if number in (0, len(rows) - 1) else line
    yield ""
    for item in coverage.workflows:
        yield from _missed(item)


def _share(share: Share) -> str:
    return f"{_percent(share)} ({share.covered}/{share.total})"


def _percent(share: Share) -> str:
    """In whole percent, rounded down: 100% is said of nothing less."""
    return f"{100 * share.covered // share.total if share.total else 100}%"


def _missed(item: WorkflowCoverage) -> Iterator[str]:
    if not item.missed or not item.cases:
        return
    steps = {spot.step for spot in item.missed if spot.kind == "step"}
    yield f"{safe(item.key)}: not reached"
    for spot in item.missed:
        # Nothing of a step that was never reached can have been.
        if spot.kind == "step" or spot.step not in steps:
            yield f"  {_spot(spot)}"
    yield ""


def _spot(spot: Spot) -> str:
    if spot.kind == "step":
        return f"step {safe(spot.step)}"
    if spot.kind == "branch":
        return f"branch {safe(spot.step)} → {safe(spot.name)}"
    return f"expression {safe(spot.step)}: {safe(spot.name)}: {safe(shorten(spot.source, 80))}"


def _totals(tested: RunResult, fail_under: float | None, paint: Paint) -> Iterator[str]:
    shares = ", ".join(f"{_NAMES[kind]} {_percent(tested.coverage.share(kind))}" for kind in KINDS)
    yield f"Coverage: {shares}."
    if fail_under is not None and tested.coverage.lowest < fail_under:
        yield paint.red(f"The lowest of them, {tested.coverage.lowest:.2f}%, is below {fail_under:g}%.")
    passed, failed, errors = (tested.count(verdict) for verdict in Verdict)
    parts = [
        f"{passed} passed",
        *([f"{failed} failed"] if failed else []),
        *([f"{errors} could not run"] if errors else []),
    ]
    bad = {finding.file for finding in tested.findings}
    if bad:
        parts.append(f"{_counted(len(bad), 'file')} with errors")
    line = f"Tests: {', '.join(parts)} in {_counted(tested.files, 'file')}."
    yield paint.red(line) if tested.exit_code() else paint.green(line)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


# JSON


def render_json(tested: RunResult) -> str:
    """The contract for programs."""
    passed, failed, errors = (tested.count(verdict) for verdict in Verdict)
    document = {
        "version": JSON_VERSION,
        "summary": {"files": tested.files, "passed": passed, "failed": failed, "errors": errors},
        "findings": json.loads(render_findings_json(tested.findings, tested.files))["findings"],
        "cases": [_case(case) for case in tested.cases],
        "coverage": tested.coverage.as_json(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str).encode("utf-8", "replace").decode() + "\n"


def _case(case: CaseResult) -> dict[str, object]:
    line: dict[str, object] = {
        "workflow": case.workflow,
        "name": case.name,
        "file": case.file,
        "line": case.line,
        "verdict": case.verdict.value,
        "duration": write_duration(case.duration),
    }
    if case.notes:
        line["notes"] = list(case.notes)
    if case.verdict is Verdict.PASSED:
        return line
    return {
        **line,
        "message": case.message,
        "differences": [{"what": d.what, "expected": list(d.expected), "got": list(d.got)} for d in case.differences],
        "unmocked": [{"step": e.step, "type": e.type, "request": dict(e.request)} for e in case.unmocked],
        "path": [_stop_json(stop) for stop in case.trail],
    }


def _stop_json(stop: Stop) -> dict[str, object]:
    return {
        "after": write_duration(stop.after),
        "step": stop.step,
        "type": stop.type,
        "status": stop.status,
        "conditions": [
            {"target": c.target, "source": c.source, "value": c.value, "chosen": c.chosen} for c in stop.conditions
        ],
        **({"error": stop.error} if stop.error else {}),
    }


def plain_failure(case: CaseResult) -> str:
    """Why a case did not pass, for reports that have no columns."""
    lines: Sequence[str] = [line.strip() for line in [case.message] if line]
    lines = [*lines, *(_one_line(difference) for difference in case.differences)]
    lines += [f"step {effect.step} made a request that nothing answers: "
              f"{effect.request.get('method', effect.type)} {effect.request.get('url', '')}".rstrip()
              for effect in case.unmocked]  # fmt: skip
    if case.trail:
        lines += path_lines(case.trail)
    return "\n".join(lines)


def _one_line(difference: Difference) -> str:
    expected, got = (" / ".join(line for line in lines if line) for lines in (difference.expected, difference.got))
    return f"{difference.what}: expected {shorten(expected, 500)}, got {shorten(got, 500)}"
