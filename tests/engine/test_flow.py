"""Which steps run, in which order, and what they see."""

from __future__ import annotations

import pytest

from deployer.engine.answers import http_answer
from deployer.engine.instance import Answer, Fault, InstanceStatus, StepStatus, Unreachable
from deployer.engine.records import RecordKind
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.world import World
from deployer.steps import step_types
from tests.engine.workflows import DATA, Body, call, run, say, step, wait


def test_the_first_step_of_the_list_starts(evaluator: Evaluator) -> None:
    assert run(evaluator, step("z", nextStepId="a"), step("a"), step("never")).path == ("z", "a")


def test_an_instance_without_steps_is_complete_at_once(evaluator: Evaluator) -> None:
    assert run(evaluator).status is InstanceStatus.COMPLETE


def test_every_true_branch_runs_breadth_first(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("start", selectNextStep={"a": "{{true}}", "b": "{{1 == 1}}", "c": "{{false}}", "d": None}),
        step("a", nextStepId="a2"),
        step("a2"),
        step("b", nextStepId="b2"),
        step("b2"),
        step("c"),
        step("d"),
    )
    assert trace.path == ("start", "a", "b", "a2", "b2")


def test_null_is_chosen_when_no_sibling_is_true(evaluator: Evaluator) -> None:
    steps = (step("s", selectNextStep={"default": None, "a": "{{data.n == 1}}"}), step("a"), step("default"))
    assert run(evaluator, *steps, data={"n": 1}).path == ("s", "a")
    assert run(evaluator, *steps, data={"n": 2}).path == ("s", "default")


def test_a_path_ends_where_no_branch_is_true(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("s", selectNextStep={"a": "{{false}}"}), step("a"))
    assert (trace.path, trace.status) == (("s",), InstanceStatus.COMPLETE)


def test_a_step_that_is_reached_twice_runs_twice(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("s", selectNextStep={"a": "{{true}}", "b": "{{true}}"}),
        step("a", nextStepId="end"),
        step("b", nextStepId="end"),
        step("end"),
    )
    assert trace.path == ("s", "a", "b", "end", "end")
    assert len({pointer.id for pointer in trace.instance.runs}) == 5


def test_a_loop_back_is_legal(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("count", outputs={"n": "{{(data.n || 0) + 1}}"}, selectNextStep={"count": "{{data.n < 3}}", "end": None}),
        step("end"),
        data={},
    )
    assert trace.path == ("count", "count", "count", "end")
    assert trace.instance.data["n"] == 3


def test_a_loop_without_an_end_is_a_fault(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("a", nextStepId="a"), settings=EngineSettings(max_steps=50))
    assert trace.status is InstanceStatus.TERMINATED
    assert trace.instance.errors[0].message == "more than 50 steps: a loop without an end?"
    assert len(trace.path) == 50


def test_next_step_id_comes_before_a_selector(evaluator: Evaluator) -> None:
    steps = (step("s", nextStepId="a", selectNextStep={"b": "{{true}}"}), step("a"), step("b"))
    assert run(evaluator, *steps).path == ("s", "a")
    assert run(evaluator, *steps, settings=EngineSettings(beside_next_step="follow")).path == ("s", "a", "b")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{{data.reply != null}}", False),
        ("{{data.n}}", True),
        ("{{data.zero}}", False),
        ("{{data.empty}}", False),
        ("{{data.list}}", True),
        ("{{0 / 0}}", False),
        (" {{ true }}\n", True),
        ("true", True),
        ("True", True),
        ("false", False),
        ("{{data.n}}{{data.n}}", False),
        (True, True),
        (False, False),
    ],
)
def test_a_condition_is_true_as_javascript_has_it(evaluator: Evaluator, condition: object, holds: bool) -> None:
    data = {"n": 1, "zero": 0, "empty": "", "list": []}
    trace = run(evaluator, step("s", selectNextStep={"a": condition}), step("a"), data=data)
    assert trace.path == (("s", "a") if holds else ("s",))


def test_the_value_of_every_condition_is_in_the_trace(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("s", selectNextStep={"a": "{{true}}", "b": "{{false}}", "c": None}), *map(step, "abc"))
    assert [(d.name, d.source, d.value) for d in trace.decisions] == [
        ("a", "{{true}}", True),
        ("b", "{{false}}", False),
        ("c", "", False),
    ]


# Outputs and `step`


def test_outputs_are_assigned_after_the_step_and_before_its_outcomes(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        call(
            "crm",
            outputs={"code": "{{step.responseCode}}"},
            selectNextStep={"good": "{{data.code == 200}}", "bad": None},
        ),
        step("good"),
        step("bad"),
        world=World(mocks={"crm": (http_answer(200),)}),
    )
    assert trace.path == ("crm", "good")


def test_later_steps_overwrite_outputs(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("a", outputs={"x": 1}, nextStepId="b"), step("b", outputs={"x": "{{data.x + 1}}"}))
    assert trace.instance.data["x"] == 2


def test_outputs_of_one_step_do_not_see_each_other(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("a", outputs={"x": "new", "y": "{{data.x}}"}), data={"x": "old"})
    assert trace.instance.data == {"x": "new", "y": "old"}


def test_step_is_visible_in_a_selector(evaluator: Evaluator) -> None:
    steps = (call("crm", selectNextStep={"ok": "{{step.responseCode == 200}}"}), step("ok"))
    world = World(mocks={"crm": (http_answer(200),)})
    assert run(evaluator, *steps, world=world).path == ("crm", "ok")
    assert run(evaluator, *steps, world=world, settings=EngineSettings(step_in_selectors=False)).path == ("crm",)


def test_step_is_cleared_after_its_step(evaluator: Evaluator) -> None:
    trace = run(evaluator, say("a", nextStepId="b"), step("b", outputs={"left": "{{step.umid}}"}))
    assert trace.instance.data["left"] is None


def test_scripts_are_filled_in_at_any_depth_and_keep_their_type(evaluator: Evaluator) -> None:
    inputs = {
        "url": "https://x",
        "method": "POST",
        "body": {"list": [{"n": "{{data.n}}", "t": "n={{data.n}}"}], "id": 1},
    }
    trace = run(
        evaluator, step("h", "HttpRequest", inputs=inputs), world=World(mocks={"*": (http_answer(204),)}), data={"n": 5}
    )
    request = trace.requests[0].value
    assert isinstance(request, dict)
    assert request["body"] == {"list": [{"n": 5, "t": "n=5"}], "id": 1}


@pytest.mark.parametrize("name", [name for name, found in step_types().items() if found.offers and not found.waits])
def test_a_step_offers_what_its_schema_declares(evaluator: Evaluator, name: str) -> None:
    inputs = {
        "subAccountId": "acme",
        "destination": "+6512345678",
        "text": "x",
        "user": {"msisdn": "+65"},
        "type": "text",
        "content": {"text": "x"},
        "url": "https://x",
        "method": "GET",
        "action": "say",
        "params": {},
        "payload": {"a": 1},
    }
    offered = list(step_types()[name].offers)
    step_body = step("a", name, inputs=inputs, outputs={key: f"{{{{'{key}' in step}}}}" for key in offered})
    trace = run(evaluator, step_body, world=World(mocks={"*": (http_answer(200, {}),)}), data={})
    assert trace.instance.data == dict.fromkeys(offered, True)


# Faults


def test_a_failing_script_ends_the_instance_and_says_where(evaluator: Evaluator) -> None:
    trace = run(evaluator, say("a", "{{data.missing.deeper}}", nextStepId="b"), step("b"))
    assert (trace.status, trace.path) == (InstanceStatus.TERMINATED, ("a",))
    [error] = trace.instance.errors
    assert error.step == "a"
    assert error.message == (
        "inputs.text: TypeError: cannot read property 'deeper' of undefined, in {{data.missing.deeper}}"
    )
    assert [run_.status for run_ in trace.instance.runs] == [StepStatus.FAILED]


def test_a_fault_cancels_what_runs_beside_it(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("s", selectNextStep={"sleep": "{{true}}", "broken": "{{true}}"}),
        wait("sleep"),
        step("broken", outputs={"x": "{{nope}}"}),
    )
    assert {run_.step: run_.status for run_ in trace.instance.runs} == {
        "s": StepStatus.COMPLETE,
        "sleep": StepStatus.CANCELLED,
        "broken": StepStatus.FAILED,
    }
    assert trace.instance.completed_at is not None


def test_a_required_input_that_comes_out_empty_is_a_fault(evaluator: Evaluator) -> None:
    trace = run(evaluator, say("a"), data={"payload": {"user": {}}})
    assert trace.instance.errors[0].message == "inputs.destination is empty"
    lenient = run(
        evaluator, say("a"), data={"payload": {"user": {}}}, settings=EngineSettings(missing_input_is_fault=False)
    )
    assert lenient.status is InstanceStatus.COMPLETE


def test_a_service_that_refuses_is_a_fault(evaluator: Evaluator) -> None:
    trace = run(evaluator, say("a"), world=World(mocks={"a": (Fault(message="Invalid subaccount id."),)}))
    assert trace.instance.errors[0].message == "Invalid subaccount id."


def test_an_http_error_is_an_answer_and_no_answer_is_a_fault(evaluator: Evaluator) -> None:
    steps = (call("crm", outputs={"code": "{{step.responseCode}}"}),)
    answered = run(evaluator, *steps, world=World(mocks={"crm": (http_answer(500),)}))
    assert (answered.status, answered.instance.data["code"]) == (InstanceStatus.COMPLETE, 500)
    silent = World(mocks={"crm": (Unreachable(reason="connection refused"),)})
    assert run(evaluator, *steps, world=silent).instance.errors[0].message == "connection refused"
    going_on = run(evaluator, *steps, world=silent, settings=EngineSettings(connection_failure="answer"))
    assert (going_on.status, going_on.instance.data["code"]) == (InstanceStatus.COMPLETE, 0)


def test_http_requests_time_out_after_five_seconds_unless_told_otherwise(evaluator: Evaluator) -> None:
    world = World(mocks={"*": (http_answer(200),)})
    inputs = {"url": "https://x", "method": "GET"}
    asked = [
        run(evaluator, step("a", "HttpRequest", inputs={**inputs, **more}), world=world).requests[0].value
        for more in ({}, {"timeoutSeconds": 30}, {"timeoutSeconds": "{{1 + 1}}"})
    ]
    assert [request["timeoutSeconds"] for request in asked if isinstance(request, dict)] == [5, 30, 2]


@pytest.mark.parametrize("seconds", ["soon", 0, -1, 1e9])
def test_an_impossible_http_timeout_is_a_fault(evaluator: Evaluator, seconds: object) -> None:
    inputs = {"url": "https://x", "method": "GET", "timeoutSeconds": seconds}
    assert "inputs.timeoutSeconds" in run(evaluator, step("a", "HttpRequest", inputs=inputs)).instance.errors[0].message


def test_data_that_grow_without_end_are_a_fault(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("a", outputs={"x": "{{[data.x, data.x]}}"}, nextStepId="a"),
        data={"x": "x"},
        settings=EngineSettings(max_data=5000),
    )
    assert "outputs: data has more than 5000 characters" in trace.instance.errors[0].message


def test_data_that_nest_without_end_are_a_fault(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("a", outputs={"x": "{{[data.x]}}"}, nextStepId="a"), data={})
    assert "outputs: data is nested deeper than 64 levels" in trace.instance.errors[0].message


def test_a_hostile_payload_is_a_fault_and_no_crash(evaluator: Evaluator) -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    assert "nested deeper" in run(evaluator, step("a"), data={"x": deep}).instance.errors[0].message


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**5000], ids=["nan", "inf", "huge"])
def test_a_number_that_json_cannot_write_is_a_fault_and_no_crash(evaluator: Evaluator, number: object) -> None:
    message = "there is a number that JSON cannot write"
    assert message in run(evaluator, step("a"), data={"x": number}).instance.errors[0].message
    world = World(mocks={"a": (http_answer(200, number),)})
    trace = run(evaluator, call("a", outputs={"x": "{{step.responseBody}}"}), world=world)
    assert message in trace.instance.errors[0].message


def test_a_hostile_answer_is_a_fault_and_no_crash(evaluator: Evaluator) -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    world = World(mocks={"a": (http_answer(200, deep),)})
    trace = run(evaluator, call("a", outputs={"x": "{{step.responseBody}}"}), world=world)
    assert "the answer is too large: data is nested deeper" in trace.instance.errors[0].message


# Nested steps


def nested(condition: str) -> tuple[Body, ...]:
    return (
        step(
            "if",
            "If",
            inputs={"condition": condition},
            do=[[step("a", nextStepId="a2"), step("a2")], [wait("b", "00:01:00")], []],
            outputs={"seen": "{{data.inner}}"},
            nextStepId="after",
        ),
        step("after"),
    )


def test_an_if_runs_its_branches_and_then_goes_on(evaluator: Evaluator) -> None:
    trace = run(evaluator, *nested("{{true}}"))
    assert trace.path == ("if", "a", "b", "a2", "after")
    assert str(trace.duration) == "0:01:00"


def test_an_if_whose_condition_is_false_goes_on_at_once(evaluator: Evaluator) -> None:
    trace = run(evaluator, *nested("{{data.no}}"))
    assert trace.path == ("if", "after")
    assert [(d.name, d.source, d.value) for d in trace.decisions] == [("do", "{{data.no}}", False)]


def test_the_steps_inside_come_before_the_outputs_of_their_parent(evaluator: Evaluator) -> None:
    inner = step("inner", outputs={"x": 1})
    trace = run(evaluator, step("if", "If", inputs={"condition": True}, do=[[inner]], outputs={"y": "{{data.x}}"}))
    assert trace.instance.data["y"] == 1


def test_nested_ifs_end_from_the_inside_out(evaluator: Evaluator) -> None:
    innermost = step("2", "If", inputs={"condition": "{{true}}"}, do=[[step("3")]], nextStepId="2b")
    trace = run(
        evaluator,
        step("1", "If", inputs={"condition": "{{true}}"}, do=[[innermost, step("2b")]], nextStepId="end"),
        step("end"),
    )
    assert trace.path == ("1", "2", "3", "2b", "end")
    ended = [record.step for record in trace.records if record.kind is RecordKind.ENDED]
    assert ended == ["3", "2", "2b", "1", "end"]


def test_a_step_of_any_type_runs_its_branches_unless_told_otherwise(evaluator: Evaluator) -> None:
    steps = (say("a", do=[[step("inner")]], outputs={"id": "{{step.umid}}"}, nextStepId="b"), step("b"))
    trace = run(evaluator, *steps)
    assert trace.path == ("a", "inner", "b")
    assert trace.instance.data["id"]
    assert run(evaluator, *steps, settings=EngineSettings(nested_steps="if")).path == ("a", "b")


@pytest.mark.parametrize("inputs", [{}, {"condition": None}, {"condition": ""}])
def test_an_if_without_a_condition_is_a_fault(evaluator: Evaluator, inputs: Body) -> None:
    assert "condition is empty" in run(evaluator, step("a", "If", inputs=inputs)).instance.errors[0].message


# Types that we do not know


def test_an_unknown_step_type_needs_a_mock(evaluator: Evaluator) -> None:
    body = step("a", "Telepathy", inputs={"to": "{{data.accountId}}"}, outputs={"x": "{{step.thought}}"})
    assert "a Telepathy step can only be run with a mock for a" in run(evaluator, body).instance.errors[0].message
    mocked = run(evaluator, body, world=World(mocks={"a": (Answer(values={"thought": 42}),)}))
    assert mocked.instance.data == {**DATA, "x": 42}
