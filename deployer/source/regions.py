"""Where the values of a document stand in its text.

Regions are made only for documents that somebody asks about, in a second pass: most files have no
finding, and a value is read in half the time without them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType

from deployer.finding import Path, Span
from deployer.regex import regex
from deployer.tuples import NamedTuple

_BREAK = regex(r"\r\n|\r|\n")


class Style(Enum):
    """How a value is written."""

    PLAIN = "plain"
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"
    JSON = "json"
    VERBATIM = "verbatim"
    """Text that is taken from the source as it stands."""
    BLOCK = "block"
    """A list or mapping by indentation."""
    FLOW = "flow"
    """A list or mapping in brackets."""


class Region(NamedTuple):
    """A value or a key: from `start` to before `end`, offsets into the text."""

    start: int
    end: int
    style: Style
    text: str | None = None
    """The decoded text of a scalar; None for lists and mappings."""
    entries: Mapping[str | int, Entry] = MappingProxyType({})
    """What a list or mapping holds. What a merge brings in stands where it was written."""


class Entry(NamedTuple):
    """One item of a list, or one key and value of a mapping."""

    key: Region | None
    value: Region


class Lines:
    """Turns offsets into lines and columns. A line ends with LF, CR LF or CR, as in every editor.

    Lines are counted as far as somebody asks.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("L", (0,))
        self._complete = False

    def span(self, start: int, end: int) -> Span:
        """The span from offset `start` to before offset `end`."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end))
        return Span(line=line, column=column, end_line=end_line, end_column=end_column)

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span starts and ends: what `span` was made of."""
        while len(self._starts) < span.end_line and self._count_on():
            pass
        return self._starts[span.line - 1] + span.column - 1, self._starts[span.end_line - 1] + span.end_column - 1

    def line(self, number: int) -> str:
        """The text of a line without its end; empty where there is no such line."""
        while len(self._starts) < number and self._count_on():
            pass
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = _BREAK.search(self._text, start)
        return self._text[start : end.start() if end else len(self._text)]

    def _position(self, offset: int) -> tuple[int, int]:
        offset = min(max(offset, 0), len(self._text))
        while self._starts[-1] <= offset and self._count_on():
            pass
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def _count_on(self) -> bool:
        following = None if self._complete else _BREAK.search(self._text, self._starts[-1])
        if following is None:
            self._complete = True
            return False
        self._starts.append(following.end())
        return True


def find(root: Region, path: Path) -> tuple[Entry, bool]:
    """The entry at a path and True, or the nearest one above it and False."""
    entry = Entry(None, root)
    for name in path:
        inner = entry.value.entries.get(name)
        if inner is None:
            return entry, False
        entry = inner
    return entry, True


def paths_at(root: Region, offsets: Iterable[int]) -> dict[int, Path]:
    """For each offset the path of the innermost value that has it in itself or in its key.

    A value that is used through an alias or a merge is found where it is written.
    """
    wanted = sorted(set(offsets))
    found: dict[int, Path] = dict.fromkeys(wanted, ())
    waiting: list[tuple[Region, Path, list[int]]] = [(root, (), wanted)]
    while waiting:
        region, path, inside = waiting.pop()
        for name, entry in region.entries.items():
            start = entry.value.start if entry.key is None else entry.key.start
            hits = inside[bisect_left(inside, start) : bisect_right(inside, entry.value.end)]
            if hits and region.start <= start <= entry.value.end <= region.end:
                found.update(dict.fromkeys(hits, (*path, name)))
                waiting.append((entry.value, (*path, name), hits))
    return found


def landmark(entry: Entry, text: str) -> tuple[int, int]:
    """A small stretch that stands for a list or mapping: its key, its first key, or its first line."""
    if entry.key is not None:
        return entry.key.start, entry.key.end
    first = next(iter(entry.value.entries.values()), None)
    if first is not None and first.key is not None:
        return first.key.start, first.key.end
    end = _BREAK.search(text, entry.value.start, entry.value.end)
    return entry.value.start, entry.value.end if end is None else end.start()
