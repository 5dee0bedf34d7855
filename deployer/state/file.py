"""The state in a file of the project: `deployer.<env>.lock.json`, committed like any other."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import Disk, FileSystem, leftover, replace_file
from deployer.state.failures import CorruptState, LockLost, StateMoved, StateNotSaved
from deployer.state.lock import HeldLock, process_lock, this_process
from deployer.state.log import Author, Entry, Pen
from deployer.state.log_file import LogFile
from deployer.state.model import State, StateSession


class FileStore:
    """A state file, replaced as a whole; one writer at a time, any number of readers."""

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
        return self._file.understand(self._file.content())

    def entries(self) -> Sequence[Entry]:
        """See `StateStore.entries`."""
        return self._log.read()

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
            finally:
                session.end()


class _StateFile:
    """The file itself: content in, content out, refusals with its name."""

    def __init__(self, path: Path, account: str, place: str, files: FileSystem) -> None:
        self.place = place
        self.account = account
        self._path, self._files = path, files

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

    def replace(self, old: bytes | None, new: bytes) -> None:
        if self.content() != old:
            raise StateMoved(
                f"{self.place} was changed by another program while this run held its lock",
                hint="Don't edit it or switch branches during a run. `deployer plan` shows where things stand.",
            )
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
    """Each save is a write, urgent or not: a local disk is quick enough."""

    def __init__(self, file: _StateFile, lock: HeldLock, log: LogFile, pen: Pen) -> None:
        self._file, self._lock, self._log, self._pen = file, lock, log, pen
        file.sweep()
        self._content = file.content()
        self._state = file.understand(self._content)
        self._ended = False

    @property
    def state(self) -> State:
        return self._state

    @property
    def taken_over_from(self) -> str | None:
        """Always None: the lock dies with its process, so there is nobody to take it from."""
        return None

    def check(self) -> None:
        if self._ended:
            raise LockLost(f"this run gave the lock of {self._file.place} back already")
        self._lock.check()

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
        content = encode(replace(state, lock=None)).encode("ascii")
        # The log goes first: whoever dies in between leaves an entry too many, never one too few.
        self._log.append(self._pen.sign(entries))
        if content != self._content:
            self._file.replace(self._content, content)
            self._content = content
        self._state = state

    def end(self) -> None:
        self._ended = True
