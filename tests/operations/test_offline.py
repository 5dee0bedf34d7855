"""`plan --offline`: what a branch changes, told from two Git commits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.offline import plan_offline
from deployer.operations.plan import Action, Plan
from deployer.report.plan import render_text
from tests.operations.conftest import NewWorld
from tests.operations.world import World, reply


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(world: World) -> None:
    git(world.folder, "init", "-q")
    git(world.folder, "add", "-A")
    git(world.folder, "commit", "-q", "-m", "x")


def offline(world: World, *selectors: str, base: str = "HEAD") -> Plan:
    return plan_offline(world.project, world.environment, world.choose(*selectors), base)


def told(plan: Plan) -> list[tuple[str, Action]]:
    return [(change.key, change.action) for change in plan.changes]


def test_a_branch_is_told_by_its_files(world: World) -> None:
    for name in ("kept", "changed", "gone", "moved"):
        world.write(name, reply(name=name, account=f"acme_{name}"))
    commit(world)
    world.write("changed", reply("Bye", name="changed", account="acme_changed"))
    world.write("new", reply(name="new", account="acme_new"))
    world.file("gone").unlink()
    world.file("moved").unlink()
    world.write("here", reply(name="moved", account="acme_moved"), metadata={"movedFrom": "moved"})
    plan = offline(world)
    assert told(plan) == [
        ("changed", Action.UPDATE), ("here", Action.NOOP), ("kept", Action.NOOP), ("new", Action.CREATE),
    ]  # fmt: skip
    assert [item.key for item in plan.fileless] == ["gone"]
    assert "text of step `reply` changes" in render_text(plan)
    assert "moved from `moved`" in render_text(plan)
    assert world.network.requests == []


@pytest.mark.parametrize("entry", ["flows", "./flows", "flows/", "flows/**/*.yaml", "flows/*/*.yaml", "**/*.yaml", "."])
def test_the_commits_files_are_found_as_those_of_the_work_tree_are(new_world: NewWorld, entry: str) -> None:
    config = f"version: 1\nworkflows: ['{entry}']\nenvironments: {{staging: {{accountId: acme}}}}\n"
    world = new_world(config=config)
    world.write("reply", reply())
    (world.folder / "flows").mkdir()
    (world.folder / "workflows").rename(world.folder / "flows" / "deep")
    (world.folder / "flows" / "deep" / "reply.test.yaml").write_text("cases: []\n")
    commit(world)
    plan = offline(world)
    assert (told(plan), plan.fileless) == ([("reply", Action.NOOP)], ())


def test_a_file_that_was_broken_then_is_a_warning(world: World) -> None:
    world.write("reply", reply())
    world.file("reply").write_text("trigger: [\n")
    commit(world)
    world.write("reply", reply())
    plan = offline(world)
    assert told(plan) == [("reply", Action.CREATE)]
    assert any("workflows/reply.yaml" in warning and "cannot be read" in warning for warning in plan.warnings)


@pytest.mark.parametrize("base", ["absent", "--upload-pack=x", "HEAD~5", ""])
def test_a_commit_that_is_none_is_told(world: World, base: str) -> None:
    world.write("reply", reply())
    commit(world)
    with pytest.raises(ConfigurationError):
        offline(world, base=base)
