"""The state as text: readable in a diff, exact, and distrusted when it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings

from deployer.errors import Refused
from deployer.state.codec import decode, encode
from deployer.state.failures import CorruptState, ForeignState, NewerState, UnusableState
from deployer.state.model import Hold, Intent, State, Tombstone

from .states import ACCOUNT, binding, intent, state, states

WANTED = """\
{
  "account": "acme",
  "bindings": {
    "a": {
      "id": "d-a",
      "protect": false,
      "sent": "sent-d-a-1",
      "stored": "stored-d-a-1",
      "version": 1
    },
    "b": {
      "id": "d-b",
      "protect": false,
      "sent": "sent-d-b-2",
      "stored": "stored-d-b-2",
      "version": 2
    }
  },
  "holds": {
    "b": {
      "bad_versions": [3, 4],
      "kind": "rollback",
      "reason": "answers twice",
      "sent": "x",
      "version": 2
    }
  },
  "intents": {
    "c": {
      "action": "create",
      "base": null,
      "body": {"name": "c", "Z": {"y": 1, "x": 2}},
      "id": null,
      "known_ids": [],
      "protect": false,
      "sent": "sent-c"
    }
  },
  "lock": null,
  "tombstones": {},
  "version": 1
}
"""


def read(text: str | bytes, account: str = ACCOUNT) -> State:
    return decode(text, place="deployer.prod.lock.json", account=account)


@settings(deadline=None)  # machines in CI pause
@given(states)
def test_a_state_reads_back_as_it_was_written(written: State) -> None:
    text = encode(written)
    assert read(text, written.account) == written
    assert encode(read(text, written.account)) == text


@settings(deadline=None)  # machines in CI pause
@given(states)
def test_a_state_is_ascii_and_ordinary_json_with_a_closing_line_break(written: State) -> None:
    text = encode(written)
    assert text.isascii()
    assert text.endswith("}\n")
    assert list(json.loads(text)) == ["account", "bindings", "holds", "intents", "lock", "tombstones", "version"]


def test_each_binding_is_a_block_of_lines_and_the_order_of_saving_does_not_show() -> None:
    body = MappingProxyType({"name": "c", "Z": {"y": 1, "x": 2}})
    opened = State(account=ACCOUNT).open([intent("c")])
    held = opened.hold("b", Hold(kind="rollback", reason="answers twice", version=2, sent="x", bad_versions=(3, 4)))
    full = held.bind("b", binding("d-b", 2)).bind("a", binding("d-a", 1))
    text = encode(full.open([_with_body(body)]))
    assert text == WANTED.replace('      "id": null,\n', '      "id": null,\n      "key": "c",\n')


def _with_body(body: MappingProxyType[str, object]) -> Intent:
    return replace(intent("c"), body=body)


def test_branches_that_bind_different_workflows_differ_in_whole_lines_only() -> None:
    before = encode(state(a=1, z=1)).splitlines()
    after = encode(state(a=1, m=1, z=1)).splitlines()
    assert [line for line in after if line not in before] == [
        '    "m": {',
        '      "id": "d-m",',
        '      "sent": "sent-d-m-1",',
        '      "stored": "stored-d-m-1",',
    ]


GOOD = json.loads(encode(state(a=1).open([intent("b")]).mark_deleting("t", Tombstone(id="d-t", version=1))))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty"),
        ("{", "Expecting property name"),
        ("[]", "the whole should be an object"),
        ("null", "the whole should be an object"),
        ('{"version": 1, "version": 1}', "'version' stands there twice"),
        ('{"version": NaN}', "NaN is not JSON"),
        ('{"version": 1e999}', "1e999 is too large a number"),
        ('{"version": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe{", "byte 0 is not UTF-8"),
        ("{}", "version should be a whole number"),
        (GOOD | {"version": True}, "version should be a whole number"),
        (GOOD | {"version": 1.0}, "version should be a whole number"),
        (GOOD | {"version": 0}, "there is no version 0"),
        (GOOD | {"account": 7}, "account should be a string"),
        (GOOD | {"bindings": []}, "bindings should be an object"),
        ({"version": 1, "account": ACCOUNT}, "bindings should be an object"),
        (GOOD | {"bindings": {"a": None}}, "bindings.a should be an object"),
        (GOOD | {"bindings": {"a": {"id": "x"}}}, "bindings.a.version should be a whole number"),
        (GOOD | {"bindings": {"a": GOOD["bindings"]["a"] | {"protect": "no"}}}, "bindings.a.protect should be true"),
        (GOOD | {"lock": "me"}, "lock should be an object or null"),
        (GOOD | {"holds": {"a": {"kind": "forever"}}}, "holds.a.kind should be one of rollback, disable"),
        (GOOD | {"tombstones": {"t": {"id": "x", "version": "1"}}}, "tombstones.t.version should be a whole"),
        (GOOD | {"intents": {"b": GOOD["intents"]["b"] | {"action": "explode"}}}, "intents.b.action should be one of"),
        (GOOD | {"intents": {"b": GOOD["intents"]["b"] | {"known_ids": [1]}}}, "known_ids should be a list of strings"),
        (GOOD | {"intents": {"other": GOOD["intents"]["b"]}}, "intents.other.key should be the key that it stands"),
    ],
)
def test_what_is_not_a_state_is_refused_with_the_place_and_the_reason(text: object, says: str) -> None:
    with pytest.raises(CorruptState) as caught:
        read(text if isinstance(text, str | bytes) else json.dumps(text))
    assert str(caught.value).startswith("deployer.prod.lock.json ")
    assert says in str(caught.value)
    assert caught.value.exit_code == 6
    assert caught.value.hint


def test_a_merge_conflict_is_named_with_its_line_and_the_way_out() -> None:
    text = encode(state(a=1)).replace('    "a": {', '<<<<<<< HEAD\n    "a": {')
    with pytest.raises(CorruptState, match=r"deployer\.prod\.lock\.json:4: holds a Git merge conflict") as caught:
        read(text)
    assert caught.value.hint == "Keep each binding that either side has, once; then run `deployer plan`."


def test_a_state_from_a_newer_version_asks_for_an_update() -> None:
    with pytest.raises(NewerState, match="has version 2; this deployer knows version 1") as caught:
        read(json.dumps(GOOD | {"version": 2, "bindings": "another shape"}))
    assert caught.value.hint == "Update deployer on this machine."


def test_the_state_of_another_account_is_refused() -> None:
    with pytest.raises(ForeignState, match="belongs to account 'acme', this environment to 'other'"):
        read(encode(state(a=1)), "other")


def test_every_refusal_of_a_state_counts_as_refused_for_safety() -> None:
    assert {error.exit_code for error in (CorruptState, NewerState, ForeignState, UnusableState)} == {6}


def test_fields_that_version_1_does_not_have_are_left_out_of_the_next_write() -> None:
    odd = GOOD | {"weather": "fine", "bindings": {"a": GOOD["bindings"]["a"] | {"colour": "red"}}}
    assert encode(read(json.dumps(odd))) == encode(read(json.dumps(GOOD)))


def test_sections_that_hold_nothing_may_be_absent() -> None:
    assert read('{"version": 1, "account": "acme", "bindings": {}}') == State(account=ACCOUNT)


def test_an_editor_may_leave_its_byte_order_mark_and_windows_line_ends() -> None:
    text = encode(state(a=1)).replace("\n", "\r\n")
    assert read(b"\xef\xbb\xbf" + text.encode()) == state(a=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_a_body_that_is_no_json_is_refused_before_it_is_written(value: object) -> None:
    with pytest.raises(Refused, match="can't be recorded in the state"):
        encode(State(account=ACCOUNT).open([replace(intent("a"), body={"x": value})]))


def test_a_body_without_end_is_refused_before_it_is_written() -> None:
    body: object = {}
    for _ in range(5000):
        body = {"x": body}
    with pytest.raises(Refused, match="can't be recorded in the state"):
        encode(State(account=ACCOUNT).open([replace(intent("a"), body={"x": body})]))
