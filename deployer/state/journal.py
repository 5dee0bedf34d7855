"""Outcomes that the remote did not take: kept on this machine, handed in by the next run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import FileSystem, leftover, replace_file
from deployer.state.failures import CorruptState, StateNotSaved
from deployer.state.log import Entry, read_line, write_line
from deployer.state.model import Binding, Hold, Intent, State, Tombstone

_Facts = tuple[Binding | None, Hold | None, Tombstone | None, Intent | None]
"""All that a state says about one key."""
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a run knew when it ended without being able to save."""

    base: State
    """The state as the remote last took it."""
    ours: State
    """The state as the run left it."""
    entries: tuple[Entry, ...] = ()
    """What of the log it could not save."""


class JournalFile:
    """`.deployer/<env>/journal.json`."""

    def __init__(self, path: Path, *, account: str, files: FileSystem) -> None:
        self.path = path
        self._account, self._files = account, files

    def write(self, journal: Journal) -> None:
        """Keep the journal. Raises `StateNotSaved`."""
        states = {name: json.loads(encode(state)) for name, state in (("base", journal.base), ("ours", journal.ours))}
        value = {"version": 1, **states, "log": [json.loads(write_line(entry)) for entry in journal.entries]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._files, self.path, json.dumps(value, indent=2).encode())
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be written: {error.strerror or error}") from error

    def read(self) -> Journal | None:
        """The journal of an earlier run, if one waits here. Raises `CorruptState` and its kin."""
        try:
            content = self._files.read(self.path, limit=2 * LARGEST)
            if content is None:
                return None
            parts = json.loads(content)
            base, ours = (self._state(parts[name]) for name in ("base", "ours"))
            entries = [read_line(json.dumps(item)) for item in parts.get("log", [])]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptState(
                f"{self.path} is not a journal: {error}",
                hint="Remove it to go on: what it recorded is then settled by looking at the server.",
            ) from error
        return Journal(base=base, ours=ours, entries=tuple(entry for entry in entries if entry is not None))

    def remove(self) -> None:
        """The journal was handed in. Raises `StateNotSaved`."""
        try:
            self._files.remove(self.path)
            self._files.remove(leftover(self.path))
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be removed: {error.strerror or error}") from error

    def _state(self, value: object) -> State:
        return decode(json.dumps(value), place=str(self.path), account=self._account)


def merge(journal: Journal, theirs: State) -> tuple[State, tuple[str, ...]]:
    """`theirs` with what the journal's run found out, and the keys on which the two disagree.

    Key by key: whatever only one side changed since the base holds. Where another run settled
    an intent in the meantime, it looked at the server, and its word holds, unless it knows
    nothing of a definition that the journal's run saw.
    """
    base, ours = journal.base, journal.ours
    keys = {key for state in (base, ours, theirs) for section in _sections(state) for key in section}
    merged: dict[str, _Facts] = {}
    disagreed: list[str] = []
    for key in sorted(keys):
        facts = _merge_key(_facts(base, key), _facts(ours, key), _facts(theirs, key))
        if facts is None:
            disagreed.append(key)
        else:
            merged[key] = facts
    state = replace(
        theirs,
        bindings={key: facts[0] for key, facts in merged.items() if facts[0]},
        holds={key: facts[1] for key, facts in merged.items() if facts[1]},
        tombstones={key: facts[2] for key, facts in merged.items() if facts[2]},
        intents={key: facts[3] for key, facts in merged.items() if facts[3]},
    )
    return (theirs if disagreed else state), tuple(disagreed)


def _sections(state: State) -> tuple[Iterable[str], ...]:
    return (state.bindings, state.holds, state.tombstones, state.intents)


def _facts(state: State, key: str) -> _Facts:
    return (state.bindings.get(key), state.holds.get(key), state.tombstones.get(key), state.intents.get(key))


def _merge_key(base: _Facts, ours: _Facts, theirs: _Facts) -> _Facts | None:
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if base[3] and not theirs[3]:
        ours_id = ours[0].id if ours[0] else None
        theirs_id = theirs[0].id if theirs[0] else None
        return theirs if ours_id in (None, theirs_id) else None
    try:
        return (
            _merge_part(base[0], ours[0], theirs[0]),
            _merge_part(base[1], ours[1], theirs[1]),
            _merge_part(base[2], ours[2], theirs[2]),
            _merge_part(base[3], ours[3], theirs[3]),
        )
    except _Disagreement:
        return None


class _Disagreement(Exception):
    """Both sides changed one thing, differently."""


def _merge_part(base: _Part, ours: _Part, theirs: _Part) -> _Part:
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    raise _Disagreement
