"""Every entry of a list, whatever `offset` counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from deployer.remote.answer import UnusableError
from deployer.remote.paging import read_pages

Reading = Callable[[Sequence[int], int, int], Sequence[int]]
SIZES = [0, 1, 2, 10, 499, 500, 501, 998, 999, 1000, 1001, 1499, 1500, 1501, 5000]


def in_items(entries: Sequence[int], limit: int, offset: int) -> Sequence[int]:
    return entries[offset : offset + limit]


def in_pages(entries: Sequence[int], limit: int, offset: int) -> Sequence[int]:
    return entries[offset * limit : (offset + 1) * limit]


READINGS = pytest.mark.parametrize("reading", [in_items, in_pages])


def same(entry: int) -> int:
    return entry


@READINGS
@pytest.mark.parametrize("size", SIZES)
def test_all_entries_are_read_in_one_request_more_than_there_are_pages(reading: Reading, size: int) -> None:
    entries = range(size)
    asked: list[tuple[int, int]] = []

    def fetch(limit: int, offset: int) -> Sequence[int]:
        asked.append((limit, offset))
        return reading(entries, limit, offset)

    listing = read_pages(fetch, same)

    assert list(listing.entries) == list(entries)
    assert listing.requests == len(asked) == math.ceil(size / 500) + 1
    assert asked[:2] == [(500, 0), (500, 1)][: len(asked)]


@READINGS
@pytest.mark.parametrize("cap", [10, 100, 250])
@pytest.mark.parametrize("size", [1, 10, 100, 101, 250, 251, 730])
def test_a_server_that_caps_the_page_is_read_to_its_end(reading: Reading, cap: int, size: int) -> None:
    entries = range(size)
    listing = read_pages(lambda limit, offset: reading(entries, min(limit, cap), offset), same)
    assert list(listing.entries) == list(entries)
    assert listing.requests <= math.ceil(size / cap) + 2


def test_pages_that_are_filtered_after_they_were_cut_are_all_read() -> None:
    entries = range(1400)

    def fetch(limit: int, offset: int) -> Sequence[int]:
        return [entry for entry in in_pages(entries, limit, offset) if entry % 7]

    assert list(read_pages(fetch, same).entries) == [entry for entry in entries if entry % 7]


@READINGS
@pytest.mark.parametrize("size", [400, 499, 500, 501, 1000, 1001, 1700])
@pytest.mark.parametrize("before_request", [1, 2, 3])
def test_an_entry_that_appears_in_front_meanwhile_hides_none(reading: Reading, size: int, before_request: int) -> None:
    entries = list(range(size))
    count = 0

    def fetch(limit: int, offset: int) -> Sequence[int]:
        nonlocal count
        if count == before_request:
            entries.insert(0, -1)
        count += 1
        return list(reading(entries, limit, offset))

    assert set(range(size)) <= set(read_pages(fetch, same).entries)


@READINGS
@pytest.mark.parametrize("size", [500, 501, 1000, 1700])
@pytest.mark.parametrize("before_request", [1, 2, 3])
def test_an_entry_that_disappears_meanwhile_hides_at_most_one_other(
    reading: Reading, size: int, before_request: int
) -> None:
    entries = list(range(size))
    count = 0

    def fetch(limit: int, offset: int) -> Sequence[int]:
        nonlocal count
        if count == before_request:
            entries.pop(0)
        count += 1
        return list(reading(entries, limit, offset))

    assert len(set(entries) - set(read_pages(fetch, same).entries)) <= 1


@pytest.mark.parametrize("size", [1, 100, 499])
def test_a_server_that_ignores_offset_is_believed_while_its_page_is_not_full(size: int) -> None:
    listing = read_pages(lambda _limit, _offset: range(size), same)
    assert list(listing.entries) == list(range(size))


def test_a_full_page_that_always_comes_back_is_an_error_not_the_whole_list() -> None:
    with pytest.raises(UnusableError, match="ignores `offset`"):
        read_pages(lambda limit, _offset: range(limit), same)


def test_a_list_without_an_end_is_refused() -> None:
    with pytest.raises(UnusableError, match="does not end"):
        read_pages(lambda _limit, offset: [2 * offset, 2 * offset + 1], same)


def test_an_entry_that_is_read_twice_keeps_its_place_and_its_last_state() -> None:
    pages = {0: [("a", 1), ("b", 1)], 1: [("b", 2)]}
    listing = read_pages(lambda _limit, offset: pages.get(offset, []), lambda entry: entry[0])
    assert listing.entries == (("a", 1), ("b", 2))


@READINGS
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("guess", [0, 1, 499, 500, 501, 1000, 1001, 4000])
def test_with_a_guess_pages_are_asked_for_at_once_and_none_is_missed(reading: Reading, size: int, guess: int) -> None:
    entries = range(size)
    waves: list[int] = []

    def fetch_all(limit: int, offsets: Sequence[int]) -> list[Sequence[int]]:
        waves.append(len(offsets))
        return [reading(entries, limit, offset) for offset in offsets]

    def fetch(limit: int, offset: int) -> Sequence[int]:
        return reading(entries, limit, offset)

    listing = read_pages(fetch, same, expected=guess, fetch_all=fetch_all)
    assert list(listing.entries) == list(entries)
    if guess <= size:
        assert listing.requests == math.ceil(size / 500) + 1
    if guess == size >= 1500:
        assert sum(waves) == listing.requests - 2  # all but the two that find out what `offset` counts


def test_a_server_that_ignores_offset_is_refused_where_pages_come_at_once_too() -> None:
    with pytest.raises(UnusableError, match="ignores `offset`"):
        read_pages(
            lambda _limit, _offset: range(500), same, expected=5000,
            fetch_all=lambda _limit, offsets: [range(500) for _ in offsets],
        )  # fmt: skip
