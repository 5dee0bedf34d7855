"""The log of a state that is kept in a file: `deployer.<env>.log.jsonl` beside it, which only grows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deployer.state.disk import FileSystem
from deployer.state.failures import CorruptState, StateNotSaved
from deployer.state.log import Entry, read_lines, without_repeats, write_line

_LARGEST = 256 * 1024 * 1024
"""Bytes of the longest log that is read."""


class LogFile:
    """A line an entry. Only who holds the state's lock appends."""

    def __init__(self, path: Path, files: FileSystem) -> None:
        self.path = path
        self._files = files
        self._whole = False
        """Whether the file is known to end with a line break: a killed run may have left half a line."""

    def afresh(self) -> LogFile:
        """The same file for another session: somebody else may have written to it since."""
        return LogFile(self.path, self._files)

    def ready(self) -> None:
        """Make sure, before anything happens that an entry will tell of, that it can be. Raises `StateNotSaved`."""
        try:
            if not self._whole:
                content = self._files.read(self.path, limit=_LARGEST)
                self._whole = not content or content.endswith(b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def append(self, entries: Sequence[Entry]) -> None:
        """Put entries down, in one write. Raises `StateNotSaved`."""
        if not entries:
            return
        self.ready()
        text = ("" if self._whole else "\n") + "".join(f"{write_line(entry)}\n" for entry in entries)
        try:
            self._whole = False
            self._files.append(self.path, text.encode("ascii"))
            self._whole = True
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StateNotSaved:
        return StateNotSaved(
            f"the log {self.path} can't be written: {error.strerror or error}",
            hint="Make room or give write access and run the command again; it settles what this run left open.",
        )

    def read(self) -> Sequence[Entry]:
        """Every entry, oldest first; what is no entry is passed over. Raises `CorruptState` for what is no file."""
        try:
            return without_repeats(read_lines(self._files.read(self.path, limit=_LARGEST) or b""))
        except OSError as error:
            raise CorruptState(f"the log {self.path} can't be read: {error.strerror or error}") from error
