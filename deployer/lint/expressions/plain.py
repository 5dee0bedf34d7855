"""Scripts of the commonest forms, read without a parser: `data.answer == '1'`, `data.name.trim() + '!'`.

A chain of names, perhaps a method of its end with literals as arguments, and perhaps one operator with one
literal: most scripts that are more than a chain are that, and every text of this form is JavaScript. What
is read from it is what is read from the syntax tree (a property test holds them together), at a tenth of the cost.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from deployer.lint.expressions.javascript import UNDEFINED, Constant
from deployer.regex import regex

LONGEST_SCRIPT = 1_000
"""Characters of a script that the platform runs (https://developer.8x8.com/connect/reference/context-scripting)."""

_NAME = r"[A-Za-z_$][A-Za-z0-9_$]*"
_TEXT = r"[^{0}\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff]*"
_LITERAL = (
    rf"(?:'{_TEXT.format(chr(39))}'|\"{_TEXT.format(chr(34))}\"|(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]{{1,9}})?"
    r"|(?:true|false|null|undefined)(?![A-Za-z0-9_$]))"
)
_FORM = regex(
    rf"\s*(?P<term>(?P<chain>(?P<root>data|step)(?P<path>(?:\.{_NAME})+)(?P<method>\.{_NAME}(?=\())?)"
    rf"(?(method)\(\s*(?:{_LITERAL}(?:\s*,\s*{_LITERAL})*\s*)?\)))"
    rf"(?:\s*(?P<sign>[!=]==?|[<>]=?|\?\?|\|\||&&|[-+*/%])\s*(?P<literal>{_LITERAL}))?\s*;?\s*",
    re.ASCII,
)
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
    found = _FORM.fullmatch(source)
    if found is None:
        return None
    term, chain, root, path, method, sign, literal = found.groups(default="")
    start = found.start("chain")
    known: Literal["data", "step"] = "data" if root == "data" else "step"
    names = tuple(path[1:].split("."))
    return Plain(known, names, method[1:], start, start + len(chain), sign, literal, term)


def constant_of(plain: Plain) -> Constant:
    """The value of the literal."""
    text = plain.literal
    if text[0] in "'\"":
        return text[1:-1]
    return _WORDS[text] if text in _WORDS else float(text)
