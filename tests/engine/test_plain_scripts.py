"""The short way of a script gives what JavaScript gives, or leaves it to JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deployer.engine.failures import ScriptError
from deployer.engine.plain import UNSURE
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import ScriptSettings
from deployer.engine.syntax import read_script
from tests.engine.workflows import scope

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([2**53 - 1, 2**53, -(2**53), 10**20, 10**400]),
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e21, 1e-7]),
    st.text(max_size=3), st.sampled_from(["", "1", "+628123456789", "ä", "😀", "\ud800", "a\x00b", "ID", "Monday"]),
)  # fmt: skip
DATA = st.dictionaries(
    st.sampled_from(["a", "b", "length", "__proto__", "toString", "x"]),
    st.one_of(
        SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from(["b", "x"]), SCALARS, max_size=2)
    ),
    max_size=4,
)
PATHS = st.sampled_from(
    ["data.a", "data.b", "data.a.b", "data.a.x", "data.length", "data.a.length", "step.a", "step.a.b", "data.toString",
     "data.__proto__", "data.missing", "data.missing.b", "data.a.constructor"]
)  # fmt: skip
LITERALS = st.sampled_from(
    ["'1'", '"ä"', "''", "0", "-1", "1.0", "1.50", "-0", "true", "false", "null", "'Monday'", "9007199254740991"]
)
OPERANDS = st.one_of(PATHS, LITERALS)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["==", "===", "!=", "!==", "<", "<=", ">", ">=", "&&", "||"])
    functions = st.sampled_from(["isCountryCode", "stringContains", "isDayOfWeek"])
    return st.one_of(
        st.builds("({} {} {})".format, parts, signs, parts),
        st.builds("{} {} {}".format, OPERANDS, signs, OPERANDS),
        st.builds("!{}".format, parts),
        st.builds("({} ? {} : {})".format, parts, parts, parts),
        st.builds("{}({}, {})".format, functions, parts, parts),
    )


SCRIPTS = st.recursive(OPERANDS, _joined, max_leaves=6)


def _outcome(evaluator: Evaluator, source: str, data: Mapping[str, object], *, plain: bool, text: bool) -> object:
    script = read_script(source)
    script = script if plain else replace(script, plain=None)
    try:
        value = (evaluator.text if text else evaluator.value)(script, scope(data, data))
    except ScriptError as error:
        return f"error: {error}"
    return (type(value), repr(value))


@example("data.a", {"a": 1.0})
@example("data.a", {"a": "a\x00b"})
@example("data.a == data.b", {"a": None})
@example("data.a === data.b", {"a": None})
@example("data.a.length", {"a": "four"})
@example("data.toString", {})
@example("data.toString", {"toString": "own"})
@example("data.__proto__", {"__proto__": "own"})
@example("stringContains(data.a, 1.0)", {"a": "1.0"})
@example("isCountryCode(data.a, 'ID')", {"a": 6281})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(source=SCRIPTS, data=DATA)
def test_the_short_way_changes_no_result(evaluator: Evaluator, source: str, data: Mapping[str, object]) -> None:
    for text in (False, True):
        short = _outcome(evaluator, source, data, plain=True, text=text)
        assert short == _outcome(evaluator, source, data, plain=False, text=text)


@pytest.mark.parametrize(
    "script",
    [
        "data.payload.user.msisdn",
        " data.answer == '1' ",
        "data.code >= 200 && data.code < 300",
        "isCountryCode(data.phone, 'ID') && !isDayOfWeek(data.triggeredAt, 'Sunday')",
        "data.name ? data.name : 'friend'",
        "(data.answer === '1' || data.answer === 'yes')",
    ],
)
def test_everyday_scripts_need_no_javascript(script: str) -> None:
    data = {
        "payload": {"user": {"msisdn": "+62"}}, "answer": "1", "code": 200, "phone": "+628123456789",
        "triggeredAt": "2026-03-02T14:00:00Z", "name": "Ani",
    }  # fmt: skip
    short = read_script(script).plain
    assert short is not None
    assert short(data, {}, ScriptSettings()) is not UNSURE


@pytest.mark.parametrize(
    "script",
    ["data", "data.items[0]", "data['a']", "data?.a", "data.a.trim()", "`x`", "'\\n'", "data.a + 'b'", "uuid()", "010",
     "data.a ?? 'b'", "-data.a", "isCountryCode?.(data.a, 'ID')", "String(data.a)", "data.\\u0061", "data.constructor"],
)  # fmt: skip
def test_other_scripts_have_no_short_way(script: str) -> None:
    assert read_script(script).plain is None


def test_the_short_way_keeps_to_the_limits() -> None:
    with Evaluator(ScriptSettings(max_value=100)) as evaluator:
        assert evaluator.value(read_script("data.x"), scope({"x": "y" * 99})) == "y" * 99
        with pytest.raises(ScriptError, match="more than 100 characters"):
            evaluator.value(read_script("data.x"), scope({"x": "y" * 100}))
    with Evaluator(ScriptSettings(max_characters=10)) as evaluator, pytest.raises(ScriptError, match="at most 10"):
        evaluator.value(read_script("data.x.y.z."[:-1].ljust(11)), scope({"x": 1}))
