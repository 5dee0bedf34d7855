"""Reading a whole list from an API that does not say how it counts.

The vendor calls `offset` a "page offset" and explains it in items. So we look: after the first
page, offset 1 either returns that page again without its first item, or something else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from deployer.record import record
from deployer.remote.answer import UnusableError

T = TypeVar("T")

LARGEST_PAGE = 500
"""The documented maximum of `limit`."""
MOST_PAGES = 2000
"""A server that never stops is refused after a million entries."""

Fetch = Callable[[int, int], Sequence[T]]
"""`fetch(limit, offset)`: one page."""


FetchAll = Callable[[int, Sequence[int]], Iterable[Sequence[T]]]
"""`fetch_all(limit, offsets)`: the page at each offset, in their order."""


@record
class Listing(Generic[T]):
    """Everything that the pages held."""

    entries: tuple[T, ...]
    """Each key once, in the server's order, as it was read last."""
    requests: int


def read_pages(
    fetch: Fetch[T],
    key: Callable[[T], Hashable],
    *,
    limit: int = LARGEST_PAGE,
    expected: int = 0,
    fetch_all: FetchAll[T] | None = None,
) -> Listing[T]:
    """Read all pages, in ⌈N / limit⌉ + 1 requests; an empty list takes one.

    A first page shorter than `limit` is not believed to be all: a server may cap the limit, or filter a page after
    cutting it, and an entry that we miss would be created a second time. Entries added meanwhile show up as repeats,
    which do no harm; one removed meanwhile can hide another at a page's edge, so known entries that are not listed
    have to be read one by one.

    `expected` is how many entries there probably are: as soon as it is known what `offset` counts, the pages that so
    many entries need are asked for at once, by `fetch_all`. A wrong guess costs no entry: too low, and the rest is
    read one by one; too high, and some pages come back empty.

    Raises UnusableError when the server ignores `offset` or never ends.
    """
    first = fetch(limit, 0)
    found = {key(entry): entry for entry in first}
    if not first:
        return Listing(entries=(), requests=1)
    page = fetch(limit, 1)
    by_items = _repeats(page, found, key) * 2 >= len(page)
    size, requests = max(len(first), len(page)), 2
    step, offset = (size, 1 + len(page)) if by_items else (1, 2)
    fresh = _take(page, found, key)
    # In items, a page that falls short is the last. The probe itself may bring nothing new and yet be full, when an
    # entry was added in front of the list between the two requests.
    more = bool(page) and (len(page) >= size if by_items else fresh)
    # The last page of those that are numbered is the empty one behind the others.
    end = min(expected, MOST_PAGES * size) if by_items else -(-min(expected, MOST_PAGES * size) // size) + 1
    ahead = range(offset, end, step)
    if more and fetch_all is not None and len(ahead) > 1:
        for page in fetch_all(limit, ahead):
            requests += 1
            fresh = _take(page, found, key)
            _must_differ(first, page, key, fresh=fresh, limit=limit)
            more = fresh and (not by_items or len(page) >= size)
        offset = ahead[-1] + (len(page) if by_items else 1)
    while more:
        if requests >= MOST_PAGES:
            raise UnusableError("the list does not end")
        page = fetch(limit, offset)
        requests += 1
        size = max(size, len(page))
        fresh = _take(page, found, key)
        _must_differ(first, page, key, fresh=fresh, limit=limit)
        offset += len(page) if by_items else 1
        more = fresh and (not by_items or len(page) >= size)
    return Listing(entries=tuple(found.values()), requests=requests)


def _must_differ(
    first: Sequence[T], page: Sequence[T], key: Callable[[T], Hashable], *, fresh: bool, limit: int
) -> None:
    if not fresh and len(first) >= limit and [*map(key, page)] == [*map(key, first)]:
        raise UnusableError("every page is the same: the server ignores `offset`")


def _repeats(page: Sequence[T], found: dict[Hashable, T], key: Callable[[T], Hashable]) -> int:
    return sum(key(entry) in found for entry in page)


def _take(page: Sequence[T], found: dict[Hashable, T], key: Callable[[T], Hashable]) -> bool:
    """Add a page; whether it brought a new key."""
    before = len(found)
    found.update((key(entry), entry) for entry in page)
    return len(found) > before
