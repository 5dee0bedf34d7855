"""The log beside a state file: it only grows, and half a line spoils nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from deployer.state.failures import StateNotSaved
from deployer.state.file import FileStore
from deployer.state.log import Author, Entry, Pen, as_json, read_line, write_line

from .frail import Crash, FrailDisk
from .repositories import WHEN
from .states import ACCOUNT, entries, state

PLACE = Path("/project/deployer.prod.lock.json")
LOG = Path("/project/deployer.prod.log.jsonl")


def target(folder: Path, disk: FrailDisk | None = None, who: str = "anna") -> FileStore:
    path = folder / PLACE.name if disk is None else PLACE
    pen = Pen(lambda: Author(who=who, commit="abc"), mask=lambda text: text.replace("hush", "***"), now=WHEN.timestamp)
    return FileStore(
        path, ACCOUNT, place=PLACE.name, dies_with_the_runner=True, project=folder, lock=folder / "state.lock",
        files=disk, pen=pen,
    )  # fmt: skip


def adopt(store: FileStore, *keys: str) -> None:
    with store.session() as session:
        entries = [Entry(action="adopt", key=key, reason="hush, ticket 7") for key in keys]
        session.save(state(**dict.fromkeys(keys, 1)), note="adopt", entries=entries)


def test_each_write_adds_its_entries_with_name_commit_and_time(tmp_path: Path) -> None:
    store = target(tmp_path)
    assert store.entries() == ()
    adopt(store, "a", "b")
    adopt(target(tmp_path, who="bob"), "c")
    lines = (tmp_path / LOG.name).read_text().splitlines()
    assert lines[0] == (
        '{"v":1,"action":"adopt","key":"a","reason":"***, ticket 7","at":"2026-03-01T02:14:00Z","who":"anna",'
        '"commit":"abc"}'
    )
    assert [(entry.key, entry.who) for entry in store.entries()] == [("a", "anna"), ("b", "anna"), ("c", "bob")]


@settings(deadline=None)  # machines in CI pause
@given(entries)
def test_a_line_says_all_that_its_entry_does_and_reads_back(entry: Entry) -> None:
    line = write_line(entry)
    assert line == json.dumps(as_json(entry), ensure_ascii=True, separators=(",", ":"))
    found = read_line(line)
    # Without an action it is none, and what is empty is not said.
    assert (found is None) == (entry.action == "")
    assert found is None or as_json(found) == as_json(entry)


def test_half_a_line_is_passed_over_and_the_next_entry_starts_a_line_of_its_own(tmp_path: Path) -> None:
    store = target(tmp_path)
    adopt(store, "a")
    with (tmp_path / LOG.name).open("a") as file:
        file.write('<<<<<<< HEAD\n[]\n{"v":9,"action":"later"}\n{"v":1,"action":"ado')
    assert [entry.key for entry in store.entries()] == ["a"]
    adopt(store, "b")
    assert [entry.key for entry in store.entries()] == ["a", "b"]


def test_whoever_dies_within_a_write_leaves_an_entry_too_many_and_never_one_too_few(tmp_path: Path) -> None:
    whole = FrailDisk()
    adopt(target(tmp_path, whole), "a")
    for at in range(1, len(whole.steps) + 1):
        disk = FrailDisk(crash_at=at)
        with pytest.raises(Crash):
            adopt(target(tmp_path, disk), "a")
        for left in (disk.after_kill(), *disk.after_power_cuts()):
            after = target(tmp_path, left)
            if after.read().bindings:
                assert [entry.key for entry in after.entries()] == ["a"]


def test_a_log_that_cannot_be_written_stops_the_run_before_the_state_changes(tmp_path: Path) -> None:
    (tmp_path / LOG.name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateNotSaved, match=r"log\.jsonl can't be written: it is a symbolic link"):
        adopt(target(tmp_path), "a")
    assert not target(tmp_path).read().bindings
    assert not (tmp_path / "elsewhere").exists()
