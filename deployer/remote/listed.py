"""Listed definitions, whose bodies are kept as the bytes that came, and pages that are known again by their bytes.

Five thousand bodies as Python objects take a hundred megabytes, and of most of them a plan needs to know only whether
they are what they were. As bytes they take a sixth of that, and equal bytes hold equal bodies.

Versions never change, so of ten pages most are to the byte what they were at the last plan. Of such a page nothing is
read again: where each definition stands in it is remembered, with its id, its version and its fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping
from hashlib import blake2b

from deployer.cache import Cache, question
from deployer.remote.answer import parse, parse_list
from deployer.remote.gateway import Body, Definition
from deployer.remote.reading import body, definition

_FORM = 3
"""Of what is remembered."""

Row = tuple[str, int, str | None, int, int, str]
"""Of a definition: id, version, moment of creation, first and last byte in the page, fingerprint of its body."""


class ListedBody(Mapping[str, object]):
    """A JSON object as it came, read each time somebody looks. Equal to any mapping with the same content."""

    __slots__ = ("_bytes", "_fingerprint", "at_hand")

    def __init__(self, data: bytes, fingerprint: str | None = None) -> None:
        self._bytes, self._fingerprint = data, fingerprint
        self.at_hand: Body | None = None
        """What was read of these bytes, for as long as it is held anyway."""

    @property
    def fingerprint(self) -> str:
        """The same for the same bytes; never for another content."""
        if self._fingerprint is None:
            self._fingerprint = _digest(self._bytes)
        return self._fingerprint

    def whole(self) -> dict[str, object]:
        """The body, for the caller alone."""
        return dict(body(parse(self._bytes)) if self.at_hand is None else self.at_hand)

    def __getitem__(self, key: str) -> object:
        return self.whole()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def items(self) -> ItemsView[str, object]:
        """Read once for all of them."""
        return self.whole().items()

    def __repr__(self) -> str:
        return f"ListedBody({self._bytes!r})"


class ListedPages:
    """Reads pages of definitions; those of an earlier run are known."""

    def __init__(self, cache: Cache | None = None, *, account: str = "", url: str = "") -> None:
        self._cache = cache
        self._asked = question("listed pages", _FORM, url, account) if cache is not None else ""
        known = cache.recall_facts(self._asked) if cache is not None else None
        self._known: dict[str, list[Row]] = known or {}
        self._seen: dict[str, list[Row]] = {}
        self.unknown = 0
        """How many pages had to be read."""

    def read(self, content: bytes, look: Callable[[Definition], object] | None = None) -> list[Definition]:
        """The definitions of a page, each shown to `look`. Raises UnusableError."""
        name = _digest(content)
        rows = self._known.get(name)
        if rows is None:
            self.unknown += 1
            found = _entries(content, look)
            if self._cache is not None:
                self._seen[name] = list(_rows(content, found))
            return [one for one, _ in found]
        self._seen[name] = rows
        known = [
            Definition(id=one, version=version, created_at=created, body=ListedBody(content[start:end], fingerprint))
            for one, version, created, start, end, fingerprint in rows
        ]
        if look is not None:
            for each in known:
                look(each)
        return known

    def keep(self) -> None:
        """Remember the pages that were read since."""
        if self._cache is not None and self._seen.keys() != self._known.keys():
            self._cache.remember_facts(self._asked, self._seen)


def _entries(content: bytes, look: Callable[[Definition], object] | None) -> list[tuple[Definition, bytes]]:
    found: list[tuple[Definition, bytes]] = []
    for number, (value, data) in enumerate(parse_list(content), start=1):
        one = definition(value, f"element {number} of the answer")
        listed = ListedBody(data)
        kept = Definition(id=one.id, version=one.version, created_at=one.created_at, body=listed)
        if look is not None:
            listed.at_hand = one.body
            look(kept)
            listed.at_hand = None
        found.append((kept, data))
    return found


def _rows(content: bytes, found: list[tuple[Definition, bytes]]) -> Iterator[Row]:
    end = 0
    for one, data in found:
        start = content.index(data, end)  # between two of them are white space and a comma, which begin no object
        end = start + len(data)
        yield one.id, one.version, one.created_at, start, end, _digest(data)


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
