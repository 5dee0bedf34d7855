"""`deployer state` as a person on call uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.state.file import FileStore
from deployer.state.model import Intent
from tests.cli.program import Ran, deployer, project
from tests.state.repositories import clone, git, make_remote

CONFIG = """\
version: 1
environments: { live: { accountId: acme, baseUrl: "http://127.0.0.1:9", vars: { sms: x } } }
"""
NAME = "deployer.live.lock.json"


def intent(key: str) -> Intent:
    body = {"definition": {"name": key, "steps": []}}
    return Intent(key=key, action="create", id=None, base=None, body=body, sent=f"sent {key}")


def leave_open(here: Path, *keys: str) -> None:
    """What a run leaves that was killed with these creates on their way."""
    store = FileStore(here / NAME, "acme", place=NAME, dies_with_the_runner=True)
    with store.session() as session:
        session.save(session.state.open(map(intent, keys)), note="about to write")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return project(tmp_path / "here", config=CONFIG)


def state(*arguments: str, cwd: Path) -> Ran:
    return deployer("state", *arguments, "--env", "live", cwd=cwd, env={"DEPLOYER_API_KEY": "key-0123456789"})


def test_several_lost_creates_are_settled_by_one_command(here: Path) -> None:
    leave_open(here, "a", "b1", "b2")
    assert "open intent: b1: create  (an earlier run ended before it knew the outcome)" in state("show", cwd=here).out
    refused = state("resolve", "b?", "nothing", "--absent", cwd=here)
    assert (refused.code, "nothing is open for `nothing`" in refused.err) == (3, True)
    settled = state("resolve", "b?", "--absent", "--reason", "ticket 7", cwd=here)
    assert (settled.code, settled.out) == (0, "b1: did not happen; plan again\nb2: did not happen; plan again\n")
    assert list(json.loads(state("show", "--format", "json", cwd=here).out)["intents"]) == ["a"]


def test_adopting_takes_one_key_at_a_time(here: Path) -> None:
    leave_open(here, "a", "b")
    refused = state("resolve", "*", "--adopt", "x", cwd=here)
    assert (refused.code, "--adopt binds one key, and 2 are meant" in refused.err) == (3, True)


def test_a_state_moves_to_git_and_back_with_its_log(tmp_path: Path) -> None:
    remote = make_remote(tmp_path)
    here = project(clone(remote, tmp_path / "moving"), config=CONFIG)
    leave_open(here, "a")
    assert state("resolve", "a", "--absent", "--reason", "ticket 7", cwd=here).code == 0
    assert "moved from deployer.live.lock.json to origin" in state("move", "--to", "git", cwd=here).out
    assert not (here / NAME).exists()
    assert "refs/deployer/state/live" in git(here, "ls-remote", "origin")
    assert "ticket 7" in state("show", "--log", cwd=here).out
    assert state("move", "--to", "file", cwd=here).code == 0
    shown = state("show", "--log", cwd=here)
    assert "State of live in deployer.live.lock.json, account acme" in shown.out
    assert "ticket 7" in shown.out


def test_a_state_that_cannot_be_trusted_is_refused_with_what_to_do(here: Path) -> None:
    leave_open(here, "a")
    good = (here / NAME).read_text()
    for text, said in {
        "{": "Restore it from Git's history",
        good.replace('"version": 1\n', '"version": 7\n'): "Update deployer on this machine",
        good.replace('"acme"', '"other"'): "Check `accountId`",
    }.items():
        (here / NAME).write_text(text)
        for command in (("show",), ("resolve", "a", "--absent")):
            refused = state(*command, cwd=here)
            assert (refused.code, said in refused.err) == (6, True), refused.err
        assert (here / NAME).read_text() == text


def test_a_workflow_that_is_a_link_out_of_the_project_is_refused_and_nothing_of_it_shown(here: Path) -> None:
    outside = here.parent / "secret.yaml"
    outside.write_text("token: hunter2hunter2\n")
    (here / "workflows" / "link.yaml").symlink_to(outside)
    for command in (("validate",), ("validate", "workflows/link.yaml"), ("plan", "--env", "live")):
        refused = deployer(*command, cwd=here, env={"DEPLOYER_API_KEY": "key-0123456789"})
        assert refused.code == 3
        assert "workflows/link.yaml is a symbolic link that leads out of the project" in refused.err
        assert "hunter2" not in refused.out + refused.err


def test_a_folder_that_is_a_link_is_named_and_its_workflows_do_not_vanish(here: Path) -> None:
    shared = here / "shared"
    shared.mkdir()
    (here / "workflows" / "shared").symlink_to(shared)
    for command in (("validate",), ("plan", "--env", "live")):
        refused = deployer(*command, cwd=here, env={"DEPLOYER_API_KEY": "key-0123456789"})
        assert refused.code == 3
        assert "workflows/shared is a symbolic link to a folder" in refused.err
