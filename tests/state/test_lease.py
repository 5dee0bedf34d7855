"""Many machines, one state: who may write, who waits, and what happens to the work of a run that dies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from deployer.errors import DeployerError, Refused, Unreachable
from deployer.state.failures import CorruptState, Locked, LockLost, StateMoved, StateNotSaved
from deployer.state.git_session import GitSession
from deployer.state.model import State, StateSession
from deployer.state.program import GitProgram

from .repositories import ENVIRON, REF, FakeClock, FlakyGit, clone, commits, git, store
from .states import ACCOUNT, binding, intent, state

EMPTY = State(account=ACCOUNT)


def flaky(project: Path, **faults: list[str]) -> FlakyGit:
    return FlakyGit(GitProgram(project, ENVIRON), {name.replace("_", "-"): list(each) for name, each in faults.items()})


def journal(project: Path) -> Path:
    return project / ".deployer" / "prod" / "journal.jsonl"


def write_a(session: StateSession) -> None:
    """A run that records what it will write, writes, and gathers the outcome."""
    session.save(session.state.open([intent("a")]), note="write a")
    session.check()
    session.save(session.state.bind("a", binding()).close("a"), note="a created", urgent=False)


# Two racers


def test_the_second_racer_fails_with_the_name_of_the_first(laptop: Path, runner: Path) -> None:
    with store(laptop, holder="anna@laptop").session() as first:
        first.save(EMPTY.open([intent("a")]), note="write a")
        with pytest.raises(Locked, match="the state is locked by anna@laptop") as caught, store(runner).session():
            pass
        assert "--lock-timeout" in str(caught.value.hint)
        assert caught.value.exit_code == 6


def test_a_racer_that_may_wait_gets_the_state_that_the_first_left(laptop: Path, runner: Path) -> None:
    first = store(laptop).session()
    write_a(first.__enter__())

    def end() -> None:
        first.__exit__(None, None, None)

    clock = FakeClock()
    clock.while_asleep = [lambda: None, lambda: None, end]
    with store(runner, clock=clock).session(timeout=60) as second:
        assert second.state == EMPTY.bind("a", binding())
        assert second.taken_over_from is None
    assert clock.time == 1015


def test_waiting_ends_with_the_time_that_was_given(laptop: Path, runner: Path) -> None:
    clock = FakeClock()
    with store(laptop).session() as first:
        first.check()
        with pytest.raises(Locked), store(runner, clock=clock).session(timeout=12):
            pass
    assert clock.time == 1012


def test_of_two_that_planned_at_once_one_learns_that_its_plan_is_stale(laptop: Path, runner: Path) -> None:
    with store(laptop, holder="anna@laptop").session() as first, store(runner).session() as second:
        write_a(first)
        with pytest.raises(StateMoved, match="changed while this run planned; anna@laptop holds it now") as caught:
            second.save(second.state.open([intent("a")]), note="write a")
        assert caught.value.exit_code == 6
        assert second.state == EMPTY
        with pytest.raises(StateMoved):
            second.check()
        with pytest.raises(StateMoved):
            second.save(second.state, note="still stale")
    assert store(runner).read() == EMPTY.bind("a", binding())
    assert not journal(runner).exists()


def test_two_single_writes_at_once_do_not_overwrite_each_other(laptop: Path, runner: Path) -> None:
    with pytest.raises(StateMoved, match="nobody holds it now"), store(runner).session() as second:  # noqa: PT012
        second.save(state(b=1), note="adopt b", urgent=False)
        with store(laptop).session() as first:
            first.save(state(a=1), note="adopt a", urgent=False)
    assert store(runner).read() == state(a=1)
    assert not journal(runner).exists()


COUNT_UP = """
import sys
from pathlib import Path
from deployer.state.clock import SystemClock
from deployer.state.failures import StateMoved
from tests.state.repositories import store
from tests.state.states import binding, intent

class Eager(SystemClock):
    def sleep(self, seconds):
        super().sleep(min(seconds, 0.05))

done = 0
while done < 3:
    try:
        with store(Path(sys.argv[1]), holder=sys.argv[1], clock=Eager(), tick=5.0).session(timeout=60) as session:
            count = session.state.bindings.get("n", binding("d-n", 0)).version
            session.save(session.state.open([intent("n")]), note="write n")
            session.check()
            session.save(session.state.bind("n", binding("d-n", count + 1)).close("n"), note="n", urgent=False)
        done += 1
    except StateMoved:
        pass
"""


def python(code: str, folder: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**ENVIRON, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )


def test_racing_processes_on_several_machines_lose_no_write(laptop: Path, runner: Path, tmp_path: Path) -> None:
    machines = [laptop, runner, clone(tmp_path / "remote.git", tmp_path / "third"), laptop]
    racers = [python(COUNT_UP, machine) for machine in machines]
    for racer in racers:
        racer.communicate()
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert store(laptop).read() == EMPTY.bind("n", binding("d-n", 12))


# A holder that falls silent


@contextmanager
def silent(project: Path) -> Iterator[tuple[GitSession, FakeClock]]:
    """A run that holds the lock with an open intent, and whose process stands still."""
    clock = FakeClock()
    run = store(project, holder="anna@laptop", clock=clock).session()
    session = run.__enter__()
    assert isinstance(session, GitSession)
    session.save(EMPTY.open([intent("a")]), note="write a")
    try:
        yield session, clock
    finally:
        with suppress(DeployerError):  # whether it still had the lock is what tests ask while it runs
            run.__exit__(None, None, None)


def test_a_lock_that_stands_still_for_two_minutes_is_taken_over_with_its_open_intents(
    laptop: Path, runner: Path
) -> None:
    clock = FakeClock()
    with (
        silent(laptop) as (old, old_clock),
        store(runner, holder="runner 7", clock=clock).session(timeout=600) as session,
    ):
        assert clock.time == 1120
        assert session.taken_over_from == "anna@laptop"
        assert session.state == EMPTY.open([intent("a")])
        session.check()
        old_clock.time += 11
        with pytest.raises(LockLost, match=r"this run lost the lock of .*; runner 7 holds it now"):
            old.check()
        session.save(session.state.bind("a", binding()).close("a"), note="a found", urgent=False)
    assert store(laptop).read() == EMPTY.bind("a", binding())


def test_a_heart_that_beats_keeps_its_lock(laptop: Path, runner: Path) -> None:
    with silent(laptop) as (old, old_clock):

        def beat() -> None:
            old_clock.time += 31
            old.beat()

        clock = FakeClock()
        clock.while_asleep = [beat if step % 20 == 0 else lambda: None for step in range(200)]
        with pytest.raises(Locked, match="anna@laptop"), store(runner, clock=clock).session(timeout=500):
            pass
        old.check()


def test_a_holder_that_comes_back_in_the_last_moment_keeps_its_lock(laptop: Path, runner: Path) -> None:
    with silent(laptop) as (old, old_clock), store(runner).session(timeout=600) as session:
        old_clock.time += 100
        old.check()
        with pytest.raises(StateMoved, match="anna@laptop holds it now"):
            session.check()


def test_a_run_that_took_over_and_found_nothing_to_do_frees_the_lock(laptop: Path, runner: Path) -> None:
    with store(laptop).session() as first:
        first.check()
        with store(runner).session(timeout=600):
            pass
        assert store(runner).read() == EMPTY


def test_a_holder_that_was_frozen_looks_before_it_writes(laptop: Path, runner: Path) -> None:
    with silent(laptop) as (old, old_clock):
        store(runner).break_lock()
        old.check()  # the last look is fresh
        old_clock.time += 10
        with pytest.raises(LockLost, match="nobody holds it now"):
            old.check()


def test_a_remote_that_is_down_stops_writes_only_when_the_lease_is_no_longer_sure(laptop: Path) -> None:
    program, clock = flaky(laptop), FakeClock()
    with store(laptop, program=program, clock=clock).session() as session:
        session.check()
        program.faults = {"ls-remote": ["fail"] * 20, "push": ["fail"] * 20}
        clock.time += 50
        session.check()
        clock.time += 10
        with pytest.raises(Unreachable):
            session.check()
        program.faults = {}
        session.check()


def test_a_lock_can_be_broken_by_hand_and_its_holder_is_named(laptop: Path, runner: Path) -> None:
    with silent(laptop) as (old, _):
        assert store(runner).break_lock() == "anna@laptop"
        assert store(runner).break_lock() is None
        assert store(runner).read() == EMPTY.open([intent("a")])
        with pytest.raises(LockLost):
            old.save(old.state.close("a"), note="too late")


HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from tests.state.repositories import store
from tests.state.states import intent
with store(Path(sys.argv[1]), holder="the dead run").session() as session:
    session.save(session.state.open([intent("a")]), note="write a")
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_that_was_killed_is_succeeded_at_once_from_its_own_checkout(laptop: Path, runner: Path) -> None:
    with python(HOLD_UNTIL_KILLED, laptop) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Locked, match="the dead run"), store(laptop).session():
            pass
        process.kill()
    with pytest.raises(Locked, match="the dead run"), store(runner).session():
        pass
    with store(laptop).session() as session:
        assert session.taken_over_from == "the dead run"
        assert set(session.state.intents) == {"a"}
        session.save(session.state.close("a"), note="nothing was made")
    assert store(runner).read() == EMPTY


# Answers that get lost


@pytest.mark.parametrize("fates", [["lose"], ["fail"], ["fail", "lose"], ["fail", "fail"]])
def test_a_push_whose_answer_is_lost_is_settled_by_reading_the_ref(
    fates: list[str], laptop: Path, runner: Path
) -> None:
    program = flaky(laptop, push=fates)
    with store(laptop, program=program).session() as session:
        write_a(session)
    with store(laptop, program=flaky(laptop, push=fates)).session() as session:
        session.save(session.state.bind("b", binding("d-b")), note="b")
    assert store(runner).read() == EMPTY.bind("a", binding()).bind("b", binding("d-b"))
    assert len(commits(laptop)) == 4


def test_an_unlock_whose_answer_is_lost_may_be_followed_by_the_next_run_at_once(laptop: Path, runner: Path) -> None:
    program = flaky(laptop)
    next_run = store(runner).session()
    with store(laptop, program=program).session() as session:
        write_a(session)
        program.faults = {"push": ["lose"]}
        program.after = {"push": lambda: next_run.__enter__().check()}
    assert store(runner).read().bindings == {"a": binding()}
    assert not journal(laptop).exists()


def test_intents_that_could_not_be_pushed_are_not_acted_on_and_leave_nothing_behind(laptop: Path) -> None:
    program = flaky(laptop, push=["fail"] * 3)
    clock = FakeClock()
    with store(laptop, program=program, clock=clock).session() as session:
        with pytest.raises(Unreachable, match="can't write the state at origin"):
            session.save(EMPTY.open([intent("a")]), note="write a")
        assert session.state == EMPTY
    assert clock.time == 1005
    assert commits(laptop) == []
    assert not journal(laptop).exists()


def test_a_lock_that_arrived_after_all_is_given_back_with_its_intents(laptop: Path) -> None:
    program = flaky(laptop, push=["lose", "fail", "fail"], ls_remote=["pass", "fail", "fail", "fail"])
    with store(laptop, program=program).session() as session:
        with pytest.raises(Unreachable):
            session.save(EMPTY.open([intent("a")]), note="write a")
        assert set(store(laptop).read().intents) == {"a"}
    assert store(laptop).read() == EMPTY


def test_a_beat_that_arrived_late_does_not_cost_the_lock(laptop: Path, runner: Path) -> None:
    program, clock = flaky(laptop), FakeClock()
    with store(laptop, program=program, clock=clock).session() as session:
        assert isinstance(session, GitSession)
        write_a(session)
        program.faults = {"push": ["lose"], "ls-remote": ["fail"]}
        clock.time += 31
        session.beat()
        session.check()
        session.save(session.state.bind("b", binding("d-b")), note="b")
    assert store(runner).read() == EMPTY.bind("a", binding()).bind("b", binding("d-b"))


# Outcomes that the remote never took


def strand(project: Path) -> None:
    """A run whose outcome could not be pushed."""
    program = flaky(project)
    with pytest.raises(StateNotSaved, match="the outcomes of this run are kept in") as caught:  # noqa: PT012, SIM117
        with store(project, program=program).session() as session:
            write_a(session)
            program.faults = {"push": ["fail"] * 9}
    assert "hands them in first" in str(caught.value.hint)


def test_outcomes_that_can_not_be_pushed_are_kept_and_handed_in_by_the_next_run(laptop: Path, runner: Path) -> None:
    strand(laptop)
    assert set(store(runner).read().intents) == {"a"}
    with store(laptop).session() as session:
        assert session.state == EMPTY.bind("a", binding())
        assert not journal(laptop).exists()
    assert store(runner).read() == EMPTY.bind("a", binding())
    assert "hand in what an earlier run could not save" in commits(runner)[1][1]


def test_outcomes_are_handed_in_beside_what_others_did_meanwhile(laptop: Path, runner: Path) -> None:
    strand(laptop)
    with store(runner).session(timeout=600) as other:
        other.save(other.state.bind("b", binding("d-b")), note="b")
    with store(laptop).session() as session:
        assert session.state == EMPTY.bind("a", binding()).bind("b", binding("d-b"))


def test_outcomes_that_another_run_found_out_by_itself_need_no_hand_in(laptop: Path, runner: Path) -> None:
    strand(laptop)
    with store(runner).session(timeout=600) as other:
        other.save(other.state.bind("a", binding(version=2)).close("a"), note="a found, then updated")
    with store(laptop).session() as session:
        assert session.state == EMPTY.bind("a", binding(version=2))
    assert not journal(laptop).exists()


def test_a_definition_that_nobody_else_knows_of_is_not_dropped_silently(laptop: Path, runner: Path) -> None:
    strand(laptop)
    with store(runner).session(timeout=600) as other:
        other.save(other.state.bind("a", binding("d-other")).close("a"), note="a made again")
    with pytest.raises(Refused, match="that the state contradicts: a") as caught, store(laptop).session():
        pass
    assert "deployer state resolve" in str(caught.value.hint)
    assert journal(laptop).exists()
    assert store(runner).read() == EMPTY.bind("a", binding("d-other"))


def test_outcomes_survive_the_loss_of_the_lock(laptop: Path, runner: Path) -> None:
    with pytest.raises(StateNotSaved, match="lost the lock"), store(laptop).session() as session:  # noqa: PT012
        write_a(session)
        store(runner).break_lock()
    with store(laptop).session() as session:
        assert session.state == EMPTY.bind("a", binding())


def test_an_error_of_the_run_is_not_hidden_by_one_of_the_state(laptop: Path) -> None:
    program = flaky(laptop)
    with pytest.raises(ZeroDivisionError) as caught, store(laptop, program=program).session() as session:  # noqa: PT012
        write_a(session)
        program.faults = {"push": ["fail"] * 9}
        raise ZeroDivisionError
    assert "the outcomes of this run are kept in" in caught.value.__notes__[0]
    assert journal(laptop).exists()


def test_a_failing_run_still_saves_what_it_did_and_gives_the_lock_back(laptop: Path, runner: Path) -> None:
    with pytest.raises(ZeroDivisionError), store(laptop).session() as session:  # noqa: PT012
        write_a(session)
        raise ZeroDivisionError
    assert store(runner).read() == EMPTY.bind("a", binding())


def test_a_run_that_must_stop_at_once_writes_its_journal_and_no_more(laptop: Path) -> None:
    program = flaky(laptop)
    pushes = 0
    with pytest.raises(KeyboardInterrupt), store(laptop, program=program).session() as session:  # noqa: PT012
        write_a(session)
        pushes = program.count("push")
        raise KeyboardInterrupt
    assert program.count("push") == pushes
    with store(laptop).session() as session:
        assert session.state == EMPTY.bind("a", binding())


def test_a_lock_that_can_not_be_given_back_is_told_and_freed_by_the_next_run(laptop: Path, runner: Path) -> None:
    program = flaky(laptop)
    with (  # noqa: PT012
        pytest.raises(StateNotSaved, match="all is recorded, but the lock could not be given back"),
        store(laptop, program=program).session() as session,
    ):
        session.check()
        program.faults = {"push": ["fail"] * 9}
    with store(laptop).session():
        pass
    assert store(runner).read() == EMPTY


def test_a_journal_that_does_not_read_stops_the_run(laptop: Path) -> None:
    journal(laptop).parent.mkdir(parents=True)
    journal(laptop).write_text("{\n")
    with pytest.raises(CorruptState, match="is not a journal"), store(laptop).session():
        pass
    assert git(laptop, "ls-remote", "origin", REF) == ""


def test_a_machine_that_stands_still_while_it_looks_at_its_lock_looks_again(laptop: Path, runner: Path) -> None:
    clock, program = FakeClock(), flaky(laptop)
    with store(laptop, clock=clock, program=program).session() as first:
        first.save(first.state.open([intent("a")]), note="write a")
        clock.time += 15

        def suspended() -> None:
            """The answer is on its way, the machine sleeps, and another one takes over."""
            clock.time += 200
            others = FakeClock()
            with store(runner, clock=others).session(timeout=300) as second:
                second.save(second.state.close("a"), note="settled")

        program.after["ls-remote"] = suspended
        with pytest.raises(LockLost):
            first.check()
