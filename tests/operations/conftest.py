"""Worlds to test in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from deployer.emulator import Settings
from tests.operations.world import World, reply

SETTINGS = settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

NewWorld = Callable[..., World]


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[NewWorld]:
    """Make worlds: `new_world("offset=items", secrets=...)`; each has a project and a server of its own."""
    with ExitStack() as stack:
        count = iter(range(1_000_000))

        def make(*pairs: str, **fields: object) -> World:
            world = World(folder=tmp_path / f"world{next(count)}", settings=Settings.parse(pairs), **fields)  # type: ignore[arg-type]
            stack.callback(world.close)
            return world

        yield make


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A project and a server with the schema's reading of the documents."""
    return new_world()


@pytest.fixture
def twice_applied(new_world: NewWorld) -> World:
    """Two versions of the workflow `reply`, on a server that gives the number of a deleted one again."""
    world = new_world("reuse-version-numbers=true", "delete-delay=0")
    for text in ("Hello", "Second"):
        world.write("reply", reply(text))
        world.apply()
    return world
