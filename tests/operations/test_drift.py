"""Somebody worked in the web builder: it is shown, never reverted in silence, and taken in on request."""

from __future__ import annotations

import json

import pytest

from deployer.operations.compare import align
from deployer.operations.drift import Standing
from deployer.operations.plan import Action, Change, Plan, Stop
from deployer.operations.pull import Took
from deployer.report.plan import render_text
from tests.operations.conftest import NewWorld
from tests.operations.world import Body, World, reply, text_step

HTTP: Body = {
    "trigger": "http_request",
    "status": "enabled",
    "definition": {
        "name": "Leads",
        "steps": [
            {
                "id": "post",
                "stepType": "HttpRequest",
                "inputs": {
                    "url": "https://crm.example.com",
                    "method": "POST",
                    "headers": {"Authorization": "Bearer ${secret.TOKEN}"},
                    "body": {"note": "new"},
                },
            }
        ],
    },
}
TOKEN = {"TOKEN": "tok-0123456789"}


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def stop(plan: Plan) -> Stop | None:
    refusal = only(plan).refusal
    return refusal.stop if refusal is not None else None


def headers(body: Body) -> Body:
    found = text_step(body)["headers"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def applied(world: World) -> World:
    """The workflow `reply`, applied."""
    world.write("reply", reply())
    world.apply()
    return world


@pytest.fixture
def leads(new_world: NewWorld) -> World:
    """A workflow with a secret, applied."""
    world = new_world(secrets=dict(TOKEN))
    world.write("leads", HTTP)
    world.apply()
    return world


def test_an_edit_on_the_server_is_refused_and_stays(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    before = applied.bodies()
    applied.network.requests.clear()
    assert stop(applied.plan()) is Stop.DRIFT
    result = applied.apply()
    assert (result.exit_code, result.applied) == (6, ())
    assert applied.network.writes == []
    assert applied.bodies() == before
    assert [stand.standing for stand in applied.drift()] == [Standing.DRIFTED]


def test_a_pull_takes_the_edit_in_and_then_nothing_is_left_to_do(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    (pulled,) = applied.pull("reply")
    assert pulled.took is Took.CHANGED
    assert "text: We are closed" in applied.file("reply").read_text()
    assert only(applied.plan()).action is Action.NOOP
    applied.network.requests.clear()
    applied.apply()
    assert applied.network.writes == []


def test_the_file_can_be_put_in_the_place_of_the_edit(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    result = applied.apply(overwrite_drift=("reply",))
    assert [(item.old_version, item.new_version) for item in result.applied] == [(2, 3)]
    assert text_step(applied.now("reply").body)["text"] == "Hello"
    assert only(applied.plan()).action is Action.NOOP


def test_changes_on_both_sides_are_a_conflict_and_shown_three_ways(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(destination="{{data.other}}"))
    applied.write("reply", reply("Good morning"))
    plan = applied.plan()
    assert stop(plan) is Stop.CONFLICT
    text = render_text(plan)
    server, file = text.split("on the server since the last apply:")[1].split("in the file since the last apply:")
    assert "destination" in server
    assert "Good morning" not in server
    assert "Good morning" in file
    assert "destination" not in file
    assert [item.took for item in applied.pull("reply")] == [Took.CONFLICT]
    assert "Good morning" in applied.file("reply").read_text()


def test_a_conflict_is_resolved_for_either_side(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs"))
    applied.write("reply", reply("Ours"))
    applied.pull("reply", prefer="ours")
    change = only(applied.plan())
    assert (change.action, change.refusal, change.sentences()) == (
        Action.UPDATE, None, ["text of step `reply` changes"],
    )  # fmt: skip
    applied.pull("reply", prefer="theirs")
    assert text_step(applied.now("reply").body)["text"] == "Theirs"


def test_the_servers_side_of_a_conflict_can_be_taken(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs"))
    applied.write("reply", reply("Ours"))
    applied.pull("reply", prefer="theirs")
    assert "text: Theirs" in applied.file("reply").read_text()
    assert only(applied.plan()).action is Action.NOOP


def test_the_same_change_on_both_sides_is_no_change(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Same"))
    applied.write("reply", reply("Same"))
    assert (only(applied.plan()).action, stop(applied.plan())) == (Action.NOOP, None)
    assert applied.apply().exit_code == 0
    assert applied.store.read().bindings["reply"].version == 2


def test_equal_content_at_another_version_is_bound_anew(applied: World) -> None:
    applied.somebody_edits("reply")
    change = only(applied.plan())
    assert change.action is Action.NOOP
    assert [stand.standing for stand in applied.drift()] == [Standing.EQUAL]
    applied.network.requests.clear()
    applied.apply()
    assert applied.network.writes == []
    assert applied.store.read().bindings["reply"].version == 2
    assert [stand.standing for stand in applied.drift()] == [Standing.SYNCED]


def test_equal_content_at_another_version_does_not_stop_an_update(applied: World) -> None:
    applied.somebody_edits("reply")
    applied.write("reply", reply("Bye"))
    assert [item.new_version for item in applied.apply().applied] == [3]


def test_one_drifted_key_does_not_stop_the_others(applied: World) -> None:
    applied.write("other", reply("Other", name="Other", account="acme_other"))
    applied.apply()
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs"))
    applied.write("other", reply("Another", name="Other", account="acme_other"))
    result = applied.apply()
    assert ([item.key for item in result.applied], result.exit_code) == (["other"], 8)


def test_a_definition_that_was_deleted_on_the_server_is_refused_and_can_be_made_anew(applied: World) -> None:
    old = applied.id("reply")
    applied.builder.delete(old)
    applied.time.sleep(1)
    assert stop(applied.plan()) is Stop.GONE
    assert [stand.standing for stand in applied.drift()] == [Standing.GONE]
    assert applied.apply().exit_code == 6
    assert [item.took for item in applied.pull("reply")] == [Took.GONE]
    result = applied.apply(overwrite_drift=("reply",))
    assert [item.action for item in result.applied] == [Action.CREATE]
    assert applied.id("reply") != old
    assert only(applied.plan()).action is Action.NOOP


def test_a_number_that_the_server_gives_again_does_not_hide_an_edit(twice_applied: World) -> None:
    world = twice_applied
    world.builder.delete(world.id("reply"), version=2)
    assert world.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs")) == 2
    assert stop(world.plan()) is Stop.DRIFT
    assert [stand.standing for stand in world.drift()] == [Standing.DRIFTED]


# Secrets


def test_a_rotated_secret_is_an_update(leads: World) -> None:
    leads.secrets["TOKEN"] = "tok-9876543210"
    change = only(leads.plan())
    assert (change.action, change.sentences()) == (Action.UPDATE, ["secret TOKEN changed"])
    leads.apply()
    assert headers(dict(leads.now("leads").body))["Authorization"] == "Bearer tok-9876543210"
    assert only(leads.plan()).action is Action.NOOP


def test_a_missing_secret_is_not_compared(leads: World) -> None:
    leads.secrets.clear()
    change = only(leads.plan())
    assert (change.action, change.uncompared) == (Action.NOOP, frozenset({"TOKEN"}))
    assert "secret TOKEN is not available here: not compared" in render_text(leads.plan())


def other_value(body: Body) -> None:
    headers(body)["Authorization"] = "Bearer tok-hotfix-4711"


def other_text(body: Body) -> None:
    headers(body)["Authorization"] = "Basic abc"


@pytest.mark.parametrize("edit", [other_value, other_text])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("file_changed", [True, False])
def test_an_edit_at_the_place_of_a_secret_is_drift(leads: World, edit: object, known: bool, file_changed: bool) -> None:
    assert callable(edit)
    leads.somebody_edits("leads", edit)
    if not known:
        leads.secrets.clear()
    if file_changed:
        body: Body = json.loads(json.dumps(HTTP))
        text_step(body)["method"] = "PUT"
        leads.write("leads", body)
    assert stop(leads.plan()) is (Stop.CONFLICT if file_changed else Stop.DRIFT)
    leads.network.requests.clear()
    assert leads.apply().exit_code == 6
    assert leads.network.writes == []
    assert [stand.standing for stand in leads.drift()] == [Standing.DRIFTED]


def test_a_secret_that_somebody_rotated_on_both_sides_is_no_drift(leads: World) -> None:
    leads.somebody_edits("leads", other_value)
    leads.secrets["TOKEN"] = "tok-hotfix-4711"
    assert (only(leads.plan()).action, stop(leads.plan())) == (Action.NOOP, None)


def test_a_new_version_without_a_change_does_not_stop_a_rotation(leads: World) -> None:
    leads.somebody_edits("leads")
    leads.secrets["TOKEN"] = "tok-9876543210"
    change = only(leads.plan())
    assert (change.action, change.refusal, change.sentences()) == (Action.UPDATE, None, ["secret TOKEN changed"])


@pytest.mark.parametrize("edit", [other_value, other_text])
def test_a_pull_takes_an_edit_at_the_place_of_a_secret_in(new_world: NewWorld, edit: object) -> None:
    assert callable(edit)
    world = new_world()
    folder = world.folder / ".deployer" / "staging"
    folder.mkdir(parents=True)
    (folder / "secrets.env").write_text("TOKEN=tok-0123456789\n")
    (folder / "secrets.env").chmod(0o600)
    world.write("leads", HTTP)
    world.apply()
    world.somebody_edits("leads", edit)
    (pulled,) = world.pull("leads")
    assert pulled.took is Took.CHANGED
    assert "tok-hotfix-4711" not in world.file("leads").read_text()
    assert (only(world.plan()).action, stop(world.plan())) == (Action.NOOP, None)
    world.network.requests.clear()
    world.apply()
    assert world.network.writes == []


def test_a_secret_with_two_values_on_the_server_cannot_be_pulled_and_says_why(new_world: NewWorld) -> None:
    world = new_world(secrets=dict(TOKEN))
    body: Body = json.loads(json.dumps(HTTP))
    text_step(body)["body"] = {"token": "${secret.TOKEN}"}
    world.write("leads", body)
    world.apply()
    world.somebody_edits("leads", other_value)
    before = world.file("leads").read_text()
    (item,) = world.pull("leads")
    assert item.took is Took.UNWRITABLE
    assert "secret TOKEN stands in several places" in item.problem
    assert world.file("leads").read_text() == before


def test_many_secrets_in_one_text_cost_no_more_than_one_look(leads: World) -> None:
    many = "-".join(f"${{secret.S{number}}}" for number in range(30))
    assert align("-" * 200_000 + "x", f"{many}!", lambda _name: None).uncompared == set()
    fitting = align("abcdefgh" * 5000 + "-12345678", "${secret.A}-${secret.B}", lambda _name: None)
    assert fitting.uncompared == {"A", "B"}
