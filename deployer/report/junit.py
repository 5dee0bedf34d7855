"""Findings as JUnit XML, which CI systems show among the tests.

There is no standard; these are the elements and attributes that Jenkins, GitLab, Azure and CircleCI
have in common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from deployer.finding import Finding, Severity
from deployer.report.findings import help_for, printable

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)."""


def render(findings: Sequence[Finding], files: Sequence[str], *, strict: bool = False) -> str:
    """A suite a file and a case a rule; a file without findings has one case that passed.

    A case fails where it makes the run fail: for an error, with `strict` for a warning too. Other
    warnings are output of a case that passed.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    names = dict.fromkeys((*files, *by_file))
    suites = [_Suite(name, by_file.get(name, []), strict=strict) for name in names]
    tests, failures = sum(suite.tests for suite in suites), sum(suite.failures for suite in suites)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="deployer validate" tests="{tests}" failures="{failures}" errors="0">',
        *(line for suite in suites for line in suite.lines()),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


class _Suite:
    """One file."""

    def __init__(self, file: str, findings: Sequence[Finding], *, strict: bool) -> None:
        self.file = file
        self.strict = strict
        self.cases: dict[str, list[Finding]] = {}
        for finding in findings:
            self.cases.setdefault(finding.rule, []).append(finding)
        self.tests = max(1, len(self.cases))
        self.failures = sum(self.fails(case) for case in self.cases.values())

    def fails(self, case: Sequence[Finding]) -> bool:
        return self.strict or any(finding.severity is Severity.ERROR for finding in case)

    def lines(self) -> list[str]:
        name = _xml(printable(self.file))
        counts = f'tests="{self.tests}" failures="{self.failures}" errors="0" skipped="0"'
        cases = [line for rule, case in self.cases.items() for line in self.case(name, rule, case)]
        return [
            f'  <testsuite name="{name}" {counts}>',
            *(cases or [f'    <testcase name="validate" classname="{name}" file="{name}"/>']),
            "  </testsuite>",
        ]

    def case(self, name: str, rule: str, case: Sequence[Finding]) -> list[str]:
        start = f'    <testcase name="{_xml(rule)}" classname="{name}" file="{name}" line="{case[0].span.line}">'
        text = _xml("\n".join(_sentence(finding) for finding in case))
        if not self.fails(case):
            return [start, f"      <system-out>{text}</system-out>", "    </testcase>"]
        worst = min(case, key=lambda finding: finding.severity is not Severity.ERROR)
        message, kind = _xml(printable(worst.message)), worst.severity.value
        return [start, f'      <failure message="{message}" type="{kind}">{text}</failure>', "    </testcase>"]


def _sentence(finding: Finding) -> str:
    place = f"{printable(finding.file)}:{finding.span.line}:{finding.span.column}"
    tail = f" (suggestion: {printable(finding.suggestion)})" if finding.suggestion is not None else ""
    return f"{place}: {finding.severity.value}: {printable(finding.message)}{tail}; help: {help_for(finding.rule)}"


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
