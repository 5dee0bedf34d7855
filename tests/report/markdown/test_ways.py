"""A workflow's ways as a table."""

from __future__ import annotations

import pytest

from deployer.report.graph.difference import compare
from deployer.report.graph.reading import graph_of
from deployer.report.markdown.ways import render
from tests.report.graph.bodies import HOSTILE, body, everywhere, inside, sms, wait_for_reply


def test_every_way_has_a_row() -> None:
    graph = graph_of(
        body(wait_for_reply("w", w="{{data.a == '1' || data.b}}", a=None), sms("a"), inside("b", [sms("c")]))
    )
    assert render(graph) == [
        "|  | from | when | to |", "|---|---|---|---|", "|  | start |  | `w` |",
        "| ↺ | `w` | `data.a == '1' \\|\\| data.b` | `w` |", "|  | `w` | otherwise | `a` |", "|  | `b` | do | `c` |",
    ]  # fmt: skip


def test_of_a_difference_only_what_differs() -> None:
    before = body(sms("a", nextStepId="b"), sms("b", nextStepId="c"), sms("c"))
    after = body(sms("a", nextStepId="b"), sms("b"), sms("c"))
    assert render(compare(before, after))[2:] == ["| − | `b` |  | `c` |"]


def test_a_long_table_says_how_much_is_left() -> None:
    steps = [sms(f"s{number}", nextStepId=f"s{number + 1}") for number in range(9)]
    assert render(graph_of(body(*steps, sms("s9"))), most=4)[-2:] == ["", "… and 6 ways more."]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_cell(text: str) -> None:
    for line in render(compare(*everywhere(text))):
        assert "\n" not in line
        assert line.replace("\\|", "").count("|") in (0, 5)
