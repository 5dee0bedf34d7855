"""Outcomes that were kept on a machine meet a state that has moved on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from deployer.state.disk import Disk
from deployer.state.failures import CorruptState, ForeignState
from deployer.state.journal import Journal, JournalFile, merge
from deployer.state.model import Hold, State, Tombstone

from .states import ACCOUNT, binding, intent, state, states

HOLD = Hold(kind="disable", reason="holiday", version=1, sent="x")


@settings(deadline=None)  # machines in CI pause
@given(states, states)
def test_what_only_one_side_changed_holds(base: State, other: State) -> None:
    assert _sections(merge(Journal(base=base, ours=base), other)[0]) == _sections(other)
    assert _sections(merge(Journal(base=base, ours=other), base)[0]) == _sections(other)


@settings(deadline=None)  # machines in CI pause
@given(states, states)
def test_what_both_sides_found_out_is_no_disagreement(base: State, both: State) -> None:
    merged, disagreed = merge(Journal(base=base, ours=both), both)
    assert disagreed == ()
    assert _sections(merged) == _sections(both)


@settings(deadline=None)  # machines in CI pause
@given(states, states, states)
def test_a_disagreement_changes_nothing_at_all(base: State, ours: State, theirs: State) -> None:
    merged, disagreed = merge(Journal(base=base, ours=ours), theirs)
    assert not disagreed or merged == theirs
    assert merged.account == theirs.account
    assert merged.lock == theirs.lock


def _sections(each: State) -> tuple[object, ...]:
    return (each.bindings, each.holds, each.tombstones, each.intents)


def test_different_facts_of_one_key_go_together() -> None:
    base = state(a=1)
    ours, theirs = base.bind("a", binding("d-a", 2)), base.hold("a", HOLD)
    assert merge(Journal(base=base, ours=ours), theirs) == (ours.hold("a", HOLD), ())


def test_one_fact_changed_in_two_ways_is_a_disagreement() -> None:
    base = state(a=1, b=1)
    ours, theirs = base.bind("a", binding("d-a", 2)), base.bind("a", binding("d-a", 3))
    assert merge(Journal(base=base, ours=ours), theirs) == (theirs, ("a",))


def test_a_delete_that_another_run_has_finished_meanwhile_stays_finished() -> None:
    base = state(a=1).open([intent("a")])
    ours = base.unbind("a").close("a").mark_deleting("a", Tombstone(id="d-a", version=1))
    theirs = base.unbind("a").close("a")
    assert merge(Journal(base=base, ours=ours), theirs) == (theirs, ())


def test_a_create_that_another_run_gave_up_on_is_a_disagreement() -> None:
    base = state().open([intent("a")])
    ours, theirs = base.bind("a", binding()).close("a"), base.close("a")
    assert merge(Journal(base=base, ours=ours), theirs) == (theirs, ("a",))


def test_a_journal_reads_back_as_it_was_written_and_is_gone_after_the_hand_in(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "prod" / "journal.json", account=ACCOUNT, files=Disk())
    assert file.read() is None
    journal = Journal(base=state(a=1).open([intent("b")]), ours=state(a=1, b=1))
    file.write(journal)
    assert file.read() == journal
    file.remove()
    assert file.read() is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"base": 1, "ours": 2}', "[" * 100_000])
def test_what_is_no_journal_is_refused_and_stays(content: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    path.write_text(content)
    with pytest.raises(CorruptState, match=r"journal\.json is not a"):
        JournalFile(path, account=ACCOUNT, files=Disk()).read()
    assert path.read_text() == content


def test_the_journal_of_another_account_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    JournalFile(path, account=ACCOUNT, files=Disk()).write(Journal(base=state(), ours=state()))
    with pytest.raises(ForeignState):
        JournalFile(path, account="other", files=Disk()).read()
