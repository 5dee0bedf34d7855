"""Which definition a key stands for: never guessed, never doubled, moved only where a file says so."""

from __future__ import annotations

import json

import pytest

from deployer.operations.adopt import pair_by_name
from deployer.operations.plan import Action, Plan, Stop
from deployer.report import adopt
from deployer.report.plan import render_text
from tests.operations.conftest import NewWorld
from tests.operations.world import Body, World, reply, request_lost, text_step


def told(plan: Plan) -> list[tuple[str, Action, Stop | None]]:
    return [(change.key, change.action, change.refusal.stop if change.refusal else None) for change in plan.changes]


@pytest.fixture
def applied(world: World) -> World:
    """The workflow `reply`, applied."""
    world.write("reply", reply())
    world.apply()
    return world


# Names


def test_a_name_that_the_account_has_already_is_refused_until_somebody_decides(world: World) -> None:
    made = world.builder.create(reply())
    world.write("reply", reply())
    assert told(world.plan()) == [("reply", Action.CREATE, Stop.AMBIGUOUS)]
    assert f"deployer adopt reply {made.id}" in render_text(world.plan())
    world.network.requests.clear()
    assert world.apply().exit_code == 6
    assert world.network.writes == []
    world.adopt("reply", made.id)
    assert told(world.plan()) == [("reply", Action.NOOP, None)]
    assert world.apply().applied == ()


def test_an_adopted_definition_with_other_content_becomes_an_update(world: World) -> None:
    made = world.builder.create(reply("Theirs"))
    world.write("reply", reply("Ours"))
    world.adopt("reply", made.id)
    (change,) = world.plan().changes
    assert (change.action, change.sentences()) == (Action.UPDATE, ["text of step `reply` changes"])
    assert [item.new_version for item in world.apply().applied] == [2]


def test_an_edit_after_the_adoption_is_a_conflict(world: World) -> None:
    made = world.builder.create(reply("Theirs"))
    world.write("reply", reply("Ours"))
    world.adopt("reply", made.id)
    world.somebody_edits("reply", lambda body: text_step(body).update(text="Newer"))
    assert told(world.plan()) == [("reply", Action.UPDATE, Stop.CONFLICT)]


def test_two_files_may_declare_one_name(world: World) -> None:
    world.write("a", reply(account="acme_a"))
    world.write("b", reply(account="acme_b"))
    assert [item.action for item in world.apply().applied] == [Action.CREATE, Action.CREATE]
    assert world.plan().pending == ()


def test_a_second_account_is_paired_by_exact_name_one_to_one(world: World) -> None:
    same = world.builder.create(reply(name="Same"))
    for _ in range(2):
        world.builder.create(reply(name="Twice"))
    world.builder.create(reply(name="Theirs"))
    for name in ("Same", "Twice", "Ours"):
        world.write(name.lower(), reply(name=name, account=f"acme_{name}"))
    pairing = pair_by_name(world.desired(), list(world.builder.definitions()), lambda _name: None)
    assert [(item.key, item.id) for item in pairing.paired] == [("same", same.id)]
    assert [(item.name, len(item.ids)) for item in pairing.ambiguous] == [("Twice", 2)]
    assert (pairing.only_files, [item.name for item in pairing.only_server]) == (("ours",), ["Theirs"])


def test_a_pair_says_how_many_differences_the_next_apply_would_write(world: World) -> None:
    world.builder.create(reply(text="Other"))
    world.write("reply", reply())
    assert "1 difference, which" in adopted(world)
    world.write("reply", reply(status="disabled"))
    assert "2 differences, which" in adopted(world)


def adopted(world: World) -> str:
    return adopt.render_text(pair_by_name(world.desired(), list(world.builder.definitions()), lambda _name: None))


def test_a_changed_name_is_an_update(applied: World) -> None:
    applied.write("reply", reply(name="Another name"))
    (change,) = applied.plan().changes
    assert (change.action, change.sentences()) == (Action.UPDATE, ["name: Auto reply -> Another name"])


# Keys


def test_a_renamed_file_with_the_same_key_is_nothing(applied: World) -> None:
    applied.file("reply").unlink()
    applied.write("another-file", reply(), metadata={"key": "reply"})
    assert told(applied.plan()) == [("reply", Action.NOOP, None)]


@pytest.mark.parametrize("moved_from", ["reply", ["older", "reply"]])
def test_a_changed_key_takes_the_definition_with_it(applied: World, moved_from: object) -> None:
    applied.file("reply").unlink()
    applied.write("welcome", reply(), metadata={"movedFrom": moved_from})
    plan = applied.plan()
    assert (told(plan), plan.fileless) == ([("welcome", Action.NOOP, None)], ())
    assert "moved from `reply`" in render_text(plan)
    definition = applied.id("reply")
    applied.network.requests.clear()
    applied.apply()
    assert applied.network.writes == []
    assert (sorted(applied.store.read().bindings), applied.id("welcome")) == (["welcome"], definition)
    assert told(applied.plan()) == [("welcome", Action.NOOP, None)]


def test_a_key_may_change_together_with_the_text(applied: World) -> None:
    applied.file("reply").unlink()
    applied.write("welcome", reply("Welcome"), metadata={"movedFrom": "reply"})
    (item,) = applied.apply().applied
    assert (item.key, item.action, item.new_version) == ("welcome", Action.UPDATE, 2)
    assert sorted(applied.store.read().bindings) == ["welcome"]


def test_a_key_without_a_declared_origin_is_another_workflow(applied: World) -> None:
    applied.file("reply").unlink()
    applied.write("welcome", reply(name="Welcome"))
    plan = applied.plan()
    assert told(plan) == [("welcome", Action.CREATE, None)]
    assert [item.key for item in plan.fileless] == ["reply"]
    assert "reply has no file and still answers customers" in render_text(plan)


def test_two_keys_cannot_come_from_one(applied: World) -> None:
    applied.file("reply").unlink()
    for key in ("one", "two"):
        applied.write(key, reply(name=key, account=f"acme_{key}"), metadata={"movedFrom": "reply"})
    assert [stop for _, _, stop in told(applied.plan())] == [Stop.MOVED, Stop.MOVED]
    applied.network.requests.clear()
    assert applied.apply().exit_code == 6
    assert applied.network.writes == []


def test_a_key_cannot_come_from_one_that_still_has_a_file(applied: World) -> None:
    applied.write("welcome", reply(name="Welcome", account="acme_w"), metadata={"movedFrom": "reply"})
    assert told(applied.plan()) == [("reply", Action.NOOP, None), ("welcome", Action.CREATE, Stop.MOVED)]


def test_an_origin_that_is_bound_beside_the_new_key_is_shown(applied: World) -> None:
    """The move has happened long ago; a binding that came back under the old name must not vanish."""
    applied.write("welcome", reply(name="Welcome", account="acme_w"))
    applied.apply()
    applied.file("reply").unlink()
    applied.write("welcome", reply(name="Welcome", account="acme_w"), metadata={"movedFrom": "reply"})
    plan = applied.plan()
    assert told(plan) == [("welcome", Action.NOOP, None)]
    assert [item.key for item in plan.fileless] == ["reply"]


# The end


def many(world: World, count: int) -> None:
    for number in range(count):
        world.write(f"flow-{number}", reply(name=f"Flow {number}", account=f"acme_{number}"))
    world.apply()


def test_a_workflow_without_a_file_is_only_ended_on_request(applied: World) -> None:
    applied.file("reply").unlink()
    assert applied.plan().pending == ()
    assert [change.action for change in applied.plan(prune=True).pending] == [Action.DISABLE]
    (item,) = applied.apply(prune=True).applied
    assert (item.action, item.new_version) == (Action.DISABLE, 2)
    assert applied.now("reply").body["status"] == "disabled"
    assert applied.plan(prune=True).changes == ()
    assert [(item.key, item.enabled) for item in applied.plan().fileless] == [("reply", False)]


def test_the_files_return_is_an_update(applied: World) -> None:
    applied.file("reply").unlink()
    applied.apply(prune=True)
    applied.write("reply", reply())
    (change,) = applied.plan().changes
    assert (change.action, change.refusal, change.sentences()) == (
        Action.UPDATE, None, ["status: disabled -> enabled"],
    )  # fmt: skip
    applied.apply()
    assert applied.now("reply").body["status"] == "enabled"


def test_a_disable_changes_nothing_but_the_status(new_world: NewWorld) -> None:
    world = new_world("normalise=true", "sub-account-spelling=subaccountId", secrets={"TOKEN": "tok-0123456789"})
    world.write("reply", reply("${secret.TOKEN} $${secret.TOKEN} ${data.x}"))
    world.apply()
    before = json.loads(json.dumps(dict(world.now("reply").body)))
    world.file("reply").unlink()
    world.secrets.clear()
    world.apply(prune=True)
    after = dict(world.now("reply").body)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"status", "version"} | ({"createdAt"} & changed)
    assert "tok-0123456789" not in (world.folder / "state.json").read_text()


@pytest.mark.parametrize("behaviour", ["list-disabled=true", "list-disabled=false"])
def test_a_delete_is_waited_for_and_the_key_is_free_again(new_world: NewWorld, behaviour: str) -> None:
    world = new_world(behaviour)
    world.write("reply", reply())
    world.apply()
    world.file("reply").unlink()
    (item,) = world.apply(prune=True, prune_delete=True).applied
    assert (item.action, item.new_version) == (Action.DELETE, None)
    state = world.store.read()
    assert (dict(state.bindings), dict(state.tombstones)) == ({}, {})
    world.write("reply", reply())
    assert [item.action for item in world.apply().applied] == [Action.CREATE]


def test_a_delete_that_takes_long_is_in_nobodys_way(new_world: NewWorld) -> None:
    world = new_world("delete-delay=3600")
    world.write("reply", reply())
    world.apply()
    world.file("reply").unlink()
    world.apply(prune=True, prune_delete=True)
    assert list(world.store.read().tombstones) == ["reply"]
    world.write("reply", reply())
    assert told(world.plan()) == [("reply", Action.CREATE, None)]
    assert world.plan().unmanaged == ()
    world.apply()
    world.time.sleep(4000)
    world.apply()
    assert (list(world.store.read().bindings), dict(world.store.read().tombstones)) == (["reply"], {})


def test_protect_outlives_its_file_and_blocks_the_end(world: World) -> None:
    world.write("reply", reply(), metadata={"protect": True})
    world.apply()
    world.write("reply", reply(status="disabled"), metadata={"protect": True})
    assert told(world.plan()) == [("reply", Action.UPDATE, Stop.PROTECTED)]
    world.file("reply").unlink()
    for delete in (False, True):
        plan = world.plan(prune=True, prune_delete=delete)
        assert [stop for _, _, stop in told(plan)] == [Stop.PROTECTED]
        assert world.apply(prune=True, prune_delete=delete).exit_code == 6
    assert world.now("reply").body["status"] == "enabled"


def test_protect_that_a_file_gains_or_loses_reaches_the_binding(applied: World) -> None:
    applied.write("reply", reply(), metadata={"protect": True})
    applied.apply()
    assert applied.store.read().bindings["reply"].protect
    applied.write("reply", reply())
    applied.apply()
    assert not applied.store.read().bindings["reply"].protect


def test_too_many_ends_stop_before_any_of_them(world: World) -> None:
    many(world, 10)
    for number in range(3):
        world.file(f"flow-{number}").unlink()
    plan = world.plan(prune=True)
    assert [stop for _, action, stop in told(plan) if action is Action.DISABLE] == [Stop.THRESHOLD] * 3
    assert "--max-prune 3" in render_text(plan)
    world.network.requests.clear()
    assert world.apply(prune=True).exit_code == 6
    assert world.network.writes == []
    assert len(world.apply(prune=True, max_prune=3).applied) == 3


def test_an_end_over_somebodys_work_is_refused(applied: World) -> None:
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Still at it"))
    applied.file("reply").unlink()
    assert [stop for _, _, stop in told(applied.plan(prune=True))] == [Stop.DRIFT]
    plan = applied.plan(prune=True, overwrite_drift=("reply",))
    assert [change.action for change in plan.pending] == [Action.DISABLE]


@pytest.mark.parametrize("exclude", ["workflows/broken.yaml", "broken"])
def test_a_file_that_cannot_be_read_is_not_a_file_that_is_gone(world: World, exclude: str) -> None:
    """Left out because it is broken; that its key cannot be read must not end what answers customers."""
    world.write("broken", reply(), metadata={"key": "main"})
    world.write("other", reply(name="Other", account="acme_other"))
    world.apply()
    world.file("broken").write_text("metadata: {key: main\n")
    relative = str(world.file("broken")) if "/" in exclude else exclude
    plan = world.plan(exclude=[relative], prune=True)
    assert [change.key for change in plan.pending] == []
    assert "main has no file" not in render_text(plan)


# Others


def test_definitions_of_others_are_counted_and_never_touched(applied: World) -> None:
    body: Body = reply(name="By hand", account="acme_hand")
    made = applied.builder.create(body)
    plan = applied.plan()
    assert [(item.id, item.name) for item in plan.unmanaged] == [(made.id, "By hand")]
    assert applied.apply(prune=True, prune_delete=True).applied == ()
    assert applied.builder.latest(made.id) == made


def test_a_selection_leaves_the_rest_alone(world: World) -> None:
    many(world, 3)
    for number in range(3):
        world.write(f"flow-{number}", reply("Changed", name=f"Flow {number}", account=f"acme_{number}"))
    assert [change.key for change in world.plan("flow-[01]").pending] == ["flow-0", "flow-1"]
    assert [change.key for change in world.plan(exclude=["flow-1"]).pending] == ["flow-0", "flow-2"]
    assert [item.key for item in world.apply("flow-2").applied] == ["flow-2"]


def test_a_broad_glob_does_not_mean_hidden_folders(new_world: NewWorld) -> None:
    world = new_world(config="version: 1\nworkflows: ['**/*.yaml']\nenvironments: {staging: {accountId: acme}}\n")
    world.write("reply", reply())
    (world.folder / ".github" / "workflows").mkdir(parents=True)
    (world.folder / ".github" / "workflows" / "ci.yaml").write_text("on: push\n")
    assert [item.key for item in world.desired()] == ["reply"]


def test_a_status_of_null_is_the_documented_default(new_world: NewWorld) -> None:
    """`null` and nothing mean the same; `status` is always sent."""
    world = new_world("normalise=true")
    world.write("reply", reply(status=None))
    assert world.desired()[0].template["status"] == "disabled"
    world.apply()
    assert world.now("reply").body["status"] == "disabled"
    assert world.plan().pending == ()


def test_what_an_earlier_run_left_open_is_told_even_when_the_file_is_gone(new_world: NewWorld) -> None:
    world = new_world("list-delay=60")
    world.write("reply", reply())
    world.write("other", reply(name="Other", account="acme_other"))
    world.network.once("POST", request_lost)
    world.apply("reply")
    world.file("reply").unlink()
    plan = world.plan()
    assert [change.key for change in plan.changes] == ["other"]
    assert any("`reply`" in warning and "state resolve reply" in warning for warning in plan.warnings)


def test_a_file_renamed_without_a_word_makes_no_second_definition(applied: World) -> None:
    applied.file("reply").rename(applied.file("reply").with_name("renamed.yaml"))
    plan = applied.plan()
    (change,) = plan.refused
    assert change.key == "renamed"
    assert change.refusal is not None
    assert change.refusal.stop is Stop.MOVED
    assert "movedFrom: reply" in change.refusal.hint
    assert "deployer forget reply" in change.refusal.hint
    assert not plan.pending


def test_a_workflow_without_a_file_that_answers_the_same_messages_is_told(applied: World) -> None:
    applied.write("other", reply(name="Something else"))
    applied.file("reply").unlink()
    assert any("customers are answered twice" in warning for warning in applied.plan().warnings)
