"""Bodies of definitions that are kept by the thousand: packed, and unpacked each time somebody looks inside.

Five thousand definitions as Python objects take a hundred megabytes, and of most of them a plan needs to know only
whether they are what they were. Packed they take a sixth of that, and equal packs hold equal bodies.
"""

from __future__ import annotations

import marshal
from collections.abc import ItemsView, Iterator, Mapping
from hashlib import blake2b

# The last form in which objects that occur twice are written twice: what is written depends on the value alone.
_FORM = 2


class PackedBody(Mapping[str, object]):
    """A JSON object as it came from the server. Equal to any mapping with the same content."""

    __slots__ = ("_packed",)

    def __init__(self, body: Mapping[str, object]) -> None:
        self._packed = marshal.dumps(dict(body), _FORM)

    @property
    def fingerprint(self) -> str:
        """The same for the same content in the same order of keys; never for another content."""
        return blake2b(self._packed, digest_size=16).hexdigest()

    def unpacked(self) -> dict[str, object]:
        """The body."""
        body: dict[str, object] = marshal.loads(self._packed)  # noqa: S302  # written above, by this process
        return body

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
        return f"PackedBody({self.unpacked()!r})"
