"""Which data can be set where."""

from __future__ import annotations

import pytest

from deployer.lint.expressions.flow import flow_of
from deployer.source.workflow import Workflow
from tests.lint.workflows import SMS, with_steps

ASK = "stepType: WaitForReply, inputs: { from: '1', channel: sms }, outputs: { answer: '{{step.reply}}' }"
SET = (
    "stepType: HttpRequest, inputs: { url: 'https://a.example', method: GET }, "
    "outputs: { code: '{{step.responseCode}}' }"
)


def state(workflow: Workflow, step: str, name: str) -> str:
    """What a name can be when a step begins: any of `set`, `never`, `missed`."""
    flow = flow_of(workflow)
    assert flow is not None
    number = [found.id for found in workflow.steps].index(step)
    before = flow.unpacked(flow.before[number])
    if before is None:
        return "not reached"
    bit = flow.bits[name]
    return " ".join(word for word, names in before._asdict().items() if bit & names)


def test_what_the_trigger_brings_is_set_from_the_start() -> None:
    found = with_steps(f"id: a, {SMS}")
    assert state(found, "a", "payload") == "set"


def test_an_output_is_set_after_its_step() -> None:
    found = with_steps(f"id: a, {SET}, nextStepId: b", f"id: b, {SMS}")
    assert (state(found, "a", "code"), state(found, "b", "code")) == ("never", "set")


def test_ways_that_meet_are_joined() -> None:
    found = with_steps(
        "id: menu, stepType: Branch, selectNextStep: { a: '{{data.payload.body == 1}}', b: null }",
        f"id: a, {SET}, nextStepId: b",
        f"id: b, {SMS}",
    )
    assert state(found, "b", "code") == "set never"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("data.answer != null", "set"),
        ("step.reply != null", "set"),
        ("data.answer", "set"),
        ("data.answer.payload.body == '1'", "set"),
        ("data.answer?.payload.body == '1'", "set"),
        ("data.answer == null", "missed"),
        ("step.reply == null", "missed"),
        ("!data.answer", "missed"),
        ("data.payload.body == '1'", "set missed"),
        ("data.answer == null || data.answer.payload.body == '1'", "set missed"),
    ],
)
def test_a_condition_after_a_wait_tells_the_answer_from_the_time_out(condition: str, expected: str) -> None:
    found = with_steps(f'id: ask, {ASK}, selectNextStep: {{ a: "{{{{{condition}}}}}" }}', f"id: a, {SMS}")
    assert state(found, "a", "answer") == expected


def test_a_default_is_what_no_other_condition_says() -> None:
    found = with_steps(
        f"id: ask, {ASK}, selectNextStep: {{ a: '{{{{data.answer != null}}}}', b: null }}",
        f"id: a, {SMS}",
        f"id: b, {SMS}",
    )
    assert (state(found, "a", "answer"), state(found, "b", "answer")) == ("set", "missed")


def test_a_later_branch_narrows_as_well() -> None:
    found = with_steps(
        f"id: ask, {ASK}, nextStepId: menu",
        "id: menu, stepType: Branch, selectNextStep: { a: '{{data.answer != null}}', b: '{{data.answer == null}}' }",
        f"id: a, {SMS}",
        f"id: b, {SMS}",
    )
    assert [state(found, step, "answer") for step in ("menu", "a", "b")] == ["set missed", "set", "missed"]


def test_a_loop_brings_back_what_it_set() -> None:
    found = with_steps(
        f"id: a, {SMS}, nextStepId: b",
        f"id: b, {SET}, nextStepId: c",
        "id: c, stepType: Branch, selectNextStep: { a: '{{data.code != 200}}', d: null }",
        f"id: d, {SMS}",
    )
    assert [state(found, step, "code") for step in "abcd"] == ["set never", "set never", "set", "set"]


def test_what_is_set_inside_do_may_be_set_afterwards() -> None:
    found = with_steps(
        "id: if, stepType: If, inputs: { condition: '{{data.payload.body == 1}}' }, "
        f"do: [[{{ id: in, {SET}, nextStepId: more }}, {{ id: more, {SMS} }}]], nextStepId: after",
        f"id: after, {SMS}",
    )
    assert [state(found, step, "code") for step in ("in", "more", "after")] == ["never", "set", "set never"]


def test_the_condition_of_an_if_holds_inside_it() -> None:
    found = with_steps(
        f"id: ask, {ASK}, nextStepId: if",
        f"id: if, stepType: If, inputs: {{ condition: '{{{{data.answer != null}}}}' }}, do: [[{{ id: in, {SMS} }}]]",
    )
    assert state(found, "in", "answer") == "set"


def test_a_step_that_is_never_reached_has_no_state() -> None:
    assert state(with_steps(f"id: a, {SMS}", f"id: b, {SMS}"), "b", "payload") == "not reached"


def test_nothing_is_known_of_data_that_nobody_declares() -> None:
    flow = flow_of(with_steps(f"id: a, {SMS}", head="trigger: http_request\n"))
    assert flow is not None
    assert flow.starting is None


@pytest.mark.parametrize(
    "condition", ["data.answer.payload.body == '1'", "data.answer.payload != null", "data.answer.x < 3"]
)
def test_asking_within_an_answer_does_not_take_it_away(condition: str) -> None:
    found = with_steps(
        f"id: ask, {ASK}, nextStepId: menu",
        f'id: menu, stepType: Branch, selectNextStep: {{ a: "{{{{{condition}}}}}", b: null }}',
        f"id: a, {SMS}",
        f"id: b, {SMS}",
    )
    assert state(found, "a", "answer") == "set"
