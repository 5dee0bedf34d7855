"""Test runs for CI systems: JUnit XML, and workflow commands of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.finding import Finding
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.test_run import RunResult
from deployer.report.escapes import command_data, command_property, xml
from deployer.report.findings import printable
from deployer.report.tests import plain_failure


def render_junit(tested: RunResult) -> str:
    """A suite a test file and a case a case; findings of a file are a case that could not be run."""
    by_file: dict[str, tuple[list[Finding], list[CaseResult]]] = {}
    for finding in tested.findings:
        by_file.setdefault(finding.file, ([], []))[0].append(finding)
    for case in tested.cases:
        by_file.setdefault(case.file, ([], []))[1].append(case)
    failed = tested.count(Verdict.FAILED)
    errors = tested.count(Verdict.ERROR) + len({finding.file for finding in tested.findings})
    tests = len(tested.cases) + len({finding.file for finding in tested.findings})
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="deployer test" tests="{tests}" failures="{failed}" errors="{errors}">',
        *(line for file, parts in by_file.items() for line in _suite(file, *parts)),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _suite(file: str, findings: list[Finding], cases: list[CaseResult]) -> Iterator[str]:
    failed = sum(case.verdict is Verdict.FAILED for case in cases)
    errors = sum(case.verdict is Verdict.ERROR for case in cases) + bool(findings)
    seconds = sum(case.seconds for case in cases)
    name = xml(printable(file))
    yield (f'  <testsuite name="{name}" tests="{len(cases) + bool(findings)}" failures="{failed}" errors="{errors}" '
           f'skipped="0" time="{seconds:.3f}">')  # fmt: skip
    if findings:
        text = "\n".join(
            f"{printable(f.file)}:{f.span.line}:{f.span.column}: {printable(f.message)} [{f.rule}]" for f in findings
        )
        yield f'    <testcase name="test file" classname="{name}" file="{name}" line="{findings[0].span.line}">'
        first = findings[0]
        yield f'      <error message="{xml(printable(first.message))}" type="{first.rule}">{xml(text)}</error>'
        yield "    </testcase>"
    for case in cases:
        yield from _case(case, name)
    yield "  </testsuite>"


def _case(case: CaseResult, file: str) -> Iterator[str]:
    name, workflow = xml(printable(case.name)), xml(printable(case.workflow))
    start = (
        f'    <testcase name="{name}" classname="{workflow}" file="{file}" line="{case.line}" time="{case.seconds:.3f}"'
    )
    if case.verdict is Verdict.PASSED:
        yield f"{start}/>"
        return
    kind = "failure" if case.verdict is Verdict.FAILED else "error"
    text = plain_failure(case)
    yield f"{start}>"
    first = xml(printable(text.split("\n")[0]))
    yield f'      <{kind} message="{first}" type="{kind}">{xml(text)}</{kind}>'
    yield "    </testcase>"


def render_github(tested: RunResult) -> str:
    """An annotation for each case that did not pass, at its line; then a line for the log."""
    lines = [_command(f.file, f.span.line, f.rule, f"{printable(f.message)} [{f.rule}]") for f in tested.findings]
    lines += [
        _command(case.file, case.line, f"{case.workflow}: {case.name}", plain_failure(case))
        for case in tested.cases
        if case.verdict is not Verdict.PASSED
    ]
    passed = tested.count(Verdict.PASSED)
    lines.append(f"{passed} of {len(tested.cases)} cases passed; coverage {int(tested.coverage.lowest)}%")
    return "\n".join(lines) + "\n"


def _command(file: str, line: int, title: str, text: str) -> str:
    # The log shows the message alone, so it says the place again.
    message = command_data(f"{printable(file)}:{line}: " + "\n".join(map(printable, text.split("\n"))))
    return f"::error file={command_property(file)},line={line},title={command_property(title)}::{message}"
