"""Waits, replies, keys and time-outs on the virtual clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deployer.engine.clock import parse_duration
from deployer.engine.instance import InstanceStatus, StepStatus
from deployer.engine.messages import chat_webhook, dtmf_body
from deployer.engine.records import RecordKind
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.world import Reply, World
from tests.engine.workflows import AT, CUSTOMER, Body, ask, run, say, step, wait


def answers(*replies: Reply) -> World:
    return World(replies=replies)


def conversation() -> tuple[Body, ...]:
    return (
        ask(
            "ask",
            outputs={"answer": "{{step.reply.payload.content.text}}", "reply": "{{step.reply}}"},
            selectNextStep={"got": "{{data.reply != null}}", "none": "{{data.reply == null}}"},
        ),
        say("got", "You said {{data.answer}}"),
        say("none", "Are you there?"),
    )


def test_a_wait_of_thirty_days_takes_no_time(evaluator: Evaluator) -> None:
    trace = run(evaluator, wait("a", "30", nextStepId="b"), say("b"))
    assert trace.duration == timedelta(days=30)
    assert trace.sent[0].at == AT + timedelta(days=30)
    assert [r.completed_at for r in trace.instance.runs] == [AT + timedelta(days=30)] * 2


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("2", "2.00:00:00"),
        (2, "2.00:00:00"),
        ("24:00:00", "24.00:00:00"),
        ("{{'00:00:0' + 5}}", "00:00:05"),
        ("-1", "0"),
    ],
)
def test_durations_are_dotnets(evaluator: Evaluator, duration: object, expected: str) -> None:
    assert run(evaluator, wait("a", duration)).duration == parse_duration(expected)


@pytest.mark.parametrize("duration", ["soon", "10000000", ""])
def test_an_impossible_duration_is_a_fault(evaluator: Evaluator, duration: str) -> None:
    trace = run(evaluator, wait("a", duration))
    assert trace.status is InstanceStatus.TERMINATED
    assert trace.instance.errors[0].step == "a"


def test_a_reply_resumes_the_step_that_waits_for_it(evaluator: Evaluator) -> None:
    trace = run(evaluator, *conversation(), world=answers(Reply(text="yes", after=timedelta(seconds=30))))
    assert trace.path == ("ask", "got")
    assert trace.sent[0].text == "You said yes"
    assert trace.duration == timedelta(seconds=30)


def test_a_time_out_cancels_the_step_assigns_nothing_and_goes_on(evaluator: Evaluator) -> None:
    trace = run(evaluator, *conversation())
    assert trace.path == ("ask", "none")
    assert trace.instance.runs[0].status is StepStatus.CANCELLED
    assert "reply" not in trace.instance.data
    assert trace.duration == timedelta(minutes=10)


def test_a_reply_after_the_time_out_comes_too_late(evaluator: Evaluator) -> None:
    steps = (*conversation()[:2], {**conversation()[2], "nextStepId": "stay"}, wait("stay", "1"))
    trace = run(evaluator, *steps, world=answers(Reply(text="sorry", after=timedelta(minutes=10))))
    assert trace.path == ("ask", "none", "stay")
    assert [r.name for r in trace.records if r.kind is RecordKind.UNCLAIMED] == ["reply"]


def test_without_a_timeout_a_reply_has_one_day(evaluator: Evaluator) -> None:
    inputs = {"from": CUSTOMER, "channel": "sms"}
    assert run(evaluator, step("a", "WaitForReply", inputs=inputs)).duration == timedelta(days=1)
    assert run(evaluator, step("a", "WaitForDTMF", inputs={})).duration == timedelta(days=1)


def test_each_wait_takes_the_next_reply(evaluator: Evaluator) -> None:
    steps = (
        ask("one", outputs={"a": "{{step.reply.payload.content.text}}"}, nextStepId="two"),
        ask("two", outputs={"b": "{{step.reply.payload.content.text}}"}),
    )
    data = run(evaluator, *steps, world=answers(Reply(text="1"), Reply(text="2"))).instance.data
    assert (data["a"], data["b"]) == ("1", "2")


def test_a_customer_may_stay_silent_for_one_wait_and_answer_the_next(evaluator: Evaluator) -> None:
    steps = (
        ask("one", nextStepId="two", outputs={"a": "{{step.reply.payload.content.text}}"}),
        ask("two", outputs={"b": "{{step.reply.payload.content.text}}"}),
    )
    trace = run(evaluator, *steps, world=answers(Reply(), Reply(text="here")))
    assert "a" not in trace.instance.data
    assert trace.instance.data["b"] == "here"


def test_a_reply_can_be_meant_for_one_step(evaluator: Evaluator) -> None:
    steps = (ask("one", nextStepId="two"), ask("two", outputs={"b": "{{step.reply.payload.content.text}}"}))
    trace = run(evaluator, *steps, world=answers(Reply(text="late", step="two")))
    assert (trace.instance.data["b"], trace.duration) == ("late", timedelta(minutes=10))
    assert run(evaluator, *steps, world=answers(Reply(text="x", step="never"))).unused_replies == 1


def test_a_reply_over_sms_has_the_webhook_of_sms(evaluator: Evaluator) -> None:
    inputs = {"from": "{{data.payload.user.msisdn}}", "channel": "sms"}
    body = step("a", "WaitForReply", inputs=inputs, outputs={"x": "{{step.reply.payload}}"})
    payload = run(evaluator, body, world=answers(Reply(text="STOP"))).instance.data["x"]
    assert isinstance(payload, dict)
    assert (payload["body"], payload["source"]) == ("STOP", CUSTOMER)


def test_a_whole_webhook_from_somebody_else_is_not_the_reply(evaluator: Evaluator) -> None:
    stranger = chat_webhook(sender="+6599999999", text="spam", at=AT, umid="u")
    trace = run(evaluator, *conversation(), world=answers(Reply(body=stranger)))
    assert trace.path == ("ask", "none")
    same = chat_webhook(sender=CUSTOMER.removeprefix("+"), text="me", at=AT, umid="u")
    assert run(evaluator, *conversation(), world=answers(Reply(body=same))).path == ("ask", "got")


def test_two_steps_that_wait_for_one_customer_both_get_the_reply(evaluator: Evaluator) -> None:
    steps = (step("s", selectNextStep={"a": "{{true}}", "b": "{{true}}"}), ask("a"), ask("b"))

    def statuses(settings: EngineSettings) -> list[StepStatus]:
        trace = run(evaluator, *steps, world=answers(Reply(text="x", step="a")), settings=settings)
        return [r.status for r in trace.instance.runs[1:]]

    assert statuses(EngineSettings()) == [StepStatus.COMPLETE, StepStatus.COMPLETE]
    assert statuses(EngineSettings(reply_goes_to="first")) == [StepStatus.COMPLETE, StepStatus.CANCELLED]


def ivr() -> tuple[Body, ...]:
    call = {
        "action": "say&capture",
        "params": {"destination": CUSTOMER, "text": "Press 1"},
        "clientRequestId": "{{uuid()}}",
    }
    return (
        step(
            "call",
            "VoiceMessage",
            inputs=call,
            outputs={"call": "{{step.response.clientRequestId}}"},
            nextStepId="keys",
        ),
        step(
            "keys",
            "WaitForDTMF",
            inputs={"dtmfRequestId": "{{data.call}}", "timeout": "00:01:00"},
            outputs={"dtmf": "{{step.dtmfData.actionDetails.dtmf}}"},
            selectNextStep={"one": "{{data.dtmf == '1'}}", "none": "{{data.dtmf == null}}", "other": None},
        ),
        step("one"),
        step("none"),
        step("other"),
    )


@pytest.mark.parametrize(("keys", "end"), [("1", "one"), ("9", "other"), (None, "none")])
def test_pressed_keys_resume_the_call(evaluator: Evaluator, keys: str | None, end: str) -> None:
    trace = run(evaluator, *ivr(), world=answers(Reply(kind="dtmf", text=keys)))
    assert trace.path == ("call", "keys", end)
    assert trace.sent[0].text == "Press 1"


def test_keys_of_another_call_are_not_taken(evaluator: Evaluator) -> None:
    body = dtmf_body(request_id="another", digits="1", at=AT)
    trace = run(evaluator, *ivr(), world=answers(Reply(kind="dtmf", body=body)))
    assert trace.path == ("call", "keys", "none")


def test_a_text_message_does_not_press_keys(evaluator: Evaluator) -> None:
    trace = run(evaluator, *ivr(), world=answers(Reply(text="1")))
    assert (trace.path[-1], trace.unused_replies) == ("none", 1)


def test_parallel_waits_end_in_the_order_of_time(evaluator: Evaluator) -> None:
    trace = run(
        evaluator,
        step("s", selectNextStep={"slow": "{{true}}", "fast": "{{true}}"}),
        wait("slow", "00:02:00", nextStepId="slow2"),
        wait("fast", "00:01:00", nextStepId="fast2"),
        step("slow2"),
        step("fast2"),
    )
    assert trace.path == ("s", "slow", "fast", "fast2", "slow2")
