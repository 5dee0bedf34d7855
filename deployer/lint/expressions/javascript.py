"""How JavaScript compares plain values (ECMA-262, IsLooselyEqual and IsLessThan)."""

from __future__ import annotations

import math
from typing import Final

from deployer.regex import regex

Constant = object
"""A text, a float, a boolean, None for `null`, UNDEFINED, or ELSE."""


class _Singleton:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNDEFINED: Final = _Singleton("undefined")
ELSE: Final = _Singleton("anything else")
"""A text that no condition names."""


BY_CHANCE: Final = regex(r"(?<![.\w])(?:uuid\(|Math\.random|Date\b)")
"""What gives another value each time, so that the same text is not the same term."""


def truthy(value: Constant) -> bool:
    """Whether a value counts as true."""
    if value is None or value is UNDEFINED or value is False or value == "":
        return False
    return not (isinstance(value, float) and (value == 0 or math.isnan(value)))


def compare(sign: str, left: Constant, right: Constant) -> bool:
    """`left sign right`."""
    if sign in ("===", "!=="):
        return (_strictly(left, right)) is (sign == "===")
    if sign in ("==", "!="):
        return (_loosely(left, right)) is (sign == "==")
    return _ordered(sign, left, right)


def _strictly(left: Constant, right: Constant) -> bool:
    return left is right or (type(left) is type(right) and left == right)


def _loosely(left: Constant, right: Constant) -> bool:
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    if type(left) is type(right):
        return _strictly(left, right)
    return _number(left) == _number(right)


def _ordered(sign: str, left: Constant, right: Constant) -> bool:
    if left is None or right is None:
        # `null < 5` is true in JavaScript, as null counts as 0 here. Nobody means that, so nothing is built on it.
        return False
    if isinstance(left, str) and isinstance(right, str):
        below, same = left < right, left == right
    else:
        one, other = _number(left), _number(right)
        if math.isnan(one) or math.isnan(other):
            return False
        below, same = one < other, one == other
    return {"<": below, "<=": below or same, ">": not below and not same, ">=": not below}[sign]


def _number(value: Constant) -> float:
    if isinstance(value, bool | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value.strip() or "0")
        except ValueError:
            return math.nan
    return math.nan
