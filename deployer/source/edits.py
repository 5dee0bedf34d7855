"""Edits of a text, and its lines as somebody who edits them sees them."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

_BREAK = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_COMMENT = re.compile(r"[ \t]*#")
_BLANK = re.compile(r"[ \t]*(?=[\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of what stands from `start` to before `end`."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit], start: int = 0, end: int | None = None) -> str:
    """The stretch from `start` to before `end` with the edits in it. They do not overlap.

    Of several insertions at one place the first one comes first.
    """
    pieces: list[str] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += (text[start : edit.start], edit.text)
        start = edit.end
    return "".join((*pieces, text[start:end]))


def same(left: object, right: object) -> bool:
    """Whether two JSON values are one, key order ignored: 1, 1.0 and true are three."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def split_lines(text: str) -> list[str]:
    """Lines with their ends."""
    return _LINE.findall(text)


def is_blank(line: str) -> bool:
    """Whether a line, or the rest of one, holds nothing."""
    return not line.strip()


def is_comment(line: str) -> bool:
    """Whether a line holds a comment alone."""
    return _COMMENT.match(line) is not None


class Page:
    """A text and its lines. Offsets, lines and columns count from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        first = _BREAK.search(text)
        self.eol = first[0] if first else "\n"
        """How its lines end."""
        self._starts = array("L", chain((0,), (match.end() for match in _BREAK.finditer(text))))

    def line_start(self, offset: int) -> int:
        """Where the line around an offset starts."""
        return self._starts[bisect_right(self._starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line around an offset ends, before its break."""
        match = _BREAK.search(self.text, offset)
        return match.start() if match else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the next line starts; the end of the text in the last one."""
        index = bisect_right(self._starts, offset)
        return self._starts[index] if index < len(self._starts) else len(self.text)

    def column(self, offset: int) -> int:
        """How far an offset is from the start of its line."""
        return offset - self.line_start(offset)

    def above(self, start: int, floor: int, column: int) -> int:
        """Where the comments directly above the line at `start` begin; `start` where there are none.

        They begin at `floor` at the earliest, and stand no further in than `column`: others belong to
        what comes before.
        """
        while start > floor:
            line = self.line_start(start - 1)
            if line < floor or not self._comment_column(line) <= column:
                break
            start = line
        return start

    def below(self, end: int, column: int) -> int:
        """The end of what belongs to a value that ends at `end`: its line, and comments further in than `column`."""
        end = self.line_end(end)
        line = self.next_line(end)
        while line < len(self.text):
            if column < self._comment_column(line) < _NEVER:
                end = self.line_end(line)
            elif not _BLANK.match(self.text, line):
                break
            following = self.next_line(line)
            if following == line:
                break
            line = following
        return end

    def _comment_column(self, line: int) -> int:
        """The column of the comment that a line holds; beyond every column where it holds something else."""
        match = _COMMENT.match(self.text, line)
        return match.end() - 1 - line if match else _NEVER


_NEVER = 1_000_000_000
