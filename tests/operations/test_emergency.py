"""Rollbacks while the network, the machine or a colleague interferes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deployer.operations.emergency import Turned, Unturned, begin, carry_out
from deployer.operations.plan import Action
from deployer.operations.turn import Step, Wish, plan_step
from deployer.state.aside import overlay
from deployer.state.aside_file import Aside
from deployer.state.log import Entry
from tests.operations.conftest import NewWorld
from tests.operations.world import World, answer_lost, reply, request_lost, text_step, write_foreign


@pytest.fixture
def twice(world: World) -> World:
    """The workflow `reply`, applied twice; the second text is wrong."""
    for text in ("Right", "Wrong"):
        world.write("reply", reply(text))
        world.apply()
    return world


def step_of(world: World, wish: Wish | None = None) -> Step:
    history = world.gateway.history(world.id("reply"))
    return plan_step("reply", history, world.store.read(), wish or Wish(turn="rollback", reason="wrong text"))


def turn(world: World, step: Step | None = None) -> Turned | Unturned:
    """Roll back, as the command does."""
    with world.store.session() as session:
        step = step or step_of(world)
        begin(session, [step], note="rollback")
        turned, failed = carry_out(session, world.gateway, [step])
    outcomes: list[Turned | Unturned] = [*turned, *failed]
    return outcomes[0]


def text(world: World) -> object:
    return text_step(json.loads(json.dumps(dict(world.now("reply").body))))["text"]


def test_somebody_elses_version_in_between_is_a_lost_update_and_told(twice: World) -> None:
    theirs = json.loads(json.dumps(dict(twice.now("reply").body)))
    text_step(theirs)["text"] = "Theirs"
    twice.network.once("PUT", write_foreign(twice, twice.id("reply"), theirs))
    done = turn(twice)
    assert isinstance(done, Turned)
    assert ([lost.version for lost in done.lost], done.version, text(twice)) == ([3], 4, "Right")
    (entry,) = [entry for entry in twice.store.entries() if entry.action == "rollback"]
    assert "lost update: version 3" in str(entry.note)


def test_a_version_since_the_look_stops_it_and_leaves_no_hold(twice: World) -> None:
    step = step_of(twice)
    twice.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs"))
    failed = turn(twice, step)
    assert isinstance(failed, Unturned)
    assert "the server moved from version 2 to 3 since it was looked at" in failed.message
    assert (text(twice), twice.store.read().holds, twice.store.read().intents) == ("Theirs", {}, {})


def test_a_lost_answer_is_settled_by_looking(twice: World) -> None:
    twice.network.once("PUT", answer_lost)
    done = turn(twice)
    assert isinstance(done, Turned)
    assert (done.version, text(twice)) == (3, "Right")
    assert "the answer was lost; the new version was found on the server" in done.notes


def test_a_request_that_vanished_is_sent_again(twice: World) -> None:
    twice.network.once("PUT", request_lost)
    done = turn(twice)
    assert isinstance(done, Turned)
    assert (done.version, text(twice)) == (3, "Right")


@pytest.mark.parametrize("reached", [True, False])
def test_a_run_that_died_leaves_a_key_that_apply_does_not_touch(twice: World, reached: bool) -> None:
    step = step_of(twice)
    with twice.store.session() as session:
        begin(session, [step], note="rollback")
        if reached:
            assert step.change is not None
            twice.builder.update(step.id, dict(step.change.template or {}))
    result = twice.apply()
    assert text(twice) == ("Right" if reached else "Wrong")
    (settled,) = result.settled
    said = "had reached the server as version 3" if reached else "had not reached the server; the hold on it stays"
    assert f"an earlier run's rollback {said}" in settled.message
    assert [change.held is not None for change in result.plan.changes] == [True]
    assert twice.store.read().holds["reply"].bad_versions == (2,)
    assert twice.store.read().intents == {}


def test_a_disable_that_died_is_found_and_stays(twice: World) -> None:
    step = step_of(twice, Wish(turn="disable"))
    with twice.store.session() as session:
        begin(session, [step], note="disable")
        assert step.change is not None
        twice.builder.update(step.id, dict(step.change.template or {}))
    assert twice.apply().plan.changes[0].held is not None
    assert twice.now("reply").body["status"] == "disabled"
    assert twice.store.read().bindings["reply"].version == 3


def test_a_released_rollback_is_applied_anew(twice: World) -> None:
    turn(twice)
    with twice.store.session() as session:
        session.save(session.state.release("reply"), note="release")
    (change,) = twice.plan().changes
    assert (change.action, change.reason) == (Action.UPDATE, "file changed")


def test_secrets_go_back_with_the_content_and_stand_nowhere_in_the_state(new_world: NewWorld) -> None:
    world = new_world(secrets={"crm": "hunter2-hunter2"})
    for said in ("Right", "Wrong"):
        world.write("reply", reply(f"{said} ${{secret.crm}}"))
        world.apply()
    assert isinstance(turn(world), Turned)
    assert text(world) == "Right hunter2-hunter2"
    kept = (world.folder / "state.json").read_text() + (world.folder / "state.log.jsonl").read_text()
    assert "hunter2" not in kept
    with world.store.session() as session:
        session.save(session.state.release("reply"), note="release")
    world.write("reply", reply("Right ${secret.crm}"))
    assert [change.action for change in world.plan().changes] == [Action.NOOP]


def test_what_was_done_aside_joins_a_state_that_went_on(twice: World) -> None:
    base = twice.store.read()
    turn(twice)
    ours = twice.store.read()
    aside = Aside(base=base, ours=ours, entries=(Entry(action="rollback", key="reply"),))
    assert overlay(aside, base) == ours
    other = base.bind("other", replace(base.bindings["reply"], id="another"))
    assert overlay(aside, other).bindings.keys() == {"other", "reply"}
    assert overlay(aside, other).holds == ours.holds
    later = base.bind("reply", replace(base.bindings["reply"], version=9))
    assert overlay(aside, later) == later
    assert overlay(aside, overlay(aside, base)) == ours


def test_the_default_undoes_a_stop_in_the_web_builder_before_it_goes_further_back(twice: World) -> None:
    turn(twice)
    twice.somebody_edits("reply", lambda body: body.update(status="disabled"))
    assert step_of(twice).source == 3
    assert step_of(twice, Wish(turn="rollback", to=2)).source == 2
