"""Test runs as people and CI systems read them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deployer.engine.instance import Effect
from deployer.finding import Finding, Severity, Span
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import Coverage, Spot, WorkflowCoverage
from deployer.operations.expectations import Difference
from deployer.operations.test_run import RunResult
from deployer.operations.trail import Condition, Stop, Utterance
from deployer.report.columns import beside, width, wrap
from deployer.report.markdown.cases import render as render_markdown
from deployer.report.tests import render_json, render_text
from deployer.report.tests_ci import render_github, render_junit
from tests.conftest import Golden

FOLDER = Path(__file__).parent / "test_runs"
MINUTE = timedelta(minutes=1)
REQUEST = {"method": "POST", "url": "https://crm.example", "body": {"a": 1}}

FAILED = CaseResult(
    file="workflows/menu.test.yaml",
    line=4,
    workflow="menu",
    name="answers | in two\x1b[31m languages",
    verdict=Verdict.FAILED,
    differences=(
        Difference(what="path", expected=("greet", "", "bye"), got=("greet", "wait", "bye")),
        Difference(
            what="sent[0].text",
            expected=("ขอบคุณที่ติดต่อ Acme ค่ะ ทีมงานจะตอบกลับภายในไม่กี่นาทีค่ะ",),
            got=("Hello, and thanks for writing to Acme! One of us answers within a few minutes.",),
        ),
    ),
    unmocked=(Effect(id="1", step="crm", type="HttpRequest", request=REQUEST),),
    trail=(
        Stop(after=timedelta(), step="greet", type="SMS", status="Complete", conditions=()),
        Stop(
            after=timedelta(),
            step="wait",
            type="WaitForReply",
            status="Cancelled",
            conditions=(
                Condition(target="bye", source="{{data.x == '1'}}", value="null", chosen=False),
                Condition(target="again", source="", value="", chosen=True),
            ),
        ),
        Stop(after=MINUTE, step="crm", type="HttpRequest", status="Failed", conditions=(), error="no mock"),
    ),
    conversation=(
        Utterance(side="customer", after=timedelta(), text="hi | <b>you</b>\n@team", by="sms"),
        Utterance(side="company", after=timedelta(), text="See https://acme.example/*x*", step="greet", by="sms"),
        Utterance(side="between", after=MINUTE, text="no answer in time", step="wait"),
    ),
    notes=("no step asked for the mock of x",),
    duration=MINUTE,
    seconds=0.25,
)  # fmt: skip
PASSED = replace(
    FAILED, name="fine", line=9, verdict=Verdict.PASSED, differences=(), unmocked=(), trail=(), notes=(),
    conversation=FAILED.conversation[:2],
)  # fmt: skip
BROKEN = replace(PASSED, name="stuck", line=12, verdict=Verdict.ERROR, message="Duplicate step Id bye", conversation=())
FINDING = Finding(
    rule="test-trigger", severity=Severity.ERROR, message="this case has no trigger", file="workflows/other.test.yaml",
    span=Span(line=2, column=5, end_line=2, end_column=9), path=("cases", 0, "name"), excerpt="  - name: a",
)  # fmt: skip
COVERAGE = Coverage(
    workflows=(
        WorkflowCoverage(
            key="menu",
            file="workflows/menu.yaml",
            cases=3,
            hits={
                Spot("step", "greet"): 3,
                Spot("step", "never"): 0,
                Spot("branch", "greet", "never", "{{x}}"): 0,
                Spot("branch", "never", "time-out"): 0,
                Spot("expression", "greet", "inputs.text", "data.x"): 1,
            },
        ),
        WorkflowCoverage(key="untested", file="workflows/untested.yaml", cases=0, hits={Spot("step", "a"): 0}),
    )
)
RUN = RunResult(
    findings=(FINDING,), cases=(FAILED, PASSED, BROKEN), coverage=COVERAGE, files=2, updated=("a.test.snap.json",)
)
FINE = RunResult(findings=(), cases=(PASSED,), coverage=Coverage(workflows=COVERAGE.workflows[:1]), files=1)


def test_a_run_as_text(golden: Golden) -> None:
    golden(FOLDER / "run.txt", render_text(RUN, coverage=True, verbose=True, fail_under=90))


def test_a_run_without_a_failure_is_two_lines() -> None:
    assert render_text(FINE).splitlines() == [
        "Coverage: steps 50%, branches 0%, expressions 100%.",
        "Tests: 1 passed in 1 file.",
    ]


def test_nothing_of_a_stranger_acts_on_a_terminal() -> None:
    for text in (render_text(RUN), render_github(RUN), render_markdown(RUN)):
        assert "\x1b" not in text
    assert "\x1b[31mFAIL\x1b[0m" in render_text(RUN, color=True)


def test_a_run_as_json_is_a_contract() -> None:
    document = json.loads(render_json(RUN))
    assert document["version"] == 1
    assert document["summary"] == {"files": 2, "passed": 1, "failed": 1, "errors": 1}
    assert [case["verdict"] for case in document["cases"]] == ["failed", "passed", "error"]
    assert set(document["cases"][1]) == {"workflow", "name", "file", "line", "verdict", "duration"}
    assert document["cases"][0]["differences"][0] == {
        "what": "path", "expected": ["greet", "", "bye"], "got": ["greet", "wait", "bye"],
    }  # fmt: skip
    assert document["cases"][0]["path"][1]["conditions"][0] == {
        "target": "bye", "source": "{{data.x == '1'}}", "value": "null", "chosen": False,
    }  # fmt: skip
    assert document["cases"][0]["unmocked"][0]["request"]["url"] == "https://crm.example"
    assert document["findings"][0]["rule"] == "test-trigger"
    assert document["coverage"]["total"]["steps"] == {"covered": 1, "total": 3, "percent": 33.33}
    menu = document["coverage"]["workflows"][0]
    assert menu["steps"]["hits"] == {"greet": 3, "never": 0}
    assert menu["branches"]["hits"][1] == {"step": "never", "outcome": "time-out", "condition": "", "hits": 0}
    assert menu["expressions"]["hits"] == [{"step": "greet", "place": "inputs.text", "source": "data.x", "hits": 1}]


def test_a_run_as_junit(golden: Golden) -> None:
    text = render_junit(RUN)
    root = ElementTree.fromstring(text)  # noqa: S314  # our own text
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "2",
    }
    assert [case.get("name") for case in root.iter("testcase")] == [
        "test file",
        "answers | in two [31m languages",
        "fine",
        "stuck",
    ]
    golden(FOLDER / "run.xml", text)


def test_a_run_as_annotations(golden: Golden) -> None:
    golden(FOLDER / "run.github.txt", render_github(RUN))


def test_a_run_as_a_transcript_customer_left_company_right(golden: Golden) -> None:
    golden(FOLDER / "run.md", render_markdown(RUN))


def test_a_whole_percent_is_rounded_down() -> None:
    hits = {Spot("step", str(n)): n for n in range(300)}
    run = replace(FINE, coverage=Coverage(workflows=(replace(COVERAGE.workflows[0], hits=hits),)))
    assert "steps 99%" in render_text(run)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 5, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("漢字漢字", 4, ["漢字", "漢字"]),
        ("a\nb", 4, ["a", "b"]),
    ],
)
def test_texts_wrap_by_the_columns_that_they_take(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines
    assert all(width(line) <= columns for line in lines)


def test_lines_beside_each_other_are_marked_where_they_differ() -> None:
    assert list(beside(["a", "b"], ["a", "c", "d"], 5)) == [("a", "a", False), ("b", "c", True), ("", "d", True)]
