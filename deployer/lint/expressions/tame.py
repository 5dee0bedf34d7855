"""What a text's scripts read, where all of them are of the commonest forms: most rules have nothing to ask of those.

A *tame* text cannot make a rule about scripts speak by itself: each of its scripts parses, does nothing forbidden,
calls nothing by a bare name and is short enough. What remains to be seen is whether the names that it reads are
there, and for a condition what stands beside it. Whatever has another form is not tame, and says nothing about
being wrong: the rules look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from deployer.lint.expressions.plain import LONGEST_SCRIPT, read_plain
from deployer.lint.expressions.triggers import SHAPES
from deployer.regex import regex
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from deployer.lint.expressions.subset import Part

# A script without a brace in it; else two braces, or one that may be meant to make a script.
_BRACES = regex(r"\{\{([^{}]*)\}\}|\{(?:\{|\s*(?:data|step))")
WHOLE = regex(r"\s*\{\{([^{}]*)\}\}\s*")
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


@lru_cache(maxsize=32768)
def tame(text: str) -> Tame | None:
    """What a text reads; None for one that is not tame."""
    data: list[Path] = []
    step: list[Path] = []
    for found in _BRACES.finditer(text):
        reads = _reads(short(found[1]))
        if reads is None:
            return None
        for root, path in reads:
            (data if root == "data" else step).append(path)
    into = [path[1:] for path in data if path[0] == "payload" and len(path) > 1]
    strange = [name for name, shape in SHAPES.items() if not all(map(shape.has, into))] if into else ()
    return Tame(frozenset([path[0] for path in data]), tuple(data), tuple(step), frozenset(strange))


def short(source: str | None) -> str | None:
    """A script, if it is one and not too long."""
    return source if source is not None and len(source) <= LONGEST_SCRIPT else None


def _reads(source: str | None) -> Sequence[tuple[str, Path]] | None:
    """What a script reads; None for one that is not tame."""
    if source is None:
        return None
    plain = read_plain(source)
    if plain is not None:
        return ((plain.root, plain.path),)
    from deployer.lint.expressions.subset import read_subset  # most files do without

    script = read_subset(source)
    if script is None or not (script.calls or script.objects):
        return script.reads if script is not None else None
    from deployer.lint.expressions.catalogue import GLOBALS

    fit = script.objects <= GLOBALS and all(call.word in GLOBALS or _fits(call) for call in script.calls)
    return script.reads if fit else None


def _fits(call: Part) -> bool:
    """Whether a function of the platform is called with what it takes."""
    from deployer.lint.expressions.catalogue import FUNCTIONS, fits

    function = FUNCTIONS.get(call.word)
    if function is None or not function.least <= len(call.parts) <= len(function.parameters):
        return False
    return all(
        given.kind == "chain"  # whose value only the run knows
        or (given.kind == "literal" and given.word == "string" and fits(parameter.kind, given.text[1:-1]))
        or (given.kind == "literal" and given.word == "boolean" == parameter.kind)
        for parameter, given in zip(function.parameters, call.parts, strict=False)
    )
