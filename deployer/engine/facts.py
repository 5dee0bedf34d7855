"""What scripts look at: a JSON mapping, and what JavaScript has made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from deployer.engine.failures import ScriptError
from deployer.engine.measure import Weight, weigh


class Realm(Protocol):
    """A JavaScript context."""

    def parse(self, text: str) -> object:
        """JSON as an object of this context. Raises ScriptError."""

    def extend(self, facts: object, added: object, /) -> object:
        """Two objects of this context to a new one that has the properties of both."""


class Facts:
    """A JSON mapping that scripts may look at: measured, written and converted for them at most once, and only if
    need be."""

    __slots__ = ("_base", "_before", "_made", "_most", "_new", "_text", "_weight", "value")

    def __init__(self, value: Mapping[str, object]) -> None:
        self.value = value
        self._new = value
        """What they add to those that they extend."""
        self._before: float = 0
        """The most characters of those."""
        self._base: tuple[Realm, object] | None = None
        """Those, in their realm."""
        self._made: tuple[Realm | None, object] = (None, None)
        self._most: float | None = None
        self._weight: Weight | None = None
        self._text: str | None = None

    def extended(self, added: Mapping[str, object]) -> Facts:
        """These facts with some more, without looking at the old ones again."""
        facts = Facts({**self.value, **added})
        facts._new, facts._before = added, self.most
        realm, handle = self._made
        if realm is not None:
            facts._base = (realm, handle)
        return facts

    @property
    def levels(self) -> int:
        """Of lists and mappings in one another, in what is new in these facts."""
        return self._weighed.levels

    @property
    def most(self) -> float:
        """They have no more characters as JSON; infinite where there is something that JSON cannot write."""
        if self._most is None:
            self._most = self._before + self._weighed.characters
        return self._most

    @property
    def _weighed(self) -> Weight:
        if self._weight is None:
            self._weight = weigh(self._new)
        return self._weight

    @property
    def text(self) -> str:
        """As JSON, in ASCII, on one line. Raises ScriptError for numbers that JSON does not have."""
        if self._text is None:
            self._text = _dump(self.value)
            self._most = len(self._text)
        return self._text

    def is_longer(self, most: int) -> bool:
        """Whether they have more characters as JSON. Raises ScriptError as `text` does."""
        return self.most > most and len(self.text) > most

    def handle(self, realm: Realm) -> object:
        """As an object of that realm."""
        made, handle = self._made
        if made is realm:
            return handle
        base, self._base = self._base, None
        if base is not None and base[0] is realm:
            handle = realm.extend(base[1], realm.parse(_dump(self._new)))
        else:
            handle = realm.parse(self.text)
        self._made = (realm, handle)
        return handle


_encode = json.JSONEncoder(check_circular=False, allow_nan=False).encode


def _dump(value: Mapping[str, object]) -> str:
    try:
        return _encode(value)
    except ValueError:
        # Python reads NaN and Infinity from JSON, and integers without an end; nothing else does.
        raise ScriptError("there is a number that JSON cannot write") from None
