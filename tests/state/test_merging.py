"""What a run left behind meets a state that has moved on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from deployer.state.journal import Journal
from deployer.state.merging import merge
from deployer.state.model import Hold, State, Tombstone

from .states import ACCOUNT, binding, intent, state, states, unsent

HOLD = Hold(kind="disable", reason="holiday", version=1, sent="x")


def learned(*steps: State) -> Journal:
    """The journal of a run that went through these states."""
    journal = Journal()
    for before, after in pairwise(steps):
        for key, (was, now) in after.changed_since(before).items():
            journal.step(key, now, was)
    return journal


def sections(each: State) -> tuple[object, ...]:
    return (each.bindings, each.holds, each.tombstones, each.intents)


@settings(deadline=None)  # machines in CI pause
@given(states, states)
def test_what_only_one_side_changed_holds(base: State, other: State) -> None:
    assert merge(learned(base, base), other, shared=False) == (other, ())
    merged, disagreed = merge(learned(base, other), base, shared=False)
    assert (sections(merged), disagreed) == (sections(other), ())


@settings(deadline=None)  # machines in CI pause
@given(states, states)
def test_what_both_sides_found_out_is_no_disagreement(base: State, both: State) -> None:
    for shared in (True, False):
        merged, disagreed = merge(learned(base, both), both, shared=shared)
        assert (sections(merged), disagreed) == (sections(both), ())


@settings(deadline=None)  # machines in CI pause
@given(states, states, states)
def test_a_disagreement_changes_nothing_at_all(base: State, ours: State, theirs: State) -> None:
    merged, disagreed = merge(learned(base, ours), theirs, shared=True)
    assert not disagreed or merged == theirs
    assert merged.account == theirs.account
    assert merged.lock == theirs.lock


@settings(deadline=None)  # machines in CI pause
@given(states, states, states)
def test_a_state_at_any_point_that_the_run_went_through_gets_its_last_word(one: State, two: State, end: State) -> None:
    for point in (one, two, end):
        merged, disagreed = merge(learned(one, two, end), point, shared=False)
        assert (sections(merged), disagreed) == (sections(end), ())


def test_different_facts_of_one_key_go_together() -> None:
    base = state(a=1)
    ours, theirs = base.bind("a", binding("d-a", 2)), base.hold("a", HOLD)
    assert merge(learned(base, ours), theirs, shared=True) == (ours.hold("a", HOLD), ())


def test_one_fact_changed_in_two_ways_is_a_disagreement() -> None:
    base = state(a=1, b=1)
    ours, theirs = base.bind("a", binding("d-a", 2)), base.bind("a", binding("d-a", 3))
    assert merge(learned(base, ours), theirs, shared=True) == (theirs, ("a",))


def test_a_delete_that_another_run_has_finished_meanwhile_stays_finished() -> None:
    base = state(a=1)
    opened = base.open([intent("a")])
    ours = base.unbind("a").mark_deleting("a", Tombstone(id="d-a", version=1))
    theirs = base.unbind("a")
    assert merge(learned(base, opened, ours), theirs, shared=True) == (theirs, ())


def test_an_update_that_another_run_settled_and_built_on_is_theirs_even_when_it_ended_in_a_delete() -> None:
    base = state(a=1)
    opened = base.open([intent("a")])
    journal = learned(base, opened, state(a=2))
    for theirs in (state(a=3), state()):
        assert merge(journal, theirs, shared=True) == (theirs, ())


def test_a_create_that_another_run_gave_up_on_is_bound_by_the_run_that_saw_it() -> None:
    opened = state().open([intent("a")])
    ours = state().bind("a", binding())
    assert merge(learned(state(), opened, ours), state(), shared=True) == (ours, ())


def test_a_create_that_another_run_made_again_is_a_disagreement() -> None:
    opened = state().open([intent("a")])
    theirs = state().bind("a", binding("d-other"))
    assert merge(learned(state(), opened, state().bind("a", binding())), theirs, shared=True) == (theirs, ("a",))


def test_an_intent_that_somebody_settled_is_not_opened_again() -> None:
    opened = state().open([intent("a")])
    assert merge(learned(state(), opened), state(), shared=True) == (state(), ())
    # A file has no intents but those of the journal.
    assert merge(learned(state(), opened), state(), shared=False) == (opened, ())


def test_two_runs_that_were_about_to_send_the_very_same_are_told_apart() -> None:
    mine = State(account=ACCOUNT).open([replace(unsent("a"), run="mine")])
    theirs = State(account=ACCOUNT).open([replace(intent("a"), run="theirs")])
    merged, disagreed = merge(learned(state(), mine), theirs, shared=True)
    assert (merged.intents["a"].maybe_sent, disagreed) == (True, ())


@pytest.mark.parametrize("shared", [True, False])
def test_what_certainly_was_not_sent_stays_so_where_everybody_had_to_take_it_for_sent(shared: bool) -> None:
    mine = State(account=ACCOUNT).open([unsent("a")])
    theirs = mine.open([replace(unsent("a"), maybe_sent=True)])
    assert merge(learned(state(), mine), theirs, shared=shared) == (mine, ())
