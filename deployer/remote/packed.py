"""Bodies of definitions that are kept by the thousand: packed, and unpacked each time somebody looks inside.

Five thousand definitions as Python objects take a hundred megabytes, and of most of them a plan needs to know only
whether they are what they were. Packed they take a sixth of that, and equal packs hold equal bodies.
"""

from __future__ import annotations

import marshal
from abc import abstractmethod
from collections.abc import ItemsView, Iterator, Mapping
from hashlib import blake2b

# The last form in which objects that occur twice are written twice: what is written depends on the value alone.
_FORM = 2


class StoredBody(Mapping[str, object]):
    """A JSON object as it came from the server, not held as objects. Equal to any mapping with the same content."""

    __slots__ = ()

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """The same for the same content in the same order of keys; never for another content."""

    @abstractmethod
    def unpacked(self) -> dict[str, object]:
        """The body, for the caller alone."""

    def __getitem__(self, key: str) -> object:
        return self.unpacked()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.unpacked())

    def __len__(self) -> int:
        return len(self.unpacked())

    def items(self) -> ItemsView[str, object]:
        """Unpacked once for all of them."""
        return self.unpacked().items()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.unpacked()!r})"


class PackedBody(StoredBody):
    """A body that was read, and packed."""

    __slots__ = ("_fingerprint", "_packed")

    def __init__(self, body: Mapping[str, object]) -> None:
        self._packed = marshal.dumps(dict(body), _FORM)
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """See `StoredBody.fingerprint`."""
        if self._fingerprint is None:
            self._fingerprint = blake2b(self._packed, digest_size=16).hexdigest()
        return self._fingerprint

    def unpacked(self) -> dict[str, object]:
        """See `StoredBody.unpacked`."""
        body: dict[str, object] = marshal.loads(self._packed)  # noqa: S302  # written above, by this process
        return body
