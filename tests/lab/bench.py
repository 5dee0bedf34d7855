"""Situations, built once a process; schedules get copies."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree

from .crashes import Fuse
from .faults import Fault
from .invariants import hold_all
from .scenarios import SCENARIOS, STORM, Once, Scenario, build
from .site import Run, Site, copy

NAMED = {scenario.name: scenario for scenario in (*SCENARIOS, STORM)}


@cache
def _shop() -> Path:
    return Path(tempfile.mkdtemp(prefix="lab-"))


@cache
def original(name: str) -> Site:
    """The situation before the command."""
    return build(NAMED[name], _shop() / name)


@contextmanager
def situation(name: str, *, seed: int = 0, open_book: bool = False) -> Iterator[Site]:
    """A copy to be disturbed; nothing of it stays. In an `open_book` the list is known to show everything at once."""
    first = original(name)
    place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_shop()))
    root = first.root
    if name == "pull":  # the only command that writes files of the project
        root = place / "project"
        copytree(first.root, root)
    site = copy(first, place / "site", root=root, seed=seed, open_book=open_book)
    try:
        yield site
    finally:
        site.close()
        rmtree(place)


def disturb(scenario: Scenario, site: Site, faults: Mapping[int, Fault], fuse: Fuse | None = None) -> Run:
    """The scenario's command, with these faults."""
    return site.run(scenario.command, faults=faults, fuse=fuse, meanwhile=Once(site, scenario.meanwhile))


@cache
def undisturbed(name: str) -> tuple[tuple[str, str], ...]:
    """The requests of the command when all goes well."""
    with situation(name) as site:
        run = disturb(NAMED[name], site, {})
        return tuple(run.sent)


@cache
def points(name: str) -> int:
    """How many moments the command has at which it may end."""
    with situation(name) as site:
        fuse = Fuse()
        disturb(NAMED[name], site, {}, fuse)
        return fuse.count


def judge(scenario: Scenario, site: Site) -> None:
    """Hold everything that must be so."""
    hold_all(site, scenario.again, scenario.decisions, adopted=scenario.name == "adopt")
