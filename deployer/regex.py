"""Regular expressions that are compiled when they are first used.

Compiling takes 0.15 ms on average and much more for a large one; a command imports a hundred of them and
uses few. Used once, the object holds the methods of the compiled expression and costs no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import AnyStr, cast


class _Late:
    """Stands for a compiled expression until somebody asks it something."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        found: object = getattr(self._make(), name)
        setattr(self, name, found)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`; a mistake in the expression shows at its first use."""
    return cast("re.Pattern[AnyStr]", _Late(lambda: re.compile(text, flags)))  # `re` remembers what it compiled
