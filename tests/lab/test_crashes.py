"""Wherever a run ends, and wherever the run after it ends, the next one finds everything."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from .bench import NAMED, disturb, judge, points, situation
from .crashes import Fuse, FusedDisk
from .invariants import BrokenPromiseError, all_accounted_for, old_or_new
from .scenarios import SCENARIOS
from .site import STATE, Run, Site

CRASHED = [scenario.name for scenario in SCENARIOS]
RECOVERED = ("create", "update", "delete", "edited-meanwhile")
REMAINS = ("killed", "power cut, names lost", "power cut, names kept")


def end_at(name: str, site: Site, point: int) -> Run:
    run = disturb(NAMED[name], site, {}, Fuse(at=point))
    assert run.crashed, f"point {point} is behind the end"
    return run


def find_again(site: Site, remains: str, before: bytes | None) -> None:
    """The machine is there again, with what the disk kept."""
    contents = site.disk.contents
    site.disk = site.disk.remains()[remains]
    site.disk.contents = contents
    old_or_new(site, before)


def same_as_killed(site: Site, remains: str) -> bool:
    """The power cut took nothing that a kill would have left, so that schedule is tried already."""
    after = site.disk.remains()
    return contents(after[remains]) == contents(after["killed"])


def contents(disk: FusedDisk) -> dict[Path, bytes]:
    return {path: inode.data for path, inode in disk.names.items()}


@pytest.mark.parametrize("remains", REMAINS)
@pytest.mark.parametrize("name", CRASHED)
def test_a_run_may_end_at_any_moment(name: str, remains: str) -> None:
    for point in range(1, points(name) + 1):
        with situation(name) as site:
            before = site.disk.read(STATE, limit=1 << 26)
            end_at(name, site, point)
            if remains != "killed" and same_as_killed(site, remains):
                continue
            find_again(site, remains, before)
            judge(NAMED[name], site)


@pytest.mark.parametrize("remains", REMAINS)
def test_what_certainly_was_not_sent_needs_no_decision(remains: str) -> None:
    """Of a server that may hide anything: only a create that had left, or was about to, stops its key."""
    asked = 0
    for point in range(1, points("create-and-update") + 1):
        with situation("create-and-update") as site:
            before = site.disk.read(STATE, limit=1 << 26)
            end_at("create-and-update", site, point)
            find_again(site, remains, before)
            sent = {intent.key for intent in site.state.intents.values() if intent.maybe_sent}
            assert len(sent & {"two", "three"}) <= 1
            run = site.run(NAMED["create-and-update"].again)
            assert run.plan is not None
            undecided = {change.key for change in run.plan.refused}
            assert undecided <= sent
            asked += len(undecided)
    assert asked, "nothing was in flight at any moment"


@pytest.mark.parametrize("name", RECOVERED)
def test_the_recovery_may_end_at_any_moment_too(name: str, lab_sample: int | None) -> None:
    ends = [(first, second) for first in range(1, points(name) + 1) for second in range(1, 60)]
    if lab_sample is not None:
        ends = Random(name).sample(ends, lab_sample)
    for first, second in ends:
        with situation(name) as site:
            before = site.disk.read(STATE, limit=1 << 26)
            end_at(name, site, first)
            find_again(site, "killed", before)
            if site.run(NAMED[name].again, fuse=Fuse(at=second)).crashed:
                find_again(site, REMAINS[second % 3], before)
            judge(NAMED[name], site)


def test_the_lab_sees_a_definition_that_nobody_remembers() -> None:
    with situation("create") as site:
        disturb(NAMED["create"], site, {})
        site.disk.names.clear()
        site.runs.clear()
        with pytest.raises(BrokenPromiseError, match="neither bound, nor journalled, nor told"):
            all_accounted_for(site, site.runs)
