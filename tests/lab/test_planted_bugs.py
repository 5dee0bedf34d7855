"""The lab is worth what it notices: each planted bug is caught, and without them nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.operations.world import reply

from .bench import NAMED, disturb, judge, points, situation, undisturbed
from .faults import Fault
from .limiting import Capped, four_threads
from .mutations import BUGS, Bug
from .scenarios import ONE
from .schedule import MOVES, rescue, schedule, takeover
from .site import STATE, apply
from .test_crashes import end_at, find_again

Hunt = Callable[[], None]


def faults_in(name: str) -> Hunt:
    """No fault, and every fault at every write."""

    def hunt() -> None:
        with situation(name) as site:
            disturb(NAMED[name], site, {})
            judge(NAMED[name], site)
        for number, (method, _path) in enumerate(undisturbed(name)):
            for fault in Fault if method != "GET" else ():
                with situation(name) as site:
                    disturb(NAMED[name], site, {number: fault})
                    judge(NAMED[name], site)

    return hunt


def ends_of(name: str, remains: str) -> Hunt:
    """The end of the run at every moment."""

    def hunt() -> None:
        for point in range(1, points(name) + 1):
            with situation(name) as site:
                before = site.disk.read(STATE, limit=1 << 26)
                end_at(name, site, point)
                find_again(site, remains, before)
                judge(NAMED[name], site)

    return hunt


def seeds(first: int, last: int, *, compares: bool = True) -> Hunt:
    """Random schedules of several runners."""

    def hunt() -> None:
        for seed in range(first, last):
            with schedule(seed, compares=compares) as (site, machines):
                rescue(site, machines)

    return hunt


def stand_still_anywhere() -> None:
    """A machine stands still at any of its moves, long enough for another one to take its lock over."""
    for move in range(1, MOVES):
        with takeover(move) as (site, machines):
            rescue(site, machines)


def threads() -> None:
    for seed in range(5):
        with situation("create") as site:
            four_threads(site, seed)


def short_pages() -> None:
    """The namesake that has to stop a create stands on the last of several pages."""
    with situation("create") as site:
        for number in range(6):
            site.person.create(reply("Hi", name=f"Other {number}", account=f"acme_{number}"))
        site.person.create(ONE)
        site.wire = Capped(site.wire)
        run = site.run(apply())
        assert [method for method, _ in run.sent if method != "GET"] == [], "a second definition of that name was made"


HUNTS: Mapping[str, Hunt] = {
    "blind POST retry": faults_in("create"),
    "retry on a reused connection": faults_in("create"),
    "no fsync": ends_of("create", "power cut, names kept"),
    "no fsync of the journal": ends_of("create", "power cut, names kept"),
    "rename before fsync": ends_of("create", "killed"),
    "no version read before PUT": faults_in("edited-after-plan"),
    "no check after PUT": faults_in("edited-meanwhile"),
    "adopt by name alone": faults_in("namesake-meanwhile"),
    "adopt by name alone, in the next run": faults_in("open-intent-and-a-namesake"),
    "intent written after the request": ends_of("create", "killed"),
    "nobody told that a create leaves": ends_of("create", "killed"),
    "lease not looked at": stand_still_anywhere,
    "limiter per thread": threads,
    "pagination that trusts items": short_pages,
}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    with bug.planted(), pytest.raises(AssertionError):
        HUNTS[bug.name]()


def test_a_remote_that_does_not_compare_is_caught() -> None:
    with pytest.raises(AssertionError):
        seeds(0, 60, compares=False)()


@pytest.mark.parametrize("name", list(HUNTS))
def test_the_program_as_it_is_passes_the_same_hunt(name: str) -> None:
    HUNTS[name]()
