"""What the platform's loader refuses, and what it takes as it comes."""

from __future__ import annotations

import pytest

from deployer.engine.definition import load_definition
from deployer.engine.failures import LoadError
from deployer.steps import step_types
from tests.engine.workflows import Body, step, workflow


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (workflow(step("a"), step("a")), "Duplicate step Id a"),
        (workflow(step("a", do=[[step("b")], [step("b")]])), "Duplicate step Id b"),
        (workflow(step("a", nextStepId="b")), "Cannot find step id b, to which step a leads"),
        (workflow(step("a", selectNextStep={"b": None})), "Cannot find step id b"),
        (workflow(step("a", nextStepId="A")), "Cannot find step id A"),
        (workflow(step("a", do=[[step("b", nextStepId="c")]])), "Cannot find step id c, to which step b leads"),
        (workflow({"stepType": "Branch"}), "a step has no id"),
        (workflow({"id": "a"}), "step a has no stepType"),
        (workflow(step("a", inputs=[])), "`inputs` of step a is no mapping"),
        (workflow(step("a", do={})), "`do` of step a is no list of branches"),
        (workflow(step("a", do=[{}])), "a branch of `do` of step a is no list of steps"),
        ({"definition": {"steps": {}}}, "definition.steps is no list of steps"),
        ({"definition": []}, "`definition` is no mapping"),
    ],
)
def test_a_broken_definition_is_refused_in_the_platforms_words(body: Body, message: str) -> None:
    with pytest.raises(LoadError) as caught:
        load_definition(body)
    assert message in str(caught.value)


def test_steps_nested_without_end_are_refused() -> None:
    inner = step("s0")
    for number in range(1, 200):
        inner = step(f"s{number}", do=[[inner]])
    with pytest.raises(LoadError, match="nested deeper than 64"):
        load_definition(workflow(inner))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**5000], ids=["nan", "inf", "huge"])
def test_numbers_that_json_cannot_write_are_refused(number: object) -> None:
    for fields in ({"inputs": {"x": number}}, {"outputs": {"x": number}}, {"selectNextStep": {"a": number}}):
        with pytest.raises(LoadError, match="step a holds a number that JSON cannot write"):
            load_definition(workflow({**step("a"), **fields}))


def test_values_nested_without_end_are_refused() -> None:
    deep: object = "{{data.x}}"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(LoadError, match="step a is nested deeper than 64"):
        load_definition(workflow(step("a", inputs={"x": deep})))


def test_the_web_builders_leftovers_are_as_nothing() -> None:
    leftovers: Body = {"do": [], "nextStepId": None, "inputs": {}, "outputs": {}, "selectNextStep": {}}
    nulls: Body = dict.fromkeys(leftovers)
    definition = load_definition(workflow({**step("a"), **leftovers}, {**step("b"), **nulls}))
    assert [(s.next_step, s.choices, s.branches, s.outputs) for s in definition.steps.values()] == [
        (None, (), (), ())
    ] * 2


def test_an_id_may_lead_into_and_out_of_a_nested_step() -> None:
    body = workflow(step("a", do=[[step("b", nextStepId="c")]]), step("c", nextStepId="b"))
    assert list(load_definition(body).steps) == ["a", "b", "c"]


@pytest.mark.parametrize("name", list(step_types()))
def test_a_step_type_is_known_in_any_case(name: str) -> None:
    assert load_definition(workflow(step("a", name.swapcase()))).steps["a"].type == name


def test_a_definition_loads_with_or_without_its_envelope() -> None:
    body = workflow(step("a"))
    assert load_definition(body).steps == load_definition(dict(body["definition"])).steps  # type: ignore[call-overload]
