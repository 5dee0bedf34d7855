"""Findings as people and programs read them."""

from __future__ import annotations

import json

import pytest

from deployer.finding import Finding, Severity, Span
from deployer.report.findings import render_json, render_text

DESIGNED = """\
workflows/r.yaml:12:15: error[unknown-step-type]: unknown stepType "Wiat"; did you mean "Wait"?
   |
12 |     stepType: Wiat
   |               ^^^^
   = step pause, at definition.steps[3].stepType
   = help: deployer explain unknown-step-type

1 error in 1 file
"""


def finding(excerpt: str, column: int, end: int, *, line: int = 12, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        rule="unknown-step-type",
        severity=severity,
        message='unknown stepType "Wiat"; did you mean "Wait"?',
        file="workflows/r.yaml",
        span=Span(line=line, column=column, end_line=line, end_column=end),
        path=("definition", "steps", 3, "stepType"),
        step="pause",
        excerpt=excerpt,
        suggestion="Wait",
    )


def shown(excerpt: str, column: int, end: int) -> list[str]:
    """The source line and its carets, without the gutter."""
    return [line[5:] for line in render_text([finding(excerpt, column, end)]).splitlines()[2:4]]


def test_a_finding_reads_like_a_compilers() -> None:
    assert render_text([finding("    stepType: Wiat", 15, 19)]) == DESIGNED


@pytest.mark.parametrize(
    ("excerpt", "column", "end", "carets"),
    [
        ("\tx: Wiat", 5, 9, " " * 7 + "^^^^"),
        ("日本: Wiat", 5, 9, " " * 6 + "^^^^"),
        ("a: 日本", 4, 6, "   ^^^^"),
        ("👍: Wiat", 4, 8, " " * 4 + "^^^^"),
        ("e\u0301: Wiat", 5, 9, " " * 3 + "^^^^"),
        ("a: ", 4, 4, "   ^"),
        ("", 1, 1, None),
    ],
)
def test_carets_stand_below_what_is_wrong(excerpt: str, column: int, end: int, carets: str | None) -> None:
    text = render_text([finding(excerpt, column, end)])
    if carets is None:
        assert "^" not in text
    else:
        assert text.splitlines()[3][5:] == carets


def test_a_long_line_is_shown_around_the_caret() -> None:
    source, carets = shown("x" * 5_000 + "Wiat" + "y" * 5_000, 5_001, 5_005)
    assert source.startswith("…x")
    assert source.endswith("y…")
    assert len(source) <= 102
    start = carets.index("^")
    assert source[start : start + 4] == "Wiat"


def test_the_carets_of_a_long_value_end_with_the_window() -> None:
    source, carets = shown("a: " + "x" * 5_000, 4, 5_004)
    assert len(carets) <= len(source)


def test_a_value_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    several = Finding(
        rule="r", severity=Severity.ERROR, message="m", file="f", excerpt="a: >  ",
        span=Span(line=1, column=4, end_line=3, end_column=2),
    )  # fmt: skip
    assert render_text([several]).splitlines()[3] == "  |    ^"


def test_nothing_from_a_file_reaches_the_terminal_as_a_command() -> None:
    hostile = Finding(
        rule="r", severity=Severity.ERROR, message="a\x1b[2Jb\u202ec\nd", file="x\x07.yaml", step="s\x1b",
        path=("k\x9b",), excerpt="\x1b]0;title\x07 \u202e", suggestion="\x1b[31m",
        span=Span(line=1, column=1, end_line=1, end_column=5),
    )  # fmt: skip
    text = render_text([hostile])
    assert not set(text) & set("\x1b\x07\u202e\x9b")
    assert text.count("\n") == 9


def test_colour_is_only_put_in_when_asked_for() -> None:
    assert "\x1b[" in render_text([finding("    stepType: Wiat", 15, 19)], color=True)
    assert "\x1b[" not in render_text([finding("    stepType: Wiat", 15, 19)])


def test_the_last_line_counts() -> None:
    one, two = finding("Wiat", 1, 5), finding("Wiat", 1, 5, severity=Severity.WARNING)
    assert render_text([one, one, two], files=12).endswith("2 errors, 1 warning in 12 files\n")
    assert render_text([], files=1) == "no findings in 1 file\n"


def test_json_keeps_the_contract() -> None:
    text = render_json([finding("    stepType: Wiat", 15, 19)], 3)
    assert json.loads(text) == {
        "version": 1,
        "summary": {"files": 3, "errors": 1, "warnings": 0},
        "findings": [
            {
                "rule": "unknown-step-type",
                "severity": "error",
                "message": 'unknown stepType "Wiat"; did you mean "Wait"?',
                "file": "workflows/r.yaml",
                "line": 12,
                "column": 15,
                "endLine": 12,
                "endColumn": 19,
                "path": "definition.steps[3].stepType",
                "suggestion": "Wait",
                "help": "deployer explain unknown-step-type",
            }
        ],
    }


def test_json_can_be_encoded_whatever_stands_in_the_file() -> None:
    odd = Finding(
        rule="r", severity=Severity.ERROR, message="\ud800", file="f",
        span=Span(line=1, column=1, end_line=1, end_column=1),
    )  # fmt: skip
    assert render_json([odd], 1).encode()
