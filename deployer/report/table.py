"""Columns that line up, whatever alphabet stands in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from deployer.report.terminal import safe


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, indented by two, the head first; cells are made safe for a terminal."""
    cells = [[safe(cell) for cell in row] for row in (head, *rows)]
    widths = [max(width(row[index]) for row in cells) for index in range(len(head))]
    return [
        "  " + "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def width(text: str) -> int:
    """Columns that a terminal uses for a text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
