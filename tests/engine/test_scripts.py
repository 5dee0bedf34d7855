"""What a script may be, and what it gives."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.engine.failures import ScriptError
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import ScriptSettings
from deployer.engine.syntax import Script, read_script
from deployer.engine.template import read_template
from tests.engine.workflows import scope, value


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("data.x = 1", "may not assign"),
        ("data.x += 1", "may not assign"),
        ("data.x++", "may not assign"),
        ("data.items.map(i => i.x = 1)", "may not assign"),
        ("((a = data.x = 1) => a)()", "may not assign"),
        ("new Date()", r"may not allocate \(`new`\)"),
        ("new Array(9)", "may not allocate"),
        ("let x = 1", "may not declare variables"),
        ("var x", "may not declare variables"),
        ("const x = 1", "may not declare variables"),
        ("function f() {}", "may not declare functions"),
        ("(function () { return 1 })()", "an arrow function such as"),
        ("({ get x() { return 1 } })", "may not declare functions"),
        ("class A {}", "may not declare classes"),
        ("(class {})", "may not declare classes"),
        ("return data.x", "without `return`"),
        ("data.items.map(i => { return i })", "without statements"),
        ("delete data.x", "may not delete"),
        ("async () => 1", "may not be `async`"),
        ("this.x", "has no `this`"),
        ("import('fs')", "may not import"),
        ("while (true) {}", "may not hold a while statement"),
        ("if (data.x) 1", "may not hold a if statement"),
        ("await data.x", "may not hold a await expression"),
        ("data.x; data.y", "is one expression"),
        ("<a/>", "jsx"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("data.", 'syntax error at "data."'),
        ("a) + (b", "syntax error"),
        ("'unterminated", "syntax error"),
        ("'a\x00b'", "syntax error"),
        ("(" * 300 + "1" + ")" * 300, "nested deeper than 100 levels"),
        ("1 + " * 2000 + "1", "too long|characters"),
    ],
)
def test_a_script_that_is_more_than_an_expression_is_refused(evaluator: Evaluator, script: str, reason: str) -> None:
    with pytest.raises(ScriptError, match=reason):
        value(evaluator, script, x=1)


@pytest.mark.parametrize(
    "script", ["data.x => data.y", "(x = 1, y) => ", "1 ?? 2 || 3", "0++1", "a?.b = 1", "({a = 1})"]
)
def test_what_javascript_itself_refuses_is_an_error(evaluator: Evaluator, script: str) -> None:
    with pytest.raises(ScriptError, match=r"SyntaxError|syntax error|may not"):
        value(evaluator, script)


def test_a_script_has_at_most_1000_characters(evaluator: Evaluator) -> None:
    assert value(evaluator, "1".ljust(1000)) == 1
    with pytest.raises(ScriptError, match="1001 characters; at most 1000"):
        value(evaluator, "1".ljust(1001))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("data.text;", "1"),
        (" data.reply1.payload.content.text == '1'", True),
        ("'umid: ' + data.text", "umid: 1"),
        ("data.n", 3),
        ("data.n + 0.5", 3.5),
        ("3000000000", 3000000000),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("data.nothing", None),
        ("data.missing", None),
        ("data.missing?.deeper ?? 'default'", "default"),
        ("data.items", [{"id": 1}, {"id": 2}]),
        ("data.items.map(i => i.id)", [1, 2]),
        ("data.items.find(i => i.id > 1)", {"id": 2}),
        ("data.items.map(({id}) => id).reduce((a, b) => a + b, 0)", 3),
        ("[...data.items, 1].length", 3),
        ("({a: data.n, b: [1, undefined]})", {"a": 3, "b": [1, None]}),
        ("{a: data.n}", {"a": 3}),
        ("`n is ${data.n}`", "n is 3"),
        ("data['text']", "1"),
        ("data.items.at(-1).id", 2),
        ("typeof data.text", "string"),
        ("1 / 0", None),
        ("0 / 0", None),
        ("-0", 0),
        ("'\\ud800x'", "\ufffdx"),
        ("['\\ud800x']", ["\ufffdx"]),
        ("'\U0001f600'.length", 2),
        ("'\\u0000'", "\x00"),
        ("data.nul", "a\x00b"),
        ("/^\\+62/.test(data.number)", True),
        ("data.number.replace('+', '')", "628123456789"),
        ("Object.keys(data.items[0])", ["id"]),
        ("[3, 1, 2].toSorted()", [1, 2, 3]),
        ("JSON.stringify(data.items)", '[{"id":1},{"id":2}]'),
        ("data.constructor === Object", True),
        ("data.n // a comment", 3),
    ],
)
def test_a_value_keeps_its_type(evaluator: Evaluator, script: str, expected: object) -> None:
    data = {
        "text": "1",
        "n": 3,
        "nothing": None,
        "nul": "a\x00b",
        "items": [{"id": 1}, {"id": 2}],
        "number": "+628123456789",
        "reply1": {"payload": {"content": {"text": "1"}}},
    }
    got = value(evaluator, script, **data)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("data.missing.deeper", "TypeError: cannot read property 'deeper' of undefined"),
        ("missing", "ReferenceError: missing is not defined"),
        ("data.missing['\\ud800']", "TypeError: cannot read property"),
        ("[1].map(x => data.missing['\\ud800'])", "TypeError: cannot read property"),
        ("10n", "cannot give a bigint"),
        ("Symbol('a')", "cannot give a symbol"),
        ("(x => x)", "cannot give a function"),
    ],
)
def test_an_error_of_the_script_is_told_in_one_line(evaluator: Evaluator, script: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        value(evaluator, script)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("data.n", "3"),
        ("data.half", "0.5"),
        ("data.yes", "true"),
        ("data.nothing", ""),
        ("data.missing", ""),
        ("data.list", "[1,2]"),
        ("data.text", "hello"),
        ("1e21", "1e+21"),
        ("data.list.map(n => n * 2)", "[2,4]"),
    ],
)
def test_within_a_text_a_value_is_written_as_javascript_writes_it(evaluator: Evaluator, script: str, text: str) -> None:
    data = {"n": 3, "half": 0.5, "yes": True, "nothing": None, "list": [1, 2], "text": "hello"}
    assert evaluator.text(read_script(script), scope(data)) == text


@pytest.mark.parametrize("script", ["data.x + data.x", "[data.x].map(x => x + x)[0]", "[data.x + data.x].toString()"])
def test_long_texts_arrive_whole(evaluator: Evaluator, script: str) -> None:
    long = "é" * 20_000
    assert value(evaluator, script, x=long) == long * 2
    assert evaluator.text(read_script(script), scope({"x": long})) == long * 2


def test_what_is_missing_can_be_written_otherwise() -> None:
    with Evaluator(ScriptSettings(missing_text="null")) as evaluator:
        assert evaluator.text(read_script("data.x"), scope()) == "null"


def test_time_and_chance_come_from_the_caller(evaluator: Evaluator) -> None:
    for script in ("Date.now()", "Math.random()", "Date()"):
        assert value(evaluator, script) == value(evaluator, script)
    assert value(evaluator, "Date.now()") == 1772460000000


def parts(text: str) -> list[str]:
    template = read_template(text)
    assert template is not None
    return [f"<{part.source}>" if isinstance(part, Script) else part for part in template.parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{data.a}}", ["<data.a>"]),
        ("a {{data.a}} b {{data.b}}", ["a ", "<data.a>", " b ", "<data.b>"]),
        ("{{data.a}}\n", ["<data.a>", "\n"]),
        ("{{ {a: {b: 1}} }}", ["< {a: {b: 1}} >"]),
        ("{{ {a: {b: 1}}}}", ["< {a: {b: 1}}>"]),
        ("{{ '}}' }} x", ["< '}}' >", " x"]),
        ("{{ broken + }} and {{data.b}}", ["< broken + >", " and ", "<data.b>"]),
        ("{{data.a}} {{", ["<data.a>", " {{"]),
    ],
)
def test_a_text_is_cut_at_its_scripts(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize("text", ["", "plain", "{ {a} }", "{{", "{{ never closed", "}} {{"])
def test_a_text_without_a_whole_script_is_plain(text: str) -> None:
    assert read_template(text) is None


LEAVES = st.sampled_from(
    ["data.a", "data.b.c", "data.list", "data.n", "step.x", "'1'", "'Hello'", "2", "0.5", "true", "null", "undefined"]
)
LIGHT = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "==", "===", "!=", "<", ">=", "&&", "||", "-", "*"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        inner.map(lambda e: f"!{e}"),
        inner.map(lambda e: f"String({e}).toUpperCase()"),
        st.tuples(inner, inner).map(lambda t: f"String({t[0]}).includes({t[1]})"),
        inner.map(lambda e: f"`<${{{e}}}>`"),
        inner.map(lambda e: f"[{e}, 1]"),
    ),
    max_leaves=6,
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=LIGHT, a=VALUES, c=VALUES, n=VALUES)
def test_a_light_script_gives_the_same_here_and_in_the_sandbox(
    evaluator: Evaluator, source: str, a: object, c: object, n: object
) -> None:
    data = {"a": a, "b": {"c": c}, "list": [1, "x", None], "n": n}
    assert read_script(source).light
    heavy = f"[0].map(() => ({source}))[0]"
    assert not read_script(heavy).light
    assert outcome(evaluator, source, data) == outcome(evaluator, heavy, data)


def outcome(evaluator: Evaluator, source: str, data: dict[str, object]) -> object:
    try:
        return evaluator.value(read_script(source), scope(data, {"x": 1}))
    except ScriptError as error:
        return str(error)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="{}()[]'\"`;,.=+!<>?:&|ab1 \n/*x", max_size=60))
def test_any_text_at_all_is_read_without_an_exception(text: str) -> None:
    script = read_script(text)
    assert (script.refused is None) == bool(script.code)
    read_template("{{" + text + "}}")
