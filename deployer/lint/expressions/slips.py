"""Syntax errors in words: the slips that people make first, what the compiler said last."""

from __future__ import annotations

import re

from deployer.lint.expressions.syntax import Refusal
from deployer.lint.wording import shorten
from deployer.record import record
from deployer.regex import regex

_SMART = str.maketrans({"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_QUOTES = regex("[‘’‚‛“”„«»]")
_ENTITY = regex(r"&(?:amp|lt|gt|quot|apos|#3[49]|nbsp);")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#34;": '"', "&#39;": "'"}
_WORDS = regex(r"(?<![\w.$'\"])(and|or|not|is|eq|ne)(?![\w$'\"])")
_MEANT = {"and": "&&", "or": "||", "not": "!", "is": "==", "eq": "==", "ne": "!="}
_UNEQUAL = regex(r"<>")
_WORD = regex(r"[\w$]+|[^\w\x00-\x1f]|.", re.DOTALL)
_COMPLAINTS = (
    ("stack", "the script is nested too deeply"),
    ("left-hand", "this cannot be assigned to; to compare, write `==`"),
    ("operand", "`++` and `--` need a name to count; and a script may not count anyway"),
)
_TAIL = regex(r"(===?|!==?|<=|>=|&&|\|\||\?\?|[-+*/%<>&|^~!?:=.,({\[])\s*;?\s*$")


@record
class Fault:
    """Why a script does not parse. Offsets count its characters."""

    start: int
    end: int
    message: str
    suggestion: str | None = None
    """What to write at that place instead."""


def explain(source: str, refusal: Refusal) -> Fault:
    """What is wrong with a script that does not parse."""
    if refusal.returns is not None:
        start = refusal.returns
        message = "a script is one expression and gives its value without `return`"
        return Fault(start=start, end=start + len("return"), message=message)
    if refusal.in_pattern:
        return Fault(start=0, end=len(source), message="a regular expression in this script is not valid")
    for judge in _SLIPS:
        fault = judge(source)
        if fault is not None:
            return fault
    return _unexpected(source, refusal)


def _unexpected(source: str, refusal: Refusal) -> Fault:
    complaint = refusal.complaint.lower()
    for part, message in _COMPLAINTS:
        if part in complaint:
            return Fault(start=0, end=len(source), message=message)
    at = min(refusal.at, max(len(source.rstrip()) - 1, 0))
    word = _WORD.match(source, at)
    shown = word[0] if word is not None else ""
    return Fault(
        start=at, end=at + len(shown), message=f"this is not JavaScript: `{shorten(shown, 30)}` is not expected here"
    )


def _smart_quotes(source: str) -> Fault | None:
    bare = _without_texts(source)
    found = _QUOTES.search(bare)
    if found is None:
        return None
    return Fault(
        start=found.start(),
        end=found.end(),
        message=f"`{found[0]}` is a typographic quote, as text programs make them; write ' or \"",
        suggestion=found[0].translate(_SMART),
    )


def _entities(source: str) -> Fault | None:
    found = _ENTITY.search(_without_texts(source))
    if found is None:
        return None
    return Fault(
        start=found.start(),
        end=found.end(),
        message=f"`{found[0]}` is HTML; write the character itself",
        suggestion=_ENTITIES.get(found[0], " "),
    )


def _unclosed_text(source: str) -> Fault | None:
    bare = _without_texts(source)
    found = re.search("['\"`]", bare)
    if found is None:
        return None
    kind = "template" if found[0] == "`" else "text"
    return Fault(
        start=found.start(), end=len(source), message=f"this {kind} does not end: a closing {found[0]} is missing"
    )


def _too_short(source: str) -> Fault | None:
    bare = _without_texts(source)
    tail = _TAIL.search(bare)
    if tail is not None and not re.search(r"(\+\+|--)\s*;?\s*$", bare):
        return Fault(
            start=tail.start(1), end=tail.end(1), message=f"the script stops after `{tail[1]}`; something is missing"
        )
    return None


def _unbalanced(source: str) -> Fault | None:
    bare = _without_texts(source)
    stack: list[tuple[str, int]] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for at, char in enumerate(bare):
        if char in "([{":
            stack.append((char, at))
        elif char in pairs:
            if not stack or stack[-1][0] != pairs[char]:
                return Fault(start=at, end=at + 1, message=f"this `{char}` has no `{pairs[char]}` before it")
            stack.pop()
    if not stack:
        return None
    opened, at = stack[-1]
    closing = next(closing for closing, opening in pairs.items() if opening == opened)
    return Fault(
        start=at,
        end=at + 1,
        message=f"this `{opened}` is not closed; a `{closing}` is missing",
    )


def _words(source: str) -> Fault | None:
    found = _WORDS.search(_without_texts(source))
    if found is None:
        return None
    meant = _MEANT[found[1]]
    return Fault(
        start=found.start(1),
        end=found.end(1),
        message=f"JavaScript has no `{found[1]}`; write `{meant}`",
        suggestion=meant,
    )


def _no_unequal(source: str) -> Fault | None:
    found = _UNEQUAL.search(_without_texts(source))
    if found is None:
        return None
    return Fault(start=found.start(), end=found.end(), message="JavaScript has no `<>`; write `!=`", suggestion="!=")


def _half_choice(source: str) -> Fault | None:
    bare = _without_texts(source)
    asked = [match.start() for match in re.finditer(r"(?<!\?)\?(?![?.])", bare)]
    if not asked or len(asked) <= bare.count(":"):
        return None
    return Fault(start=asked[-1], end=asked[-1] + 1, message="this `?` has no `:`; write `condition ? one : other`")


_TEXTS = regex(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`|/\*.*?\*/|//[^\n]*", re.DOTALL)


def _without_texts(source: str) -> str:
    """The script with texts as underscores and comments as blanks, so that offsets hold."""
    return _TEXTS.sub(lambda match: (" " if match[0][0] == "/" else "_") * len(match[0]), source)


_SLIPS = (_smart_quotes, _entities, _unclosed_text, _too_short, _unbalanced, _words, _no_unequal, _half_choice)
