"""JSON to plain data, and to regions of the text.

Python's own reader is quick but knows no places, keeps the last of two equal keys and takes `NaN`. It
reads what is in order; anything else, and every question about places, is for the reader here.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # its C function, unknown to typeshed
from typing import NoReturn

from deployer.source import scalars
from deployer.source.problems import Problem, Problems, Unreadable, shown
from deployer.source.reading import MAX_DEPTH, MAX_NODES, Reading, too_deep, too_many
from deployer.source.regions import Entry, Lines, Region, Style, paths_at
from deployer.source.scalars import JSON
from deployer.tuples import NamedTuple

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[^\s,:\[\]{}\"'/#]+")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_CONSTANTS: dict[str, JSON] = {"null": None, "true": True, "false": False}
_FOREIGN = {"None": "null", "undefined": "null", "nil": "null", "True": "true", "False": "false"}


class _Odd(Exception):  # a signal between two functions of this module
    """Something that the quick reader cannot judge."""


class _Found(NamedTuple):
    value: JSON
    region: Region


def read_json(text: str) -> Reading:
    """The value of a JSON text and everything that is wrong with it. Never raises for what a text holds."""
    if not text.strip():
        empty = Problem(rule="empty-file", start=0, end=0, message="the file is empty")
        return Reading(value=None, problems=(empty,))
    try:
        return Reading(value=_quick(text), problems=(), readable=True)
    except (_Odd, ValueError, RecursionError):
        return _thorough(text)


def json_regions(text: str) -> Region | None:
    """Where everything in a JSON text stands; None for a text that cannot be read."""
    try:
        return _Scanner(text).document().region
    except Unreadable:
        return None  # reading the value has reported it


def _quick(text: str) -> JSON:
    if _SURROGATE_ESCAPE.search(text) or not _is_moderate(text):
        raise _Odd
    value: JSON = json.loads(
        text, object_pairs_hook=_unique, parse_int=_sure_number, parse_float=_sure_number, parse_constant=_refuse
    )
    if not text.isascii() and _SURROGATE.search(text):
        raise _Odd
    return value


def _is_moderate(text: str) -> bool:
    """Whether depth and size are certainly within the limits."""
    brackets = text.count("[") + text.count("{")
    if brackets + text.count(",") > MAX_NODES // 2:
        return False
    if brackets <= MAX_DEPTH:
        return True
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return False
        elif token[0] in "]}":
            depth -= 1
    return True


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Odd
    return result


def _sure_number(text: str) -> JSON:
    number, doubt = scalars.json_number(text)
    if doubt is not None:
        raise _Odd
    return number


def _refuse(_text: str) -> NoReturn:
    raise _Odd


def _thorough(text: str) -> Reading:
    scanner = _Scanner(text)
    try:
        found = scanner.document()
    except Unreadable as end:
        return Reading(value=None, problems=(end.problem,))
    problems = scanner.problems.in_order()
    paths = paths_at(found.region, (problem.owner for problem in problems))
    return Reading(value=found.value, problems=problems, paths=paths, readable=True)


def _wrong(start: int, end: int, message: str, suggestion: str | None = None) -> Unreadable:
    return Unreadable(Problem(rule="json-syntax", start=start, end=end, message=message, suggestion=suggestion))


class _Scanner:
    """Reads JSON by RFC 8259, with a place for everything and a sentence for what people get wrong."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes = 0
        self.problems = Problems()

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    def document(self) -> _Found:
        found = self._value(self._skip(0), 0)
        rest = self._skip(found.region.end)
        if rest < len(self._text):
            raise _wrong(rest, rest + 1, "the file goes on after its value ends; a comma or a bracket may be misplaced")
        return found

    def _value(self, at: int, depth: int) -> _Found:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise too_many(at, at + 1)
        match self._text[at : at + 1]:
            case "{" | "[" if depth >= MAX_DEPTH:
                raise too_deep(at, at + 1)
            case "{":
                return self._object(at, depth + 1)
            case "[":
                return self._array(at, depth + 1)
            case '"':
                return self._string(at)
            case _:
                return self._word(at)

    def _object(self, start: int, depth: int) -> _Found:
        values: dict[str, JSON] = {}
        entries: dict[str | int, Entry] = {}
        at = self._skip(start + 1)
        while not self._ends(at, "}", first=not entries, opened=start):
            key = self._key(at)
            colon = self._skip(key.region.end)
            if self._text[colon : colon + 1] != ":":
                raise _wrong(colon, colon + 1, f"a `:` is missing after the key `{shown(str(key.value))}`")
            item = self._value(self._skip(colon + 1), depth)
            if isinstance(key.value, str) and key.value in entries:
                self._duplicate(key, entries[key.value])
            elif isinstance(key.value, str):
                values[key.value], entries[key.value] = item.value, Entry(key.region, item.region)
            at = self._next(item.region.end, "}", start)
        return _Found(values, Region(start=start, end=at + 1, style=Style.FLOW, entries=entries))

    def _array(self, start: int, depth: int) -> _Found:
        values: list[JSON] = []
        entries: dict[str | int, Entry] = {}
        at = self._skip(start + 1)
        while not self._ends(at, "]", first=not entries, opened=start):
            item = self._value(at, depth)
            entries[len(values)] = Entry(None, item.region)
            values.append(item.value)
            at = self._next(item.region.end, "]", start)
        return _Found(values, Region(start=start, end=at + 1, style=Style.FLOW, entries=entries))

    def _ends(self, at: int, close: str, *, first: bool, opened: int) -> bool:
        if at >= len(self._text):
            raise self._unclosed(opened, close)
        if self._text[at] != close:
            return False
        comma = self._text.rfind(",", opened, at)
        if not first and comma >= 0 and not self._text[comma + 1 : at].strip():
            raise _wrong(comma, comma + 1, f"JSON has no comma before `{close}`; remove it")
        return True

    def _next(self, end: int, close: str, opened: int) -> int:
        """Where the next item starts, or the closing bracket stands."""
        at = self._skip(end)
        following = self._text[at : at + 1]
        if following == ",":
            return self._skip(at + 1)
        if not following:
            raise self._unclosed(opened, close)
        if following != close:
            raise _wrong(at, at + 1, f"a `,` or `{close}` is missing before this")
        return at

    def _key(self, at: int) -> _Found:
        self._nodes += 1
        if self._text[at] == '"':
            return self._string(at)
        word = _WORD.match(self._text, at)
        if word:
            raise _wrong(at, word.end(), f'a key needs double quotes: write "{shown(word[0])}"')
        raise _wrong(at, at + 1, "a key in double quotes is expected here")

    def _string(self, at: int) -> _Found:
        try:
            value, end = scanstring(self._text, at + 1, True)
        except JSONDecodeError as error:
            raise self._bad_string(at, error) from None
        if _SURROGATE.search(value):
            message = "half of a surrogate pair is no character, and UTF-8 cannot hold it; write the character itself"
            self.problems.add(Problem(rule="json-syntax", start=at, end=end, message=message))
            value = _SURROGATE.sub("\ufffd", value)
        return _Found(value, Region(start=at, end=end, style=Style.JSON, text=value))

    def _bad_string(self, start: int, error: JSONDecodeError) -> Unreadable:
        if error.msg.startswith("Unterminated"):
            end = self._text.find("\n", start)
            return _wrong(start, end if end >= 0 else len(self._text), "the quote that opens here is never closed")
        if "control character" in error.msg:
            character = self._text[error.pos]
            if character in "\r\n":
                return _wrong(
                    start,
                    error.pos,
                    "the quote that opens here is not closed on this line; write `\\n` for a line break",
                )
            return _wrong(
                error.pos,
                error.pos + 1,
                f"the control character U+{ord(character):04X} needs an escape: `\\u{ord(character):04x}`",
            )
        at = self._text.rfind("\\", start, error.pos + 1)
        return _wrong(at, at + 2, "a backslash starts an escape, and this is none; write `\\\\` for a backslash")

    def _word(self, at: int) -> _Found:
        number = _NUMBER.match(self._text, at)
        word = _WORD.match(self._text, at)
        if number and (word is None or word.end() <= number.end()):
            return self._number(at, number.end())
        if word is None:
            raise self._no_value(at)
        if word[0] in _CONSTANTS:
            value = _CONSTANTS[word[0]]
            return _Found(value, Region(start=at, end=word.end(), style=Style.PLAIN, text=word[0]))
        if word[0].lstrip("+-") in {"NaN", "Infinity"}:
            message = f"`{word[0]}` is not a number that JSON can hold; write a number, or quotes if it is text"
            self.problems.add(Problem(rule="not-json", start=at, end=word.end(), message=message))
            return _Found(word[0], Region(start=at, end=word.end(), style=Style.VERBATIM, text=word[0]))
        raise _wrong(at, word.end(), *self._unknown_word(word[0]))

    def _number(self, start: int, end: int) -> _Found:
        text = self._text[start:end]
        value, doubt = scalars.json_number(text)
        if doubt is not None:
            self.problems.add(
                Problem(
                    rule=doubt.rule,
                    start=start,
                    end=end,
                    message=doubt.message,
                    suggestion=doubt.suggestion,
                    severity=doubt.severity,
                )
            )
        return _Found(value, Region(start=start, end=end, style=Style.PLAIN, text=text))

    def _unknown_word(self, word: str) -> tuple[str, str | None]:
        if word in _FOREIGN:
            return f"`{word}` is not JSON; write {_FOREIGN[word]}", _FOREIGN[word]
        if word[0] in "+-.0123456789":
            return f"`{shown(word)}` is no JSON number; write it without a leading `+`, `.` or zero, or in quotes", None
        return f'a text needs double quotes: write "{shown(word)}"', None

    def _no_value(self, at: int) -> Unreadable:
        found = self._text[at : at + 1]
        if not found:
            return _wrong(at, at, "the file ends where a value is expected")
        if found == "'":
            return _wrong(at, at + 1, "JSON has no single quotes; write double quotes")
        if self._text.startswith(("//", "/*"), at) or found == "#":
            return _wrong(at, at + 1, "JSON has no comments; remove it, or use a YAML file")
        return _wrong(at, at + 1, f"a value is expected here, not `{found}`")

    def _skip(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        end = match.end() if match else at
        if self._text.startswith(("//", "/*", "#"), end):
            raise _wrong(end, end + 2, "JSON has no comments; remove it, or use a YAML file")
        return end

    def _duplicate(self, key: _Found, first: Entry) -> None:
        line = self._lines.span(first.key.start if first.key else 0, 0).line
        message = f"the key `{shown(str(key.value))}` is here for the second time; line {line} has the first"
        self.problems.add(
            Problem(rule="duplicate-mapping-key", start=key.region.start, end=key.region.end, message=message)
        )

    def _unclosed(self, opened: int, close: str) -> Unreadable:
        return _wrong(opened, opened + 1, f"the file ends before the `{close}` to this `{self._text[opened]}`")
