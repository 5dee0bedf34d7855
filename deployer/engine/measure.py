"""How large a JSON value is: a loop that doubles a text must end in a fault, not in the machine."""

from __future__ import annotations

from collections.abc import Iterable

from deployer.tuples import NamedTuple

_CONTAINERS = (dict, list)  # JSON has no others, and asking for the type is quick

_LONGEST_INTEGER = 10_000
"""Bits; Python refuses to write integers of 4300 digits."""


class Weight(NamedTuple):
    """What a JSON value comes to, at most."""

    characters: float
    """As JSON it takes no more; infinite where only writing it can tell, as of NaN."""
    levels: int
    """Of lists and mappings in one another: 1 for a flat one, 0 for a text or a number."""


def weigh(value: object) -> Weight:
    """Look at every part of a value once: a fifth of what writing it takes. Without recursion, it may be hostile."""
    characters: float = 0
    levels = 0
    level = [value]
    while level:
        inner: list[object] = []
        for outer in level:
            items: Iterable[object] = outer if isinstance(outer, list) else ()
            if isinstance(outer, dict):
                items = outer.values()
                characters += sum([12 * len(key) + 6 for key in outer])
            for item in items:
                if isinstance(item, str):
                    characters += 12 * len(item) + 4  # an emoji is `\ud83d\ude00`
                elif type(item) in _CONTAINERS:
                    inner.append(item)
                    characters += 4
                else:
                    characters += _most_digits(item)
        level = inner
        levels += 1
    return Weight(characters, levels)


def _most_digits(value: object) -> float:
    if isinstance(value, int):
        bits = value.bit_length()
        return bits // 3 + 8 if bits < _LONGEST_INTEGER else float("inf")
    finite = value is None or (isinstance(value, float) and value - value == 0)
    return 32 if finite else float("inf")


def is_deeper(value: object, most: int) -> bool:
    """Whether a JSON value is nested deeper than so many levels: counted without recursion, it may be hostile."""
    return weigh(value).levels - 1 > most
