"""The state in a file: old or new, never half; one writer at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.state.codec import encode
from deployer.state.disk import FileSystem, leftover
from deployer.state.failures import CorruptState, ForeignState, Locked, LockLost, StateMoved, StateNotSaved
from deployer.state.file import FileStore
from deployer.state.model import State

from .frail import Crash, FrailDisk
from .states import ACCOUNT, state

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


def test_the_content_reaches_the_disk_before_the_name_and_the_name_before_the_call_returns(tmp_path: Path) -> None:
    disk = FrailDisk()
    save(store(tmp_path, files=disk), OLD)
    assert disk.steps == ["remove", "remove", "create", "write", "fsync", "close", "rename", "fsync folder"]


def test_whatever_step_a_run_dies_at_readers_see_the_old_or_the_new_state(tmp_path: Path) -> None:
    seen: list[list[State]] = []
    for step in range(1, 9):
        disk = FrailDisk()
        save(store(tmp_path, files=disk), OLD)
        disk.steps.clear()
        disk.crash_at = step
        with suppress(Crash):
            save(store(tmp_path, files=disk), NEW)
        left = [disk.after_kill(), *disk.after_power_cuts()]
        seen.append([store(tmp_path, files=survivor).read() for survivor in left])
        for survivor in left:
            save(store(tmp_path, files=survivor), NEW)
            assert store(tmp_path, files=survivor).read() == NEW
            assert [path.name for path in survivor.names] == ["deployer.prod.lock.json"]
    assert all(each in (OLD, NEW) for views in seen for each in views)
    assert seen[0] == [OLD, OLD, OLD]
    assert seen[-1] == [NEW, NEW, NEW]


@pytest.mark.parametrize("step", range(2, 9))
def test_a_disk_error_at_any_step_is_told_and_leaves_a_whole_state(step: int, tmp_path: Path) -> None:
    disk = FrailDisk()
    save(store(tmp_path, files=disk), OLD)
    disk.steps.clear()
    disk.fail_at = step
    with pytest.raises(StateNotSaved, match=r"deployer\.prod\.lock\.json can't be written: No space left") as caught:
        save(store(tmp_path, files=disk), NEW)
    assert caught.value.hint is not None
    assert store(tmp_path, files=disk).read() in (OLD, NEW)
    save(store(tmp_path, files=disk), NEW)
    assert store(tmp_path, files=disk).read() == NEW


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
    with store(tmp_path).session() as session:
        session.save(OLD, note="first")
        file.write_text(encode(NEW))
        with pytest.raises(StateMoved, match="was changed by another program"):
            session.save(state(c=1), note="second")
    assert store(tmp_path).read() == NEW


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
