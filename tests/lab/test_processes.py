"""`kill -9` at any moment, and four processes at once, on both back ends."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from .processes import Kind, Shop, emulator, kill_at_random, race

KILLS = 12
"""Of each back end, in CI; `--lab-kills N` kills N."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "git"])
def test_a_killed_process_leaves_nothing_that_the_next_one_does_not_find(
    tmp_path: Path, kind: Kind, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--lab-kills") or KILLS
    with emulator(tmp_path / "server") as url, closing(Shop(folder=tmp_path, url=url, kind=kind)) as shop:
        count = kill_at_random(shop, kills, seed=kills)
    assert count["killed"] > kills / 3, "most runs ended before they were killed"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "git"])
def test_four_processes_at_once_make_everything_once(tmp_path: Path, kind: Kind) -> None:
    with emulator(tmp_path / "server") as url, closing(Shop(folder=tmp_path, url=url, kind=kind)) as shop:
        race(shop)
