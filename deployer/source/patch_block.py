"""Lists and mappings by indentation, put together anew from their old lines.

A comment directly above a key or an item belongs to it, and so does one below that is moved in
further. Comments that stand apart stay where they are, whatever goes or comes.
"""

from __future__ import annotations

from collections.abc import Sequence

from deployer.record import record
from deployer.source.edits import Edit, Page, apply, is_blank, is_comment, split_lines
from deployer.source.pairing import unmoved
from deployer.source.plan_entries import Fresh, Kept
from deployer.source.tree import Node


@record
class _Chunk:
    """The lines of one entry: its comments above, itself, and what is below and further in."""

    start: int
    end: int
    """Before the last line's break."""


def rebuild_block(page: Page, node: Node, plan: Sequence[Kept | Fresh], floor: int | None) -> Edit:
    """The edit that makes a block hold what is planned.

    `floor` is where the comments above the first entry begin at the earliest; None where those belong
    to the file, as at its top.
    """
    return _Rebuilding(page, node, floor).edit(plan)


class _Rebuilding:
    def __init__(self, page: Page, node: Node, floor: int | None) -> None:
        self._page = page
        first = node.entries[0].start
        self._column = page.column(first)
        self._inline = not is_blank(page.text[page.line_start(first) : first])
        """Whether the first entry stands beside the dash of what is around it."""
        self._chunks: list[_Chunk] = []
        for number, part in enumerate(node.entries):
            start = page.line_start(part.start)
            if number == 0:
                start = part.start if self._inline else start if floor is None else self._above(start, floor)
            else:
                start = self._above(start, page.next_line(self._chunks[-1].end))
            self._chunks.append(_Chunk(start=start, end=page.below(max(part.node.end, part.after), self._column)))
        self._spaced = len(self._chunks) > 1 and all(
            any(map(is_blank, self._gap(number))) for number in range(1, len(self._chunks))
        )

    def edit(self, plan: Sequence[Kept | Fresh]) -> Edit:
        stay = unmoved([item.index for item in plan if isinstance(item, Kept)])
        out: list[str] = []
        last = -1
        for item in plan:
            gap: list[str] = []
            if isinstance(item, Kept) and item.index in stay:
                gap = self._gaps(last + 1, item.index)
                last = item.index
            self._add(out, gap, self._lines(item))
        rest = self._gaps(last + 1, len(self._chunks) - 1)
        while rest and is_blank(rest[-1]):
            rest.pop()
        return self._joined([*out, *rest])

    def _add(self, out: list[str], gap: list[str], lines: list[str]) -> None:
        if not out:
            while gap and is_blank(gap[0]):
                gap = gap[1:]
        elif self._spaced and not is_blank(out[-1]) and not any(map(is_blank, gap)):
            out.append(self._page.eol)
        out += (*gap, *lines)

    def _joined(self, lines: list[str]) -> Edit:
        start, text = self._chunks[0].start, "".join(lines).removesuffix(lines[-1][len(lines[-1].rstrip("\r\n")) :])
        if self._inline and (is_comment(lines[0]) or is_blank(lines[0])):
            start -= len(self._page.text[:start]) - len(self._page.text[:start].rstrip(" \t"))
            text = self._page.eol + text
        elif self._inline:
            text = text[self._column :]
        return Edit(start, self._chunks[-1].end, text)

    def _lines(self, item: Kept | Fresh) -> list[str]:
        if isinstance(item, Fresh):
            return [f"{line}{self._page.eol}" for line in item.lines]
        chunk = self._chunks[item.index]
        text = apply(self._page.text, item.edits, chunk.start, self._page.next_line(chunk.end))
        if item.index == 0 and self._inline:
            text = " " * self._column + text
        lines = split_lines(text)
        if not lines[-1].endswith(("\n", "\r")):
            lines[-1] += self._page.eol
        return lines

    def _gap(self, number: int) -> list[str]:
        """The lines between an entry and the one before it."""
        start, end = self._page.next_line(self._chunks[number - 1].end), self._chunks[number].start
        return split_lines(self._page.text[start:end])

    def _gaps(self, first: int, last: int) -> list[str]:
        """The lines in front of some entries, joined; where an entry is gone, one run of blank lines is enough."""
        joined: list[str] = []
        for number in range(max(first, 1), last + 1):
            gap = self._gap(number)
            if joined and is_blank(joined[-1]):
                while gap and is_blank(gap[0]):
                    gap = gap[1:]
            joined += gap
        return joined

    def _above(self, start: int, floor: int) -> int:
        return self._page.above(start, floor, self._column)
