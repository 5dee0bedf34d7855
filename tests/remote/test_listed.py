"""Bodies are kept as they came, and a page that is to the byte what it was says the same without being read."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.cache import Cache, open_cache
from deployer.operations.stored_digests import StoredDigests
from deployer.remote.answer import UnusableError, parse, parse_list
from deployer.remote.gateway import Definition
from deployer.remote.listed import ListedBody, ListedPages

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)
ENTRIES = st.lists(
    st.builds(
        lambda body, one, version: {**body, "id": one, "version": version},
        OBJECTS,
        st.uuids().map(str),
        st.integers(0, 10**9),
    ),
    max_size=4,
)
LAYOUTS: st.SearchStrategy[dict[str, object]] = st.sampled_from([
    {}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"ensure_ascii": False, "indent": 2}
])  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    cache = open_cache({"HOME": str(tmp_path_factory.mktemp("home"))})
    assert cache is not None
    return cache


def written(value: object, layout: Mapping[str, object]) -> bytes:
    return json.dumps(value, **layout).encode()  # type: ignore[arg-type]


def page(*texts: str) -> bytes:
    return json.dumps([
        {"id": f"d-{number}", "version": 1, "definition": {"name": text}} for number, text in enumerate(texts)
    ]).encode()  # fmt: skip


def pages(cache: Cache | None, account: str = "acme") -> ListedPages:
    return ListedPages(cache, account=account, url="https://automation.8x8.com")


class Seen:
    """Looks at definitions as they come."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.texts: list[str] = []

    def __call__(self, one: Definition) -> None:
        self.definitions.append(one)
        self.texts.append(json.dumps(dict(one.body)))


def knew(listed: ListedPages, content: bytes) -> bool:
    before = listed.unknown
    listed.read(content)
    return listed.unknown == before


@settings(deadline=None)
@given(OBJECTS, LAYOUTS)
def test_a_body_comes_out_as_it_was(body: dict[str, object], layout: dict[str, object]) -> None:
    listed = ListedBody(written(body, layout))
    assert listed == body
    assert isinstance(listed, Mapping)
    assert json.dumps(listed.whole()) == json.dumps(body)
    assert (list(listed), len(listed)) == (list(body), len(body))


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_another_content_has_another_fingerprint(left: dict[str, object], right: dict[str, object]) -> None:
    ours, theirs = json.dumps(left), json.dumps(right)
    same = ListedBody(ours.encode()).fingerprint == ListedBody(theirs.encode()).fingerprint
    assert same == (ours == theirs)
    assert ListedBody(ours.encode()).fingerprint == ListedBody(json.dumps(copy.deepcopy(left)).encode()).fingerprint


def test_what_comes_out_may_be_changed_and_the_body_stays() -> None:
    listed = ListedBody(b'{"a": [1]}')
    inner = listed["a"]
    assert isinstance(inner, list)
    inner.append(2)
    assert listed["a"] == [1]


@settings(deadline=None, max_examples=200)
@given(st.lists(VALUES, max_size=4), LAYOUTS, st.sampled_from([b"", b"\xef\xbb\xbf", b" \n"]))
def test_a_list_is_read_by_its_elements_as_in_one_go(
    values: list[object], layout: dict[str, object], before: bytes
) -> None:
    content = before + written(values, layout) + b" \n"
    found = parse_list(content)
    assert json.dumps([value for value, _ in found]) == json.dumps(parse(content)) == json.dumps(values)
    for value, data in found:
        assert json.dumps(parse(b"[%s]" % data)) == json.dumps([value])
        assert data in content


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_answers_are_refused_by_both_ways_alike(data: st.DataObject) -> None:
    content = bytearray(written(data.draw(st.lists(VALUES, max_size=3)), data.draw(LAYOUTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b",", b"]", b"[", b'"', b"1"])
        )
    assert said(parse_list, bytes(content)) == said(parse, bytes(content))


def said(read: object, content: bytes) -> str:
    try:
        value = parse(content) if read is parse else [value for value, _ in parse_list(content)]
    except UnusableError as error:
        return str(error)
    return json.dumps(value) if isinstance(value, list) else "the answer is not a list"


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1]]", b"[] []", b"{}", b"1", b"<html>", b"[NaN]",
     b"[1e999]", b"[" * 300 + b"]" * 300, b"[" * 90_000, b"\xff"],
)  # fmt: skip
def test_what_is_no_list_of_entries_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableError):
        parse_list(content)
    assert said(parse_list, content) == said(parse, content)


@settings(deadline=None, max_examples=100)
@given(ENTRIES, LAYOUTS)
def test_a_known_page_says_what_it_said(
    cache: Cache, entries: list[dict[str, object]], layout: dict[str, object]
) -> None:
    content = written(entries, layout)
    first = pages(cache)
    read = first.read(content)
    first.keep()
    known = pages(cache).read(content)
    assert known == read
    assert [one.name for one in known] == [one.name for one in read]
    assert [dict(one.body) for one in known] == entries
    for ours, theirs in zip(known, read, strict=True):
        assert isinstance(ours.body, ListedBody)
        assert isinstance(theirs.body, ListedBody)
        assert ours.body.fingerprint == theirs.body.fingerprint
        assert StoredDigests().of(ours) == StoredDigests().of(theirs)


def test_only_the_page_that_changed_is_read(cache: Cache) -> None:
    first = pages(cache)
    assert not knew(first, page("a", "b"))
    assert not knew(first, page("c"))
    first.keep()
    now = pages(cache)
    assert knew(now, page("a", "b"))
    assert not knew(now, page("d"))
    assert [one.name for one in now.read(page("d"))] == ["d"]
    now.keep()
    again = pages(cache)
    assert knew(again, page("d"))
    assert not knew(again, page("c")), "what was not listed any more is not kept"


def test_another_account_has_other_pages(cache: Cache) -> None:
    first = pages(cache)
    first.read(page("x"))
    first.keep()
    assert not knew(pages(cache, "umbrella"), page("x"))


def test_without_a_cache_every_page_is_read() -> None:
    listed = pages(None)
    for _ in range(2):
        assert not knew(listed, page("a"))
        listed.keep()


def test_what_is_no_page_is_refused_each_time(cache: Cache) -> None:
    listed = pages(cache, "refused")
    for _ in range(2):
        with pytest.raises(UnusableError, match="the `version` of element 1 of the answer is missing"):
            listed.read(b'[{"id": "d-1"}]')
        listed.keep()
        listed = pages(cache, "refused")


def test_definitions_are_equal_by_what_they_say() -> None:
    ours, theirs = pages(None).read(page("a")), pages(None).read(page("a").replace(b": ", b":"))
    assert ours == theirs
    assert ours[0] != Definition(id="d-0", version=1, body={})


@settings(deadline=None)
@given(ENTRIES)
def test_whoever_looks_as_they_come_sees_what_is_listed(cache: Cache, entries: list[dict[str, object]]) -> None:
    content = json.dumps(entries).encode()
    listed = pages(cache)
    for _ in range(2):  # read, and known
        seen = Seen()
        found = listed.read(content, seen)
        assert seen.definitions == found
        assert seen.texts == [json.dumps(entry) for entry in entries]
        assert all(isinstance(one.body, ListedBody) and one.body.at_hand is None for one in found)
        listed.keep()
        listed = pages(cache)


def test_a_digest_is_the_same_whether_a_body_is_at_hand_or_read_again() -> None:
    content = page("One", "Two")
    early, late = StoredDigests(), StoredDigests()
    listed = ListedPages().read(content, early.of)
    assert [early.of(one) for one in listed] == [late.of(one) for one in ListedPages().read(content)]
