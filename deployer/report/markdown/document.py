"""A report in Markdown as blocks that each know shorter versions of themselves.

What is too long for a comment is said in less detail. Nothing is ever cut: every version of a block is
Markdown of its own, with all its fences and tags closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a report, from its fullest version to its shortest, which may be empty."""

    versions: tuple[str, ...]

    def at(self, level: int) -> str:
        """The version at a level: 0 is the fullest, and beyond the shortest there is nothing shorter."""
        return self.versions[min(level, len(self.versions) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report."""

    blocks: tuple[Block, ...]
    changes: bool
    """Whether there is anything that somebody has to look at."""


def block(*versions: Iterable[str]) -> Block:
    """A block of lines."""
    return Block(versions=tuple("\n".join(lines).strip("\n") for lines in versions))


def full(document: Document) -> str:
    """Everything."""
    return _joined([part.at(0) for part in document.blocks])


def fitted(document: Document, limit: int, note: str = "") -> str | None:
    """The report in at most `limit` characters; None when even the shortest version of everything is longer.

    Every block gets its second shortest version before any gets its third shortest, those that stand first in front.
    `note` is added at the end where something was shortened.
    """
    whole = full(document)
    if size(whole) <= limit:
        return whole
    deepest = max((len(part.versions) for part in document.blocks), default=1) - 1
    chosen = [part.at(deepest) for part in document.blocks]
    length = size(_joined([*chosen, note]))
    if length > limit:
        return None
    for level in range(deepest - 1, -1, -1):
        for at, part in enumerate(document.blocks):
            more = _weight(part.at(level)) - _weight(chosen[at])
            if length + more <= limit:
                chosen[at], length = part.at(level), length + more
    return _joined([*chosen, note])


def size(text: str) -> int:
    """Characters as GitHub may count them: those beyond the Basic Multilingual Plane twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def _weight(text: str) -> int:
    return size(text) + 2 if text else 0


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def details(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines that open on a click; `summary` is Markdown-safe HTML."""
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown cells."""
    return [_row(head), "|" + "---|" * len(head), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def counted(count: int, noun: str) -> str:
    """`1 workflow`, `2 workflows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
