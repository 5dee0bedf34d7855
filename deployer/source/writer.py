"""Writes a definition as YAML that a person would have written.

Block style, the docs' key order, `|` for texts with line breaks, quotes only where they are needed,
lines never folded, no anchors. A value reads back as the same value under YAML 1.1 and 1.2, so a
string that either of them takes for something else is quoted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deployer.record import record
from deployer.source.reading import MAX_DEPTH
from deployer.steps import STEP_ORDER, find_step_type

# Longer implicit keys are not YAML (1.2.2, section 7.4.2: at most 1024 characters); the rest is room for quotes.
_LONGEST_SIMPLE_KEY: Final = 1000

# What YAML does not count as printable (1.2.2, section 5.1), and what would deceive a reader's eye:
# DEL and C1 with NEL, line and paragraph separators, bidirectional overrides and isolates, the BOM.
_HIDDEN: Final = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff"
_NEEDS_ESCAPE: Final = re.compile(f"[\x00-\x1f{_HIDDEN}]")
_NEEDS_ESCAPE_IN_BLOCK: Final = re.compile(f"[\x00-\x09\x0b-\x1f{_HIDDEN}]")
_ESCAPED: Final = re.compile(f'[\x00-\x1f"\\\\{_HIDDEN}]')
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

_PLAIN_START: Final = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~]")
_NOT_PLAIN: Final = re.compile(r": | #|:\Z|\{\{")
# `y` and `n` are booleans in YAML 1.1's text, though not in every reader of it.
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# Numbers of every base, sexagesimal ones, dates and times; and whatever a reader might take for them.
_NUMBER_LIKE: Final = re.compile(r"[+.0-9][-+.,:_0-9a-fA-FoOxXnNiItTzZ ]*")
_TRAILING_SPACE: Final = re.compile(r" (?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Role:
    """What a value is within a definition, which decides the order of its keys."""

    order: Sequence[str] = ()
    """The keys that come first, for a mapping."""
    child: Callable[[Mapping[str, object], str], Role] | None = None
    """The role of the value under a key, for a mapping."""
    item: Role | None = None
    """The role of each item, for a list."""

    def of(self, value: Mapping[str, object], key: str) -> Role:
        """The role of the value under a key."""
        return self.child(value, key) if self.child is not None else ANY


@record
class Layout:
    """How far things are moved in, in columns."""

    step: int = 2
    """A mapping from the mapping around it."""
    dash: int = 2
    """A list from the mapping around it."""


def write(body: Mapping[str, object], *, metadata: Mapping[str, object] | None = None) -> str:
    """A definition's body as YAML text that ends with a line break.

    Nothing is left out or changed but the order of known keys: callers pass the canonical form, with
    foreign texts escaped (`references.escape`). A lone surrogate, which no UTF-8 file can hold, is
    written as an escape. Raises ValueError for NaN, infinity and more levels than files may have, TypeError
    for types and keys that JSON does not have.
    """
    whole = dict(body) if metadata is None else {**body, "metadata": metadata}
    if not whole:
        return "{}\n"
    text = "\n".join(block(whole, layout=Layout(), role=BODY, keep=True)) + "\n"
    # Editors and hooks trim empty lines at a file's end; those of a `|+` there are content.
    return "\n".join(block(whole, layout=Layout(), role=BODY)) + "\n" if text.endswith("\n\n") else text


def block(
    value: Mapping[str, object] | list[object], pad: int = 0, *, layout: Layout, role: Role, keep: bool = False
) -> Iterator[str]:
    """A list or mapping that is not empty, in block style: lines that start at column `pad`, counted from 0.

    A text with line breaks is one of these lines. `keep` permits `|+`, which counts on the blank lines
    after it. Raises as `write` does.
    """
    writer = _Writer(keep=keep, layout=layout)
    return writer.mapping(value, pad, 0, role) if isinstance(value, Mapping) else writer.sequence(value, pad, 0, role)


@dataclass(frozen=True, slots=True)
class _Writer:
    """`lines` yields whole lines; every text before the first of them is on the parent's line."""

    keep: bool
    """Whether `|+` may be used."""
    layout: Layout

    def mapping(self, value: Mapping[str, object], pad: int, depth: int, role: Role) -> Iterator[str]:
        for key in ordered(value, role.order):
            name = key_text(key)
            head = f"{' ' * pad}{name}:"
            if len(name) > _LONGEST_SIMPLE_KEY:
                yield f"{' ' * pad}? {name}"
                head = f"{' ' * pad}:"
            yield from self.value(head, value[key], pad, depth, role.of(value, key))

    def value(self, head: str, value: object, pad: int, depth: int, role: Role) -> Iterator[str]:
        """The value of a key, `head` being all that stands before it."""
        _check_depth(value, depth + 1)
        if isinstance(value, Mapping) and value:
            yield head
            yield from self.mapping(value, pad + self.layout.step, depth + 1, role)
        elif isinstance(value, list) and value:
            yield head
            yield from self.sequence(value, pad + self.layout.dash, depth + 1, role)
        else:
            yield f"{head} {self.scalar(value, pad + self.layout.step, self.layout.step)}"

    def sequence(self, value: list[object], pad: int, depth: int, role: Role) -> Iterator[str]:
        head = f"{' ' * pad}- "
        for item in value:
            _check_depth(item, depth + 1)
            if isinstance(item, Mapping) and item:
                lines = self.mapping(item, pad + 2, depth + 1, role.item or ANY)
            elif isinstance(item, list) and item:
                lines = self.sequence(item, pad + 2, depth + 1, role.item or ANY)
            else:
                yield head + self.scalar(item, pad + 2, 2)
                continue
            # The first line of a nested block stands beside the dash.
            yield head + next(lines)[pad + 2 :]
            yield from lines

    def scalar(self, value: object, pad: int, step: int) -> str:
        text = literal(value, pad, step, keep=self.keep) if isinstance(value, str) and "\n" in value else None
        return text if text is not None else scalar(value)


def scalar(value: object) -> str:
    """Anything but a list or mapping with content, on one line. Raises as `write` does."""
    if isinstance(value, str):
        return one_line(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping | list):
        return "{}" if isinstance(value, Mapping) else "[]"
    raise TypeError(f"a value of type {type(value).__name__} cannot be written: it is not JSON")


def _check_depth(value: object, depth: int) -> None:
    """What our own reader would refuse is not written; `depth` counts the lists and mappings around the value."""
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list):
        raise ValueError(f"more than {MAX_DEPTH} levels of nesting cannot be written")


def ordered(value: Mapping[str, object], first: Sequence[str]) -> list[str]:
    """The keys of a mapping, those of `first` in front and in that order."""
    return [key for key in first if key in value] + [key for key in value if key not in first]


def key_text(key: object) -> str:
    """A key as it is written. Raises TypeError for a key that is not text."""
    if not isinstance(key, str):
        raise TypeError(f"a key of type {type(key).__name__} cannot be written: JSON has only strings")
    return one_line(key)


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written: JSON does not have it")
    text = repr(value)
    # YAML 1.1 wants a point in front of an exponent: `1e+16` is a string there.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def one_line(text: str) -> str:
    """A string on one line: plain where nothing can misread it, else in quotes."""
    if is_plain(text):
        return text
    if '"' in text or "\\" in text:
        return single_quoted(text) or double_quoted(text)
    return double_quoted(text)


def single_quoted(text: str) -> str | None:
    """A string in single quotes; None where it has characters that only an escape can show."""
    return None if _NEEDS_ESCAPE.search(text) else "'" + text.replace("'", "''") + "'"


def double_quoted(text: str) -> str:
    """A string in double quotes. It is JSON too."""
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def is_plain(text: str) -> bool:
    """Whether a string needs no quotes in block style: nothing reads it as something else."""
    return (
        _PLAIN_START.match(text) is not None
        and not text[-1].isspace()
        and _NEEDS_ESCAPE.search(text) is None
        and _NOT_PLAIN.search(text) is None
        and text.lower() not in _WORDS
        and _NUMBER_LIKE.fullmatch(text) is None
    )


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    # Every character that needs it is in the first plane, so the form is also JSON's.
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def literal(text: str, pad: int, step: int, *, keep: bool, visible: bool = True) -> str | None:
    """A text as a literal block, or None when that would not give back exactly this text, or not visibly.

    `pad` is the column of the content, `step` what it is moved in from what surrounds it. Spaces at the
    ends of lines, blank lines at the start and tabs would survive in YAML, but not in every editor, nor
    would anybody see them: only without `visible` are they written.
    """
    content = text.rstrip("\n")
    breaks = len(text) - len(content)
    if not content or (breaks > 1 and not keep) or _NEEDS_ESCAPE_IN_BLOCK.search(content.replace("\t", " ")):
        return None
    if visible and (content.startswith("\n") or "\t" in content or _TRAILING_SPACE.search(content)):
        return None
    indentation = str(step) if content.lstrip("\n").startswith(" ") else ""
    chomping = "-" if breaks == 0 else "" if breaks == 1 else "+"
    lines = (f"{' ' * pad}{line}" if line else "" for line in content.split("\n"))
    return f"|{indentation}{chomping}\n" + "\n".join(lines) + "\n" * max(breaks - 1, 0)


def _step_child(step: Mapping[str, object], key: str) -> Role:
    if key == "inputs":
        name = step.get("stepType")
        found = find_step_type(name) if isinstance(name, str) else None
        return Role(order=found.order) if found is not None else ANY
    return _BRANCHES if key == "do" else ANY


ANY: Final = Role()
"""A value that no order is documented for."""
_STEP: Final = Role(order=STEP_ORDER, child=_step_child)
_STEPS: Final = Role(item=_STEP)
_BRANCHES: Final = Role(item=_STEPS)
_DEFINITION: Final = Role(order=("name", "steps"), child=lambda _definition, key: _STEPS if key == "steps" else ANY)
BODY: Final = Role(
    order=("metadata", "subAccountId", "trigger", "status", "definition"),
    child=lambda _body, key: _DEFINITION if key == "definition" else ANY,
)
"""A whole workflow file."""
