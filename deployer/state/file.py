"""The state in a file of the project: `deployer.<env>.lock.json`, committed like any other.

A run writes what it learns to a journal beside it, one append and fsync each, and the file itself once, at its end.
Whoever reads takes both together: what a killed run left in its journal counts.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import Disk, FileSystem, leftover, replace_file
from deployer.state.failures import CorruptState, LockLost, StateMoved, StateNotSaved, end_after
from deployer.state.journal import Journal, JournalFile
from deployer.state.lock import HeldLock, process_lock, this_process
from deployer.state.log import Author, Entry, Pen, without_repeats
from deployer.state.log_file import LogFile
from deployer.state.merging import merge
from deployer.state.model import Facts, State, StateSession
from deployer.state.working import WorkingState

_LOOKS = 5
"""How often a reader looks again when a run that ends replaces the state under its eyes."""


class FileStore:
    """A state file and its journal; one writer at a time, any number of readers."""

    def __init__(
        self,
        path: Path,
        account: str,
        *,
        place: str,
        dies_with_the_runner: bool,
        project: Path | None = None,
        lock: Path | None = None,
        holder: str | None = None,
        files: FileSystem | None = None,
        log: Path | None = None,
        pen: Pen | None = None,
    ) -> None:
        """`project` is the folder that no file may leave (default: the state's own folder).

        `lock` is the lock's file and `log` the log's (default: beside the state), `holder` what waiting runs are told.
        """
        files = files or Disk()
        self._file = _StateFile(path, account, place, files)
        self._log = LogFile(log or path.with_name(f"{path.stem.removesuffix('.lock')}.log.jsonl"), files)
        self._pen = pen or Pen(lambda: Author(who=this_process()))
        self._dies = dies_with_the_runner
        self._project = project or path.parent
        self._lock = lock or path.with_name(f".{path.name}.lock")
        self._holder = holder

    @property
    def place(self) -> str:
        """For messages: the file's relative name."""
        return self._file.place

    @property
    def dies_with_the_runner(self) -> bool:
        """True where the state would be lost with a CI machine."""
        return self._dies

    def read(self) -> State:
        """The state now, without a lock; an empty one when there is no file. Raises `UnusableState`."""
        content = self._file.content()
        for _ in range(_LOOKS):
            journal = self._file.journal().read()
            again = self._file.content()
            if again == content:
                break
            # A run ended in between: the journal belongs to the state before it.
            content = again
        return self._file.joined(content, journal)

    def entries(self) -> Sequence[Entry]:
        """See `StateStore.entries`. What a killed run did stands in its journal first."""
        journal = self._file.journal().read()
        return without_repeats([*self._log.read(), *(journal.entries if journal else ())])

    @contextmanager
    def session(self, *, timeout: float = 0.0) -> Iterator[StateSession]:
        """Take the lock and read the state.

        Raises `Locked`, `UnusableState`, `StateNotSaved` or, when a symbolic link leads out of
        the project, `ConfigurationError`.
        """
        holder = self._holder or this_process()
        with process_lock(self._lock, inside=self._project, holder=holder, timeout=timeout) as lock:
            session = _FileSession(self._file, lock, self._log.afresh(), self._pen)
            try:
                yield session
            except Exception as error:
                end_after(error, session.end)
                raise
            except BaseException:
                session.end()
                raise
            session.end()


class _StateFile:
    """The file itself: content in, content out, refusals with its name."""

    def __init__(self, path: Path, account: str, place: str, files: FileSystem) -> None:
        self.place = place
        self.account = account
        self._path, self._files = path, files

    def journal(self) -> JournalFile:
        """Beside the state, and no more ignored by Git than the state is: it is a part of it."""
        name = f"{self._path.name}.journal"
        place = f"{self.place}.journal"
        return JournalFile(self._path.with_name(name), place=place, account=self.account, files=self._files)

    def joined(self, content: bytes | None, journal: Journal | None) -> State:
        """The state that file and journal make. Raises `UnusableState` where they contradict each other."""
        state = self.understand(content)
        if journal is None:
            return state
        joined, disagreed = merge(journal, state, shared=False)
        if disagreed:
            raise CorruptState(
                f"{self.place}.journal holds what a run learned, and {self.place} says otherwise of: "
                f"{', '.join(disagreed)}",
                hint=f"The state file was replaced since (a pull, a checkout). Put back the one that the run worked "
                f"on and run any command that writes, or remove {self.place}.journal if the present one is right.",
            )
        return joined

    def content(self) -> bytes | None:
        try:
            return self._files.read(self._path, limit=LARGEST + 2)
        except OSError as error:
            raise CorruptState(
                f"{self.place} can't be read: {error.strerror or error}", hint=_reading_hint(error)
            ) from error

    def understand(self, content: bytes | None) -> State:
        if content is None:
            return State(account=self.account)
        return decode(content, place=self.place, account=self.account)

    def replace(self, new: bytes) -> None:
        try:
            replace_file(self._files, self._path, new)
        except OSError as error:
            raise self._unwritable(error) from error

    def sweep(self) -> None:
        """Remove what a killed run was about to put in place."""
        try:
            self._files.remove(leftover(self._path))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StateNotSaved:
        return StateNotSaved(
            f"{self.place} can't be written: {error.strerror or error}",
            hint="Make room or give write access and run the command again; it settles what this run left open.",
        )


def _reading_hint(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "A state is kept in a plain file of the project; put the file in the place of the symbolic link."
    return "It must be a plain file that you may read."


class _FileSession:
    """Each save is a line in the journal, urgent or not: a local disk is quick enough."""

    def __init__(self, file: _StateFile, lock: HeldLock, log: LogFile, pen: Pen) -> None:
        self._file, self._lock, self._log, self._pen = file, lock, log, pen
        self._journal = file.journal()
        file.sweep()
        self._content = file.content()
        left = self._journal.read()
        self._working = WorkingState(file.joined(self._content, left))
        self._entries = [] if left is None else left.entries
        """What the log does not say yet."""
        self._ended = False
        if left is not None:
            self._write_down()

    @property
    def state(self) -> State:
        return self._working.whole

    @property
    def taken_over_from(self) -> str | None:
        """Always None: the lock dies with its process, so there is nobody to take it from."""
        return None

    def facts(self, key: str) -> Facts:
        return self._working.facts(key)

    def check(self) -> None:
        self._must_be_open()
        self._lock.check()

    def confirm(self) -> None:
        if self._file.content() != self._content:
            raise StateMoved(
                f"{self._file.place} was changed by another program while this run held its lock",
                hint="Don't edit it or switch branches during a run. `deployer plan` shows where things stand.",
            )

    def save(
        self,
        state: State,
        *,
        note: str,  # noqa: ARG002 - Git keeps the notes
        urgent: bool = True,  # noqa: ARG002
        entries: Sequence[Entry] = (),
    ) -> None:
        if state.account != self._file.account:
            raise ValueError(f"a state of {state.account} has no place in {self._file.place}")
        self.check()
        state = replace(state, lock=None)
        steps = state.changed_since(self._working.whole)
        if steps or entries:
            self.confirm()
            self._log.ready()
            signed = self._pen.sign(entries)
            self._journal.add(steps, signed)
            self._working.whole = state
            self._entries += signed

    def sending(self, key: str) -> None:
        self._must_be_open()
        facts = self._working.facts(key)
        if facts.intent is not None and not facts.intent.maybe_sent:
            self._journal.sending(key)
            self._working.put({key: replace(facts, intent=replace(facts.intent, maybe_sent=True))})

    def record(
        self,
        changed: Mapping[str, Facts],
        *,
        note: str,  # noqa: ARG002 - Git keeps the notes
        entries: Sequence[Entry] = (),
    ) -> None:
        # Without a look at the lock: what was done was done, and must not get lost over a lost lock.
        self._must_be_open()
        # In memory first: when the disk is full now, there may be room at the end.
        signed = self._pen.sign(entries)
        self._entries += signed
        self._journal.add(self._working.put(changed), signed)

    def end(self) -> None:
        """Write the state down, once. Raises `StateNotSaved` or `LockLost`; then the journal has it all."""
        if self._ended:
            return
        self._ended = True
        if self._journal.begun:
            try:
                self._lock.check()
                self._write_down()
            finally:
                self._journal.close()

    def _must_be_open(self) -> None:
        if self._ended:
            raise LockLost(f"this run gave the lock of {self._file.place} back already")

    def _write_down(self) -> None:
        """The journal's end: all that it holds goes into the state file."""
        now = self._file.content()
        state = self._working.whole
        if now != self._content:
            state = self._file.joined(now, self._journal.read())
        new = encode(state).encode("ascii")
        try:
            # The log goes first: whoever dies in between leaves an entry twice, never one too few.
            self._log.append(self._entries)
            if new != now:
                self._file.replace(new)
        except StateNotSaved as error:
            message = f"{error}; what this run learned is kept in {self._journal.place}"
            raise StateNotSaved(message, hint=error.hint) from error
        self._entries = []
        self._content = new
        self._journal.remove()
