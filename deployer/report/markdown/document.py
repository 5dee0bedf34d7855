"""A report in Markdown as blocks that each know shorter versions of themselves.

What is too long for a comment is said in less detail. Nothing is ever cut: every version of a block is
Markdown of its own, with all its fences and tags closed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeGuard

from deployer.record import record

VERSION = 1
FEWER_ROWS = (100, 30, 10)
"""Rows of a table where all would be too many."""
KIND = "deployer comment"


@record
class Block:
    """A part of a report, from its fullest version to its shortest, which may be empty."""

    versions: tuple[str, ...]

    def at(self, level: int) -> str:
        """The version at a level: 0 is the fullest, and beyond the shortest there is nothing shorter."""
        return self.versions[min(level, len(self.versions) - 1)]


@record
class Document:
    """A report."""

    blocks: tuple[Block, ...]
    changes: bool
    """Whether there is anything that somebody has to look at."""
    project: str = "."
    """The project's folder in its repository."""
    environment: str = ""
    """Empty: all of them."""


def block(*versions: Iterable[str]) -> Block:
    """A block of lines."""
    return Block(versions=tuple("\n".join(lines).strip("\n") for lines in versions))


def full(document: Document) -> str:
    """Everything."""
    return _joined([part.at(0) for part in document.blocks])


def size(text: str) -> int:
    """Characters as GitHub may count them: those beyond the Basic Multilingual Plane twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitted(document: Document, limit: int, note: str = "", size: Callable[[str], int] = size) -> str:
    """The report in at most `limit` characters, or what else `size` counts.

    Where even the shortest version of everything is longer, only the first block and the note are left.

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
        short = _joined([*chosen[:1], note])
        return short if size(short) <= limit else _joined([note])
    for level in range(deepest - 1, -1, -1):
        for at, part in enumerate(document.blocks):
            more = _weight(part.at(level), size) - _weight(chosen[at], size)
            if length + more <= limit:
                chosen[at], length = part.at(level), length + more
    return _joined([*chosen, note])


def write(document: Document) -> str:
    """The report with all versions of its blocks, for `deployer github comment`."""
    value = {
        "version": VERSION,
        "kind": KIND,
        "project": document.project,
        "environment": document.environment,
        "changes": document.changes,
        "blocks": [list(part.versions) for part in document.blocks],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def read(text: str) -> Document:
    """What `write` wrote. Raises ValueError that says what is wrong."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise ValueError(f"it is no {KIND}")
    if value.get("version") != VERSION or isinstance(value.get("version"), bool):
        raise ValueError(f"version {value.get('version')!r} is not known here")
    project, environment, blocks = value.get("project"), value.get("environment"), value.get("blocks")
    if not isinstance(project, str) or not isinstance(environment, str) or not _are_blocks(blocks):
        raise ValueError("a part of it is missing")
    return Document(
        blocks=tuple(Block(versions=tuple(versions)) for versions in blocks),
        changes=value.get("changes") is True, project=project, environment=environment,
    )  # fmt: skip


def _are_blocks(value: object) -> TypeGuard[list[list[str]]]:
    return isinstance(value, list) and all(
        isinstance(versions, list) and versions and all(isinstance(item, str) for item in versions)
        for versions in value
    )


def _weight(text: str, size: Callable[[str], int]) -> int:
    return size(text) + 2 if text else 0


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def details(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines that open on a click; `summary` is Markdown-safe HTML."""
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown cells."""
    return [_row(head), "|" + "---|" * len(head), *map(_row, rows)]


def table_block(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """A table with all of its rows, or with ever fewer, the rest counted; nothing where there is none."""
    known = list(rows)
    if not known:
        return block([])
    fewer = ([*table(head, known[:most]), "", f"… and {len(known) - most} more."]
             for most in FEWER_ROWS if most < len(known))  # fmt: skip
    return block(table(head, known), *fewer)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def counted(count: int, noun: str) -> str:
    """`1 workflow`, `2 workflows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
