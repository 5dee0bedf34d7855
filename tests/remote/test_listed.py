"""A page that is to the byte what it was is known without being read, and says the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.cache import Cache, open_cache
from deployer.operations.stored_digests import StoredDigests
from deployer.remote.answer import UnusableError
from deployer.remote.gateway import Definition
from deployer.remote.listed import ListedPages, UnreadBody
from deployer.remote.packed import PackedBody

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.lists(
    st.builds(
        lambda body, one, version: {**body, "id": one, "version": version},
        st.dictionaries(st.text(), VALUES, max_size=4),
        st.uuids().map(str),
        st.integers(0, 10**9),
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    cache = open_cache({"HOME": str(tmp_path_factory.mktemp("home"))})
    assert cache is not None
    return cache


def page(*texts: str) -> bytes:
    return json.dumps([
        {"id": f"d-{number}", "version": 1, "definition": {"name": text}} for number, text in enumerate(texts)
    ]).encode()  # fmt: skip


def pages(cache: Cache | None, account: str = "acme") -> ListedPages:
    return ListedPages(cache, account=account, url="https://automation.8x8.com")


def unread(found: list[Definition]) -> bool:
    return all(isinstance(one.body, UnreadBody) for one in found)


@settings(deadline=None, max_examples=60)
@given(ENTRIES)
def test_a_known_page_says_what_it_said(cache: Cache, entries: list[dict[str, object]]) -> None:
    content = json.dumps(entries).encode()
    first = pages(cache)
    read = first.read(content)
    first.keep()
    known = pages(cache).read(content)
    assert unread(known)
    assert known == read
    assert [one.name for one in known] == [one.name for one in read]
    for ours, theirs in zip(known, read, strict=True):
        assert isinstance(ours.body, UnreadBody)
        assert isinstance(theirs.body, PackedBody)
        assert ours.body.fingerprint == theirs.body.fingerprint
        assert json.dumps(ours.body.unpacked()) == json.dumps(theirs.body.unpacked())
        assert StoredDigests().of(ours) == StoredDigests().of(theirs)


def test_only_the_page_that_changed_is_read(cache: Cache) -> None:
    first = pages(cache)
    first.read(page("a", "b"))
    first.read(page("c"))
    first.keep()
    now = pages(cache)
    assert unread(now.read(page("a", "b")))
    changed = now.read(page("d"))
    assert not unread(changed)
    assert [one.name for one in changed] == ["d"]
    now.keep()
    again = pages(cache)
    assert unread(again.read(page("d")))
    assert not unread(again.read(page("c"))), "what was not listed any more is not kept"


def test_another_account_has_other_pages(cache: Cache) -> None:
    first = pages(cache)
    first.read(page("x"))
    first.keep()
    assert not unread(pages(cache, "umbrella").read(page("x")))


def test_without_a_cache_every_page_is_read() -> None:
    listed = pages(None)
    for _ in range(2):
        assert not unread(listed.read(page("a")))
        listed.keep()


def test_what_is_no_page_is_refused_each_time(cache: Cache) -> None:
    listed = pages(cache, "refused")
    for _ in range(2):
        with pytest.raises(UnusableError):
            listed.read(b'[{"id": "d-1"}]')
        listed.keep()
        listed = pages(cache, "refused")
