"""Answers as a hostile server may send them."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from types import MappingProxyType

import pytest

from deployer.remote.answer import UnusableError, encode, gather, parse
from deployer.remote.errors import Unsendable, printable


def test_parts_are_joined_and_decompressed() -> None:
    data = b'{"text": "hello"}' * 100
    packed = gzip.compress(data, mtime=0)
    assert gather([data[:7], data[7:]], encoding="", limit=10_000) == data
    assert gather([packed[:5], packed[5:]], encoding="GZIP", limit=10_000) == data
    assert gather([zlib.compress(data)], encoding="deflate", limit=10_000) == data
    assert gather([], encoding="gzip", limit=10_000) == b""


def test_a_small_answer_cannot_unfold_to_a_huge_one() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000, mtime=0)
    tracemalloc.start()
    with pytest.raises(UnusableError, match="larger than 1 MB"):
        gather([bomb], encoding="gzip", limit=1024 * 1024)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000


def test_an_answer_that_does_not_end_is_left() -> None:
    def endless() -> object:
        while True:
            yield b"x" * 65_536

    with pytest.raises(UnusableError, match="larger than 1 MB"):
        gather(endless(), encoding="", limit=1024 * 1024)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_a_compression_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(UnusableError, match="not asked for"):
        gather([b"x"], encoding=encoding, limit=100)


@pytest.mark.parametrize("packed", [b"no gzip", gzip.compress(b"x" * 9999, mtime=0)[:-8]])
def test_broken_compression_may_be_a_passing_fault(packed: bytes) -> None:
    with pytest.raises(UnusableError) as problem:
        gather([packed], encoding="gzip", limit=100_000)
    assert not problem.value.final


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b" [1.0, 1, 1e2, true, null] ", [1.0, 1, 100.0, True, None]),
        ("😀".encode().join([b'"', b'"']), "😀"),
        (b"[" * 150 + b"]" * 150, None),
    ],
)
def test_json_is_read(content: bytes, value: object) -> None:
    assert value is None or parse(content) == value


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!doctype html>", "web page"),
        (b"\r\n <html>", "web page"),
        (b"{", "not JSON"),
        (b"{}{}", "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"[-Infinity]", "not JSON"),
        (b"[1e999]", "not JSON"),
        (b"[" + b"9" * 5000 + b"]", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 250 + b"]" * 250, "nested too deeply"),
        (b"[" * 5_000_000, "nested too deeply"),
        (b'{"a":' * 250 + b"1" + b"}" * 250, "nested too deeply"),
    ],
)
def test_what_is_no_sensible_json_is_an_error_and_not_quoted(content: bytes, says: str) -> None:
    with pytest.raises(UnusableError, match=says):
        parse(content)


def test_bodies_are_compact_utf_8() -> None:
    body = {"definition": MappingProxyType({"name": "Grüße 😀", "steps": ({"id": "a"},)}), "n": 1.0}
    assert encode(body) == '{"definition":{"name":"Grüße 😀","steps":[{"id":"a"}]},"n":1.0}'.encode()


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"a": "half \ud83d"}, "surrogate"),
        ({"a": float("nan")}, "NaN"),
        ({"a": float("inf")}, "NaN"),
        (nested(100_000), "nested too deeply"),
    ],
    ids=["surrogate", "nan", "infinity", "deep"],
)
def test_a_body_that_is_no_json_is_refused_before_it_is_sent(body: dict[str, object], says: str) -> None:
    with pytest.raises(Unsendable, match=says):
        encode(body)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand  more", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("a\u202eb\u200bc\ufeffd", "a b c d"),
        ("\x9b31m", "31m"),
        ("a\u2028b\ud800c", "a b c"),
        ("x" * 400, "x" * 299 + "…"),
        ("日本語 😀", "日本語 😀"),
    ],
)
def test_a_strangers_text_becomes_one_harmless_line(text: str, line: str) -> None:
    assert printable(text) == line
