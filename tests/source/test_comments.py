"""Which `#` starts a comment: judged by what the reader makes of the text without it."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from deployer.source.comments import Scalars
from deployer.source.document import parse
from deployer.source.regions import Lines

STARTS = re.compile(r"(?:(?<=[ \t])|(?<![^\r\n]))#")
"""Where a comment can start: behind a blank, or at the start of a line (YAML 1.2.2, section 6.6)."""

LINES = st.sampled_from(
    [
        "a§: b", "- c", "- d: e", "  f§: g", "k§: |", "k§: >-", "k§: |2+", "  text", "    deeper", "# full",
        "  # inner", "q§: 'it", "  is'", 'q§: "it', '  is"', "x§: [1, # two", "  3]", "y§: {z: 1} # end",
        "p§: plain", "  goes on", "t§: !!str # tag", "  v", "n§: &a # anchor", "m§: *a # alias", "s§: a#b",
        "k§: | # header", "", "  ", "? key§ # key", ": # value",
    ]
)  # fmt: skip
"""Pieces of YAML; `§` becomes the line's number, so that keys differ."""


def scalars(text: str) -> Scalars:
    return Scalars(text, Lines(text))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(lines=st.lists(LINES, min_size=1, max_size=8), end=st.sampled_from(["", "\n"]))
def test_a_comment_can_go_and_a_character_of_a_text_cannot(lines: list[str], end: str) -> None:
    text = "\n".join(line.replace("§", str(number)) for number, line in enumerate(lines)) + end
    document = parse(text, "x.yaml")
    assume(document.ok)
    known = scalars(text)
    for hash_sign in STARTS.finditer(text):
        at = hash_sign.start()
        line_end = at + len(text[at:].split("\n", 1)[0])
        if known.hold(at):
            assert parse(f"{text[:at]}x{text[at + 1 :]}", "x.yaml").value != document.value
        else:
            assert parse(f"{text[:at]}#{text[line_end:]}", "x.yaml").value == document.value


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ("a: |\n  b\n  c\nd: e", 3, 1),
        ("a: |\n  b\n  c\nd: e", 4, 4),
        ("a: >-\n\n  b\n\n  c\n", 5, 1),
        ('a: "b\n  c"\nd: e', 2, 1),
        ("a: b\n  c\n  d", 3, 1),
        ("a:\n  - |\n    b\n  - c", 3, 2),
        ("a: b", 1, 1),
        ("a: b", 99, 99),
    ],
)
def test_a_line_inside_a_text_leads_to_its_first_line(text: str, line: int, first: int) -> None:
    assert scalars(text).first_line(line) == first


def test_of_a_text_that_cannot_be_read_nothing_is_known() -> None:
    assert not scalars("a: [ # b").hold(5)
