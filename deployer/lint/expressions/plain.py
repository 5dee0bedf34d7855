"""Scripts of the commonest forms, read without a parser: `data.answer == '1'`, `data.name.trim() + '!'`.

A chain of names, perhaps a method of its end with literals as arguments, and perhaps one operator with one
literal: most scripts that are more than a chain are that, and every text of this form is JavaScript. What
is read from it is what is read from the syntax tree (a property test holds them together), at a tenth of the cost.

The engine has a short way of its own (engine/plain.py): it computes values from the syntax tree, where this finds names
and places in the text. They share no code, so that what runs a workflow can show where the linter is mistaken.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from deployer.lint.expressions.javascript import UNDEFINED, Constant
from deployer.regex import regex
from deployer.tuples import NamedTuple

LONGEST_SCRIPT = 1_000
"""Characters of a script that the platform runs (https://developer.8x8.com/connect/reference/context-scripting)."""

NAME = r"[A-Za-z_$][A-Za-z0-9_$]*"
_IN_TEXT = r"[^{0}\\\x00-\x1f\x7f-\xa0]*"
TEXT = rf"'{_IN_TEXT.format(chr(39))}'|\"{_IN_TEXT.format(chr(34))}\""
"""Texts without escapes, in a script that is `printable`."""
_UNPRINTABLE = regex(r"[\u2028\u2029\ud800-\udfff\ufeff]")
NUMBER = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?"
_LITERAL = rf"(?:{TEXT}|{NUMBER}|(?:true|false|null|undefined)(?![A-Za-z0-9_$]))"


def _form(call: str) -> re.Pattern[str]:
    return regex(
        rf"\s*(?P<term>(?P<chain>(?P<root>data|step)(?P<path>(?:\.{NAME})+){call})"
        rf"(?:\s*(?P<sign>[!=]==?|[<>]=?|\?\?|\|\||&&|[-+*/%])\s*(?P<literal>{_LITERAL}))?\s*;?\s*",
        re.ASCII,
    )


_FORM = _form(rf"(?P<method>\.{NAME}(?=\())?)(?(method)\(\s*(?:{_LITERAL}(?:\s*,\s*{_LITERAL})*\s*)?\))")
_WITHOUT_CALL = _form("(?P<method>))")  # takes half the time to compile, and is enough for most files
COMPARISONS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">="})
"""Operators that give true or false."""
_WORDS: dict[str, Constant] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


class Plain(NamedTuple):
    """A script of this form."""

    root: Literal["data", "step"]
    path: tuple[str, ...]
    method: str
    """The method that is called on what the path leads to; empty for none."""
    start: int
    end: int
    """Of the chain with the method's name."""
    sign: str
    """The operator; empty for none."""
    literal: str
    """What stands on its right side."""
    term: str
    """What stands on its left side, or all there is."""


@lru_cache(maxsize=4096)
def read_plain(source: str) -> Plain | None:
    """The parts of a script; None when it has another form, or may be no JavaScript."""
    found = (_FORM if "(" in source else _WITHOUT_CALL).fullmatch(source)
    if found is None or not printable(source):
        return None
    term, chain, root, path, method, sign, literal = found.groups(default="")
    start = found.start("chain")
    known: Literal["data", "step"] = "data" if root == "data" else "step"
    names = tuple(path[1:].split("."))
    return Plain(known, names, method[1:], start, start + len(chain), sign, literal, term)


def printable(source: str) -> bool:
    """Whether a script has none of the characters beyond Latin-1 that a text without escapes may not have.

    Looked for once, not by TEXT: a class of characters with them takes long to compile, and TEXT is used a lot.
    """
    return source.isascii() or _UNPRINTABLE.search(source) is None


def constant_of(plain: Plain) -> Constant:
    """The value of the literal."""
    return value_of(plain.literal)


def value_of(literal: str) -> Constant:
    """The value of a literal as written."""
    if literal[0] in "'\"":
        return literal[1:-1]
    return _WORDS[literal] if literal in _WORDS else float(literal)
