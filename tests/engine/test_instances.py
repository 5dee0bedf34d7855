"""An instance's life: what comes in, who intervenes, and a restart at any point."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.engine.answers import http_answer, usual_answer
from deployer.engine.engine import Engine, deliver, resume, settle, suspend, terminate
from deployer.engine.events import takers, waits_for
from deployer.engine.failures import TransitionError
from deployer.engine.instance import (
    Answer,
    Awaited,
    Event,
    Fault,
    Instance,
    InstanceStatus,
    Settled,
    StepStatus,
    Unreachable,
)
from deployer.engine.messages import chat_webhook, dtmf_body, dtmf_event, message_event, sms_webhook
from deployer.engine.scripting import Evaluator
from deployer.engine.storage import read_instance, write_instance
from tests.engine.workflows import AT, CUSTOMER, DATA, Body, ask, call, engine, later, say, step, wait


def started(machine: Engine, seed: str = "1") -> Instance:
    instance = machine.start(DATA, at=AT, seed=seed)
    return machine.advance(instance, now=AT, answer=usual_answer).instance


def reply(text: str, at: datetime) -> Event:
    webhook = chat_webhook(sender=CUSTOMER, text=text, at=at, umid="u")
    return message_event(webhook, at=at)


def question(evaluator: Evaluator) -> Engine:
    outputs = {"answer": "{{step.reply.payload.content.text}}"}
    return engine(evaluator, ask("ask", timeout="00:01:00", outputs=outputs, nextStepId="end"), say("end"))


def test_a_new_instance_has_its_first_step_pending(evaluator: Evaluator) -> None:
    instance = engine(evaluator, step("a")).start(DATA, at=AT, seed="1", instance_id="mine")
    assert (instance.id, instance.status) == ("mine", InstanceStatus.RUNNABLE)
    assert [(r.step, r.status, r.started_at) for r in instance.runs] == [("a", StepStatus.PENDING, None)]


def test_every_status_of_a_step_is_in_the_api_s_words(evaluator: Evaluator) -> None:
    machine = engine(
        evaluator,
        step("s", selectNextStep=dict.fromkeys(("sleep", "ask", "http"), "{{true}}")),
        wait("sleep"),
        ask("ask"),
        call("http"),
    )
    instance = started(machine)
    assert [r.status.value for r in instance.runs] == ["Complete", "Sleeping", "WaitingForEvent", "Running"]
    assert [effect.step for effect in instance.pending_effects] == ["http"]


def test_an_effect_waits_for_its_outcome(evaluator: Evaluator) -> None:
    machine = engine(evaluator, call("http", outputs={"code": "{{step.responseCode}}"}))
    progress = machine.advance(machine.start(DATA, at=AT, seed="1"), now=AT)
    [effect] = progress.effects
    assert (effect.type, effect.request["method"]) == ("HttpRequest", "GET")
    settled = settle(progress.instance, effect.id, http_answer(201))
    assert settled.pending_effects == ()
    done = machine.advance(settled, now=later(3)).instance
    assert (done.status, done.data["code"], done.duration) == (InstanceStatus.COMPLETE, 201, later(3) - AT)


def test_an_outcome_is_taken_once(evaluator: Evaluator) -> None:
    machine = engine(evaluator, call("http", nextStepId="end"), step("end"))
    progress = machine.advance(machine.start(DATA, at=AT, seed="1"), now=AT)
    once = settle(progress.instance, progress.effects[0].id, http_answer(200))
    assert settle(once, progress.effects[0].id, http_answer(500)) is once
    assert settle(once, "unknown", http_answer(500)) is once
    done = machine.advance(once, now=AT).instance
    assert settle(done, progress.effects[0].id, http_answer(500)) is done
    assert [r.step for r in done.runs] == ["http", "end"]


def test_a_reply_goes_to_the_instance_that_waits_for_it(evaluator: Evaluator) -> None:
    machine = question(evaluator)
    delivered = deliver(started(machine), reply("yes", later(5)))
    assert delivered is not None
    done = machine.advance(delivered, now=later(5), answer=usual_answer).instance
    assert (done.status, done.data["answer"]) == (InstanceStatus.COMPLETE, "yes")


def test_a_reply_that_nobody_waits_for_is_not_taken(evaluator: Evaluator) -> None:
    instance = started(question(evaluator))
    stranger = message_event(chat_webhook(sender="+6599999999", text="x", at=AT, umid="u"), at=AT)
    assert deliver(instance, stranger) is None
    assert deliver(instance, reply("late", later(60))) is None
    assert deliver(terminate(instance, at=AT), reply("x", AT)) is None


def test_one_reply_resumes_a_step_once(evaluator: Evaluator) -> None:
    machine = question(evaluator)
    first = deliver(started(machine), reply("1", later(1)))
    assert first is not None
    second = deliver(first, reply("2", later(2)))
    assert second is not None
    done = machine.advance(second, now=later(2), answer=usual_answer).instance
    assert (done.data["answer"], [r.step for r in done.runs]) == ("1", ["ask", "end"])


@pytest.mark.parametrize(
    ("awaited", "event", "taken"),
    [
        (Awaited(kind="reply", key="+65 1".replace(" ", ""), channel="sms"), ("651", "SMS"), True),
        (Awaited(kind="reply", key="651", channel="sms"), ("+651", "sms"), True),
        (Awaited(kind="reply", key="651", channel="sms"), ("651", "whatsapp"), False),
        (Awaited(kind="reply", key="651", channel="sms"), ("652", "sms"), False),
        (Awaited(kind="reply", key="651", channel=""), ("651", "whatsapp"), True),
        (Awaited(kind="reply", key="BUID-x", channel="whatsapp"), ("buid-X", ""), True),
        (Awaited(kind="dtmf", key="651"), ("651", ""), False),
    ],
)
def test_sender_and_channel_decide_who_gets_a_reply(awaited: Awaited, event: tuple[str, str], taken: bool) -> None:
    incoming = Event(kind="reply", keys=(event[0],), channel=event[1], body={}, at=AT)
    assert waits_for(awaited, incoming) is taken


def test_a_webhook_names_its_sender_and_its_channel() -> None:
    sms = message_event(sms_webhook(sender="+651", recipient="+652", text="x", at=AT, umid="u"), at=AT)
    chat = message_event(chat_webhook(sender="abc", text="x", at=AT, umid="u", channel="viber", name="Ani"), at=AT)
    keys = dtmf_event(dtmf_body(request_id="r", digits="1", at=AT), at=AT)
    assert [(e.kind, e.keys, e.channel) for e in (sms, chat, keys)] == [
        ("reply", ("+651",), "sms"),
        ("reply", ("abc",), "viber"),
        ("dtmf", ("r", "r"), ""),
    ]


# Suspend, resume, terminate


def test_a_suspended_instance_does_nothing_until_it_is_resumed(evaluator: Evaluator) -> None:
    machine = engine(evaluator, wait("a", "00:00:10", nextStepId="b"), say("b"))
    held = suspend(started(machine))
    assert held.wakes_at is None
    assert machine.advance(held, now=later(100)).instance is held
    done = machine.advance(resume(held), now=later(100), answer=usual_answer).instance
    assert (done.status, done.completed_at) == (InstanceStatus.COMPLETE, later(100))


def test_a_reply_that_comes_while_suspended_acts_on_resume(evaluator: Evaluator) -> None:
    machine = question(evaluator)
    held = deliver(suspend(started(machine)), reply("yes", later(30)))
    assert held is not None
    assert machine.advance(held, now=later(30)).instance.data == DATA
    done = machine.advance(resume(held), now=later(3600), answer=usual_answer).instance
    assert done.data["answer"] == "yes"


def test_an_answer_that_comes_while_suspended_acts_on_resume(evaluator: Evaluator) -> None:
    machine = engine(evaluator, call("http", outputs={"code": "{{step.responseCode}}"}))
    progress = machine.advance(machine.start(DATA, at=AT, seed="1"), now=AT)
    held = settle(suspend(progress.instance), progress.effects[0].id, http_answer(200))
    assert "code" not in held.data
    assert machine.advance(resume(held), now=later(9)).instance.data["code"] == 200


def test_transitions_start_only_where_the_api_allows_them(evaluator: Evaluator) -> None:
    running = started(question(evaluator))
    held = suspend(running)
    ended = terminate(running, at=later(1))
    for change, instance in ((suspend, held), (resume, running), (suspend, ended), (resume, ended)):
        with pytest.raises(TransitionError, match=r"only (Runnable|Suspended) can become"):
            change(instance)


@pytest.mark.parametrize("held", [True, False])
def test_an_instance_can_be_terminated_from_any_status(evaluator: Evaluator, held: bool) -> None:
    instance = started(question(evaluator))
    ended = terminate(suspend(instance) if held else instance, at=later(1))
    assert (ended.status, ended.completed_at) == (InstanceStatus.TERMINATED, later(1))
    assert [r.status for r in ended.runs] == [StepStatus.CANCELLED]
    assert terminate(ended, at=later(2)) is ended


def test_an_instance_whose_step_vanished_faults(evaluator: Evaluator) -> None:
    instance = started(engine(evaluator, wait("a")))
    other = engine(evaluator, step("b"))
    done = other.advance(instance, now=later(60)).instance
    assert done.errors[0].message == "the definition has no such step any more"
    pending = engine(evaluator, step("a")).start(DATA, at=AT, seed="1")
    assert other.advance(pending, now=AT).instance.status is InstanceStatus.TERMINATED


# Restart


def round_trip(instance: Instance) -> Instance:
    return read_instance(json.loads(json.dumps(write_instance(instance))))


def test_every_part_of_an_instance_survives_storage(evaluator: Evaluator) -> None:
    machine = engine(
        evaluator,
        step("s", selectNextStep=dict.fromkeys(("sleep", "ask", "http", "if"), "{{true}}")),
        wait("sleep"),
        ask("ask"),
        call("http"),
        step("if", "If", inputs={"condition": "{{true}}"}, do=[[wait("inner")]]),
    )
    instance = started(machine)
    outcomes = (Answer(values={"a": [1]}), Fault(message="no"), Unreachable(reason="gone"))
    inbox: tuple[Event | Settled, ...] = (
        reply("x", later(1)),
        *(Settled(effect="e", outcome=outcome) for outcome in outcomes),
    )
    full = replace(terminate(instance, at=later(2)), inbox=inbox)
    assert round_trip(instance) == instance
    assert round_trip(full) == full
    failed = started(engine(evaluator, say("a", "{{nope}}")))
    assert round_trip(failed) == failed
    assert failed.errors


def test_another_format_is_refused(evaluator: Evaluator) -> None:
    stored = write_instance(started(question(evaluator)))
    with pytest.raises(ValueError, match="format 2"):
        read_instance({**stored, "format": 2})


CONDITIONS = st.sampled_from(
    ["{{true}}", "{{data.n > 2}}", "{{data.answer == '1'}}", None, "{{step.responseCode == 200}}"]
)
NAMES = [f"s{number}" for number in range(8)]


@st.composite
def definitions(draw: st.DrawFn) -> list[dict[str, object]]:
    """Steps that lead to later steps only, so that every run ends."""
    steps = []
    for index, name in enumerate(NAMES):
        targets = NAMES[index + 1 :]
        fields: dict[str, object] = {}
        if index < len(NAMES) - 1 and draw(st.booleans()):
            fields["nextStepId"] = draw(st.sampled_from(targets))
        elif targets:
            chosen: list[str] = draw(st.lists(st.sampled_from(targets), max_size=2, unique=True))
            fields["selectNextStep"] = {target: draw(CONDITIONS) for target in chosen}
        make = draw(st.sampled_from(["branch", "say", "wait", "ask", "call", "if"]))
        if make == "if":
            inner = draw(st.sampled_from([wait(f"{name}-in"), call(f"{name}-in"), step(f"{name}-in")]))
            steps.append(step(name, "If", inputs={"condition": draw(st.booleans())}, do=[[inner]], **fields))
        else:
            outputs = {"n": "{{(data.n || 0) + 1}}", "id": "{{uuid()}}"}
            makers: dict[str, Callable[..., Body]] = {
                "branch": step,
                "say": say,
                "wait": wait,
                "ask": ask,
                "call": call,
            }
            steps.append(makers[make](name, outputs=outputs, **fields))
    return steps


def play(machine: Engine, *, restarts: bool) -> Instance:
    """Run to the end, answering one thing at a time; with a restart after every single advance."""
    instance, now = machine.start(DATA, at=AT, seed="7"), AT
    for _ in range(200):
        instance = machine.advance(round_trip(instance) if restarts else instance, now=now).instance
        if instance.ended:
            break
        if instance.pending_effects:
            effect = instance.pending_effects[0]
            instance = settle(instance, effect.id, usual_answer(effect) or http_answer(200))
        elif instance.waiting and takers(instance, reply("1", now)):
            instance = deliver(instance, reply("1", now)) or instance
        else:
            now = instance.wakes_at or now
    return instance


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=definitions())
def test_a_restart_at_any_point_changes_nothing(evaluator: Evaluator, steps: list[dict[str, object]]) -> None:
    machine = engine(evaluator, *steps)
    straight = play(machine, restarts=False)
    assert straight.ended
    assert play(machine, restarts=True) == straight
