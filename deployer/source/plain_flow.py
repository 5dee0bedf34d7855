"""Lists and mappings in brackets, on one line, of the plainest YAML."""

from __future__ import annotations

from typing import Final

from deployer.regex import regex
from deployer.source.plain_values import QUOTED, Odd, check_characters, quoted, unquoted
from deployer.source.scalars import JSON

_LONGEST: Final = 1000
"""A list that starts more than 1,024 characters before a `:` is no key for YAML, and here nobody looks for one."""
_DEEPEST: Final = 8
_LETTER: Final = r"[^ ,\[\]{}:#]"
"""What means nothing by itself in brackets, but at a word's start."""
_WORDS: Final = rf"(?:[\w./+$(^]|-(?=[0-9])|[^\x00-\x7f]){_LETTER}*(?: +{_LETTER}+|:(?=[\w/]){_LETTER}*)*"
_TOKEN: Final = regex(rf" *(?:([\[\]{{}},])|((?:{QUOTED})|{_WORDS})(:(?= ))?) *")

_Tokens = list[tuple[str, str, str]]
"""In reverse order: a bracket or comma, or else a scalar and whether `: ` makes it a key."""


def flow_of(source: str) -> list[JSON] | dict[str, JSON]:
    """The value of a text that starts with a bracket and ends with the one that closes it."""
    if len(source) > _LONGEST:
        raise Odd
    check_characters(source)
    tokens: _Tokens = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise Odd
        tokens.append((match[1] or "", match[2] or "", match[3] or ""))
        at = match.end()
    tokens.reverse()
    value = _value(tokens, 0)
    if tokens or not isinstance(value, list | dict):
        raise Odd
    return value


def _value(tokens: _Tokens, depth: int) -> JSON:
    mark, scalar, colon = _next(tokens)
    if depth > _DEEPEST:
        raise Odd
    if mark == "[":
        return _list(tokens, depth)
    if mark == "{":
        return _mapping(tokens, depth)
    if mark or colon:
        raise Odd
    return _scalar(scalar)


def _list(tokens: _Tokens, depth: int) -> list[JSON]:
    items: list[JSON] = []
    if tokens and tokens[-1][0] == "]":
        tokens.pop()
        return items
    while True:
        items.append(_value(tokens, depth + 1))
        if _ends(tokens, "]"):
            return items


def _mapping(tokens: _Tokens, depth: int) -> dict[str, JSON]:
    entries: dict[str, JSON] = {}
    if tokens and tokens[-1][0] == "}":
        tokens.pop()
        return entries
    while True:
        mark, scalar, colon = _next(tokens)
        if mark or not colon:
            raise Odd
        key = _scalar(scalar)
        if not isinstance(key, str) or key in entries:
            raise Odd
        entries[key] = _value(tokens, depth + 1)
        if _ends(tokens, "}"):
            return entries


def _ends(tokens: _Tokens, bracket: str) -> bool:
    """Whether this bracket comes next, and not a comma."""
    mark = _next(tokens)[0]
    if mark not in {",", bracket}:
        raise Odd
    return mark == bracket


def _next(tokens: _Tokens) -> tuple[str, str, str]:
    if not tokens:
        raise Odd
    return tokens.pop()


def _scalar(source: str) -> JSON:
    return quoted(source)[0] if source[0] in "\"'" else unquoted(source)
