"""What a run learns, one line each, on this machine's disk before anything is built on it.

The state itself is written as a whole when a run ends (or, on a Git ref, every 30 seconds). Between these, a line
of the journal holds what changed: what is about to be sent, what may be on its way, what came of it. A run that was
killed leaves its journal behind, and the next one goes on from there.

A line is a check sum and a JSON object; each sum covers all lines before it, too. So a last line that was torn is
told from a line in the middle that somebody changed: the first is what a crash leaves, the second is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from deployer.state.codec import LARGEST
from deployer.state.disk import FileSystem, append_line
from deployer.state.failures import CorruptState, ForeignState, NewerState, StateNotSaved
from deployer.state.json_text import as_text, quoted
from deployer.state.log import Entry, entry_of, write_line
from deployer.state.model import Facts
from deployer.state.records import facts_as_text, read_facts

VERSION = 1
Steps = Mapping[str, tuple[Facts, Facts]]
"""Key -> what was known of it before, and is now."""


@dataclass(slots=True, kw_only=True)
class Journal:
    """What a run knew, key by key, and how it came to know it."""

    points: dict[str, list[Facts]] = field(default_factory=dict)
    """Key -> what was known of it, from before the run to its last word."""
    entries: list[Entry] = field(default_factory=list)
    """What of it belongs into the log."""

    @property
    def ours(self) -> Mapping[str, Facts]:
        """The last word on each key that the run touched."""
        return {key: points[-1] for key, points in self.points.items()}

    def step(self, key: str, facts: Facts, before: Facts | None = None) -> None:
        """The next thing that became known of `key`."""
        points = self.points.setdefault(key, [Facts() if before is None else before])
        points.append(facts)

    def sending(self, key: str) -> None:
        """Its intent may be on its way from here on."""
        points = self.points.get(key, [])
        if points and points[-1].intent is not None:
            points.append(replace(points[-1], intent=replace(points[-1].intent, maybe_sent=True)))


class JournalFile:
    """The journal of one run at a time; whoever uses it holds the state's lock."""

    def __init__(self, path: Path, *, place: str, account: str, files: FileSystem) -> None:
        """`place` names it in messages."""
        self.path, self.place = path, place
        self._account, self._files = account, files
        self._handle: int | None = None
        self._size = 0
        self._sum = b""
        self._torn = False
        self._mentioned: set[str] = set()

    @property
    def begun(self) -> bool:
        """Whether this run has a line in it."""
        return self._handle is not None

    def read(self) -> Journal | None:
        """What a run left here; None where nothing waits.

        Raises `CorruptState`, `NewerState` or `ForeignState`.
        """
        try:
            content = self._files.read(self.path, limit=2 * LARGEST)
        except OSError as error:
            raise CorruptState(
                f"{self.place} can't be read: {error.strerror or error}",
                hint="It must be a plain file that you may read.",
            ) from error
        return None if content is None else self._understand(content)

    def add(self, steps: Steps, entries: Sequence[Entry] = ()) -> None:
        """What changed, all of it or none, on the disk when this returns. Raises `StateNotSaved` or `Refused`.

        `entries` are what the log will say of it, signed.
        """
        if not steps and not entries:
            return
        keys = []
        for key, (before, after) in steps.items():
            known = f'"now":{facts_as_text(after)}'
            if key not in self._mentioned:
                known += f',"before":{facts_as_text(before)}'
            keys.append(f"{quoted(key)}:{{{known}}}")
        log = f',"log":[{",".join(map(write_line, entries))}]' if entries else ""
        self._append(f'{{"keys":{{{",".join(keys)}}}{log}}}')
        self._mentioned.update(steps)

    def sending(self, key: str) -> None:
        """The intent of `key` may be on its way from now on. Raises `StateNotSaved`."""
        self._append(as_text({"sending": key}, compact=True))

    def close(self) -> None:
        """Write no more; the file stays."""
        if self._handle is not None:
            with suppress(OSError):  # all that counts was written and synced
                self._files.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """All of it stands elsewhere now. Raises `StateNotSaved`."""
        self.close()
        self._mentioned.clear()
        try:
            self._files.remove(self.path)
            self._files.fsync_folder(self.path.parent)
        except OSError as error:
            raise StateNotSaved(f"{self.place} can't be removed: {error.strerror or error}") from error

    def _append(self, entry: str) -> None:
        text = entry.encode("ascii")
        try:
            if self._handle is None:
                self._begin()
            elif self._torn:
                self._files.truncate(self._handle, self._size)
            self._torn = True
            self._write(text)
            self._torn = False
        except OSError as error:
            raise StateNotSaved(
                f"{self.place} can't be written: {error.strerror or error}",
                hint="Make room or give write access and run the command again; it settles what this run left open.",
            ) from error

    def _begin(self) -> None:
        header = as_text({"version": VERSION, "account": self._account}).encode("ascii")
        self._sum, self._size = b"", 0
        handle = self._files.create(self.path)
        try:
            self._handle = handle
            self._write(header)
            self._files.fsync_folder(self.path.parent)
        except OSError:
            self._handle = None
            with suppress(OSError):  # the first error says what is wrong
                self._files.close(handle)
                self._files.remove(self.path)
            raise

    def _write(self, text: bytes) -> None:
        if self._handle is None:
            raise AssertionError("a journal is begun before it is written")
        now = seal(self._sum, text)
        line = now + b" " + text + b"\n"
        append_line(self._files, self._handle, line)
        self._sum, self._size = now, self._size + len(line)

    def _understand(self, content: bytes) -> Journal:
        journal = Journal()
        for number, entry in enumerate(self._entries(content), 1):
            if number == 1:
                self._check_header(entry)
            elif isinstance(entry.get("sending"), str):
                journal.sending(str(entry["sending"]))
            else:
                self._take(journal, entry)
        return journal

    def _take(self, journal: Journal, entry: Mapping[str, object]) -> None:
        keys = entry.get("keys")
        if not isinstance(keys, dict):
            raise self._corrupt("a line says neither what is known nor what is being sent")
        log = entry.get("log", [])
        journal.entries += [found for item in (log if isinstance(log, list) else []) if (found := entry_of(item))]
        for key, value in keys.items():
            known = value if isinstance(value, dict) else {}
            before = known.get("before")
            journal.step(
                key,
                read_facts(known.get("now"), key=key, place=self.place),
                None if before is None else read_facts(before, key=key, place=self.place),
            )

    def _entries(self, content: bytes) -> Iterator[Mapping[str, object]]:
        """Line by line; a torn last one is what a crash leaves, and was never relied on."""
        lines = content.split(b"\n")
        whole, rest = lines[:-1], lines[-1]
        expected = b""
        for number, line in enumerate(whole, 1):
            found, _, text = line.partition(b" ")
            expected = seal(expected, text)
            if found != expected:
                # What a file system had not written yet when the power went reads as zeros.
                if number == len(whole) and not rest and b"\0" in line:
                    return
                raise self._corrupt(f"line {number} is not as it was written")
            yield self._parsed(text, number)

    def _parsed(self, text: bytes, number: int) -> Mapping[str, object]:
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._corrupt(f"line {number}: {error}") from error
        if not isinstance(entry, dict):
            raise self._corrupt(f"line {number} is no object")
        return entry

    def _check_header(self, header: Mapping[str, object]) -> None:
        version, account = header.get("version"), header.get("account")
        if not isinstance(version, int) or not isinstance(account, str):
            raise self._corrupt("it does not begin with its version and account")
        if version > VERSION:
            raise NewerState(f"{self.place} has version {version}; this deployer knows version {VERSION}")
        if account != self._account:
            raise ForeignState(f"{self.place} belongs to account {account!r}, this environment to {self._account!r}")

    def _corrupt(self, what: str) -> CorruptState:
        return CorruptState(
            f"{self.place} is not a journal: {what}",
            hint="It holds what a run that was killed had learned. Restore it, or move it away: then compare "
            "`deployer state show` and `deployer plan` with the web builder before the next apply.",
        )


def seal(before: bytes, text: bytes) -> bytes:
    """The check sum of a line and of all before it."""
    return hashlib.sha256(before + text).hexdigest()[:16].encode("ascii")
