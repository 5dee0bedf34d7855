"""The state in a file: old or new, never half; one writer at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.state.codec import encode
from deployer.state.disk import FileSystem, leftover
from deployer.state.failures import CorruptState, ForeignState, Locked, LockLost, StateMoved, StateNotSaved
from deployer.state.file import FileStore
from deployer.state.model import Facts, State

from .frail import Crash, FrailDisk
from .states import ACCOUNT, binding, intent, state, unsent

OLD, NEW = state(a=1), state(a=2, b=1)


def store(folder: Path, *, files: FileSystem | None = None, account: str = ACCOUNT) -> FileStore:
    return FileStore(
        folder / "deployer.prod.lock.json",
        account,
        place="deployer.prod.lock.json",
        dies_with_the_runner=True,
        lock=folder / ".deployer" / "prod" / "state.lock",
        holder="anna@laptop",
        files=files,
    )


def save(target: FileStore, *states: State) -> None:
    with target.session() as session:
        for each in states:
            session.save(each, note="a test")


def test_there_is_an_empty_state_before_the_first_write_and_reading_makes_no_file(tmp_path: Path) -> None:
    assert store(tmp_path).read() == State(account=ACCOUNT)
    assert list(tmp_path.iterdir()) == []


def test_what_a_session_saves_is_what_everybody_reads_then(tmp_path: Path) -> None:
    with store(tmp_path).session() as session:
        assert session.state == State(account=ACCOUNT)
        session.save(OLD, note="first")
        assert session.state == OLD
        assert store(tmp_path).read() == OLD
        session.save(NEW, note="second", urgent=False)
        assert store(tmp_path).read() == NEW
    assert (tmp_path / "deployer.prod.lock.json").read_text() == encode(NEW)


def test_a_session_without_a_save_writes_no_state(tmp_path: Path) -> None:
    with store(tmp_path).session():
        pass
    assert not (tmp_path / "deployer.prod.lock.json").exists()


def test_saving_the_same_state_again_touches_nothing(tmp_path: Path) -> None:
    disk = FrailDisk()
    save(store(tmp_path, files=disk), OLD)
    disk.steps.clear()
    save(store(tmp_path, files=disk), OLD)
    assert disk.steps == ["remove"]  # only the sweep of what a killed run may have left


BEGIN = ["create", "write", "fsync", "fsync folder"]
LINE = ["write", "fsync"]
WRITE_DOWN = [
    "remove",
    "create",
    "write",
    "fsync",
    "close",
    "rename",
    "fsync folder",
    "close",
    "remove",
    "fsync folder",
]


def test_the_content_reaches_the_disk_before_the_name_and_the_name_before_the_call_returns(tmp_path: Path) -> None:
    disk = FrailDisk()
    save(store(tmp_path, files=disk), OLD)
    assert disk.steps == ["remove", *BEGIN, *LINE, *WRITE_DOWN]


def outcome(key: str, version: int = 1) -> Mapping[str, Facts]:
    return {key: Facts(binding=binding(f"d-{key}", version))}


def test_an_outcome_costs_one_append_and_one_fsync_and_a_create_one_more_before_it_leaves(tmp_path: Path) -> None:
    disk = FrailDisk()
    keys = [f"key{number}" for number in range(50)]
    with store(tmp_path, files=disk).session() as session:
        session.save(session.state.open([unsent(key) for key in keys]), note="write them")
        disk.steps.clear()
        for key in keys:
            session.sending(key)
            assert disk.steps == LINE
            session.record(outcome(key), note=f"{key} created")
            assert disk.steps == [*LINE, *LINE]
            disk.steps.clear()
    assert disk.steps == WRITE_DOWN  # once a run
    assert len(store(tmp_path, files=disk).read().bindings) == 50


def run_of_two(target: FileStore, done: list[str]) -> None:
    """A run that creates one and updates the other; tells in `done` what a person could have seen happen."""
    with target.session() as session:
        intents = [unsent("new"), replace(intent("a"), action="update", id="d-a", base=1)]
        session.save(session.state.open(intents), note="write new, a")
        done.append("opened")
        session.sending("new")
        done.append("sent new")
        session.record(outcome("new"), note="new created")
        done.append("recorded new")
        session.record(outcome("a", 2), note="a updated")
        done.append("recorded a")


def kept(seen: State, done: list[str], *, finished: bool) -> bool:
    """Whether the state is one that follows from what had been done."""
    new, a = seen.facts("new"), seen.facts("a")
    if "opened" in done and not (new.intent or new.binding):
        return False
    if "sent new" in done and new.intent is not None and not new.intent.maybe_sent:
        return False
    if "recorded new" in done and new != outcome("new")["new"]:
        return False
    if "recorded a" in done and a != outcome("a", 2)["a"]:
        return False
    return not finished or not seen.intents


def test_whatever_step_a_run_dies_at_the_next_one_knows_all_that_had_been_done(tmp_path: Path) -> None:
    deaths = 0
    for step in range(1, 40):
        disk = FrailDisk()
        save(store(tmp_path, files=disk), OLD)
        disk.steps.clear()
        disk.crash_at = step
        done: list[str] = []
        with suppress(Crash):
            run_of_two(store(tmp_path, files=disk), done)
        deaths += len(disk.steps) == step
        for survivor in [disk.after_kill(), *disk.after_power_cuts()]:
            assert kept(store(tmp_path, files=survivor).read(), done, finished=False)
            with store(tmp_path, files=survivor).session() as session:
                assert kept(session.state, done, finished=False)
            assert [path.name for path in survivor.names] == ["deployer.prod.lock.json"]
    assert deaths == len(["remove", *BEGIN, *LINE, *LINE, *LINE, *LINE, *WRITE_DOWN])


def test_the_recovery_may_die_at_any_step_too(tmp_path: Path) -> None:
    for first in range(6, 24):
        for second in range(1, 12):
            disk = FrailDisk()
            save(store(tmp_path, files=disk), OLD)
            disk.steps.clear()
            disk.crash_at = first
            done: list[str] = []
            with suppress(Crash):
                run_of_two(store(tmp_path, files=disk), done)
            disk = disk.after_kill()
            disk.crash_at = second
            with suppress(Crash), store(tmp_path, files=disk).session():
                pass
            for survivor in [disk.after_kill(), *disk.after_power_cuts()]:
                assert kept(store(tmp_path, files=survivor).read(), done, finished=False), (first, second)


@pytest.mark.parametrize("step", range(2, 18))
def test_a_disk_error_at_any_step_is_told_and_loses_nothing(step: int, tmp_path: Path) -> None:
    disk = FrailDisk()
    save(store(tmp_path, files=disk), OLD)
    disk.steps.clear()
    disk.fail_at = step
    if disk_step(step) == "close":
        save(store(tmp_path, files=disk), NEW)  # a journal that was synced needs no good end
    else:
        with pytest.raises(
            StateNotSaved, match=r"deployer\.prod\.lock\.json(\.journal)? can't be .*No space"
        ) as caught:
            save(store(tmp_path, files=disk), NEW)
        assert caught.value.hint is not None or "removed" in str(caught.value)
    assert store(tmp_path, files=disk).read() in (OLD, NEW)
    save(store(tmp_path, files=disk), NEW)
    assert store(tmp_path, files=disk).read() == NEW
    assert [path.name for path in disk.names] == ["deployer.prod.lock.json"]


def disk_step(number: int) -> str:
    steps = ["remove", *BEGIN, *LINE, *WRITE_DOWN]
    # The state file is closed before its rename; an error there counts.
    return "" if steps[number - 1] == "close" and number < len(steps) - 3 else steps[number - 1]


def test_a_line_that_found_no_room_does_not_spoil_the_lines_after_it(tmp_path: Path) -> None:
    disk = FrailDisk()
    with store(tmp_path, files=disk).session() as session:
        session.save(session.state.open([intent("a"), intent("b")]), note="write a, b")
        disk.steps.clear()
        disk.fail_at = 2  # the fsync: the line is there, and nobody knows for how long
        with pytest.raises(StateNotSaved, match=r"\.journal can't be written: No space left on device"):
            session.record(outcome("a"), note="a created")
        session.record(outcome("b"), note="b created")
        seen = store(tmp_path, files=disk.after_kill()).read()
        assert (set(seen.bindings), set(seen.intents)) == ({"b"}, {"a"})
    # What found no room then is written down at the end all the same.
    assert set(store(tmp_path, files=disk).read().bindings) == {"a", "b"}


def test_a_reader_takes_what_a_killed_run_left_into_account_and_writes_nothing(tmp_path: Path) -> None:
    with python(HOLD_UNTIL_KILLED, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.kill()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert before == [".deployer", "deployer.prod.lock.json.journal"]
    assert store(tmp_path).read() == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    with store(tmp_path).session() as session:
        assert session.state == OLD
    assert (tmp_path / "deployer.prod.lock.json").read_text() == encode(OLD)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".deployer", "deployer.prod.lock.json"]


def left_behind(folder: Path) -> Path:
    """The journal of a run that opened an intent, bound another key and died."""
    disk = FrailDisk(crash_at=1 + len([*BEGIN, *LINE, *LINE, *LINE]))
    with suppress(Crash), store(folder, files=disk).session() as session:
        session.save(OLD.open([intent("b")]), note="write b")
        session.record(outcome("b"), note="b created")
        session.record(outcome("c"), note="c created")
    (path,) = disk.names
    path.write_bytes(disk.names[path].data)
    return path


def test_a_torn_last_line_is_what_a_crash_leaves_and_a_change_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    whole = path.read_bytes()
    assert set(store(tmp_path).read().bindings) == {"a", "b", "c"}
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole) - len(lines[-1]), len(whole)):
        path.write_bytes(whole[:cut])
        assert set(store(tmp_path).read().bindings) == {"a", "b"}
    path.write_bytes(b"".join(lines[:-1]) + bytes(len(lines[-1]) - 1) + b"\n")  # its last page reached the disk first
    assert set(store(tmp_path).read().bindings) == {"a", "b"}
    for at in range(len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(CorruptState, match=r"lock\.json\.journal is not a journal: line \d is not"):
            store(tmp_path).read()
    path.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    with pytest.raises(CorruptState) as caught:
        save(store(tmp_path), NEW)
    assert "move it away" in str(caught.value.hint)
    assert path.read_bytes() == b"".join([*lines[:2], *lines[3:]])


def test_a_state_file_that_was_replaced_while_a_journal_waited_is_joined_or_refused_never_overwritten(
    tmp_path: Path,
) -> None:
    left_behind(tmp_path)
    file = tmp_path / "deployer.prod.lock.json"
    file.write_text(encode(state(z=1)))
    assert set(store(tmp_path).read().bindings) == {"a", "b", "c", "z"}
    file.write_text(encode(state(a=7)))
    with pytest.raises(CorruptState, match=r"holds what a run learned, and .* says otherwise of: a") as caught:
        save(store(tmp_path), NEW)
    assert "was replaced since" in str(caught.value.hint)
    assert file.read_text() == encode(state(a=7))


def test_what_a_killed_run_left_beside_the_state_is_ignored_and_then_swept(tmp_path: Path) -> None:
    save(store(tmp_path), OLD)
    rest = leftover(tmp_path / "deployer.prod.lock.json")
    rest.write_text("{ half a sta")
    assert store(tmp_path).read() == OLD
    with store(tmp_path).session():
        assert not rest.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"<<<<<<< HEAD\n"])
def test_a_corrupt_state_is_refused_and_stays_as_it_is(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "deployer.prod.lock.json"
    file.write_bytes(content)
    with pytest.raises(CorruptState):
        store(tmp_path).read()
    with pytest.raises(CorruptState):
        save(store(tmp_path), NEW)
    assert file.read_bytes() == content


def test_the_state_of_another_account_stays_as_it_is(tmp_path: Path) -> None:
    save(store(tmp_path), OLD)
    with pytest.raises(ForeignState), store(tmp_path, account="other").session():
        pass
    assert store(tmp_path).read() == OLD


def test_a_state_for_another_account_can_not_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a state of other has no place"):
        save(store(tmp_path), State(account="other"))


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(encode(OLD))
    project = tmp_path / "project"
    project.mkdir()
    (project / "deployer.prod.lock.json").symlink_to(elsewhere)
    with pytest.raises(CorruptState, match="can't be read: it is a symbolic link"):
        save(store(project), NEW)
    assert elsewhere.read_text() == encode(OLD)


def test_a_pipe_or_a_folder_in_the_place_of_the_state_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "deployer.prod.lock.json")
    with pytest.raises(CorruptState, match="it is not a plain file"):
        store(tmp_path).read()
    folder = tmp_path / "folder"
    (folder / "deployer.prod.lock.json").mkdir(parents=True)
    with pytest.raises(CorruptState, match="can't be read"):
        store(folder).read()


def test_a_checked_out_link_does_not_lead_the_lock_out_of_the_project(tmp_path: Path) -> None:
    elsewhere, project = tmp_path / "elsewhere", tmp_path / "project"
    elsewhere.mkdir()
    project.mkdir()
    (project / ".deployer").symlink_to(elsewhere)
    with pytest.raises(ConfigurationError, match="leads out of"):
        save(store(project), NEW)
    assert list(elsewhere.iterdir()) == []


def test_a_state_that_another_program_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "deployer.prod.lock.json"
    save(store(tmp_path), OLD)
    with store(tmp_path).session() as session:
        file.write_text(encode(NEW))
        with pytest.raises(StateMoved, match="was changed by another program"):
            session.confirm()
        with pytest.raises(StateMoved, match="was changed by another program"):
            session.save(state(c=1), note="too late")
    assert store(tmp_path).read() == NEW


def test_outcomes_of_a_run_join_what_another_program_put_into_the_file_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "deployer.prod.lock.json"
    with store(tmp_path).session() as session:
        session.save(state().open([intent("b")]), note="write b")
        file.write_text(encode(OLD))
        session.record(outcome("b"), note="b created")
    assert store(tmp_path).read() == OLD.bind("b", binding("d-b"))


def test_two_sessions_exclude_each_other_and_the_second_learns_who_holds_the_lock(tmp_path: Path) -> None:
    with store(tmp_path).session() as first:
        with pytest.raises(Locked, match="locked by anna@laptop") as caught, store(tmp_path).session(timeout=0.1):
            pass
        assert caught.value.exit_code == 6
        first.check()
    save(store(tmp_path), NEW)
    assert store(tmp_path).read() == NEW


def test_reading_needs_no_lock(tmp_path: Path) -> None:
    with store(tmp_path).session() as session:
        session.save(OLD, note="first")
        assert store(tmp_path).read() == OLD


def test_a_run_whose_lock_was_removed_stops_before_it_writes(tmp_path: Path) -> None:
    with store(tmp_path).session() as session:
        (tmp_path / ".deployer" / "prod" / "state.holder").unlink()
        with pytest.raises(LockLost, match="was removed while this run worked"):
            session.check()
        with pytest.raises(LockLost):
            session.save(NEW, note="too late")
    assert store(tmp_path).read() == State(account=ACCOUNT)


def test_a_session_that_ended_saves_nothing_any_more(tmp_path: Path) -> None:
    with store(tmp_path).session() as session:
        pass
    with pytest.raises(LockLost, match="gave the lock of"):
        session.save(NEW, note="too late")


HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from tests.state.test_file import store, OLD
with store(Path(sys.argv[1])).session(timeout=10) as session:
    session.save(OLD, note="held")
    print("held", flush=True)
    time.sleep(60)
"""

COUNT_UP = """
import sys
from pathlib import Path
from tests.state.states import binding
from tests.state.test_file import store
for _ in range(15):
    with store(Path(sys.argv[1])).session(timeout=30) as session:
        count = session.state.bindings.get("n", binding("d-n", 0)).version
        session.save(session.state.bind("n", binding("d-n", count + 1)), note="one more")
"""


def python(code: str, folder: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with python(HOLD_UNTIL_KILLED, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_lock_dies_with_its_process(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(Locked, match="anna@laptop"):
        save(store(tmp_path), NEW)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    save(store(tmp_path), NEW)
    assert store(tmp_path).read() == NEW


def test_racing_processes_lose_no_write(tmp_path: Path) -> None:
    racers = [python(COUNT_UP, tmp_path) for _ in range(4)]
    for racer in racers:
        racer.communicate()
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert store(tmp_path).read().bindings["n"].version == 60
