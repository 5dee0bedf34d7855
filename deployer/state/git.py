"""The state on a ref of the project's Git remote: store, lock and audit trail in one.

Pushes of a run that writes: lock and intents; outcomes so far, every 30 seconds that it
lasts; last outcomes and unlock. A run that changes nothing makes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deployer.errors import Refused
from deployer.state.audit import commit_message, entries_of
from deployer.state.clock import Clock, SystemClock
from deployer.state.codec import decode, encode
from deployer.state.disk import Disk, FileSystem
from deployer.state.failures import StateMoved, end_after
from deployer.state.git_session import GitSession
from deployer.state.journal import JournalFile
from deployer.state.lease import LeaseMark, Reading, lease_of, new_lease, wait_for_lease
from deployer.state.lock import process_lock, this_process
from deployer.state.log import Author, Entry, Pen, without_repeats
from deployer.state.merging import merge
from deployer.state.model import State, StateSession
from deployer.state.program import NETWORK_SECONDS, Git, GitProgram
from deployer.state.recall import JOURNAL
from deployer.state.remote_ref import Pushed, RemoteRef


class GitStore:
    """Commits on a ref of the project's remote, moved by compare-and-swap.

    One run of a checkout at a time is let through by a process lock; runs of different machines
    find each other through the lease in the state. Reads take neither.
    """

    def __init__(
        self,
        project: Path,
        account: str,
        *,
        remote: str,
        ref: str,
        local: Path,
        pen: Pen | None = None,
        holder: str | None = None,
        git: Git | None = None,
        clock: Clock | None = None,
        files: FileSystem | None = None,
        tick: float | None = 5.0,
        patience: float = NETWORK_SECONDS,
    ) -> None:
        """`remote` is the name of a remote, `ref` begins with `refs/deployer/`.

        `local` is this environment's folder inside `project`, for locks and the journal. `pen`
        signs commits and entries of the log. A thread asks every `tick` seconds whether the lease is
        to be renewed; with None there is none. `patience` is for the remote, in seconds.

        Raises `ConfigurationError` for a remote or ref that git could take for something else.
        """
        self._clock = clock or SystemClock()
        self._ref = RemoteRef(git or GitProgram(project), remote=remote, ref=ref, clock=self._clock, patience=patience)
        self._project, self._local, self._account = project, local, account
        self._holder = holder or this_process()
        self._pen = pen or Pen(lambda: Author(who=self._holder))
        self._tick = tick
        self._tip_read: str | None = None
        self._files = files or Disk()
        self._mark = LeaseMark(local / "lease.txt", files=self._files)

    @property
    def place(self) -> str:
        """For messages: `origin refs/deployer/state/production`."""
        return self._ref.place

    @property
    def dies_with_the_runner(self) -> bool:
        """False: the remote keeps it."""
        return False

    def read(self) -> State:
        """The state now, lease included; an empty one when the ref does not exist yet.

        What a run of this checkout learned and could not push counts, as it will for the next one.

        Raises `Unreachable`, `NotAllowed`, `ConfigurationError` or `UnusableState`.
        """
        state = self._read().state
        journal = self._journal().read()
        return state if journal is None else merge(journal, state, shared=True)[0]

    @contextmanager
    def session(self, *, timeout: float = 0.0) -> Iterator[StateSession]:
        """Wait until nobody holds the state, read it, and open it for writing.

        The lease is taken by the first urgent save, in the same push. When another run was
        faster, that save raises `StateMoved`. What an earlier run of this checkout could not
        push is handed in first. Raises `Locked`, and all that `read` raises.
        """
        started = self._clock.now()
        # Not the lock of a state file: `state move` holds both.
        lock = self._local / "ref.lock"
        with process_lock(lock, inside=self._project, holder=self._holder, timeout=timeout):
            left = timeout - (self._clock.now() - started)
            reading = wait_for_lease(self._read, clock=self._clock, timeout=left, dead=self._mark.token())
            session = self._open(reading)
            try:
                self._hand_in(session)
                yield session
            except Exception as error:
                end_after(error, session.end)
                raise
            except BaseException:
                session.abandon()
                raise
            session.end()
            self._tip_read = session.tip

    def break_lock(self, *, reason: str | None = None) -> str | None:
        """Take the lease away from whoever holds it, and say who did. Its open intents stay.

        Raises `StateMoved` when the holder is alive and writing, and all that `read` raises.
        """
        reading = self._read()
        if reading.lease is None:
            return None
        content = encode(replace(reading.state, lock=None)).encode("ascii")
        note = f"take the lock from {reading.lease.holder}"
        entries = self._pen.sign([Entry(action="unlock", note=note, reason=reason)])
        message = commit_message([note], self._pen.author, entries)
        new = self._ref.commit(content, parent=reading.tip, message=message)
        if self._ref.push(new, old=reading.tip) is Pushed.MOVED:
            raise StateMoved(f"{reading.lease.holder} is alive: it wrote to {self.place} in this moment")
        return reading.lease.holder

    def entries(self) -> Sequence[Entry]:
        """See `StateStore.entries`: the trailers of every commit on the ref."""
        tip = self._ref.tip()
        return () if tip is None else self.entries_at(tip)

    def entries_at(self, tip: str) -> Sequence[Entry]:
        """The log as it was at a commit of the ref. Asks the remote only for what is not here."""
        return without_repeats(entry for message in self._ref.messages(tip) for entry in entries_of(message))

    @property
    def tip_read(self) -> str | None:
        """The commit that was read or made last, by this object; None before that."""
        return self._tip_read

    def _read(self) -> Reading:
        tip = self._ref.tip()
        if tip is None:
            return Reading(tip=None, state=State(account=self._account), lease=None)
        state = decode(self._ref.content(tip), place=self.place, account=self._account)
        self._tip_read = tip
        return Reading(tip=tip, state=state, lease=lease_of(state, place=self.place))

    def _open(self, reading: Reading) -> GitSession:
        return GitSession(
            self._ref,
            reading,
            new_lease(self._holder),
            read=self._read,
            mark=self._mark,
            journal=self._journal(),
            pen=self._pen,
            clock=self._clock,
            tick=self._tick,
        )

    def _journal(self) -> JournalFile:
        path = self._local / JOURNAL
        return JournalFile(path, place=str(path), account=self._account, files=self._files)

    def _hand_in(self, session: GitSession) -> None:
        """What an earlier run of this checkout knew: it was killed, or could not push."""
        file = self._journal()
        journal = file.read()
        if journal is None:
            return
        merged, disagreed = merge(journal, session.state, shared=True)
        if disagreed:
            keys = ", ".join(disagreed)
            raise Refused(
                f"an earlier run kept outcomes in {file.path} that the state contradicts: {keys}",
                hint="Compare that file with `deployer state show`, settle each with `deployer state resolve KEY "
                "--adopt ID | --absent`, then remove the file.",
            )
        session.hand_in(merged, journal.entries)
        file.remove()
