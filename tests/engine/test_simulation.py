"""Whole runs against a world: the same every time, and nothing leaves the machine."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from deployer.engine.answers import http_answer
from deployer.engine.engine import trigger_data
from deployer.engine.failures import TransitionError
from deployer.engine.instance import Effect, InstanceStatus, Outcome
from deployer.engine.messages import sms_webhook
from deployer.engine.records import RecordKind
from deployer.engine.scripting import Evaluator
from deployer.engine.trace import Trace
from deployer.engine.world import Command, Reply, World
from tests.engine.workflows import AT, CUSTOMER, Body, ask, call, run, say, step, wait


def survey() -> tuple[Body, ...]:
    return (
        say("hello", "Hello {{data.payload.user.name}}, {{uuid()}}", nextStepId="ask"),
        ask("ask", outputs={"answer": "{{step.reply.payload.content.text}}"}, nextStepId="crm"),
        call("crm", outputs={"luck": "{{[1].map(x => Math.random())}}", "at": "{{Date.now()}}"}, nextStepId="later"),
        wait("later", "1", nextStepId="bye"),
        step(
            "bye",
            "ChatAppsMessage",
            inputs={
                "subAccountId": "acme",
                "user": {"msisdn": "{{data.payload.user.msisdn}}"},
                "type": "text",
                "content": {"text": "Bye"},
            },
        ),
    )


WORLD = World(mocks={"crm": (http_answer(200, {"ok": True}),)}, replies=(Reply(text="5", after=timedelta(minutes=1)),))


def snapshot(trace: Trace) -> str:
    return json.dumps(trace.as_json(), indent=1)


def test_the_same_definition_payload_mocks_and_seed_give_the_same_trace(evaluator: Evaluator) -> None:
    with Evaluator() as another:
        first = run(evaluator, *survey(), world=WORLD)
        assert first.status is InstanceStatus.COMPLETE
        assert snapshot(run(another, *survey(), world=WORLD)) == snapshot(first)
        assert snapshot(run(another, *survey(), world=WORLD, seed=1)) != snapshot(first)


def test_the_clock_of_scripts_is_the_virtual_one(evaluator: Evaluator) -> None:
    data = run(evaluator, *survey(), world=WORLD).instance.data
    assert data["at"] == (AT + timedelta(minutes=1)).timestamp() * 1000


def test_a_trace_tells_what_was_said_to_whom(evaluator: Evaluator) -> None:
    trace = run(evaluator, *survey(), world=WORLD)
    assert [(s.step, s.type, s.to) for s in trace.sent] == [
        ("hello", "SMS", CUSTOMER),
        ("bye", "ChatAppsMessage", CUSTOMER),
    ]
    assert trace.sent[1].text == "Bye"
    assert trace.duration == timedelta(days=1, minutes=1)
    assert [record.step for record in trace.requests] == ["crm"]


def test_a_trace_tells_which_scripts_ran_and_what_they_gave(evaluator: Evaluator) -> None:
    trace = run(evaluator, say("a", "Hi {{data.payload.user.name}}"))
    ran = [(r.name, r.source, r.value) for r in trace.records if r.kind is RecordKind.EVALUATED]
    assert ran == [
        ("inputs.destination", "data.payload.user.msisdn", CUSTOMER),
        ("inputs.text", "data.payload.user.name", "Ani"),
    ]


def test_an_http_request_without_a_mock_is_shown_and_faults(evaluator: Evaluator) -> None:
    trace = run(evaluator, call("crm"), data={"n": 7})
    assert [effect.request["url"] for effect in trace.unmocked] == ["https://crm.example/7"]
    assert trace.instance.errors[0].message == "no mock for this request: GET https://crm.example/7"


def test_http_requests_leave_only_through_the_given_way(evaluator: Evaluator) -> None:
    asked: list[Effect] = []

    def http(effect: Effect) -> Outcome:
        asked.append(effect)
        return http_answer(418, reason="I'm a teapot")

    steps = (call("a", outputs={"why": "{{step.reasonPhrase}}"}, nextStepId="b"), call("b"))
    trace = run(evaluator, *steps, world=World(mocks={"b": (http_answer(200),)}, http=http))
    assert ([effect.step for effect in asked], trace.unmocked) == (["a"], ())
    assert trace.instance.data["why"] == "I'm a teapot"


def test_a_star_mocks_every_request_and_no_message(evaluator: Evaluator) -> None:
    steps = (say("a", outputs={"umid": "{{step.umid}}"}, nextStepId="b"), call("b", nextStepId="c"), call("c"))
    trace = run(evaluator, *steps, world=World(mocks={"*": (http_answer(200),)}))
    assert trace.status is InstanceStatus.COMPLETE
    assert trace.instance.data["umid"]


def test_mocks_of_a_step_are_used_in_order_and_the_last_stays(evaluator: Evaluator) -> None:
    codes = (http_answer(500), http_answer(503), http_answer(200))
    body = call("a", outputs={"n": "{{data.n + 1}}"}, selectNextStep={"a": "{{step.responseCode != 200}}"})
    trace = run(evaluator, body, world=World(mocks={"a": codes}), data={"n": 0})
    assert (trace.path, trace.unused_mocks) == (("a", "a", "a"), ())


def test_mocks_and_replies_that_nobody_asked_for_are_told(evaluator: Evaluator) -> None:
    trace = run(evaluator, step("a"), world=World(mocks={"b": (http_answer(200),)}, replies=(Reply(text="x"),)))
    assert (trace.unused_mocks, trace.unused_replies) == (("b",), 1)


def test_somebody_may_suspend_and_resume_a_run(evaluator: Evaluator) -> None:
    commands = (
        Command(action="suspend", after=timedelta(seconds=5)),
        Command(action="resume", after=timedelta(minutes=5)),
    )
    trace = run(evaluator, wait("a", "00:00:10"), world=World(commands=commands))
    assert (trace.status, trace.duration) == (InstanceStatus.COMPLETE, timedelta(minutes=5))
    finished = [record.name for record in trace.records if record.kind is RecordKind.FINISHED]
    assert finished == ["Suspended", "Runnable", "Complete"]


def test_a_reply_to_a_suspended_run_acts_on_resume(evaluator: Evaluator) -> None:
    world = World(
        replies=(Reply(text="yes", after=timedelta(seconds=30)),),
        commands=(
            Command(action="suspend", after=timedelta(seconds=5)),
            Command(action="resume", after=timedelta(days=9)),
        ),
    )
    trace = run(evaluator, ask("a", outputs={"x": "{{step.reply.payload.content.text}}"}), world=world)
    assert (trace.instance.data["x"], trace.duration) == ("yes", timedelta(days=9))


def test_a_run_that_stays_suspended_is_given_back_so(evaluator: Evaluator) -> None:
    world = World(commands=(Command(action="suspend", after=timedelta(seconds=5)),))
    trace = run(evaluator, wait("a"), world=world)
    assert (trace.status, trace.duration) == (InstanceStatus.SUSPENDED, timedelta(seconds=5))


def test_somebody_may_terminate_a_run(evaluator: Evaluator) -> None:
    world = World(commands=(Command(action="terminate", after=timedelta(seconds=5)),))
    trace = run(evaluator, wait("a"), world=world)
    assert (trace.status, trace.duration) == (InstanceStatus.TERMINATED, timedelta(seconds=5))


def test_a_command_that_makes_no_sense_is_an_error(evaluator: Evaluator) -> None:
    world = World(commands=(Command(action="resume", after=timedelta(seconds=5)),))
    with pytest.raises(TransitionError, match="only Suspended can become Runnable"):
        run(evaluator, wait("a"), world=world)


def test_the_trigger_is_the_root_of_the_data_and_the_platform_adds_three_fields() -> None:
    data = trigger_data({"order": 7, "accountId": "forged"}, account_id="acme", sub_account_id=None, at=AT)
    assert data == {"order": 7, "accountId": "acme", "triggeredAt": "2026-03-02T14:00:00.000Z"}
    message = sms_webhook(sender="+651", recipient="+652", text="hi", at=AT, umid="u")
    with_sub_account = trigger_data(message, account_id="acme", sub_account_id="acme_sms", at=AT)
    assert with_sub_account["subAccountId"] == "acme_sms"
    assert with_sub_account["payload"] == message["payload"]


def test_threads_may_share_an_evaluator(evaluator: Evaluator) -> None:
    expected = snapshot(run(evaluator, *survey(), world=WORLD))
    with ThreadPoolExecutor(max_workers=4) as pool:
        traces = [pool.submit(run, evaluator, *survey(), world=WORLD) for _ in range(40)]
        assert {snapshot(trace.result()) for trace in traces} == {expected}
