"""Whether a script is JavaScript, and what is said when it is not."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from deployer.lint.expressions.reading import read_expression
from deployer.lint.expressions.syntax import parses

VERDICTS: dict[str, bool] = json.loads(Path(__file__).with_name("v8_verdicts.json").read_text(encoding="utf-8"))
"""Written by `benchmarks/expressions.py --count 600 --seed 3 --write FILE`."""


def test_no_expression_that_v8_refuses_is_accepted() -> None:
    assert [source for source, valid in VERDICTS.items() if parses(source) and not valid] == []


def test_every_expression_that_v8_takes_is_accepted() -> None:
    assert [source for source, valid in VERDICTS.items() if valid and not parses(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "data.payload.user.channelUserId",
        "'umid: ' + data.umid",
        " data.reply1.payload.content.text == '1'",
        "!isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'SE Asia Standard Time')",
        "data.code;",
        "step.responseBody?.items?.[0] ?? null",
        "data.items.filter(item => { return item.ok })",
        "'\ud800'",
        "'😀' + data.größe",
    ],
)
def test_real_expressions_parse(source: str) -> None:
    assert read_expression(source).fault is None


@pytest.mark.parametrize(
    ("source", "at", "words"),
    [
        ("data.a +", "+", "stops after `+`"),
        ("data.", ".", "stops after `.`"),
        ("data.a == ‘x’", "‘", "typographic quote"),
        ("“x”", "“", "typographic quote"),
        ("'it’s' + ‘x’", "‘", "typographic quote"),
        ("'abc", "'abc", "closing ' is missing"),
        ("f(data.a", "(", "`)` is missing"),
        ("data.a)", ")", "no `(` before it"),
        ("data.a and data.b", "and", "write `&&`"),
        ("data.a <> 1", "<>", "write `!=`"),
        ("data.a &amp;&amp; data.b", "&amp;", "is HTML"),
        ("data.a ? 'b'", "?", "has no `:`"),
        ("return data.a", "return", "without `return`"),
        ("😀 data.a b", "😀", "not expected"),
        ("'😀' + data.a b", "b", "not expected"),
        ("\n data.a b", "b", "not expected"),
        ("data.a.b\0", "\0", "not expected"),
        ("/(/.test(data.a)", "/(/.test(data.a)", "regular expression"),
        ("data.a() = 1", "data.a() = 1", "cannot be assigned"),
    ],
)
def test_a_syntax_error_points_at_its_place_and_says_what_is_meant(source: str, at: str, words: str) -> None:
    fault = read_expression(source).fault
    assert fault is not None
    assert source[fault.start : fault.end] == at
    assert words in fault.message


@pytest.mark.parametrize(
    "source", ["(" * 3_000, "(" * 1_500 + "1" + ")" * 1_500, "[" * 3_999, "`${" * 800, "!" * 3_990 + "data.x"]
)
def test_deep_nesting_is_survived(source: str) -> None:
    read_expression(source)


def test_threads_have_parsers_of_their_own() -> None:
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda number=number: results.append(parses(f"data.a + {number} * f(1)")))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8
