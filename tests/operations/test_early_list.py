"""A list that was asked for early is the list, for one look at the state that was read before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Unreachable
from deployer.operations.early_list import EarlyList
from deployer.operations.remote_view import read_remote
from deployer.operations.stored_digests import StoredDigests
from deployer.state.model import Tombstone
from tests.operations.world import World, reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(folder=tmp_path)
    for key in "abc":
        world.write(key, reply(name=f"Reply {key}"))
    world.apply()
    world.network.requests.clear()
    yield world
    world.close()


def early(world: World) -> EarlyList:
    return EarlyList(world.gateway, world.store.read(), StoredDigests())


def test_it_is_what_the_server_lists_and_needs_no_further_request(world: World) -> None:
    listed = early(world)
    listed.ask()
    asked = len(world.network.requests)
    state = world.store.read()
    now = read_remote(world.gateway, state, early=listed)
    assert len(world.network.requests) == asked
    then = read_remote(world.gateway, state)
    assert [(one.id, one.version, dict(one.body)) for one in now.listed] == [
        (one.id, one.version, dict(one.body)) for one in then.listed
    ]


def test_a_second_look_asks_again(world: World) -> None:
    listed = early(world)
    listed.ask()
    state = world.store.read()
    assert listed.take(state) is not None
    assert listed.take(state) is None


def test_another_state_needs_a_later_list(world: World) -> None:
    listed = early(world)
    listed.ask()
    state = world.store.read()
    assert listed.take(replace(state, bindings={})) is None
    assert listed.take(state) is None


def test_what_is_left_open_is_looked_into_first(world: World) -> None:
    state = world.store.read()
    binding = state.bindings["a"]
    open_state = state.mark_deleting("a", Tombstone(id=binding.id, version=binding.version))
    listed = EarlyList(world.gateway, open_state, StoredDigests())
    listed.ask()
    assert world.network.requests == []
    assert listed.take(open_state) is None


def test_a_server_that_does_not_answer_is_tried_once_and_asked_again_when_the_list_is_needed(world: World) -> None:
    def out_of_order(_: WSGIEnvironment, start: StartResponse, __: WSGIApplication) -> Iterable[bytes]:
        start("503 Service Unavailable", [("Content-Type", "application/json")])
        return [b"{}"]

    listed = early(world)
    world.network.meddlers.append(out_of_order)
    listed.ask()
    assert len(world.network.requests) == 1
    with pytest.raises(Unreachable):
        read_remote(world.gateway, world.store.read(), early=listed)
    world.network.meddlers.clear()
    assert len(read_remote(world.gateway, world.store.read(), early=listed).listed) == 3
