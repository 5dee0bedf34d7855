"""GitLab's Code Quality report."""

from __future__ import annotations

import json

import pytest

from deployer.finding import Severity
from deployer.report.gitlab import render
from tests.report.examples import HOSTILE, finding


def test_a_finding_has_what_gitlab_asks_for() -> None:
    (issue,) = json.loads(render([finding(suggestion="ask2")]))
    mark = issue.pop("fingerprint")
    assert len(mark) == 32
    assert issue == {
        "description": "step `ask` has no way out (suggestion: ask2)",
        "check_name": "unreachable-step",
        "severity": "major",
        "location": {"path": "workflows/reply.yaml", "lines": {"begin": 12, "end": 12}},
    }


def test_a_warning_is_minor() -> None:
    assert json.loads(render([finding(severity=Severity.WARNING)]))[0]["severity"] == "minor"


def test_equal_findings_have_fingerprints_of_their_own() -> None:
    issues = json.loads(render([finding(), finding(line=30)]))
    assert len({issue["fingerprint"] for issue in issues}) == 2


def test_nothing_found_is_an_empty_list() -> None:
    assert json.loads(render([])) == []


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_any_text_makes_a_report_that_can_be_read_as_utf_8(text: str) -> None:
    report = render([finding(text, file=text, suggestion=text, excerpt=text)])
    assert len(json.loads(report.encode("utf-8"))) == 1
