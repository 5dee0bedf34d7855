"""Texts side by side on a terminal: how wide they are, and how they wrap."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from deployer.report.terminal import safe


def width(text: str) -> int:
    """How many columns a text takes: two for a wide character, none for a mark upon another."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or character in "\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """The text and blanks up to so many columns."""
    return text + " " * max(0, columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """A text on lines of at most so many columns, cut between words where that is possible; made safe."""
    return [piece for line in text.split("\n") for piece in _wrapped(safe(line), columns)] or [""]


def _wrapped(line: str, columns: int) -> Iterator[str]:
    while width(line) > columns:
        end = _fitting(line, columns)
        blank = line.rfind(" ", 0, end + 1)
        cut = blank if blank > end // 2 else end
        yield line[:cut]
        line = line[cut:].removeprefix(" ")
    yield line


def _fitting(line: str, columns: int) -> int:
    """How many characters fit; at least one."""
    taken = 0
    for index, character in enumerate(line):
        taken += _width(character)
        if taken > columns:
            return max(1, index)
    return len(line)


def beside(left: Sequence[str], right: Sequence[str], columns: int) -> Iterator[tuple[str, str, bool]]:
    """Lines of two texts beside each other, wrapped; each with whether the two differ there."""
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else ""
        other = right[index] if index < len(right) else ""
        first, second = wrap(one, columns), wrap(other, columns)
        for row in range(max(len(first), len(second))):
            yield (
                first[row] if row < len(first) else "",
                second[row] if row < len(second) else "",
                one != other,
            )
