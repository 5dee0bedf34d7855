"""Changes to a state are new states."""

from __future__ import annotations

import pytest

from deployer.state.model import Hold, State, Tombstone

from .states import binding, intent, state

HOLD = Hold(kind="disable", reason="holiday", version=1, sent="x")


def test_binding_a_key_leaves_the_earlier_state_as_it_was() -> None:
    before = state(a=1)
    after = before.bind("b", binding("d-b"))
    assert set(before.bindings) == {"a"}
    assert set(after.bindings) == {"a", "b"}


def test_unbinding_takes_the_hold_along_and_bears_an_unknown_key() -> None:
    assert state(a=1, b=1).hold("a", HOLD).unbind("a").unbind("zzz") == state(b=1)


def test_a_moved_key_keeps_its_definition_and_its_hold() -> None:
    moved = state(old=1, other=1).hold("old", HOLD).move("old", "new")
    assert moved.bindings == {"new": binding("d-old"), "other": binding("d-other")}
    assert moved.holds == {"new": HOLD}


def test_a_move_onto_a_bound_key_is_impossible() -> None:
    with pytest.raises(ValueError, match="b is bound already"):
        state(a=1, b=1).move("a", "b")


def test_a_released_hold_is_gone() -> None:
    assert state(a=1).hold("a", HOLD).release("a").release("a") == state(a=1)


def test_intents_open_together_and_close_one_by_one() -> None:
    opened = state().open([intent("a"), intent("b"), intent("c")])
    assert list(opened.intents) == ["a", "b", "c"]
    assert list(opened.close("b").intents) == ["a", "c"]
    assert opened.close("a", "b", "c") == state()


def test_a_delete_is_remembered_until_the_server_has_finished_it() -> None:
    tombstone = Tombstone(id="d-a", version=3)
    deleting = state().mark_deleting("a", tombstone)
    assert deleting.tombstones == {"a": tombstone}
    assert deleting.mark_gone("a") == State(account="acme")
