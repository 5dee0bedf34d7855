"""What a text's scripts read, where all of them are of the commonest forms: most rules have nothing to ask of those.

A *tame* text cannot make a rule about scripts speak by itself: each of its scripts parses, does nothing forbidden,
calls nothing by a bare name and is short enough. What remains to be seen is whether the names that it reads are
there, and for a condition what stands beside it. Whatever has another form is not tame, and says nothing about
being wrong: the rules look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from deployer.lint.expressions.plain import LONGEST_SCRIPT, Plain, constant_of, read_plain
from deployer.lint.expressions.triggers import SHAPES
from deployer.regex import regex

_MOST_BESIDE = 40
"""Conditions of one step that are held beside one another."""

# A script without a brace in it; else two braces, or one that may be meant to make a script.
_BRACES = regex(r"\{\{([^{}]*)\}\}|\{(?:\{|\s*(?:data|step))")
_CONDITION = regex(r"\s*\{\{([^{}]*)\}\}\s*")
_QUOTE = regex("['\"]")
_DENIED = {"!=": "==", "!==": "===", ">=": "<", "<=": ">"}
_NEVER: frozenset[bool] = frozenset()
_EITHER = frozenset({True, False})

Path = tuple[str, ...]


class Tame(NamedTuple):
    """What the scripts of a text read."""

    names: frozenset[str]
    """First names in `data`."""
    data: tuple[Path, ...]
    """Chains in `data`, its own name left out."""
    step: tuple[Path, ...]
    """Chains in `step`."""
    strange_to: frozenset[str]
    """The triggers that bring a message without something that is read from it."""


class Question(NamedTuple):
    """A condition that comes out true for some data and false for other: a term, compared or taken as true or false."""

    term: str
    """`data.answer`, perhaps with a method called on it, as conditions.py would name it."""
    sign: str
    """How it is compared; empty for its own truth."""
    denied: bool
    """Whether the opposite is asked."""
    value: tuple[str, object]
    """What it is compared with, behind its kind."""
    root: str
    name: str
    gone_if: frozenset[bool]
    """The outcomes after which `root.name` may be taken as having no value."""


@lru_cache(maxsize=32768)
def tame(text: str) -> Tame | None:
    """What a text reads; None for one that is not tame."""
    data: list[Path] = []
    step: list[Path] = []
    for found in _BRACES.finditer(text):
        plain = _short(found[1])
        if plain is None:
            return None
        (data if plain.root == "data" else step).append(plain.path)
    into = [path[1:] for path in data if path[0] == "payload" and len(path) > 1]
    strange = [name for name, shape in SHAPES.items() if not all(map(shape.has, into))] if into else ()
    return Tame(frozenset([path[0] for path in data]), tuple(data), tuple(step), frozenset(strange))


def _short(source: str | None) -> Plain | None:
    return read_plain(source) if source is not None and len(source) <= LONGEST_SCRIPT else None


@lru_cache(maxsize=32768)
def question(text: str) -> Question | None:
    """What a condition asks; None where that takes a closer look."""
    found = _CONDITION.fullmatch(text)
    plain = _short(found[1]) if found is not None else None
    if plain is None:
        return None
    term = " ".join(plain.term.split())
    first = len(plain.path) == 1 and not plain.method
    if not plain.sign:
        return Question(term, "", False, ("", None), plain.root, plain.path[0], frozenset({False}) if first else _NEVER)
    value = constant_of(plain)
    kind = "nothing" if plain.literal in ("null", "undefined") else type(value).__name__
    sign = _DENIED.get(plain.sign, plain.sign)
    denied = plain.sign in _DENIED
    if sign in ("==", "==="):
        if kind == "nothing" and sign == "===":
            return None  # `null` and `undefined` are not the same then
        # What counts as false after a wait is taken as an answer that did not come.
        gone = frozenset({not denied}) if first and (kind in ("nothing", "bool") or value == 0) else _NEVER
    elif sign in ("<", ">") and kind == "float":
        gone = _EITHER if first else _NEVER
    else:
        return None
    given = (kind, None if kind == "nothing" else value)
    return Question(term, sign, denied, given, plain.root, plain.path[0], gone)


def apart(questions: Sequence[Question]) -> bool:
    """Whether certainly no two conditions of a step that ask for the same are true together."""
    if len(questions) > _MOST_BESIDE:
        return False
    return all(
        one.term != other.term or _exclude(one, other)
        for place, one in enumerate(questions)
        for other in questions[:place]
    )


def _exclude(one: Question, other: Question) -> bool:
    if _opposite(one, other):
        return True
    if one.denied or other.denied or one.sign not in ("==", "===") or other.sign not in ("==", "==="):
        return False
    kinds = {one.value[0], other.value[0]}
    # '1' == 1 and '1' == true: only values of one kind differ for sure.
    return one.value != other.value and (len(kinds) == 1 or "nothing" in kinds)


def cover(questions: Sequence[Question]) -> bool:
    """Whether certainly at least one of them is true, whatever the data."""
    # What stands in quotes may make a term of its own each time, as `Date` does.
    return len(questions) == 2 and _opposite(*questions) and not _QUOTE.search(questions[0].term)


def _opposite(one: Question, other: Question) -> bool:
    same = one.term == other.term and one.sign == other.sign and one.value == other.value
    return same and one.sign != "" and one.denied is not other.denied
