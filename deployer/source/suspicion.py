"""Whether a document can hold a credential at all: one look at all of its texts at once.

Most files hold none, and to learn that value by value takes longer than everything else that is asked of
a file. The look errs on one side only: whatever `credentials.find_all` finds in a document, this expects
in it (a property test holds them together).
"""

from __future__ import annotations

from typing import Any, Final

from deployer.regex import regex
from deployer.source.detection import BASIC, BEARER, MARKS, QUOTED_FIELD, by_name
from deployer.source.tokens import SHAPES, Telling, telling

_harmless: set[str] = set()
"""Names that tell nothing: the same ones occur in every file."""
_MOST_HARMLESS: Final = 10_000

_LABELS: Final = ("name", "key", "header")
"""Where `{name: X-Api-Key, value: ...}` has the name of its value."""
_VALUE: Final = "value"

_USER: Final = regex(r"://[^\s/?#\"'<>\\]*@")
_PARAMETER: Final = regex(r"[\n?&;#]([\w.\-%\[\]]{1,64})=")

_PARAMETER_ENDS: Final = "_.-%[]"
_FIELD_ENDS: Final = "_.-\"' \t"
_QUOTES: Final = ('"', "'")

_LONG: Final = b"x" * 14
"""No shorter than a token that has a shape: `eyJ`, eight, and two parts more."""
_RUNS: Final = bytes(0x78 if chr(code).isalnum() or chr(code) in "_-.+/=" else 0x20 for code in range(128)).ljust(256)
"""Turns what a token may be made of into `x`, and all else into blanks."""
_NO_MARK: Final = bytes(code for code in range(128) if not chr(code).isupper() and chr(code) not in "0123456789_-")
_PLAIN_MARKS: Final = (b"dapi", b"hooks.slack.com/")
"""Of tokens that may be of small letters alone. All others have a capital, a digit, a dash or an underscore."""
_PRIVATE: Final = "PRIVATE KEY"
_TELEGRAM: Final = ":A"
"""The mark of a token that begins with digits and a colon, which is no part of a run."""


def may_hold_credentials(value: object) -> bool:
    """False where no text in a JSON value can be, or hold, a credential."""
    names: set[str] = set()
    texts: list[str] = [""]
    around: list[Any] = [[value]]
    for item in around:  # which grows on the way
        inside = item
        if item.__class__ is dict:
            names.update(item)
            inside = item.values()
        for inner in inside:
            if inner.__class__ is str:
                texts.append(inner)
            elif inner.__class__ is dict or inner.__class__ is list:
                around.append(inner)
    # A line's beginning and end are as good as those of a text.
    return _some_field(names, around) or _in_texts("\n".join(texts))


def _some_field(names: set[str], around: list[Any]) -> bool:
    """Whether a field with a telling name holds what it tells of."""
    tellers = [name for name in names - _harmless if _tells(name)]
    for item in around:
        if item.__class__ is dict:
            for name in tellers:
                if name in item and _any_text(item[name], name):
                    return True
            if _VALUE in names and _VALUE in item:
                label = next((item[key] for key in _LABELS if key in item), None)
                if isinstance(label, str) and _tells(label) and _any_text(item[_VALUE], label):
                    return True
    return False


def _tells(name: str) -> bool:
    if telling(name) is not Telling.NOTHING:
        return True
    if len(_harmless) < _MOST_HARMLESS:
        _harmless.add(name)
    return False


def _any_text(value: object, name: str) -> bool:
    """Whether a field of that name holds a credential by itself. A list's items are called as the list."""
    if isinstance(value, str):
        return any(True for _ in by_name(name, value))
    return isinstance(value, list) and any(_any_text(item, name) for item in value)


def _in_texts(text: str) -> bool:
    lower = text.lower()
    return (
        ("bearer" in lower and BEARER.search(text) is not None)
        or ("basic" in lower and BASIC.search(text) is not None)
        or ("@" in text and _USER.search(text) is not None)
        or (_is_some(text, "=", _PARAMETER_ENDS, ("",)) and any(map(_tells, _PARAMETER.findall(text))))
        or (
            (_is_some(text, "=", _FIELD_ENDS, _QUOTES) or _is_some(text, ":", _FIELD_ENDS, _QUOTES))
            and _some_quoted(text)
        )
        or _PRIVATE in text
        or _has_token(text)
    )


def _is_some(text: str, sign: str, before: str, behind: tuple[str, ...]) -> bool:
    """Whether some sign in a text stands behind such a character, or a letter or digit, and before one of others."""
    pieces = text.split(sign)
    for number, piece in enumerate(pieces[:-1]):
        last = piece[-1:]
        if last and (last.isalnum() or last in before) and pieces[number + 1].lstrip(" \t\\").startswith(behind):
            return True
    return False


def _some_quoted(text: str) -> bool:
    return any(_tells(match[1]) for match in QUOTED_FIELD.finditer(text))


def _has_token(text: str) -> bool:
    """Whether a word of the text has the shape of a token. Few words are as long as any token."""
    plain = text.encode("ascii", "replace")
    runs = plain.translate(_RUNS)
    found = set()
    at = runs.find(_LONG)
    while at >= 0:
        end = runs.find(b" ", at)
        end = len(runs) if end < 0 else end
        run = plain[max(at - 1, 0) : end]  # with what stands before it, as shapes ask for that
        if run.strip(_NO_MARK) or any(mark in run for mark in _PLAIN_MARKS):
            found.add(run)
        at = runs.find(_LONG, end)
    words = b" ".join(found).decode()
    return MARKS.search(words) is not None and _has_shape(words)


def _has_shape(words: str) -> bool:
    return _TELEGRAM in words or any(
        shape.pattern.search(words) is not None for shape in SHAPES if any(mark in words for mark in shape.marks)
    )
