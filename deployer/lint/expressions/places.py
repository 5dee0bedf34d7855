"""Every script of a workflow, with the place of each of its characters in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Literal

from deployer.finding import Path
from deployer.lint.expressions.expression import Expression
from deployer.lint.expressions.reading import read_expression
from deployer.lint.expressions.scanning import ScanFault, Script, scan
from deployer.record import record
from deployer.source.references import REFERENCE
from deployer.source.workflow import Place, Step, Workflow
from deployer.steps import find_step_type, generic_step_type, holds_expression

Part = Literal["inputs", "outputs", "selectNextStep"]

_PARTS: tuple[Part, ...] = ("inputs", "outputs", "selectNextStep")
_HOLDERS = (dict, list)
_DEEPEST = 200
"""Levels of nesting in a field; far more than any message has."""


@dataclass(slots=True, kw_only=True, eq=False)  # not frozen: there is one for each text, and freezing takes longest
class Text:
    """A text of a step in which the platform evaluates scripts."""

    step: Step
    number: int
    """The step's number in the file."""
    tail: Path
    """Where in the step: `("inputs", "text")`."""
    text: str
    """Variables put in."""
    faults: tuple[ScanFault, ...]

    @property
    def part(self) -> Part:
        """Which part of the step it stands in; that decides what a script may read."""
        return self.tail[0]  # type: ignore[return-value]  # the platform evaluates scripts in these parts alone

    @property
    def condition(self) -> bool:
        """Whether its truth decides where the workflow goes."""
        return is_condition(self.step, self.tail)

    def place(self, start: int = 0, end: int | None = None) -> Place:
        """Characters of the text, as written in the file."""
        written = _written(self.step, self.tail)
        if written is None:
            return self.step.place(*self.tail)
        stop = len(self.text) if end is None else end
        if written == self.text:
            return self.step.place(*self.tail, part=(start, stop))
        alignment = _align(written, self.text)
        return self.step.place(*self.tail, part=(alignment.start(start), alignment.end(stop)))


@dataclass(slots=True, kw_only=True, eq=False)
class Located:
    """One script of a workflow."""

    text: Text
    script: Script
    expression: Expression = field(repr=False)

    @property
    def step(self) -> Step:
        """The step it stands in."""
        return self.text.step

    @property
    def part(self) -> Part:
        """Which part of the step it stands in."""
        return self.text.part

    @property
    def opaque(self) -> bool:
        """Whether nobody can say what it reads."""
        return self.expression.opaque or self.script.dynamic

    def place(self, start: int | None = None, end: int | None = None) -> Place:
        """Characters of the script; without any, the script with its braces."""
        if start is None or end is None:
            return self.text.place(self.script.start, self.script.end)
        return self.text.place(self.script.inside + start, self.script.inside + end)


@record(eq=False)
class Scripts:
    """All texts and scripts of a workflow, in the order of its steps."""

    texts: tuple[Text, ...]
    """Those with scripts, or with braces that make none, and every condition."""
    located: tuple[Located, ...]


@lru_cache(maxsize=8)
def scripts_of(workflow: Workflow) -> Scripts:
    """Every script of a workflow; rules that follow one another share the work."""
    texts: list[Text] = []
    located: list[Located] = []
    for number, step in enumerate(workflow.steps):
        for tail, value in _texts(step):
            found = scan(value)
            if not (found.scripts or found.faults or is_condition(step, tail)):
                continue
            text = Text(step=step, number=number, tail=tail, text=value, faults=found.faults)
            texts.append(text)
            located += [
                Located(text=text, script=script, expression=read_expression(script.source)) for script in found.scripts
            ]
    return Scripts(texts=tuple(texts), located=tuple(located))


def is_condition(step: Step, tail: Path) -> bool:
    """Whether a field holds a condition."""
    if tail[0] == "selectNextStep":
        return len(tail) == 2
    return tail == ("inputs", "condition") and step.type is not None and step.type.name == "If"


def _texts(step: Step) -> list[tuple[Path, str]]:
    """Every text of a step that may hold scripts: one with a brace, or in the place of a condition."""
    declared = step.type if step.type is not None else generic_step_type()
    found: list[tuple[Path, str]] = []
    for part in _PARTS:
        value = step.body.get(part)
        if value:
            start = len(found)
            _gather((part,), value, found, everything=part == "selectNextStep" or declared.name == "If")
            if part not in _whole_parts(declared.name):  # spares a question for each text
                found[start:] = [(tail, text) for tail, text in found[start:] if holds_expression(declared, tail)]
    return found


@cache
def _whole_parts(step_type: str) -> frozenset[str]:
    """The parts of a step in which every text may hold scripts."""
    declared = find_step_type(step_type) or generic_step_type()
    return frozenset(part for part in _PARTS if f"{part}.**" in declared.expressions)


def _gather(path: Path, value: object, found: list[tuple[Path, str]], *, everything: bool) -> None:
    """Add the texts in a value that have a brace, or all of them."""
    if isinstance(value, str):
        if everything or "{" in value:
            found.append((path, value))
    elif len(path) > _DEEPEST:
        return
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str):
                if everything or "{" in item:
                    found.append(((*path, str(key)), item))
            elif isinstance(item, _HOLDERS):
                _gather((*path, str(key)), item, found, everything=everything)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _gather((*path, index), item, found, everything=everything)


def _written(step: Step, tail: Path) -> str | None:
    """The text at a path as it stands in the file, references and all."""
    value: object = step.document.value
    for key in (*step.path, *tail):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the resolved text and what it was written as."""

    at: int
    length: int
    written: int
    written_length: int

    @property
    def same(self) -> bool:
        return self.length == self.written_length


class _Alignment:
    """Which characters of the resolved text stand for which of the written one."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self.pieces = pieces

    @cached_property
    def starts(self) -> list[int]:
        return [piece.at for piece in self.pieces]

    def start(self, at: int) -> int:
        piece = self.pieces[max(bisect_right(self.starts, at) - 1, 0)]
        return piece.written + (at - piece.at if piece.same else 0)

    def end(self, at: int) -> int:
        piece = self.pieces[max(bisect_right(self.starts, max(at - 1, 0)) - 1, 0)]
        return piece.written + (min(at - piece.at, piece.length) if piece.same else piece.written_length)


def _align(written: str, text: str) -> _Alignment:
    """Match a text with the one it was made from, by what stands between the references."""
    pieces: list[_Piece] = []
    at = position = 0
    for match in REFERENCE.finditer(written):
        plain = written[position : match.start()]
        found = text.find(plain, at)
        if found > at and pieces:
            pieces[-1] = _Piece(pieces[-1].at, found - pieces[-1].at, pieces[-1].written, pieces[-1].written_length)
        at = max(found, at)
        pieces.append(_Piece(at, len(plain), position, len(plain)))
        at += len(plain)
        pieces.append(_Piece(at, 0, match.start(), match.end() - match.start()))
        position = match.end()
    plain = written[position:]
    found = max(len(text) - len(plain), at)
    if pieces:
        pieces[-1] = _Piece(pieces[-1].at, found - pieces[-1].at, pieces[-1].written, pieces[-1].written_length)
    pieces.append(_Piece(found, len(plain), position, len(plain)))
    return _Alignment([piece for piece in pieces if piece.length > 0] or pieces[:1])
