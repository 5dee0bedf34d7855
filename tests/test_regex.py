"""An expression that is compiled late finds what a compiled one finds."""

from __future__ import annotations

import re

import pytest

from deployer.regex import regex


def test_it_finds_what_the_compiled_one_finds() -> None:
    late, compiled = regex(r"(?P<name>[a-z]+)=(\d)", re.IGNORECASE), re.compile(r"(?P<name>[a-z]+)=(\d)", re.IGNORECASE)
    for text in ("A=1 b=2", "", "a=x"):
        assert [match.span() for match in late.finditer(text)] == [match.span() for match in compiled.finditer(text)]
        assert late.sub("<\\1>", text) == compiled.sub("<\\1>", text)
        assert (late.fullmatch(text) is None) == (compiled.fullmatch(text) is None)
    assert (late.pattern, late.flags, late.groupindex) == (compiled.pattern, compiled.flags, compiled.groupindex)


def test_bytes_are_searched_with_bytes() -> None:
    assert regex(rb"\d+").search(b"a12") is not None


def test_a_wrong_expression_shows_when_it_is_used() -> None:
    late = regex("(")
    with pytest.raises(re.error, match="missing"):
        late.search("")


def test_what_no_expression_has_this_one_has_not() -> None:
    with pytest.raises(AttributeError):
        regex("a").find("a")  # type: ignore[attr-defined]
