"""When conditions are true, and which are true together."""

from __future__ import annotations

import pytest

from deployer.lint.expressions.conditions import Condition, read_condition, worlds
from deployer.lint.expressions.parallel import together


def condition(source: str) -> Condition:
    found = read_condition(f"{{{{{source}}}}}")
    assert found is not None
    return found


def outcomes(source: str) -> set[bool]:
    read = condition(source)
    everything = worlds((read,))
    assert everything is not None
    return {read.test(world) for world in everything}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("data.key == '1'", "data.key == '2'"),
        ("data.reply == null", "data.reply != null"),
        ("data.key == '1'", "data.key != null && data.key != '1' && data.key != '2'"),
        ("!data.saved && data.n < 3", "!data.saved && data.n >= 3"),
        ("data.code == 200", "data.code >= 400 && data.code < 500"),
        ("data.code < 300", "data.code > 400"),
        ("data.x === '1'", "data.x === 1"),
        ("data.x", "!data.x"),
        ("stringContains(data.t, 'a')", "!stringContains(data.t,  'a')"),
        ("data.a == data.b", "data.a != data.b"),
        ("data.a?.b == '1'", "data.a == null"),
        ("Boolean(data.x)", "data.x == null"),
        ("data.x ? data.y == 1 : false", "data.x == null"),
    ],
)
def test_conditions_that_exclude_each_other_are_known(one: str, other: str) -> None:
    assert not together(condition(one), condition(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("data.x == '1'", "data.x != '2'"),
        ("data.x == '1'", "data.x == 1"),
        ("data.code >= 200", "data.code > 100"),
        ("data.x == null", "!data.x"),
        ("data.x == '1'", "data.y == '1'"),
        ("stringContains(data.t, 'a')", "stringContains(data.t, 'b')"),
        ("uuid() == 'a'", "uuid() == 'b'"),
        ("Math.random() < 0.5", "Math.random() >= 0.5"),
    ],
)
def test_conditions_that_can_be_true_together_are_known(one: str, other: str) -> None:
    assert together(condition(one), condition(other))


@pytest.mark.parametrize(
    ("source", "results"),
    [
        ("true", {True}),
        ("[]", {True}),
        ("0", {False}),
        ("'a' == 'b'", {False}),
        ("null == undefined", {True}),
        ("'1' == 1", {True}),
        ("data.x == data.x", {True}),
        ("data.x == '1' || data.x != '1'", {True}),
        ("data.x == '1' && data.x == '2'", {False}),
        ("data.x != '1' || data.x != '2'", {True}),
        ("data.n > 5 && data.n < 3", {False}),
        ("data.n > 3 && data.n < 5", {True, False}),
        ("data.time > '09:00'", {True, False}),
        ("data.time > '09:00' && data.time < '18:00'", {True, False}),
        ("data.time > '18:00' && data.time < '09:00'", {False}),
        ("data.time < ''", {False}),
        ("data.n == 3 || data.n < 3 || data.n > 3", {True, False}),
        ("data.x == null || data.x", {True, False}),
        ("data.a == null && data.a.b == 1", {False}),
        ("uuid() == uuid()", {True, False}),
    ],
)
def test_all_values_that_make_a_difference_are_tried(source: str, results: set[bool]) -> None:
    assert outcomes(source) == results


@pytest.mark.parametrize(
    "text", ["data.x == 1", "{{data.x}} {{data.y}}", "x {{data.x}}", "{{data.x ==}}", "{{a; b}}", "{{}}"]
)
def test_only_one_valid_script_is_a_condition(text: str) -> None:
    assert read_condition(text) is None


def test_blanks_and_a_semicolon_do_not_matter() -> None:
    assert read_condition(" {{ data.x == 1; }}\n") is not None


def test_nothing_is_claimed_of_what_has_too_many_combinations() -> None:
    assert worlds((condition(" && ".join(f"data.x{number} == 1" for number in range(12))),)) is None


def test_deep_nesting_is_survived() -> None:
    assert read_condition("{{" + "!" * 3_000 + "data.x}}") is not None
