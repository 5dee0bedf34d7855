"""JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.finding import Severity
from deployer.report.junit import render
from tests.report.examples import HOSTILE, finding


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode("utf-8"))  # noqa: S314  # our own output


def test_each_file_is_a_suite_and_each_rule_a_case() -> None:
    report = parsed(
        render(
            [finding(), finding(line=20), finding(rule="no-steps"), finding(file="workflows/b.yaml")],
            ["workflows/a.yaml", "workflows/b.yaml", "workflows/reply.yaml"],
        )
    )
    assert report.attrib == {"name": "deployer validate", "tests": "4", "failures": "3", "errors": "0"}
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in report] == [
        ("workflows/a.yaml", "1", "0"),
        ("workflows/b.yaml", "1", "1"),
        ("workflows/reply.yaml", "2", "2"),
    ]
    assert [case.get("name") for case in report[2]] == ["unreachable-step", "no-steps"]


def test_a_failure_names_every_place() -> None:
    report = parsed(render([finding(), finding("another", line=20, suggestion="ask2")], []))
    failure = report.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "step `ask` has no way out"
    assert failure.text == (
        "workflows/reply.yaml:12:5: error: step `ask` has no way out; help: deployer explain unreachable-step\n"
        "workflows/reply.yaml:20:5: error: another (suggestion: ask2); help: deployer explain unreachable-step"
    )


def test_a_warning_is_output_of_a_case_that_passed() -> None:
    report = parsed(render([finding(severity=Severity.WARNING)], []))
    assert report.get("failures") == "0"
    assert "warning: step `ask`" in (report.findtext("testsuite/testcase/system-out") or "")


def test_with_strict_a_warning_fails_as_the_run_does() -> None:
    report = parsed(render([finding(severity=Severity.WARNING)], [], strict=True))
    failure = report.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "warning"


def test_an_error_among_warnings_of_a_rule_gives_the_message() -> None:
    report = parsed(render([finding("mild", severity=Severity.WARNING), finding("grave")], []))
    failure = report.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "grave"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_text(text: str) -> None:
    report = parsed(render([finding(text, file=text, suggestion=text)], [text]))
    assert [element.tag for element in report.iter()] == ["testsuites", "testsuite", "testcase", "failure"]


@settings(deadline=None)
@given(text=st.text(st.characters(categories=None), max_size=30))
def test_every_text_makes_xml(text: str) -> None:
    assert parsed(render([finding(text, file=text)], [])).get("tests") == "1"
