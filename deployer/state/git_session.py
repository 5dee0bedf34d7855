"""A state on a Git ref while one run writes it: lease, heart beat, gathered saves, last resort."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from deployer.errors import DeployerError
from deployer.state.audit import commit_message
from deployer.state.clock import Clock
from deployer.state.codec import encode
from deployer.state.failures import LockLost, StateMoved, StateNotSaved
from deployer.state.journal import Journal, JournalFile
from deployer.state.lease import LOOK_SECONDS, RENEW_SECONDS, TRUST_SECONDS, Lease, LeaseMark, Reading
from deployer.state.log import Entry, Pen
from deployer.state.model import State
from deployer.state.remote_ref import ATTEMPTS, Pushed, RemoteRef


class GitSession:
    """Takes the lease with the first urgent save, so that lock and intents travel in one push.

    Until then nothing is written: a session that saves nothing leaves no trace, and one that
    only makes gathered saves writes once, at its end, with no lock at all: the
    compare-and-swap is enough for a single write.
    """

    def __init__(
        self,
        ref: RemoteRef,
        reading: Reading,
        lease: Lease,
        *,
        read: Callable[[], Reading],
        mark: LeaseMark,
        journal: JournalFile,
        pen: Pen,
        clock: Clock,
        tick: float | None,
    ) -> None:
        self._ref, self._read, self._mark, self._journal = ref, read, mark, journal
        self._pen, self._clock, self._tick = pen, clock, tick
        self._tip = reading.tip
        self._remote_state = self._state = replace(reading.state, lock=None)
        self._taken_over_from = reading.lease.holder if reading.lease else None
        self._lease, self._held = lease, False
        self._confirmed = self._looked = clock.now()
        self._notes: list[str] = []
        self._entries: list[Entry] = []
        """What the next push takes along into the log."""
        self._attempted: set[str] = set()
        self._lost: DeployerError | None = None
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None
        self._mutex = threading.RLock()

    @property
    def state(self) -> State:
        return self._state

    @property
    def taken_over_from(self) -> str | None:
        return self._taken_over_from

    def save(self, state: State, *, note: str, urgent: bool = True, entries: Sequence[Entry] = ()) -> None:
        if state.account != self._state.account:
            raise ValueError(f"a state of {state.account} has no place in {self._ref.place}")
        with self._mutex:
            if self._ended.is_set():
                raise LockLost(f"this run gave the lock of {self._ref.place} back already")
            before, held, known = self._state, self._held, len(self._entries)
            self._state = replace(state, lock=None)
            self._notes.append(note)
            self._entries += self._pen.sign(entries)
            try:
                if self._lost:
                    raise self._lost
                if urgent and (self._state != self._remote_state or self._entries):
                    self._push()
            except DeployerError:
                # A caller does not act on what could not be saved. But what it did already must not get lost.
                self._state = _without_new_intents(self._state, before) if held else before
                if not held:
                    del self._entries[known:]
                raise

    def check(self) -> None:
        """See `StateSession.check`. Takes the lease when no save did so yet."""
        with self._mutex:
            if self._ended.is_set():
                raise LockLost(f"this run gave the lock of {self._ref.place} back already")
            if self._lost:
                raise self._lost
            now = self._clock.now()
            if self._trusted(now) and now - self._looked >= LOOK_SECONDS:
                self._look(now)
            # Looking and renewing take their time, and a machine may stand still meanwhile: only what is fresh
            # after them counts.
            for _ in range(ATTEMPTS):
                if self._trusted(self._clock.now()):
                    return
                self._push()
            if not self._trusted(self._clock.now()):
                raise LockLost(f"renewing the lock of {self._ref.place} takes longer than a lock can be trusted")

    def _trusted(self, now: float) -> bool:
        return self._held and now - self._confirmed < TRUST_SECONDS

    def beat(self) -> None:
        """Renew the lease when its time has come, and push what was gathered with it.

        A failure is tried again at the next beat; `check` and urgent saves report what lasts.
        """
        with self._mutex:
            due = self._clock.now() - self._confirmed >= RENEW_SECONDS
            if self._held and due and not self._lost and not self._ended.is_set():
                with suppress(DeployerError):  # nothing is lost yet: the state is still here
                    self._push(attempts=1)

    def end(self) -> None:
        """Push the last outcomes and give the lease back, in one commit.

        Raises `StateMoved` when a session without a lease came too late, and `StateNotSaved`
        when outcomes could not be pushed: they are in the journal then.
        """
        self._ended.set()
        if self._heart:
            self._heart.join()
        with self._mutex:
            pending = self._state != self._remote_state or bool(self._entries)
            if not pending and (self._lost or not (self._held or self._taken_over_from)):
                self._withdraw()
                return
            try:
                if self._lost:
                    raise self._lost
                self._push(unlock=True)
            except StateMoved:
                raise
            except DeployerError as error:
                if pending:
                    raise self._keep(error) from error
                if not isinstance(error, LockLost):  # else there is no lock to give back
                    raise StateNotSaved(
                        f"all is recorded, but the lock could not be given back: {error}",
                        hint="The next run from this checkout frees it; for others it ends by itself in 2 minutes.",
                    ) from error

    def abandon(self) -> None:
        """Stop at once: no network. What was not pushed goes to the journal, the lease ends by itself."""
        self._ended.set()
        if self._state != self._remote_state or self._entries:
            self._journal.write(self._unsaved())

    def _push(self, *, unlock: bool = False, attempts: int = ATTEMPTS) -> None:
        lease = None if unlock else self._lease.next()
        content = encode(replace(self._state, lock=lease.as_json() if lease else None)).encode("ascii")
        notes = self._notes or ["give the lock back" if unlock else "renew the lock"]
        message = commit_message(notes, self._pen.author, self._entries)
        if lease and not self._held:
            self._mark.leave(lease.token)
        started = self._clock.now()
        while True:
            new = self._ref.commit(content, parent=self._tip, message=message)
            self._attempted.add(new)
            pushed = self._ref.push(new, old=self._tip, attempts=attempts)
            if pushed is not Pushed.MOVED or not self._arrived_late():
                break
        if pushed is Pushed.MOVED:
            raise self._displaced()
        self._attempted.clear()
        self._notes.clear()
        self._entries.clear()
        self._remote_state = self._state
        self._held = not unlock
        if lease is None:
            self._mark.clear()
            return
        if pushed is Pushed.SUPERSEDED:
            raise self._displaced()
        self._tip, self._lease = new, lease
        self._confirmed = self._looked = started
        self._start_heart()

    def _look(self, now: float) -> None:
        """Is the ref where this run left it? A remote that does not answer leaves the lease as it was."""
        try:
            tip = self._ref.tip()
        except DeployerError:
            return  # `check` renews, and fails, when the last renewal is too long ago to be trusted
        if tip == self._tip:
            self._looked = now
        else:
            self._push()  # finds out whether an earlier push of ours arrived after all

    def _arrived_late(self) -> bool:
        """True when the ref is at a commit of ours whose push seemed to have failed; goes on from there."""
        tip = self._ref.tip()
        if tip is None or tip not in self._attempted:
            return False
        self._attempted.discard(tip)
        self._tip = tip
        return True

    def _withdraw(self) -> None:
        """Nothing was saved. If the push of a lease failed and arrived all the same, give it back."""
        if self._attempted and self._arrived_late():
            self._push(unlock=True)

    def _displaced(self) -> DeployerError:
        try:
            lease = self._read().lease
            who = f"{lease.holder} holds it now" if lease else "nobody holds it now"
        except DeployerError as error:
            who = f"and it can't be read: {error}"
        if self._held:
            self._lost = LockLost(f"this run lost the lock of {self._ref.place}; {who}")
        else:
            self._lost = StateMoved(f"the state at {self._ref.place} changed while this run planned; {who}")
        return self._lost

    def _keep(self, error: DeployerError) -> StateNotSaved:
        self._journal.write(self._unsaved())
        return StateNotSaved(
            f"{error}; the outcomes of this run are kept in {self._journal.path}",
            hint="The next run from this checkout hands them in first. Without that file, `deployer state resolve` "
            "settles each workflow that the state still lists as being written.",
        )

    def _unsaved(self) -> Journal:
        return Journal(base=self._remote_state, ours=self._state, entries=tuple(self._entries))

    def _start_heart(self) -> None:
        if self._tick is not None and self._heart is None:
            self._heart = threading.Thread(target=self._live, args=(self._tick,), name="lease", daemon=True)
            self._heart.start()

    def _live(self, tick: float) -> None:
        while not self._ended.wait(tick):
            self.beat()


def _without_new_intents(state: State, before: State) -> State:
    """`state` with the intents of `before` only: an intent that was not saved was not acted on either."""
    kept = {key: before.intents[key] for key in state.intents if key in before.intents}
    return replace(state, intents=kept)
