"""What an unquoted YAML scalar means: the YAML 1.2 core schema, and where it is a trap.

YAML 1.2.2, section 10.3.2, has few special scalars: null, true, false and numbers. YAML 1.1 had many
more, and most readers still follow it. A value that the two read differently, or that loses
characters when it is read as a number, is a doubt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from deployer.finding import Severity
from deployer.record import record
from deployer.regex import regex

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
"""Plain data, as JSON knows it."""

MAX_EXACT = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""
EXACT_DIGITS = 17
"""Significant digits that tell any two numbers of JSON apart (IEEE 754 binary64)."""
MAX_NUMBER_TEXT = 400
"""No number of JSON's range needs more characters, and Python refuses to convert 4,301 digits."""


@record
class Doubt:
    """Why a scalar may not mean what its writer thinks. Other readers are those of YAML 1.1."""

    rule: str
    message: str
    suggestion: str | None
    severity: Severity | None = None


def _spellings(*words: str) -> Iterator[str]:
    for word in words:
        yield from (word, word.capitalize(), word.upper())


_NULL = frozenset(("", "~", *_spellings("null")))
_BOOL = {**dict.fromkeys(_spellings("true"), True), **dict.fromkeys(_spellings("false"), False)}
_BOOL_IN_1_1 = {
    **dict.fromkeys(_spellings("yes", "on", "y"), True),
    **dict.fromkeys(_spellings("no", "off", "n"), False),
}

WORDS = frozenset((*_NULL, *_BOOL, *_BOOL_IN_1_1, "=", "<<"))
"""Plain scalars that are or were special, besides those that start with a character of `NUMERIC`."""
NUMERIC = frozenset("0123456789+-.")

_DECIMAL = regex(r"[-+]?[0-9]+")
_RADIX = regex(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = regex(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FLOAT_IN_1_1 = regex(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?")
_BASE_60 = regex(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*")
_NUMBER_IN_1_1 = regex(
    r"[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?)|\.[0-9][0-9_]*"
)


def plain(text: str) -> tuple[JSON, Doubt | None]:
    """The value of an unquoted scalar by the YAML 1.2 core schema, and the doubt about it.

    Where characters would be lost for certain (`+65...`, `010`), the value is the text as written, so
    that later checks judge what the writer meant.
    """
    if text in WORDS:
        return _word(text)
    if ":" in text:  # a time or a duration: no number has one, but of base 60
        return text, _text_doubt(text)
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if _RADIX.fullmatch(text):
        return _radix(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _INFINITE.fullmatch(text):
        return text, Doubt(
            rule="not-json",
            message=f"`{text}` is not a number that JSON can hold; write a number, or quotes if it is text",
            suggestion=None,
        )
    return text, _text_doubt(text)


def key_doubt(text: str) -> Doubt | None:
    """The doubt about an unquoted key: every key is text, so a number, true or null is an error."""
    value, doubt = plain(text)
    is_number = _BASE_60.fullmatch(text) or (doubt and (doubt.rule == "not-json" or doubt.severity is Severity.ERROR))
    if is_number or not isinstance(value, str):
        return Doubt(
            rule="non-string-key",
            message=f"the key `{text}` reads as {_kind(value, text)}, and keys are text; write {quoted(text)}",
            suggestion=quoted(text),
        )
    return doubt


def json_number(text: str) -> tuple[JSON, Doubt | None]:
    """The value of a number in a JSON file, whose grammar is the caller's business, and the doubt about it."""
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if len(text) > MAX_NUMBER_TEXT or not math.isfinite(number := float(text)):
        return text, _too_large(text)
    return number, _inexact(text) if _digits(text) > EXACT_DIGITS else None


def convert(text: str, kind: str) -> JSON:
    """The value of a scalar with one of the tags `!!null`, `!!bool`, `!!int`, `!!float`.

    Raises ValueError if the text is no such value.
    """
    if kind == "null" and text in _NULL:
        return None
    if kind == "bool" and text in _BOOL:
        return _BOOL[text]
    if kind == "int" and len(text) <= MAX_NUMBER_TEXT and (_DECIMAL.fullmatch(text) or _RADIX.fullmatch(text)):
        number = int(text, 0) if _RADIX.fullmatch(text) else int(text)
        if number.bit_length() <= 64:
            return number
    if kind == "float" and len(text) <= MAX_NUMBER_TEXT and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    raise ValueError(text)


def quoted(text: str) -> str:
    """The text as a quoted YAML scalar on one line, as a person would write it."""
    if "\\" in text or '"' in text:
        if "'" not in text and text.isprintable():
            return f"'{text}'"
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    for character, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(character, escape)
    return f'"{text}"'


def _word(text: str) -> tuple[JSON, Doubt | None]:
    if text in _NULL:
        return None, None
    if text in _BOOL:
        return _BOOL[text], None
    if text not in _BOOL_IN_1_1:
        return text, _ambiguous(text, f"`{text}` is text here, but some YAML readers refuse it; write {quoted(text)}")
    meant = str(_BOOL_IN_1_1[text]).lower()
    return text, _ambiguous(
        text,
        f"`{text}` is text here (YAML 1.2), but many YAML readers take it for {meant}; "
        f"write {quoted(text)} for the text, or {meant}",
    )


def _decimal(text: str) -> tuple[JSON, Doubt | None]:
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0":
        return text, _lossy(text, f"`{_short(text)}` reads as a number and loses its leading zero; quote codes and ids")
    if text[0] == "+":
        return text, _lossy(text, f"`{_short(text)}` reads as a number and loses its plus; quote phone numbers")
    if len(digits) > 20 or abs(int(text)) >= 2**64:
        return text, _too_large(text)
    number = int(text)
    if abs(number) > MAX_EXACT:
        return number, _inexact(text)
    return number, None


def _radix(text: str) -> tuple[JSON, Doubt | None]:
    if len(text) > 30 or int(text, 0) >= 2**64:
        return text, _too_large(text)
    number = int(text, 0)
    if text.startswith("0o"):
        return number, _ambiguous(
            text, f"`{text}` is the number {number} here (YAML 1.2), but text for many YAML readers; write {number}"
        )
    return number, _inexact(text) if number > MAX_EXACT else None


def _float(text: str) -> tuple[JSON, Doubt | None]:
    if len(text) > MAX_NUMBER_TEXT or not math.isfinite(number := float(text)):
        return text, _too_large(text)
    if text[0] == "+":
        return text, _lossy(text, f"`{text}` reads as a number and loses its plus; quote it if it is text")
    mantissa = _mantissa(text)
    if re.match("0[0-9]", mantissa):
        return text, _lossy(text, f"`{text}` reads as a number and loses its leading zero; quote codes and ids")
    if _digits(mantissa) > EXACT_DIGITS:
        return number, _inexact(text)
    if not _FLOAT_IN_1_1.fullmatch(text):
        return number, _ambiguous(
            text,
            f"`{text}` is the number {number!r} here (YAML 1.2), but text for many YAML readers; "
            f"write {quoted(text)} if it is a code or an id",
        )
    if "." in mantissa and mantissa.endswith("0") and not mantissa.endswith(".0"):
        return number, _ambiguous(
            text, f"`{text}` reads as the number {number!r}; write {quoted(text)} if it is a code, an id or a version"
        )
    return number, None


def _mantissa(text: str) -> str:
    return re.split("[eE]", text.lstrip("-"))[0]


def _digits(text: str) -> int:
    return len(_mantissa(text).replace(".", "").strip("0"))


def _text_doubt(text: str) -> Doubt | None:
    """A doubt about text that YAML 1.1 reads as a number."""
    if len(text) > MAX_NUMBER_TEXT:
        return None
    if ":" in text and _BASE_60.fullmatch(text):
        return _ambiguous(
            text,
            f"`{text}` is text here (YAML 1.2), but many YAML readers take it for a number of base 60; "
            f"write {quoted(text)}",
        )
    if ":" not in text and _NUMBER_IN_1_1.fullmatch(text):
        return _ambiguous(
            text, f"`{text}` is text here (YAML 1.2), but many YAML readers take it for a number; write {quoted(text)}"
        )
    return None


def _kind(value: JSON, text: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "a number of base 60" if _BASE_60.fullmatch(text) else "a number"


def _ambiguous(text: str, message: str) -> Doubt:
    return Doubt(rule="ambiguous-scalar", message=message, suggestion=quoted(text))


def _lossy(text: str, message: str) -> Doubt:
    return Doubt(rule="ambiguous-scalar", message=message, suggestion=_short(quoted(text)), severity=Severity.ERROR)


def _inexact(text: str) -> Doubt:
    return _ambiguous(
        text,
        f"`{_short(text)}` has more digits than JSON readers keep; quote it if it is an id: {quoted(_short(text))}",
    )


def _too_large(text: str) -> Doubt:
    return Doubt(
        rule="not-json",
        message=f"`{_short(text)}` is beyond the numbers that JSON readers know; quote it if it is an id",
        suggestion=None,
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
