"""A plan that was reviewed: what it approves is done, change by change, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.applied import Result
from deployer.operations.plan import Action, Plan
from deployer.operations.saved_plan import Approvals, read_approvals
from deployer.report.plan import render_json
from tests.operations.conftest import NewWorld
from tests.operations.world import Body, World, reply, text_step


@pytest.fixture
def applied(world: World) -> World:
    """The workflows `a` and `b`, applied."""
    for name in ("a", "b"):
        world.write(name, reply(name=name, account=f"acme_{name}"))
    world.apply()
    return world


def change(world: World, name: str, text: str) -> None:
    world.write(name, reply(text, name=name, account=f"acme_{name}"))


def saved(world: World, plan: Plan) -> Path:
    path = world.folder / "plan.out"
    path.write_text(render_json(plan), encoding="utf-8")
    return path


def carry_out(world: World, path: Path) -> Result:
    approvals = read_approvals(path)
    wishes = approvals.wishes(world.store.read().bindings)
    return world.apply(
        approved=approvals.test(), promised=approvals.changes, prune=wishes.prune, prune_delete=wishes.prune_delete,
        max_prune=wishes.max_prune, overwrite_drift=wishes.overwrite_drift,
    )  # fmt: skip


def tampered(path: Path, **fields: object) -> Path:
    plan = json.loads(path.read_text())
    plan["changes"][0] |= fields
    path.write_text(json.dumps(plan))
    return path


def keys(result: Result) -> tuple[list[str], list[str]]:
    """What was applied, and what was not approved."""
    return [item.key for item in result.applied], [item.key for item in result.not_approved]


def test_what_was_approved_is_done(applied: World) -> None:
    change(applied, "a", "New")
    result = carry_out(applied, saved(applied, applied.plan()))
    assert (keys(result), result.exit_code) == ((["a"], []), 0)


def test_what_came_later_is_listed_and_left_alone(applied: World) -> None:
    change(applied, "a", "New")
    path = saved(applied, applied.plan())
    change(applied, "b", "Later")
    result = carry_out(applied, path)
    assert (keys(result), result.exit_code) == ((["a"], ["b"]), 7)
    assert applied.now("b").version == 1


def test_another_text_than_the_approved_one_is_not_written(applied: World) -> None:
    change(applied, "a", "Reviewed")
    path = saved(applied, applied.plan())
    change(applied, "a", "Sneaked in")
    result = carry_out(applied, path)
    assert (keys(result), result.exit_code) == (([], ["a"]), 7)
    assert applied.now("a").version == 1


def test_a_server_that_moved_since_the_review_is_not_what_was_approved(applied: World) -> None:
    change(applied, "a", "Ours")
    path = saved(applied, applied.plan())
    applied.somebody_edits("a", lambda body: text_step(body).update(text="Theirs"))
    before = applied.bodies()
    result = carry_out(applied, path)
    assert (keys(result), result.exit_code) == (([], ["a"]), 7)
    assert applied.bodies() == before


def test_equal_content_at_another_version_is_not_what_was_approved_either(applied: World) -> None:
    change(applied, "a", "Ours")
    path = saved(applied, applied.plan())
    applied.somebody_edits("a")
    assert keys(carry_out(applied, path)) == ([], ["a"])


def test_a_create_that_somebody_else_made_meanwhile_is_not_repeated(world: World) -> None:
    world.write("a", reply())
    path = saved(world, world.plan())
    world.builder.create(reply())
    result = carry_out(world, path)
    assert (keys(result), result.exit_code) == (([], ["a"]), 7)
    assert len(world.builder.definitions()) == 1


def test_an_approved_change_that_is_done_already_is_done(applied: World) -> None:
    change(applied, "a", "New")
    path = saved(applied, applied.plan())
    carry_out(applied, path)
    again = carry_out(applied, path)
    assert (keys(again), again.exit_code) == (([], []), 0)


@pytest.mark.parametrize("delete", [False, True])
def test_an_approved_end_needs_no_flag_again(applied: World, delete: bool) -> None:
    applied.file("a").unlink()
    path = saved(applied, applied.plan(prune=True, prune_delete=delete))
    result = carry_out(applied, path)
    assert [item.action for item in result.applied] == [Action.DELETE if delete else Action.DISABLE]
    assert result.exit_code == 0


def test_an_end_beyond_the_limits_is_approved_with_the_plan(world: World) -> None:
    for name in "abcdefg":
        world.write(name, reply(name=name, account=f"acme_{name}"))
    world.apply()
    for name in "abcdef":
        world.file(name).unlink()
    path = saved(world, world.plan(prune=True, max_prune=6))
    assert len(carry_out(world, path).applied) == 6


def test_an_end_that_was_not_approved_does_not_come_along(applied: World) -> None:
    applied.file("a").unlink()
    path = saved(applied, applied.plan(prune=True))
    applied.file("b").unlink()
    assert keys(carry_out(applied, path)) == (["a"], ["b"])


def test_an_approved_overwrite_needs_no_flag_again_and_covers_that_version_only(applied: World) -> None:
    applied.somebody_edits("a", lambda body: text_step(body).update(text="Theirs"))
    path = saved(applied, applied.plan(overwrite_drift=("a",)))
    applied.somebody_edits("b", lambda body: text_step(body).update(text="Theirs"))
    result = carry_out(applied, path)
    assert [(item.key, item.new_version) for item in result.applied] == [("a", 3)]
    assert text_step(applied.now("b").body)["text"] == "Theirs"


def test_an_overwrite_of_a_version_that_was_not_reviewed_is_not_approved(applied: World) -> None:
    applied.somebody_edits("a", lambda body: text_step(body).update(text="Theirs"))
    path = saved(applied, applied.plan(overwrite_drift=("a",)))
    applied.somebody_edits("a", lambda body: text_step(body).update(text="Newer"))
    result = carry_out(applied, path)
    assert (keys(result), result.exit_code) == (([], ["a"]), 7)
    assert text_step(applied.now("a").body)["text"] == "Newer"


@pytest.mark.parametrize(
    "fields",
    [
        {"digest": "sha256:" + "0" * 64},
        {"base": 7},
        {"base": True},
        {"base": None},
        {"action": "create"},
        {"action": "delete"},
        {"id": "5870442f-3ddd-4657-b74c-6e17308f5230"},
        {"key": "b"},
        {"refused": {"why": "drift"}},
        {"held": "x"},
    ],
    ids=str,
)
def test_a_tampered_entry_approves_nothing(applied: World, fields: Body) -> None:
    change(applied, "a", "New")
    plan = applied.plan("a")
    path = tampered(saved(applied, plan), **fields)
    assert keys(carry_out(applied, path)) == ([], ["a"])
    assert applied.now("a").version == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        "null",
        '{"version": 1}',
        '{"version": 1, "changes": {}}',
        '{"version": 1, "changes": [1]}',
        '{"version": 1, "changes": [{"key": 1}]}',
        '{"version": 2, "changes": []}',
        '{"version": true, "changes": []}',
        '{"version": 1, "changes": [], "base": ' + "1" * 5000 + "}",
        "[" * 100_000,
        "\ud83d",
    ],
    ids=lambda text: text[:40],
)
def test_garbage_is_no_saved_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.out"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigurationError, match=r"plan\.out"):
        read_approvals(path)


def test_a_missing_file_or_a_folder_is_no_saved_plan(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            read_approvals(path)


def test_two_entries_for_one_key_approve_nothing(applied: World) -> None:
    change(applied, "a", "New")
    path = saved(applied, applied.plan("a"))
    plan = json.loads(path.read_text())
    plan["changes"] *= 2
    path.write_text(json.dumps(plan))
    with pytest.raises(ConfigurationError, match="`a` twice"):
        read_approvals(path)


def test_a_saved_plan_says_which_environment_it_is_for(new_world: NewWorld) -> None:
    world = new_world()
    world.write("a", reply())
    approvals: Approvals = read_approvals(saved(world, world.plan()))
    assert (approvals.environment, approvals.account, approvals.host) == ("staging", "acme", "emulator")


def test_only_approved_changes_need_their_secrets(new_world: NewWorld) -> None:
    world = new_world(secrets={"ONE": "one-12345678", "TWO": "two-12345678"})
    world.write("a", reply("${secret.ONE}", name="a", account="acme_a"))
    path = saved(world, world.plan())
    world.write("b", reply("${secret.TWO}", name="b", account="acme_b"))
    del world.secrets["TWO"]
    assert keys(carry_out(world, path)) == (["a"], ["b"])
