"""Many runners and a person at one account, in an order that a seed decides.

Each runner is a thread, but only one of them moves at a time, and only from one request (or push) to the next.
Time passes when all sleep. So a schedule is its seed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import httpx

from deployer.errors import DeployerError
from deployer.remote.client import connect
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from deployer.state.failures import StateMoved
from deployer.state.git import GitStore
from tests.operations.world import ACCOUNT, KEY, Body, Time, text_step

from .crashes import Crash, Fuse, FusedDisk
from .faults import Fault
from .memory_git import MemoryGit, MemoryRemote
from .scenarios import Command
from .site import HERE, Run, Site

STALLS = (20.0, 90.0, 130.0, 400.0)
"""Seconds that a machine may stand still: suspended, swapping, starved."""
FAULTS = [fault for fault in Fault if fault is not Fault.HIDDEN]
REF = "refs/deployer/state/lab"


class StuckError(AssertionError):
    """A schedule that does not end."""


@dataclass
class Actor:
    """One thread that moves when it is told to."""

    stage: Stage
    name: str
    wake: float = 0.0
    done: bool = False
    going: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    failure: BaseException | None = None

    def turn(self, pause: float = 0.0) -> None:
        """Let others go first, at least for `pause` seconds."""
        self.wake = self.stage.time.monotonic() + pause
        self.stage.free.release()
        self.going.acquire()


class Stage:
    """Decides who moves next."""

    def __init__(self, time: Time, random: Random) -> None:
        self.time, self.random = time, random
        self.free = threading.Semaphore(0)
        self.actors: list[Actor] = []
        self.moving: Actor | None = None

    def enter(self, name: str, play: Callable[[Actor], None]) -> None:
        """Another actor; plays as soon as the stage runs."""
        actor = Actor(stage=self, name=name)

        def run() -> None:
            actor.going.acquire()
            try:
                play(actor)
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
                actor.failure = error
            actor.done = True
            self.free.release()

        self.actors.append(actor)
        threading.Thread(target=run, name=name, daemon=True).start()

    def play(self) -> None:
        """Run until all are done. Raises what an actor raised."""
        for _ in range(20_000):
            waiting = [actor for actor in self.actors if not actor.done]
            if not waiting:
                return
            now = self.time.monotonic()
            ready = [actor for actor in waiting if actor.wake <= now]
            if not ready:
                self.time.sleep(min(actor.wake for actor in waiting) - now)
                continue
            actor = self.moving = self.random.choice(ready)
            actor.going.release()
            self.free.acquire()
            if actor.failure is not None:
                raise actor.failure
        raise StuckError("20000 moves, and no end")


@dataclass(frozen=True, slots=True)
class ActorClock:
    """The remote room's clock: sleeping lets others go on."""

    actor: Actor

    def monotonic(self) -> float:
        return self.actor.stage.time.monotonic()

    def now(self) -> datetime:
        return self.actor.stage.time.now()

    def sleep(self, seconds: float) -> None:
        self.actor.turn(seconds)


@dataclass(frozen=True, slots=True)
class SharedClock:
    """The clock of a client that several actors share."""

    stage: Stage

    def monotonic(self) -> float:
        return self.stage.time.monotonic()

    def now(self) -> datetime:
        return self.stage.time.now()

    def sleep(self, seconds: float) -> None:
        if self.stage.moving is not None:
            self.stage.moving.turn(seconds)


@dataclass(frozen=True, slots=True)
class LeaseClock:
    """The state room's clock."""

    actor: Actor

    def now(self) -> float:
        return self.actor.stage.time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.actor.turn(seconds)


@dataclass
class Naps:
    """How long a machine stands still at each of its moves."""

    chance: Random
    trouble: float
    at: int | None = None
    """The move with a long nap, for sure."""
    count: int = 0

    def next(self) -> float:
        self.count += 1
        if self.count == self.at:
            return STALLS[-1]
        return self.chance.choice(STALLS) if self.chance.random() < self.trouble / 4 else 0.05


@dataclass(kw_only=True)
class Machine:
    """A checkout somewhere: its own disk, its own git, the same remote."""

    name: str
    folder: Path
    remote: MemoryRemote
    disk: FusedDisk = field(default_factory=FusedDisk)
    compares: bool = True

    def store(self, actor: Actor, fuse: Fuse, chance: Random, trouble: float, naps: Naps) -> GitStore:
        def fate(command: str) -> str:
            fuse.point()
            actor.turn(naps.next())
            fuse.point()
            lucky = command != "push" or chance.random() > trouble
            return "done" if lucky else chance.choice(("lost", "unsent"))

        self.folder.mkdir(parents=True, exist_ok=True)
        self.disk.fuse = fuse
        return GitStore(
            self.folder, ACCOUNT, remote="origin", ref=REF, local=self.folder / ".deployer" / "lab", holder=self.name,
            git=MemoryGit(self.remote, fate, self.compares), clock=LeaseClock(actor), files=self.disk, tick=None,
        )  # fmt: skip

    def calm_store(self, time: Time) -> GitStore:
        """The same state as seen by somebody whom nothing disturbs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return GitStore(
            self.folder, ACCOUNT, remote="origin", ref=REF, local=self.folder / ".deployer" / "calm", holder="calm",
            git=MemoryGit(self.remote), clock=StillClock(time), files=FusedDisk(), tick=None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StillClock:
    """Time for somebody who is alone."""

    time: Time

    def now(self) -> float:
        return self.time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)


def work(
    site: Site,
    machine: Machine,
    actor: Actor,
    command: Command,
    chance: Random,
    *,
    trouble: float,
    deadly: bool,
    root: Path,
    patience: float,
    nap_at: int | None = None,
) -> Run:
    """One run of the program on that machine."""
    naps = Naps(chance, trouble, nap_at)
    fuse = Fuse(at=chance.randrange(1, 60) if deadly else None)
    run = Run(who=f"run {len(site.ledger.runs)} on {machine.name}", root=root, sleep=actor.turn, patience=patience)
    site.ledger.runs.append(run.who)
    site.runs.append(run)
    faults = {number: chance.choice(FAULTS) for number in range(40) if chance.random() < trouble}

    def gate(moment: str, request: httpx.Request) -> None:
        fuse.point()
        # Nothing can be looked at between the last look at the lease and the departure of a request that follows it
        # at once: a machine that stands still right there is what no client can exclude.
        still = moment == "after" or request.method != "POST"
        actor.turn(naps.next() if still else 0.05)
        fuse.point()

    client = connect(
        Target(account=ACCOUNT, base_url=HERE), api_key=KEY, transport=site.line(run.who, faults, gate),
        clock=ActorClock(actor), random=chance.random, limits=Limits(max_rps=None, parallelism=1),
    )  # fmt: skip
    run.store = machine.store(actor, fuse, chance, trouble, naps)
    try:
        for _ in range(3):
            try:
                command(site, client, run)
                break
            except StateMoved as error:
                run.error = error
    except DeployerError as error:
        run.error = error
    except Crash:
        run.crashed = True
    finally:
        client.close()
        machine.disk.fuse = Fuse()
    return run


def person(site: Site, actor: Actor, chance: Random) -> None:
    """Edits texts in the web builder, now and then."""
    for number in range(chance.randrange(0, 4)):
        actor.turn(chance.uniform(0, 5))
        for found in site.person.definitions():
            if chance.random() < 0.5:
                body: Body = json.loads(json.dumps(dict(found.body)))
                text_step(body)["text"] = f"Edited by hand, {number}"
                site.person.update(found.id, body)
