"""The plainest YAML, read by lines, without a YAML parser.

Nearly every workflow file is made of `key: value`, `- key: value` and texts behind `|` or `>-`. Composing it
takes several times as long as splitting it into lines, and importing PyYAML longer than checking it. So this
reader goes first. It knows few forms and never guesses: whatever it does not know for certain, and whatever
somebody should hear about (a key that is here twice, `yes`, `+65...`, a missing quote), is for `yaml_reader`.
Where it gives a value, `yaml_reader` gives the same one and has no problem to report; a property test holds
both beside each other, on damaged files too.

A line is split at its first `: `. What stands before it (indentation, dash and key) and what stands after it
are looked up, since most of either recur, within a file and from file to file.

A *level* says by one number, from 1, in which column a list or mapping is written: an odd one for the keys
of a mapping, the even one after it for the dashes of a list, which may stand in the column of the list's key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from deployer.source.plain_values import NOTHING, Block, Memory, Odd, check_characters, check_end, key_of, value_of
from deployer.source.scalars import JSON
from deployer.tuples import NamedTuple

_TOO_LONG: Final = 100_000
"""Characters from which a file might have more keys and values than a file may have."""
_MAX_COLUMN: Final = 40
"""No more than two lists or mappings start in a column, so that those up to here are never nested too deeply."""


class _Place(NamedTuple):
    """What a line, or the part of it before `: `, says about where it belongs."""

    dash: int
    """The level of the list whose item starts here; 0: none does."""
    level: int
    """That of the mapping whose key this is, or of a value that stands here without a key; 0: neither does."""
    key: str | None


def read_plain_yaml(text: str) -> dict[str, JSON] | list[JSON] | None:
    """The value of a YAML text that has no problem, or None: `read_yaml` has to look at it."""
    if len(text) >= _TOO_LONG:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    lines = text.removeprefix("---\n").split("\n")
    lines.reverse()
    try:
        value = _read(lines)
    except Odd:
        return None
    return value if isinstance(value, dict | list) else None


def _read(lines: list[str]) -> JSON:
    """The value of lines, the first of the text being the last here. They are used up."""
    fronts, wholes, values = _fronts, _wholes, _values
    tree = _Tree(lines)
    while lines:
        line = lines.pop()
        front, colon, source = line.partition(": ")
        place = fronts[front] if colon else wholes[line]
        if place is None:  # this `: ` stands in a text or a comment
            place, colon = wholes[line], ""
        dash, level, key = place
        if dash:
            tree.start_item(dash)
        if key is not None:
            if level != tree.level:
                tree.enter(level, dict)
            if key in tree.top:
                raise Odd
            tree.slot = None
            value = values[source] if colon else NOTHING
            tree.top[key] = tree.continued(key, value) if value.__class__ is Block else value
        elif dash:  # what stands behind it is read as a line of its own
            lines.append(line.replace("-", " ", 1))
        elif level:
            tree.fill(level, values[line])
    return tree.root[0]


class _Tree:
    """The lists and mappings that were read so far."""

    __slots__ = ("_above", "_lines", "level", "root", "slot", "top")

    def __init__(self, lines: list[str]) -> None:
        self.root: list[JSON] = [None]
        self.top: Any = self.root
        """The list or mapping that the line before belongs to."""
        self.level = 0
        """Its level."""
        self.slot: str | int | None = 0
        """Where in it a value is missing, which deeper lines may still give."""
        self._above: list[tuple[Any, int]] = []
        self._lines = lines

    def enter(self, level: int, make: Callable[[], JSON]) -> None:
        """Go on with the list or mapping at a level: a new one in the slot, or one around the present one."""
        if level > self.level:
            if self.slot is None:
                raise Odd
            made = self.top[self.slot] = make()
            self._above.append((self.top, self.level))
            self.top, self.level = made, level
            return
        while level < self.level:
            self.top, self.level = self._above.pop()
        if level != self.level:
            raise Odd

    def start_item(self, level: int) -> None:
        """Go on with the list at a level, and leave its next item open."""
        if level != self.level:
            self.enter(level, list)
        self.top.append(None)
        self.slot = -1

    def fill(self, level: int, value: JSON | Block) -> None:
        """Put a value into the slot."""
        slot = self.slot
        if slot is None or level <= self.level:
            raise Odd
        self.slot = None
        self.top[slot] = self.continued(slot, value) if isinstance(value, Block) else value

    def continued(self, where: str | int, block: Block) -> str | None:
        """The value that the next lines give: a text now, or a list or mapping which they are going to `enter`."""
        if block is NOTHING:
            self.slot = where
            return None
        return block.read(self._lines, (self.level - 1) // 2)


def _front(front: str) -> _Place | None:
    """What stands before `: `; None if that is no key."""
    dash, column, body = _columns(front)
    key = key_of(body)
    return None if key is None else _Place(dash, 2 * column + 1, key)


def _whole(line: str) -> _Place:
    """A line that is not split at a key."""
    dash, column, body = _columns(line)
    if body[:1] in {"", "#"}:
        check_end(f" {body}") if dash else check_characters(body)
        return _Place(dash, 0, None)
    key = key_of(body[:-1]) if body.endswith(":") else None
    if dash and key is None:
        return _Place(dash, 0, None)
    return _Place(dash, 2 * column + 1, key)


def _columns(text: str) -> tuple[int, int, str]:
    """The level of the list whose dash a text starts with, or 0; the column of what follows, and that."""
    body = text.lstrip(" ")
    dash = 0
    if body.startswith("- ") or body == "-":
        dash = 2 * (len(text) - len(body)) + 2
        body = body[1:].lstrip(" ")
    column = len(text) - len(body)
    if column > _MAX_COLUMN:
        raise Odd
    return dash, column, body


_fronts: Final = Memory(_front)
_wholes: Final = Memory(_whole)
_values: Final = Memory(value_of)
