"""Digests of what the server stores, worked out once for each content.

Versions never change, so of five thousand definitions nearly all are what they were at the last look. Their digests
are remembered by the fingerprint of the content itself, which is safer than by id and version: should a server ever
change a version, its fingerprint is another one.
"""

from __future__ import annotations

from deployer.cache import Cache, question
from deployer.operations.compare import stored_digest
from deployer.remote.gateway import Definition
from deployer.remote.listed import ListedBody
from deployer.source.canonical import digest, without_server_fields


class StoredDigests:
    """Digests of bodies without secrets, by fingerprint."""

    def __init__(self, cache: Cache | None = None, *, account: str = "", host: str = "") -> None:
        self._cache = cache
        self._asked = question("stored digests", host, account) if cache is not None else ""
        self._known: dict[str, str] = self._recalled()
        self._used: dict[str, str] = {}

    def of(self, definition: Definition, likely: str = "") -> str:
        """The digest of a definition's content; quickest where it is the likely one, or known."""
        body = definition.body
        if not isinstance(body, ListedBody):
            return stored_digest(body, ())
        fingerprint = body.fingerprint
        found = self._used.get(fingerprint) or self._known.get(fingerprint) or _digest(body.whole(), likely)
        self._used[fingerprint] = found
        return found

    def keep(self) -> None:
        """Remember those that were asked for since, if one of them is new."""
        if self._cache is not None and not self._used.keys() <= self._known.keys():
            self._cache.remember_facts(self._asked, self._used)

    def _recalled(self) -> dict[str, str]:
        known = self._cache.recall_facts(self._asked) if self._cache is not None else None
        return known or {}


def _digest(body: dict[str, object], likely: str) -> str:
    if likely and digest(without_server_fields(body)) == likely:
        return likely
    return stored_digest(body, ())
