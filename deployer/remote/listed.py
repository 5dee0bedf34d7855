"""Pages of listed definitions, each known again by its bytes: one that is what it was need not be read again.

Versions never change, so of ten pages most are to the byte what they were at the last plan. Of each page is kept what
a plan asks of every definition: its id, its version, and the fingerprint of its body. The bodies themselves are read
from the page once somebody looks at one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b

from deployer.cache import Answer, Cache, Notes, question
from deployer.remote.gateway import Definition
from deployer.remote.packed import PackedBody, StoredBody
from deployer.remote.reading import packed_definition, page_of

_FORM = 1
"""Of what is kept."""

Row = tuple[str, int, str | None, str]
"""Id, version, moment of creation and fingerprint of a definition."""


class ListedPages:
    """Reads pages of definitions; those of an earlier run are known."""

    def __init__(self, cache: Cache | None = None, *, account: str = "", url: str = "") -> None:
        self._cache = cache
        self._asked = question("listed pages", _FORM, url, account) if cache is not None else ""
        answer = cache.recall(self._asked) if cache is not None else None
        self._known: dict[str, list[Row]] = {} if answer is None else json.loads(answer.text)
        self._seen: dict[str, list[Row]] = {}

    def read(self, content: bytes) -> list[Definition]:
        """The definitions of a page, their bodies packed. Raises UnusableError."""
        if self._cache is None:
            return _definitions(content)
        name = blake2b(content, digest_size=16).hexdigest()
        rows = self._known.get(name)
        if rows is not None:
            self._seen[name] = rows
            page = UnreadPage(content)
            return [
                Definition(id=one, version=version, created_at=created, body=UnreadBody(page, index, fingerprint))
                for index, (one, version, created, fingerprint) in enumerate(rows)
            ]
        found = _definitions(content)
        self._seen[name] = [(one.id, one.version, one.created_at, _fingerprint(one)) for one in found]
        return found

    def keep(self) -> None:
        """Remember the pages that were read since."""
        if self._cache is not None and self._seen.keys() != self._known.keys():
            self._cache.remember(self._asked, Answer(0, json.dumps(self._seen)), Notes())


class UnreadPage:
    """The bytes of a page that was understood before."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._bodies: Sequence[StoredBody] | None = None

    def body(self, index: int) -> StoredBody:
        """One of its bodies; all of them are read when the first is asked for."""
        if self._bodies is None:
            self._bodies = [_stored(one) for one in _definitions(self._content)]
            self._content = b""
        return self._bodies[index]


class UnreadBody(StoredBody):
    """A body of a page that nobody has looked into yet."""

    __slots__ = ("_fingerprint", "_index", "_page")

    def __init__(self, page: UnreadPage, index: int, fingerprint: str) -> None:
        self._page, self._index, self._fingerprint = page, index, fingerprint

    @property
    def fingerprint(self) -> str:
        """See `StoredBody.fingerprint`."""
        return self._fingerprint

    def unpacked(self) -> dict[str, object]:
        """See `StoredBody.unpacked`."""
        return self._page.body(self._index).unpacked()


_definitions = page_of(packed_definition)


def _stored(one: Definition) -> StoredBody:
    return one.body if isinstance(one.body, StoredBody) else PackedBody(one.body)


def _fingerprint(one: Definition) -> str:
    return _stored(one).fingerprint
