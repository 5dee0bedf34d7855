"""`.deployer/<env>/aside.json`: what was done while the state could not be written."""

from __future__ import annotations

import json
import os
from itertools import count
from pathlib import Path

from deployer.record import record
from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import FileSystem, leftover, replace_file
from deployer.state.failures import CorruptState, StateNotSaved
from deployer.state.log import Entry, as_json, entry_of
from deployer.state.model import State

VERSION = 1


@record
class Aside:
    """Two states, between which it was done, and what the log should say of it."""

    base: State
    """The state as far as it was known then."""
    ours: State
    entries: tuple[Entry, ...] = ()


class AsideFile:
    """Replaced as a whole; whoever writes it holds its lock."""

    def __init__(self, path: Path, *, account: str, files: FileSystem) -> None:
        self.path = path
        self._account, self._files = account, files

    def read(self) -> Aside | None:
        """What waits to be handed in; None where nothing does. Raises `CorruptState` and its kin."""
        try:
            content = self._files.read(self.path, limit=2 * LARGEST)
            if content is None:
                return None
            parts = json.loads(content)
            base, ours = (self._state(parts[name]) for name in ("base", "ours"))
            entries = tuple(entry for item in parts["log"] if (entry := entry_of(item)) is not None)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise CorruptState(
                f"{self.path} can't be understood: {error}",
                hint="It holds what was done while the state could not be written. Remove it to go on: what it "
                "recorded then counts as drift, which `deployer pull` takes in.",
            ) from error
        return Aside(base=base, ours=ours, entries=entries)

    def put_away(self) -> Path:
        """Give a file that cannot be read another name, and say which. Raises `StateNotSaved`."""
        names = (f"{self.path.stem}.damaged{number or ''}{self.path.suffix}" for number in count())
        away = next(path for path in map(self.path.with_name, names) if not os.path.lexists(path))
        try:
            self._files.rename(self.path, away)
            self._files.fsync_folder(away.parent)
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be renamed: {error.strerror or error}") from error
        return away

    def write(self, aside: Aside) -> None:
        """Keep it. Raises `StateNotSaved`."""
        value = {
            "version": VERSION,
            "base": json.loads(encode(aside.base)),
            "ours": json.loads(encode(aside.ours)),
            "log": [as_json(entry) for entry in aside.entries],
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._files, self.path, json.dumps(value, indent=2).encode("ascii"))
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be written: {error.strerror or error}") from error

    def remove(self) -> None:
        """It was handed in. Raises `StateNotSaved`."""
        try:
            self._files.remove(self.path)
            self._files.remove(leftover(self.path))
        except OSError as error:
            raise StateNotSaved(f"{self.path} can't be removed: {error.strerror or error}") from error

    def _state(self, value: object) -> State:
        return decode(json.dumps(value), place=str(self.path), account=self._account)
