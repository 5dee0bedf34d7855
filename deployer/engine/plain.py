"""Scripts that need no JavaScript: `data.a.b`, compared, handed to our functions, joined by `&&`, `||`, `!`, `? :`.

Nearly every script of a conversation is one of these, and looking a value up here costs a tenth of
converting its data for JavaScript. What would not surely mean the same here is UNSURE, and
JavaScript decides: there is one meaning, and this is only its short way.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType, NoneType
from typing import Final

from tree_sitter import Node

from deployer.engine.functions import FUNCTIONS, call_function
from deployer.engine.settings import ScriptSettings

Facts = Mapping[str, object]
Plain = Callable[[Facts, Facts, ScriptSettings], object]
"""A script's value, given `data` and `step`, or UNSURE. Raises ScriptError where one of our functions does."""

UNSURE: Final = object()
"""Only JavaScript knows."""

_PATH: Final = re.compile(r"(data|step)((?:\.[A-Za-z_$][A-Za-z0-9_$]*)+)", re.ASCII)
_TEXT: Final = re.compile(r"'([^'\\\x00-\x1f]*)'|\"([^\"\\\x00-\x1f]*)\"")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", re.ASCII)
_WORDS: Final[Mapping[str, object]] = MappingProxyType({"true": True, "false": False, "null": None})
_INHERITED: Final = frozenset(
    {
        *("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"),
        *("valueOf", "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
    }
)
"""What every JavaScript object has, whoever made it."""
_SAFE: Final = 2**53 - 1
"""JavaScript's numbers are exact up to here."""


def read_plain(node: Node) -> Plain | None:
    """The short way of an expression that has passed the syntax check; None when it has none."""
    text = node.text.decode("utf-8") if node.text is not None else ""
    simple = _read_operand(text)
    if simple is not None:
        return simple
    read = _READERS.get(node.type)
    return read(node) if read is not None else None


def settled(value: object, most: int) -> object:
    """A value as JavaScript gives it back, or UNSURE: lists, mappings and what is long or odd go the long way.

    `most` is how many characters a text may have.
    """
    if isinstance(value, str):
        return value if len(value) <= most and (value.isascii() or _is_whole(value)) else UNSURE
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int | float) and -_SAFE <= value <= _SAFE:
        return int(value) if value == int(value) else value  # JSON has one kind of number
    return UNSURE


def is_true(value: object) -> bool:
    """Truth as JavaScript has it: empty lists and mappings are true."""
    return isinstance(value, list | dict) or bool(value)


def _is_whole(text: str) -> bool:
    """Whether no character of it is half of a pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# Reading


def _read_operand(text: str) -> Plain | None:
    """A path, or a literal."""
    path = _PATH.fullmatch(text)
    if path is not None:
        names = tuple(path[2][1:].split("."))
        return None if _INHERITED.intersection(names) else _look(names, in_step=path[1] == "step")
    written = _TEXT.fullmatch(text)
    if written is not None:
        return _always(written[1] if written[1] is not None else written[2])
    number = _NUMBER.fullmatch(text)
    if number is not None:
        return _always(float(text) if number[1] else int(text))
    return _always(_WORDS[text]) if text in _WORDS else None


def _parts(node: Node, *names: str) -> list[Plain] | None:
    """What stands in these fields; None when one of them needs JavaScript."""
    found: list[Plain] = []
    for name in names:
        part = node.child_by_field_name(name)
        plain = read_plain(part) if part is not None else None
        if plain is None:
            return None
        found.append(plain)
    return found


def _read_brackets(node: Node) -> Plain | None:
    return read_plain(node.named_children[0]) if len(node.named_children) == 1 else None


def _read_not(node: Node) -> Plain | None:
    sign = node.child_by_field_name("operator")
    parts = _parts(node, "argument") if sign is not None and sign.type == "!" else None
    return _not(*parts) if parts is not None else None


def _read_binary(node: Node) -> Plain | None:
    sign = node.child_by_field_name("operator")
    parts = _parts(node, "left", "right") if sign is not None and sign.type in (*_TESTS, "&&", "||") else None
    if sign is None or parts is None:
        return None
    if sign.type in _TESTS:
        return _compare(sign.type, *parts)
    return _either(*parts, until=sign.type == "||")


def _read_choice(node: Node) -> Plain | None:
    parts = _parts(node, "condition", "consequence", "alternative")
    return _choose(*parts) if parts is not None else None


def _read_call(node: Node) -> Plain | None:
    callee, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if callee is None or given is None or given.type != "arguments" or len(node.children) != 2:
        return None
    name = callee.text.decode("utf-8") if callee.text is not None else ""
    arguments = [read_plain(child) for child in given.named_children]
    known = [argument for argument in arguments if argument is not None]
    return _call(name, tuple(known)) if name in FUNCTIONS and len(known) == len(arguments) else None


_READERS: Final[Mapping[str, Callable[[Node], Plain | None]]] = MappingProxyType(
    {
        "parenthesized_expression": _read_brackets,
        "unary_expression": _read_not,
        "binary_expression": _read_binary,
        "ternary_expression": _read_choice,
        "call_expression": _read_call,
    }
)


# Running


def _look(names: tuple[str, ...], *, in_step: bool) -> Plain:
    def look(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        del settings
        value: object = step if in_step else data
        for name in names:
            if type(value) is not dict:
                return UNSURE  # a text has a length; of nothing, JavaScript knows the message
            value = value.get(name)
        return value

    return look


def _always(value: object) -> Plain:
    def give(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        del data, step, settings
        return value

    return give


def _not(part: Plain) -> Plain:
    def negate(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        value = part(data, step, settings)
        return UNSURE if value is UNSURE else not is_true(value)

    return negate


def _either(left: Plain, right: Plain, *, until: bool) -> Plain:
    def join(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        value = left(data, step, settings)
        return value if value is UNSURE or is_true(value) is until else right(data, step, settings)

    return join


def _choose(condition: Plain, then: Plain, otherwise: Plain) -> Plain:
    def choose(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        value = condition(data, step, settings)
        return value if value is UNSURE else (then if is_true(value) else otherwise)(data, step, settings)

    return choose


def _call(name: str, arguments: tuple[Plain, ...]) -> Plain:
    def call(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        values: list[object] = []
        for argument in arguments:
            value = _argument(argument(data, step, settings))
            if value is UNSURE:
                return UNSURE  # before a later one fails: JavaScript goes from left to right
            values.append(value)
        return call_function(settings, name, values)

    return call


def _argument(value: object) -> object:
    """JSON carries it to the function: 1.0 comes as 1, and half a character as it is."""
    return value if type(value) is str else settled(value, 0)


_TESTS: Final[Mapping[str, Callable[..., bool]]] = MappingProxyType(
    {
        "==": operator.eq,
        "===": operator.eq,
        "!=": operator.ne,
        "!==": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


def _compare(sign: str, left: Plain, right: Plain) -> Plain:
    test, equality, strict = _TESTS[sign], sign[0] in "=!", len(sign) == 3

    def compare(data: Facts, step: Facts, settings: ScriptSettings) -> object:
        first = left(data, step, settings)
        if first is UNSURE:
            return UNSURE
        second = right(data, step, settings)
        kind, other = _KINDS.get(type(first)), _KINDS.get(type(second))
        if kind is None or other is None:
            return UNSURE
        if kind is int and other is int:
            safe = -_SAFE <= first <= _SAFE and -_SAFE <= second <= _SAFE  # type: ignore[operator]  # both are numbers
            return test(first, second) if safe else UNSURE
        # Of two kinds, JavaScript would convert one; but nothing equals nothing alone.
        alike = (kind is other and not (strict and kind is NoneType)) or (NoneType in (kind, other) and not strict)
        return test(first, second) if equality and alike else UNSURE

    return compare


_KINDS: Final[Mapping[type, type]] = MappingProxyType({str: str, bool: bool, int: int, float: int, NoneType: NoneType})
"""Numbers are of one kind."""
