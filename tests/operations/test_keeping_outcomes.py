"""Outcomes that come at the same time are kept together: fewer waits for the disk, and no promise less."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployer.state.disk import Disk
from deployer.state.failures import StateNotSaved
from deployer.state.file import FileStore
from tests.operations.world import ACCOUNT, World

COUNT = 24


def flow(name: str, text: str = "Hello") -> dict[str, object]:
    step = {
        "id": "reply",
        "stepType": "SMS",
        "inputs": {"subAccountId": "acme", "destination": "+6591234567", "text": text},
    }
    return {
        "subAccountId": name.replace(" ", "_"), "trigger": "inbound_sms", "status": "enabled",
        "definition": {"name": name, "steps": [step]},
    }  # fmt: skip


@dataclass
class SlowDisk(Disk):
    """Each fsync of a file takes a while; from a given one on the disk is full."""

    seconds: float = 0.05
    full_after: int | None = None
    trouble: int = errno.ENOSPC
    appended: list[bytes] = field(default_factory=list)
    synced: int = 0

    def write(self, handle: int, data: bytes) -> None:
        if self.full_after is not None and self.synced >= self.full_after:
            raise OSError(self.trouble, os.strerror(self.trouble))
        self.appended.append(data)
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        time.sleep(self.seconds)
        self.synced += 1
        super().fsync(handle)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(folder=tmp_path / "project")
    for number in range(COUNT):
        world.write(f"k{number:02}", flow(f"Flow {number}"))
    world.apply()
    for number in range(COUNT):
        world.write(f"k{number:02}", flow(f"Flow {number}", text="Changed"))
    return world


def on(world: World, disk: Disk) -> None:
    world.store = FileStore(
        world.folder / "state.json", ACCOUNT, place="state.json", dies_with_the_runner=False, project=world.folder,
        files=disk,
    )  # fmt: skip


def outcomes(lines: list[bytes]) -> list[list[str]]:
    """The keys whose outcome each line of the journal holds."""
    found = []
    for line in lines:
        head, _, text = line.partition(b" ")
        entry = json.loads(text) if len(head) == 16 and text.startswith(b"{") else {}
        done = [item["key"] for item in entry.get("log", ()) if item["action"] == "update"]
        if done:
            found.append(done)
    return found


def test_outcomes_of_the_same_moment_share_a_line_and_an_fsync(world: World) -> None:
    disk = SlowDisk()
    on(world, disk)
    result = world.apply(parallelism=8)
    assert len(result.applied) == COUNT
    lines = outcomes(disk.appended)
    assert sorted(key for line in lines for key in line) == sorted(f"k{number:02}" for number in range(COUNT))
    assert len(lines) < COUNT
    state = world.store.read()
    assert not state.intents
    assert {binding.version for binding in state.bindings.values()} == {2}
    assert sorted(entry.key or "" for entry in world.store.entries() if entry.action == "update") == sorted(
        f"k{number:02}" for number in range(COUNT)
    )
    assert not world.plan().pending


def test_a_full_disk_is_told_of_every_change_that_it_could_not_keep(world: World) -> None:
    disk = SlowDisk(full_after=3)
    on(world, disk)
    with pytest.raises(StateNotSaved, match="what this run learned is kept"):
        world.apply(parallelism=8)
    result = world.results[-1]
    kept = {key for line in outcomes(disk.appended) for key in line}
    assert {item.key for item in result.applied} == kept
    assert result.failed
    assert all("No space left" in item.message for item in result.failed)
    told = [one.key for one in result.applied]
    told += [one.key for one in result.failed]
    told += [one.key for one in result.not_attempted]
    assert sorted(told) == sorted(f"k{number:02}" for number in range(COUNT))
    on(world, SlowDisk(seconds=0))
    assert {change.key for change in world.plan().pending} == {item.key for item in result.not_attempted}


@dataclass
class ForgetfulDisk(Disk):
    """No outcome can be kept, for a reason that nobody foresaw."""

    failed: threading.Event = field(default_factory=threading.Event)
    lines: int = 0

    def write(self, handle: int, data: bytes) -> None:
        self.lines += b'"log":[{"v":1,"action":"update"' in data
        if self.lines:
            self.failed.set()
            raise MemoryError
        super().write(handle, data)


def test_nothing_more_is_sent_once_the_program_itself_failed(world: World) -> None:
    disk = ForgetfulDisk()
    on(world, disk)

    def slow(*_: object) -> None:
        disk.failed.wait(10)
        time.sleep(0.3)

    world.network.once("PUT", slow)
    sent = len(world.network.writes)
    with pytest.raises(MemoryError):
        world.apply(parallelism=2)
    assert len(world.network.writes) - sent <= 4  # two under way, and two that were ready
    on(world, SlowDisk(seconds=0))
    world.apply()
    assert {binding.version for binding in world.store.read().bindings.values()} == {2}
    assert not world.plan().pending


def test_a_file_system_that_turns_read_only_stops_the_run_and_loses_nothing(world: World) -> None:
    disk = SlowDisk(full_after=2, trouble=errno.EROFS)
    on(world, disk)
    with pytest.raises(StateNotSaved, match="Read-only file system"):
        world.apply(parallelism=4)
    result = world.results[-1]
    assert result.failed
    assert result.not_attempted
    assert {item.key for item in result.applied} == {key for line in outcomes(disk.appended) for key in line}
    on(world, SlowDisk(seconds=0))
    world.apply()
    assert {binding.version for binding in world.store.read().bindings.values()} == {2}


@pytest.mark.skipif(os.name == "nt", reason="a thread cannot be sent a signal there")
def test_whoever_stops_the_program_in_the_middle_finds_every_outcome_in_the_state(world: World) -> None:
    on(world, SlowDisk(seconds=0.02))
    sent = len(world.network.writes)

    def interrupted(*_: object) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.3)

    world.network.once("PUT", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.apply(parallelism=2)
    sent = len(world.network.writes) - sent
    assert sent < COUNT
    state = world.store.read()
    assert [binding.version for binding in state.bindings.values()].count(2) == sent
