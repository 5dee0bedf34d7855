"""From a script of a common form to what rules ask of it."""

from __future__ import annotations

from deployer.lint.expressions.expression import Expression, Read, Use
from deployer.lint.expressions.plain import COMPARISONS, Plain

_EQUALITY = frozenset({"==", "!=", "===", "!=="})
_CHOICES = frozenset({"&&", "||", "??"})


def expression_of(source: str, plain: Plain) -> Expression:
    """What rules ask of such a script."""
    use = _use(plain)
    ends = []
    at = plain.start + len(plain.root)
    for name in plain.path:
        at += 1 + len(name)
        ends.append(at)
    read = Read(
        root=plain.root,
        path=plain.path,
        start=plain.start,
        end=plain.end,
        ends=tuple(ends),
        deep=len(plain.path) > 1 or plain.method != "",
        use=use,
        guarded=False,
    )
    asks = use is Use.TESTED and plain.root == "data" and len(plain.path) == 1
    tested = frozenset(plain.path if asks else ())
    return Expression(source=source, reads=(read,), kind=_kind(plain), tested=tested)


def _use(plain: Plain) -> Use:
    if plain.method:
        return Use.VALUE
    if plain.sign in _CHOICES:
        return Use.TESTED
    if plain.sign in _EQUALITY:
        return Use.TESTED if plain.literal in ("null", "undefined") else Use.COMPARED
    return Use.VALUE


def _kind(plain: Plain) -> str:
    if plain.sign in COMPARISONS:
        return "boolean"
    if plain.sign == "+":
        return "string" if plain.literal[0] in "'\"" else ""
    return "number" if plain.sign and plain.sign not in _CHOICES else ""
