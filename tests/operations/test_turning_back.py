"""Rollbacks and disables while colleagues and the network interfere."""

from __future__ import annotations

from deployer.operations.emergency import Turned, Unturned, begin, carry_out
from deployer.operations.turn import Wish, plan_step
from tests.operations.test_interference import foreign, texts
from tests.operations.world import Meddler, World, answer_lost, reply, request_lost, write_foreign


def back(world: World, meddler: Meddler | None = None, *, between: bool = False) -> Turned | Unturned:
    """Roll `reply` back; `between` the look at it and the write somebody edits it."""
    definition = world.id("reply")
    with world.store.session() as session:
        history = world.gateway.history(definition)
        step = plan_step("reply", history, session.state, Wish(turn="rollback"), world.store.entries())
        begin(session, [step], note="rollback: reply")
        if between:
            world.builder.update(definition, foreign(world))
        if meddler is not None:
            world.network.once("PUT", meddler)
        turned, unturned = carry_out(session, world.gateway, [step])
    assert len(turned) + len(unturned) == 1
    return turned[0] if turned else unturned[0]


def twice_applied(world: World) -> None:
    for text in ("One", "Two"):
        world.write("reply", reply(text))
        world.apply()


def test_an_edit_since_it_was_shown_stops_it_and_the_way_on_is_the_same_command(world: World) -> None:
    twice_applied(world)
    outcome = back(world, between=True)
    assert isinstance(outcome, Unturned)
    assert outcome.exit_code == 7
    assert outcome.message == "`reply`: the server moved from version 2 to 3 since it was looked at"
    assert outcome.hint == (
        "Nothing was written. `deployer log reply` shows what changed; then give the command again."
    )
    assert texts(world) == ["One", "Two", "Theirs"]
    assert not world.store.read().holds
    assert not world.store.read().intents


def test_an_edit_that_it_replaces_is_told_and_logged(world: World) -> None:
    twice_applied(world)
    outcome = back(world, write_foreign(world, world.id("reply"), foreign(world)))
    assert isinstance(outcome, Turned)
    assert ([lost.version for lost in outcome.lost], outcome.version) == ([3], 4)
    assert texts(world) == ["One", "Two", "Theirs", "One"]
    last = world.store.entries()[-1]
    assert (last.action, last.version) == ("rollback", 4)
    assert "version 3" in (last.note or "")
    assert world.store.read().holds["reply"].version == 4


def test_a_lost_answer_is_found_out_and_the_hold_is_there(world: World) -> None:
    twice_applied(world)
    outcome = back(world, answer_lost)
    assert isinstance(outcome, Turned)
    assert texts(world) == ["One", "Two", "One"]
    assert world.store.read().holds["reply"].bad_versions == (2,)
    assert world.apply().exit_code == 0
    assert texts(world) == ["One", "Two", "One"]


def test_a_lost_request_is_sent_again_and_made_once(world: World) -> None:
    twice_applied(world)
    assert isinstance(back(world, request_lost), Turned)
    assert texts(world) == ["One", "Two", "One"]


def test_a_hold_says_so_when_the_server_moved_on(world: World) -> None:
    twice_applied(world)
    back(world)
    world.somebody_edits("reply")
    (change,) = world.plan().changes
    assert change.held == (
        "rollback: rolled back from version 2 to 1 (put at version 3, but the server has version 4; "
        "`deployer hold release reply` ends the hold)"
    )


def test_a_prune_leaves_alone_what_is_held(world: World) -> None:
    twice_applied(world)
    back(world)
    world.write("other", reply("Other", name="Other", account="acme_other"))
    world.apply()
    world.file("reply").unlink()
    held = next(change for change in world.plan(prune=True).changes if change.key == "reply")
    assert "`deployer hold release reply` ends the hold" in (held.held or "")
    assert world.apply(prune=True, prune_delete=True).exit_code == 0
    assert texts(world) == ["One", "Two", "One"]
    with world.store.session() as session:
        session.save(session.state.release("reply"), note="release")
    assert world.apply(prune=True, max_prune=5).exit_code == 0
    assert world.now("reply").body["status"] == "disabled"
