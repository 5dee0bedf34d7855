"""What a run learned line by line: read back whole, torn only at its end, and never believed when it was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.errors import Refused
from deployer.state.disk import Disk
from deployer.state.failures import CorruptState, ForeignState, NewerState, StateNotSaved
from deployer.state.journal import Journal, JournalFile, seal
from deployer.state.json_text import as_text
from deployer.state.log import Entry, as_json
from deployer.state.model import Facts, State
from deployer.state.records import facts_as_json, facts_as_text

from .frail import FrailDisk
from .states import ACCOUNT, binding, entries, facts, intent, state, states, unsent

PATH = Path("/journal/journal.jsonl")


def journal_file(path: Path, *, account: str = ACCOUNT, files: Disk | FrailDisk | None = None) -> JournalFile:
    return JournalFile(path, place=path.name, account=account, files=files or Disk())


def lessons(steps: list[State]) -> Journal:
    """What somebody knows who saw every step."""
    seen = Journal()
    for before, after in pairwise(steps):
        for key, (was, now) in after.changed_since(before).items():
            seen.step(key, now, was)
    return seen


@settings(deadline=None)  # machines in CI pause
@given(st.lists(states, min_size=2, max_size=4))
def test_a_journal_reads_back_as_what_happened(steps: list[State]) -> None:
    disk = FrailDisk()
    writer = journal_file(PATH, files=disk)
    for before, after in pairwise(steps):
        writer.add(after.changed_since(before))
    found = journal_file(PATH, files=disk).read()
    expected = lessons(steps)
    assert (found.points if found else {}) == expected.points
    assert steps[0].with_facts(expected.ours).changed_since(steps[-1]) == {}


@settings(deadline=None)  # machines in CI pause
@given(facts)
def test_what_is_known_of_a_key_is_written_as_its_records_are(known: Facts) -> None:
    assert facts_as_text(known) == as_text(facts_as_json(known), compact=True)


@settings(deadline=None)  # machines in CI pause
@given(st.dictionaries(st.text(), st.tuples(facts, facts), max_size=3), st.lists(entries, max_size=3))
def test_a_line_of_the_journal_is_ordinary_json(steps: dict[str, tuple[Facts, Facts]], said: list[Entry]) -> None:
    disk = FrailDisk()
    journal_file(PATH, files=disk).add(steps, said)
    lines = (disk.read(PATH, limit=10**9) or b"").splitlines()
    assert len(lines) == (2 if steps or said else 0)  # the first says whose journal it is
    if lines:
        line = json.loads(lines[1].partition(b" ")[2])
        assert line["keys"] == _as_read(
            {key: {"now": facts_as_json(now), "before": facts_as_json(before)} for key, (before, now) in steps.items()}
        )
        assert line.get("log", []) == [as_json(entry) for entry in said]


def _as_read(value: object) -> object:
    return json.loads(as_text(value))


def test_a_request_that_may_have_left_is_told_from_one_that_certainly_did_not(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = journal_file(path)
    assert writer.read() is None
    writer.add(state().open([unsent("a"), unsent("b")]).changed_since(state()))
    writer.sending("a")
    found = journal_file(path).read()
    assert found is not None
    assert found.ours == {"a": Facts(intent=intent("a")), "b": Facts(intent=unsent("b"))}
    writer.remove()
    assert not path.exists()
    assert writer.read() is None


def test_nothing_to_tell_makes_no_file(tmp_path: Path) -> None:
    writer = journal_file(tmp_path / "journal.jsonl")
    writer.add({})
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_no_json_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    writer = journal_file(tmp_path / "journal.jsonl")
    with pytest.raises(Refused, match="can't be recorded"):
        writer.add({"odd": (Facts(), Facts(intent=replace(intent("odd"), body={"a": float("nan")})))})
    assert list(tmp_path.iterdir()) == []


def test_a_journal_whose_beginning_finds_no_room_leaves_nothing_behind() -> None:
    for step in range(1, 5):
        disk = FrailDisk(fail_at=step)
        writer = journal_file(PATH, files=disk)
        with pytest.raises(StateNotSaved, match="No space left"):
            writer.add({"a": (Facts(), Facts(binding=binding()))})
        assert disk.names == {}
        writer.add({"a": (Facts(), Facts(binding=binding()))})
        found = journal_file(PATH, files=disk).read()
        assert found is not None
        assert found.ours == {"a": Facts(binding=binding())}


@pytest.mark.parametrize("content", ["x\n", "[]\n", "{}\n", "0123456789abcdef {}\n", "\n", "[" * 100_000 + "\n"])
def test_what_is_no_journal_is_refused_and_stays(content: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(content)
    with pytest.raises(CorruptState, match=r"journal\.jsonl is not a journal") as caught:
        journal_file(path).read()
    assert "Restore it" in str(caught.value.hint)
    assert path.read_text() == content


@pytest.mark.parametrize("content", [b"", b"0123", b"0123456789abcdef {", bytes(30) + b"\n"])
def test_a_journal_that_ends_in_its_first_line_holds_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    found = journal_file(path).read()
    assert found is not None
    assert found.points == {}


def test_the_journal_of_another_account_or_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal_file(path).add({"a": (Facts(), Facts(binding=binding()))})
    with pytest.raises(ForeignState):
        journal_file(path, account="other").read()
    text = b'{"version": 2, "account": "acme"}'
    path.write_bytes(seal(b"", text) + b" " + text + b"\n")
    with pytest.raises(NewerState, match="version 2"):
        journal_file(path).read()


def test_a_link_in_the_place_of_a_journal_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    path = tmp_path / "journal.jsonl"
    path.symlink_to(elsewhere)
    with pytest.raises(CorruptState, match="symbolic link"):
        journal_file(path).read()
    with pytest.raises(StateNotSaved):
        journal_file(path).add({"a": (Facts(), Facts(binding=binding()))})
    assert elsewhere.read_text() == "mine"
