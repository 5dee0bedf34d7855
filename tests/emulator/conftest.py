"""The emulator in-process, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployer.emulator import Settings
from tests.emulator.api import Api, Clock

Serve = Callable[..., Api]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serve]:
    """Open the emulator with settings as a command line gives them; all on one database and one clock."""
    clock = Clock()
    with ExitStack() as stack:
        yield lambda *pairs: stack.enter_context(
            Api(database=tmp_path / "emulator.sqlite", settings=Settings.parse(pairs), clock=clock)
        )


@pytest.fixture
def api(serving: Serve) -> Api:
    """The emulator with its default settings."""
    return serving()
