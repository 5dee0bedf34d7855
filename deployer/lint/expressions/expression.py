"""One script, read: what it names, reads, calls and does. Data only; offsets count the script's characters."""

from __future__ import annotations

from dataclasses import field
from enum import Enum, auto
from typing import Literal

from deployer.lint.expressions.slips import Fault
from deployer.record import record

Value = str | float | bool | None


CALLED = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "function": "a function",
    "null": "null",
    "undefined": "undefined",
}
"""The kinds of values in words."""


class Use(Enum):
    """What a script does with a value that it reads."""

    VALUE = auto()
    COMPARED = auto()
    """Compared with something; a value that is not there compares as different."""
    TESTED = auto()
    """Asked whether it is there: `== null`, `!x`, `x ?? ...`, `x?.y`, `typeof x`."""


@record
class Read:
    """`data.answer.payload`, or as much of it as is written out."""

    root: Literal["data", "step"]
    path: tuple[str, ...]
    """Names after the root, up to the first that is computed or called. Empty: all of it."""
    start: int
    end: int
    """Of the whole chain as written."""
    ends: tuple[int, ...]
    """Where each name of `path` ends."""
    deep: bool
    """Whether it goes into the first value without `?.`: that fails when the value is not there."""
    use: Use
    guarded: bool
    """Whether the script asked before whether the first value is there."""

    @property
    def name(self) -> str | None:
        """The first name; None when all of the root is read."""
        return self.path[0] if self.path else None


@record
class Name:
    """A name that the script does not bind itself, `data` and `step` aside."""

    name: str
    start: int
    end: int
    called: bool


@record
class Argument:
    """One argument of a call."""

    start: int
    end: int
    kind: str
    """`string`, `number`, `boolean`, `null`, `undefined`, `object`, `array`, `function`; empty when unknown."""
    value: Value = None
    """Of a string, number or boolean that is written out."""


@record
class Call:
    """A call of a function by its bare name."""

    name: str
    start: int
    end: int
    name_end: int
    arguments: tuple[Argument, ...]
    spread: bool
    """Whether `...` makes the number of arguments unknown."""


class Deed(Enum):
    """Something that a script may not do."""

    ASSIGNMENT = auto()
    COUNTING = auto()
    """`++` and `--`."""
    DELETION = auto()
    ALLOCATION = auto()
    """`new`."""
    DECLARATION = auto()
    LOOP = auto()
    RECURSION = auto()
    STATEMENT = auto()
    """`if`, `switch`, `try`, `throw`, a block, or several statements."""


@record
class Mark:
    """Where a script does what it may not."""

    deed: Deed
    start: int
    end: int
    shown: str
    """What stands there, or what it is called."""
    sign: tuple[int, int] | None = None
    """Where the `=` of an assignment stands."""


@record
class Expression:
    """Everything that rules ask of one script."""

    source: str
    fault: Fault | None = None
    """Why it does not parse; the rest is empty then."""
    blank: bool = False
    opaque: bool = False
    """Whether more may be read than is listed: all of `data`, or what nobody can know."""
    reads: tuple[Read, ...] = ()
    names: tuple[Name, ...] = ()
    calls: tuple[Call, ...] = ()
    marks: tuple[Mark, ...] = ()
    kind: str = ""
    """What it gives, where that is sure: `string`, `number`, `boolean`, `object`, `array`, `function`, `null`."""
    tested: frozenset[str] = field(default=frozenset())
    """Names of `data` that it asks for being there."""
