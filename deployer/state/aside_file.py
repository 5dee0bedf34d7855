"""What was done aside of a state that could not be written: as one file, replaced as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import FileSystem, leftover, replace_file
from deployer.state.failures import CorruptState, StateNotSaved
from deployer.state.log import Entry, read_line, write_line
from deployer.state.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What somebody did while the state could not be written."""

    base: State
    """The state as it was seen last."""
    ours: State
    """The state as it should be now."""
    entries: tuple[Entry, ...] = ()
    """What its log should say."""


class AsideFile:
    """`.deployer/<env>/aside.json`."""

    def __init__(self, path: Path, *, account: str, files: FileSystem) -> None:
        self.path = path
        self._account, self._files = account, files

    def write(self, aside: Aside) -> None:
        """Keep it. Raises `StateNotSaved`."""
        states = {name: json.loads(encode(state)) for name, state in (("base", aside.base), ("ours", aside.ours))}
        value = {"version": 1, **states, "log": [json.loads(write_line(entry)) for entry in aside.entries]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._files, self.path, json.dumps(value, indent=2).encode())
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be written: {error.strerror or error}") from error

    def read(self) -> Aside | None:
        """What waits here, if anything does. Raises `CorruptState` and its kin."""
        try:
            content = self._files.read(self.path, limit=2 * LARGEST)
            if content is None:
                return None
            parts = json.loads(content)
            base, ours = (self._state(parts[name]) for name in ("base", "ours"))
            entries = [read_line(json.dumps(item)) for item in parts.get("log", [])]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptState(
                f"{self.path} is not what was put aside: {error}",
                hint="Remove it to go on: what it recorded is then settled by looking at the server.",
            ) from error
        return Aside(base=base, ours=ours, entries=tuple(entry for entry in entries if entry is not None))

    def remove(self) -> None:
        """It was handed in. Raises `StateNotSaved`."""
        try:
            self._files.remove(self.path)
            self._files.remove(leftover(self.path))
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be removed: {error.strerror or error}") from error

    def _state(self, value: object) -> State:
        return decode(json.dumps(value), place=str(self.path), account=self._account)
