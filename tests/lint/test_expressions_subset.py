"""Scripts of the ordinary part of JavaScript are read without a parser: the same reads and calls as with one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.lint.expressions.conditions import read_condition, worlds
from deployer.lint.expressions.questions import question
from deployer.lint.expressions.reading import read_tree
from deployer.lint.expressions.scanning import placeholder
from deployer.lint.expressions.subset import read_subset
from deployer.lint.expressions.syntax import Tree, parse
from deployer.lint.expressions.tame import tame
from tests.lint.test_expressions_plain import blanks, literals, names, signs, strange

roots = st.sampled_from(["data", "data", "step", "Math", "JSON", "nobody"])
functions = st.sampled_from(["uuid", "isCountryCode", "String", "nobody", "data", "eval", "if", "typeof", "async"])
links = st.one_of(
    names.map(lambda name: f".{name}"), names.map(lambda name: f"?.{name}"), names.map(lambda name: f" .\n{name}"),
    st.sampled_from(["['two words']", '["a"]', "[0]", "[1.5]", "['('] "]),
)  # fmt: skip


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Everything that a script can be made of, from smaller scripts."""
    given_ = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.builds(lambda *parts: "".join(parts), inner, blanks, signs, blanks, inner),
        st.builds(lambda asked, then, other: f"{asked} ? {then} : {other}", inner, inner, inner),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"!{one}"),
        given_.map(lambda items: f"[{items}]"),
        st.builds(lambda name, items: f"{name}({items})", functions, given_),
        st.builds(lambda one, name, items: f"{one}.{name}({items})", inner, names, given_),
        st.builds(lambda one, link: f"{one}{link}", inner, links),
    )


chains = st.builds(lambda root, path: "".join([root, *path]), roots, st.lists(links, min_size=1, max_size=3))
regular = st.recursive(st.one_of(chains, chains, literals), joined, max_leaves=6)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Such a script with something strange put in, or something left out."""
    source = draw(regular)
    at = draw(st.integers(0, len(source)))
    return source[:at] + draw(st.just("") | strange) + source[at + draw(st.integers(0, 2)) :]


scripts = st.builds(
    lambda source, end: source + end, regular | damaged(), st.sampled_from(["", "", ";", " ; ", ";;", "\n"])
)


@settings(max_examples=2000, deadline=None)
@given(scripts)
def test_what_is_read_of_the_ordinary_part_is_what_the_parser_reads(source: str) -> None:
    found = read_subset(source)
    if found is not None:
        assert isinstance(parse(source), Tree)
        read = read_tree(source)
        assert (read.opaque, read.marks, read.blank) == (False, (), False)
        assert Counter(found.reads) == Counter((each.root, each.path) for each in read.reads)
        assert Counter(call.word for call in found.calls) == Counter(call.name for call in read.calls)
        others = {name for name in found.objects if not placeholder(name)}
        assert {name.name for name in read.names if not name.called} == others


@settings(max_examples=1500, deadline=None)
@given(scripts)
def test_a_condition_that_surely_asks_something_is_true_for_some_data_and_false_for_other(source: str) -> None:
    text = f"{{{{{source}}}}}"
    found = question(text)
    if found is None or tame(text) is None or not found.terms:
        return
    condition = read_condition(text)
    assert condition is not None
    assert set(condition.terms) == found.terms
    tried = worlds([condition])
    assert tried is None or {condition.test(world) for world in tried} == {True, False}


@pytest.mark.parametrize(
    "source",
    [
        *("step.responseBody?.status ?? null", "(data.looks || 0) + 1", "data.name ? data.name.slice(0, 60) : 'you'"),
        *("!isDayOfWeek(data.payload.timestamp, 'Sunday')", "['STOP', 'END'].includes(data.text.trim().toUpperCase())"),
        *(
            "uuid()",
            "null",
            "JSON.stringify(data.answer)",
            "data.items[0]['first name']",
            "data.a == 1 && data.b != 2;",
        ),
    ],
)
def test_ordinary_scripts_need_no_parser(source: str) -> None:
    assert tame(f"{{{{{source}}}}}") is not None


@pytest.mark.parametrize(
    "source",
    [
        *(
            "data",
            "JSON.stringify(data)",
            "data.toString()",
            "data.a = 1",
            "data.a++",
            "-data.a",
            "data.a ?? data.b || 1",
        ),
        *("isDayOfWeek(data.a, 'Sontag')", "isCountryCode('SG')", "nobody(1)", "eval('1')", "new Date()", "x", "x.y"),
        *("isCountryCode(data.a, 'UK')", "isTimeOfDayBetween(data.a, '9:00', '18:00:00', 'UTC')", "typeof (data.a)"),
        *("isTimeOfDayBetween(data.a, '09:00:00', '18:00:00', 'Europe/Paris')", "[1, 2,, 3]", "f => f", "`${data.a}`"),
        *("", ";", "data.a;;", "'it\\'s'", "1.toFixed()", "(data.a, data.b)", "stringContains(data.a, 'x', 'yes')"),
    ],
)
def test_whatever_else_takes_a_closer_look(source: str) -> None:
    assert tame(f"{{{{{source}}}}}") is None


def test_a_script_that_is_nested_without_end_takes_a_closer_look() -> None:
    for deep in ("(" * 5000 + "1" + ")" * 5000, "!" * 5000 + "1", "[" * 5000, "1 ? " * 5000, "data.a(" * 900):
        assert read_subset(deep) is None
