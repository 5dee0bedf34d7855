"""What a script names, reads, calls and does."""

from __future__ import annotations

import pytest

from deployer.lint.expressions.expression import Deed, Expression, Use
from deployer.lint.expressions.reading import read_expression


def reads(source: str) -> list[str]:
    return [".".join((read.root, *read.path)) for read in read_expression(source).reads]


def names(source: str) -> list[str]:
    return [name.name for name in read_expression(source).names]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("data.a.b", ["data.a.b"]),
        (" data.a ; ", ["data.a"]),
        ("data['a']['b c'].d", ["data.a.b c.d"]),
        ("data.a?.b?.[0]?.c", ["data.a.b.0.c"]),
        ("data.a.trim().length", ["data.a"]),
        ("data.items.map(item => item.id + data.b)", ["data.items", "data.b"]),
        ("data[step.key].a", ["data", "step.key"]),
        ("`${data.a} of ${step.b.c}`", ["data.a", "step.b.c"]),
        ("({ data, a: data.b })", ["data", "data.b"]),
        ("[1].map(data => data.a)", []),
        ("(({ data: step }) => step.a)(1)", []),
        ("other.data.a", []),
        ("data.a = 1", []),
    ],
)
def test_reads_are_listed_as_far_as_they_are_written_out(source: str, found: list[str]) -> None:
    assert reads(source) == found


def test_a_plain_chain_reads_the_same_without_a_parser() -> None:
    quick, slow = read_expression("data.a.b").reads[0], read_expression("(data.a.b)").reads[0]
    assert (quick.path, quick.deep, quick.use, quick.guarded) == (slow.path, slow.deep, slow.use, slow.guarded)
    assert ("data.a.b"[: quick.ends[0]], "data.a.b"[: quick.ends[1]]) == ("data.a", "data.a.b")


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("data.a", Use.VALUE),
        ("data.a + 1", Use.VALUE),
        ("data.a == null", Use.TESTED),
        ("(data.a) !== undefined", Use.TESTED),
        ("!data.a", Use.TESTED),
        ("data.a ?? 'none'", Use.TESTED),
        ("data.a ? 1 : 2", Use.TESTED),
        ("typeof data.a", Use.TESTED),
        ("data.a?.b", Use.TESTED),
        ("data.a == '1'", Use.COMPARED),
        ("1 ? data.a : 2", Use.VALUE),
    ],
)
def test_it_is_known_whether_a_missing_value_is_minded(source: str, use: Use) -> None:
    assert read_expression(source).reads[0].use is use


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("data.a.b", False),
        ("data.a != null && data.a.b == 1", True),
        ("data.a && data.a.b", True),
        ("data.b && data.a.b", False),
        ("data.a ? data.a.b : 0", True),
        ("data.a?.b.c", True),
        ("data.a.b && data.a", False),
    ],
)
def test_a_read_is_guarded_by_a_question_before_it(source: str, guarded: bool) -> None:
    deep = next(read for read in read_expression(source).reads if len(read.path) > 1)
    assert deep.guarded is guarded


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("payload.body", ["payload"]),
        ("f(a, b.c)", ["f", "a", "b"]),
        ("x => x + y", ["y"]),
        ("(({ a, b: { c = d }, ...e }, [f, g = h]) => a + c + e + f + g)(1)", ["h", "d"]),
        ("function (x) { return x + z }", []),
        ("(function f(x) { return x + z })(1)", ["z"]),
        ("({ key: value, [computed]: 1, short })", ["value", "computed", "short"]),
        ("typeof nothing", []),
        ("a.b.c['d']", ["a"]),
        ("const x = y; x + z", ["y", "z"]),
    ],
)
def test_names_are_those_that_the_script_does_not_bind(source: str, found: list[str]) -> None:
    assert sorted(names(source)) == sorted(found)


def test_calls_are_listed_with_what_is_written_out() -> None:
    (call,) = read_expression("stringContains(data.a, 'it\\'s \\u00e9', true)").calls
    assert call.name == "stringContains"
    assert [(argument.kind, argument.value) for argument in call.arguments] == [
        ("", None),
        ("string", "it's é"),
        ("boolean", None),
    ]


@pytest.mark.parametrize(
    ("source", "deed"),
    [
        ("data.a = 1", Deed.ASSIGNMENT),
        ("data.a ??= 1", Deed.ASSIGNMENT),
        ("x => (x.a = 1)", Deed.ASSIGNMENT),
        ("data.a++", Deed.COUNTING),
        ("--data.a", Deed.COUNTING),
        ("new Map()", Deed.ALLOCATION),
        ("delete data.a", Deed.DELETION),
        ("let a = 1", Deed.DECLARATION),
        ("class A {}", Deed.DECLARATION),
        ("function f() {}", Deed.DECLARATION),
        ("while (data.a) {}", Deed.LOOP),
        ("for (const a of data.b) a", Deed.LOOP),
        ("(function f() { return f() })()", Deed.RECURSION),
        ("(f => f(f))(1)", Deed.RECURSION),
        ("if (data.a) 1", Deed.STATEMENT),
        ("data.a; data.b", Deed.STATEMENT),
        ("throw data.a", Deed.STATEMENT),
    ],
)
def test_what_a_script_may_not_do_is_marked(source: str, deed: Deed) -> None:
    assert deed in [mark.deed for mark in read_expression(source).marks]


@pytest.mark.parametrize("source", ["data.a == 1", "x => x >= 1", "({ a: 1 })", "data.a ? 1 : 2", "(a = 1) => a"])
def test_what_a_script_may_do_is_not_marked(source: str) -> None:
    assert read_expression(source).marks == ()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("'a' + data.b", "string"),
        ("`${data.a}`", "string"),
        ("data.a * 2", "number"),
        ("data.a + data.b", ""),
        ("!data.a", "boolean"),
        ("data.a == 1 && data.b < 2", "boolean"),
        ("data.a && data.b", ""),
        ("data.a ? 'x' : 'y'", "string"),
        ("uuid()", "string"),
        ("isDayOfWeek(data.a, 'Monday')", "boolean"),
        ("[1]", "array"),
        ("x => x", "function"),
    ],
)
def test_the_kind_of_the_result_is_told_where_it_is_sure(source: str, kind: str) -> None:
    assert read_expression(source).kind == kind


@pytest.mark.parametrize("source", ["data", "JSON.stringify(data)", "data[data.key]", "globalThis", "{...data}", "a b"])
def test_a_script_that_may_read_everything_is_opaque(source: str) -> None:
    assert read_expression(source).opaque


def test_a_blank_script_is_known_as_such() -> None:
    assert [read_expression(source).blank for source in ("", "  ", "/* nothing */", ";", "data.a")] == [
        *(True, True, True, True),
        False,
    ]


def test_the_same_text_is_read_once() -> None:
    one, other = read_expression("data.a + 1"), read_expression("data.a + 1")
    assert isinstance(one, Expression)
    assert one is other
