"""What stands between the values of a YAML text: comments and blank lines, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from deployer.record import record
from deployer.source.tree import Kind, Node

_BREAK = re.compile(r"\r\n|\r|\n")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*")


@record
class Remark:
    """A comment on a line of its own, or a blank line."""

    text: str
    """With its `#`; empty for a blank line."""
    column: int


@record
class Gap:
    """What stands between two values, or a key and its value."""

    beside: str = ""
    """The comment at the end of the first one's line."""
    remarks: tuple[Remark, ...] = ()
    """The lines below."""
    properties: str = ""
    """The anchor and tag of what follows."""

    @property
    def comments(self) -> tuple[Remark, ...]:
        """Every comment as if each had a line of its own."""
        beside = (Remark(text=self.beside, column=0),) if self.beside else ()
        return (*beside, *(remark for remark in self.remarks if remark.text))


def read_gap(text: str, start: int, end: int) -> Gap:
    """The gap between two offsets, neither of which is within a value."""
    first, *rest = _BREAK.split(text[start:end])
    properties: list[str] = []
    beside = _comment(first, properties)[0]
    remarks = []
    for number, line in enumerate(rest):
        comment, column = _comment(line, properties)
        # The last line is the beginning of the one that holds the next value.
        if comment or (not line.strip(" \t") and number < len(rest) - 1):
            remarks.append(Remark(text=comment, column=column))
    return Gap(beside=beside, remarks=tuple(remarks), properties=" ".join(properties))


def _comment(line: str, properties: list[str]) -> tuple[str, int]:
    """The comment of a line and its column; anchors and tags before it are noted."""
    at = 0
    while at < len(line) and line[at] != "#":
        match = _PROPERTY.match(line, at)
        if match:
            properties.append(match[0])
        at = match.end() if match else at + 1
    return line[at:].rstrip(" \t"), at


def shared_out(remarks: Sequence[Remark], columns: Sequence[int]) -> Iterator[tuple[int, Remark]]:
    """Whose each line is, by the index in `columns`: those of the blocks that end above, the outermost first.

    A comment belongs to the innermost block that does not stand further in, and what follows it to none
    further in than that. A blank line belongs to the comment below it.
    """
    level = len(columns) - 1
    blanks: list[Remark] = []
    for remark in remarks:
        if not remark.text:
            blanks.append(remark)
            continue
        while level > 0 and columns[level] > remark.column:
            level -= 1
        yield from ((level, blank) for blank in blanks)
        yield level, remark
        blanks = []
    yield from ((0, blank) for blank in blanks)


def open_blocks(node: Node) -> list[Node]:
    """The blocks that end where a node ends, the outermost first."""
    found = []
    while node.entries and not node.inline:
        found.append(node)
        node = node.entries[-1].node
    return found


def last_leaf(node: Node) -> Node:
    """The value in whose line a block ends."""
    while node.entries and not node.inline:
        node = node.entries[-1].node
    return node


def column_of(text: str, node: Node) -> int:
    """Where the keys or dashes of a block stand."""
    start = node.entries[0].start if node.kind in {Kind.MAPPING, Kind.LIST} and node.entries else node.at
    return start - max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) - 1
