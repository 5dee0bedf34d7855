"""Scripts of the commonest forms are read without a parser, and exactly as with one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.lint.expressions.conditions import read_condition, read_condition_tree, worlds
from deployer.lint.expressions.plain import read_plain
from deployer.lint.expressions.reading import read_expression, read_tree
from deployer.lint.expressions.syntax import Tree, parse

blanks = st.sampled_from(["", "", " ", "  ", "\n", "\t", "\r\n", "\v", "\f"])
names = st.sampled_from(["answer", "payload", "a1", "$x", "_", "class", "null", "constructor", "$____"])
texts = st.sampled_from(["1", "", "a b", "data.x", "😀", "ä", "//", "/*", "}}", "use strict", "${x}", "\u4e2d"])
literals = st.one_of(
    texts.map(lambda text: f"'{text}'"),
    texts.map(lambda text: f'"{text}"'),
    st.sampled_from(["0", "1", "12", "1.5", "0.25", "9" * 15, "true", "false", "null", "undefined"]),
)
signs = st.sampled_from(["==", "!=", "===", "!==", "<", "<=", ">", ">=", "??", "||", "&&", "+", "-", "*", "/", "%"])
strange = st.sampled_from(
    [
        *("?", "!", "=", "-", "+", "*", "/", "&", "|", "<", ">", "(", ")", "[", "]", "{", "}", ";", ",", ".", "'", '"'),
        *(
            "<!--",
            "`",
            "\\",
            "0",
            "9",
            "e",
            "n",
            "x",
            "_",
            " ",
            "\n",
            "\u00a0",
            "\ufeff",
            "\u2028",
            "\ud800",
            "\0",
            "ä",
            "<!--",
        ),
    ]
)


@st.composite
def regular(draw: st.DrawFn) -> str:
    """Scripts of the form."""
    parts = [draw(blanks), draw(st.sampled_from(["data", "step"]))]
    parts += [f".{name}" for name in draw(st.lists(names, min_size=1, max_size=3))]
    if draw(st.booleans()):
        given_ = draw(st.lists(literals, max_size=3))
        parts += [".", draw(names), "(", f",{draw(blanks)}".join(given_), ")"]
    if draw(st.booleans()):
        parts += [draw(blanks), draw(signs), draw(blanks), draw(literals)]
    return "".join([*parts, draw(blanks), draw(st.sampled_from(["", ";"])), draw(blanks)])


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Scripts of the form with something strange put in, or something left out."""
    source = draw(regular())
    at = draw(st.integers(0, len(source)))
    return source[:at] + draw(st.just("") | strange) + source[at + draw(st.integers(0, 2)) :]


scripts = regular() | damaged()


@settings(max_examples=300, deadline=None)
@given(regular())
def test_every_script_of_the_form_is_read_without_a_parser(source: str) -> None:
    assert read_plain(source) is not None


@settings(max_examples=1500, deadline=None)
@given(scripts)
def test_what_is_read_without_a_parser_is_what_the_parser_reads(source: str) -> None:
    if read_plain(source) is not None:
        assert isinstance(parse(source), Tree)
        assert read_expression(source) == read_tree(source)


@settings(max_examples=1500, deadline=None)
@given(scripts)
def test_a_condition_read_without_a_parser_is_true_in_the_same_worlds(source: str) -> None:
    plain, tree = read_condition(f"{{{{{source}}}}}"), read_condition_tree(source)
    if read_plain(source) is None or plain is None:
        return
    assert tree is not None
    assert plain.terms == tree.terms
    tried = worlds([plain])
    assert tried is not None
    for world in tried:
        assert plain.test(world) == tree.test(world)


@pytest.mark.parametrize(
    "source",
    [
        *("data.answer == '1'", "data.answer.payload !== null", "step.reply.payload.body.trim() + '!'"),
        *("data.mark ?? 'none'", " data.name.slice(0, 5) ; ", "data.n >= 1.5", 'data.name || "you"'),
    ],
)
def test_common_scripts_need_no_parser(source: str) -> None:
    assert read_plain(source) is not None


@pytest.mark.parametrize(
    "source",
    [
        *("data == '1'", "data.a = '1'", "data.a == 'it\\'s'", "data.a?.b == 1", "data.a == 01", "data.a == 1n"),
        *("data.a == '1", "data.a <!-- 1", "data.a == data.b", "data.a() == 1 == 1", "data.a + `x`", "data.a == nullx"),
    ],
)
def test_whatever_else_is_left_to_the_parser(source: str) -> None:
    assert read_plain(source) is None
