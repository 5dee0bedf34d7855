"""Reading a whole list from an API that does not say how it counts.

The vendor calls `offset` a "page offset" and explains it in items. So we look: after the first
page, offset 1 either returns that page again without its first item, or something else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from deployer.remote.answer import UnusableError

T = TypeVar("T")

LARGEST_PAGE = 500
"""The documented maximum of `limit`."""
MOST_PAGES = 2000
"""A server that never stops is refused after a million entries."""

Fetch = Callable[[int, int], Sequence[T]]
"""`fetch(limit, offset)`: one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """Everything that the pages held."""

    entries: tuple[T, ...]
    """Each key once, in the server's order, as it was read last."""
    requests: int


def read_pages(fetch: Fetch[T], key: Callable[[T], Hashable], *, limit: int = LARGEST_PAGE) -> Listing[T]:
    """Read all pages, in ⌈N / limit⌉ + 1 requests; an empty list takes one.

    A first page shorter than `limit` is not believed to be all: a server may cap the limit, or filter a page after
    cutting it, and an entry that we miss would be created a second time. Entries added meanwhile show up as repeats,
    which do no harm; one removed meanwhile can hide another at a page's edge, so known entries that are not listed
    have to be read one by one.

    Raises UnusableError when the server ignores `offset` or never ends.
    """
    first = fetch(limit, 0)
    found = {key(entry): entry for entry in first}
    if not first:
        return Listing(entries=(), requests=1)
    page = fetch(limit, 1)
    by_items = _repeats(page, found, key) * 2 >= len(page)
    offset, size, requests = (1 + len(page) if by_items else 2), max(len(first), len(page)), 2
    fresh = _take(page, found, key)
    # In items, a page that falls short is the last. The probe itself may bring nothing new and yet be full, when an
    # entry was added in front of the list between the two requests.
    more = bool(page) and (len(page) >= size if by_items else fresh)
    while more:
        if requests >= MOST_PAGES:
            raise UnusableError("the list does not end")
        page = fetch(limit, offset)
        requests += 1
        size = max(size, len(page))
        fresh = _take(page, found, key)
        if not fresh and len(first) >= limit and [*map(key, page)] == [*map(key, first)]:
            raise UnusableError("every page is the same: the server ignores `offset`")
        offset += len(page) if by_items else 1
        more = fresh and (not by_items or len(page) >= size)
    return Listing(entries=tuple(found.values()), requests=requests)


def _repeats(page: Sequence[T], found: dict[Hashable, T], key: Callable[[T], Hashable]) -> int:
    return sum(key(entry) in found for entry in page)


def _take(page: Sequence[T], found: dict[Hashable, T], key: Callable[[T], Hashable]) -> bool:
    """Add a page; whether it brought a new key."""
    before = len(found)
    found.update((key(entry), entry) for entry in page)
    return len(found) > before
