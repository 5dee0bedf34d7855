"""Two texts as a difference that people read: sentence by sentence, in lines of a width that needs no scrolling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from deployer.report.columns import width, wrap

WIDTH = 96
"""Columns of a line: what GitHub shows beside its margins without a scroll bar."""
CONTEXT = 3
"""Lines around a change that stay; of more than these only their number is told."""

_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+(?=\S)")
_LONGEST_COMPARED = 2_000
"""Lines from which two texts are shown one after the other: comparing them would take long."""


def difference(before: str, after: str, *, context: int = CONTEXT, hanging: str = "") -> list[str]:
    """Lines with `-`, `+` or a blank in front, made safe for a fence of the language `diff`.

    `context` lines stay around a change; `hanging` stands before each sentence but the first of a line that is cut.
    """
    cut = any(width(line) > WIDTH for text in (before, after) for line in text.split("\n"))
    left, right = (_pieces(text, hanging, cut=cut) for text in (before, after))
    if max(len(left), len(right)) > _LONGEST_COMPARED:
        return [*_signed("-", left), *_signed("+", right)]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    lines: list[str] = []
    for group in matcher.get_grouped_opcodes(context):
        if group[0][1] > 0 or lines:
            lines.append("  …")
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += _signed(" ", left[a:b])
            else:
                lines += [*_signed("-", left[a:b]), *_signed("+", right[c:d])]
    return lines


def _pieces(text: str, hanging: str, *, cut: bool) -> list[str]:
    """Lines, cut between sentences where they are long: one changed word shows one changed sentence."""
    lines = text.replace("\r\n", "\n").split("\n") if text else []
    if not cut:
        return lines
    return [f"{hanging if number else ''}{piece}"
            for line in lines for number, piece in enumerate(_SENTENCE.split(line))]  # fmt: skip


def _signed(sign: str, pieces: Sequence[str]) -> Iterator[str]:
    for piece in pieces:
        for number, row in enumerate(wrap(piece, WIDTH)):
            yield f"{sign} {'  ' if number else ''}{row}".rstrip()
