"""A state on a Git ref while one run writes it: lease, heart beat, gathered saves, last resort."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from deployer.errors import DeployerError
from deployer.state.audit import commit_message
from deployer.state.clock import Clock
from deployer.state.codec import encode
from deployer.state.failures import LockLost, StateMoved, StateNotSaved
from deployer.state.journal import JournalFile
from deployer.state.lease import LOOK_SECONDS, RENEW_SECONDS, TRUST_SECONDS, Lease, LeaseMark, Reading
from deployer.state.log import Entry, Pen
from deployer.state.model import Facts, State
from deployer.state.remote_ref import ATTEMPTS, Pushed, RemoteRef
from deployer.state.working import WorkingState


class GitSession:
    """Takes the lease with the first urgent save, so that lock and intents travel in one push.

    Until then nothing is written: a session that saves nothing leaves no trace, and one that
    only makes gathered saves writes once, at its end, with no lock at all: the
    compare-and-swap is enough for a single write.

    With the lease begins the journal on this machine's disk. It has what the remote learns later or never:
    outcomes between two pushes, and which of the intents were certainly not sent when the run was killed.
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
        self._remote_state = replace(reading.state, lock=None)
        self._working = WorkingState(self._remote_state)
        self._own: set[str] = set()
        """Keys of the intents that this run opened: the remote must take each for sent."""
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
    def tip(self) -> str | None:
        """The commit of the ref that this run read or made last."""
        return self._tip

    @property
    def state(self) -> State:
        return self._working.whole

    @property
    def taken_over_from(self) -> str | None:
        return self._taken_over_from

    def facts(self, key: str) -> Facts:
        return self._working.facts(key)

    def save(self, state: State, *, note: str, urgent: bool = True, entries: Sequence[Entry] = ()) -> None:
        if state.account != self._remote_state.account:
            raise ValueError(f"a state of {state.account} has no place in {self._ref.place}")
        with self._mutex:
            self._must_be_open()
            before, held, known = self._working.whole, self._held, len(self._entries)
            signed = self._pen.sign(entries)
            own = set(self._own)
            opened = [intent for key, intent in state.intents.items() if before.intents.get(key) is not intent]
            self._own |= {intent.key for intent in opened}
            after = replace(state.open(replace(intent, run=self._lease.token) for intent in opened), lock=None)
            self._working.whole = after
            self._notes.append(note)
            self._entries += signed
            try:
                if self._lost:
                    raise self._lost
                if self._journals:
                    self._journal.add(after.changed_since(before), signed)
                if urgent and self._differs():
                    self._push()
            except DeployerError:
                # A caller does not act on what could not be saved. But what it did already must not get lost.
                self._working.whole = _without_new_intents(after, before) if held else before
                self._own = own
                if not held:
                    del self._entries[known:]
                raise

    def sending(self, key: str) -> None:
        with self._mutex:
            self._must_be_open()
            facts = self._working.facts(key)
            if facts.intent is not None and not facts.intent.maybe_sent:
                if self._journals:
                    self._journal.sending(key)
                self._working.put({key: replace(facts, intent=replace(facts.intent, maybe_sent=True))})

    def record(self, changed: Mapping[str, Facts], *, note: str, entries: Sequence[Entry] = ()) -> None:
        signed = self._pen.sign(entries)
        with self._mutex:
            self._must_be_open()
            # In memory first: it goes out with the next push, whatever becomes of the journal.
            steps = self._working.put(changed)
            self._notes += note.split("\n")
            self._entries += signed
            if self._journals or self._lost:
                self._journal.add(steps, signed)
            if self._lost:
                raise self._lost

    def hand_in(self, state: State, entries: Sequence[Entry]) -> None:
        """Save what an earlier run of this checkout left in its journal, which stays until that is done."""
        with self._mutex:
            self._working.whole = replace(state, lock=None)
            self._notes.append("hand in what an earlier run could not save")
            self._entries += entries
            try:
                if self._differs():
                    self._push(journal=False)
            except DeployerError:
                self._entries.clear()
                self._working.whole = self._remote_state
                raise

    def confirm(self) -> None:
        with self._mutex:
            if not self._held and self._ref.tip() != self._tip:
                raise self._displaced()

    def check(self) -> None:
        """See `StateSession.check`. Takes the lease when no save did so yet."""
        with self._mutex:
            self._must_be_open()
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

    def _must_be_open(self) -> None:
        if self._ended.is_set():
            raise LockLost(f"this run gave the lock of {self._ref.place} back already")

    @property
    def _journals(self) -> bool:
        """Before the lease nothing is acted on, so nothing needs to survive."""
        return self._held or self._journal.begun

    def _differs(self) -> bool:
        return self._public() != self._remote_state or bool(self._entries)

    def _public(self) -> State:
        """The state for everybody: whoever takes over cannot see our journal, so anything of ours may be sent."""
        state = self._working.whole
        own = {key: intent for key, intent in state.intents.items() if key in self._own and not intent.maybe_sent}
        return state.open(replace(intent, maybe_sent=True) for intent in own.values()) if own else state

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
            try:
                self._finish()
            finally:
                self._journal.close()

    def _finish(self) -> None:
        pending = self._differs()
        if not pending and (self._lost or not (self._held or self._taken_over_from)):
            self._withdraw()
            self._drop_journal()
            return
        try:
            if self._lost:
                raise self._lost
            self._push(unlock=True)
        except StateMoved:
            self._drop_journal()
            raise
        except DeployerError as error:
            if pending:
                raise self._keep(error) from error
            self._drop_journal()
            if not isinstance(error, LockLost):  # else there is no lock to give back
                raise StateNotSaved(
                    f"all is recorded, but the lock could not be given back: {error}",
                    hint="The next run from this checkout frees it; for others it ends by itself in 2 minutes.",
                ) from error
        self._drop_journal()

    def _drop_journal(self) -> None:
        """The remote knows it all, or nothing was sent."""
        if self._journal.begun:
            self._journal.remove()

    def abandon(self) -> None:
        """Stop at once: no network. The journal has what was not pushed, the lease ends by itself."""
        self._ended.set()
        self._journal.close()

    def _push(self, *, unlock: bool = False, attempts: int = ATTEMPTS, journal: bool = True) -> None:
        lease = None if unlock else self._lease.next()
        public = self._public()
        content = encode(replace(public, lock=lease.as_json() if lease else None)).encode("ascii")
        notes = self._notes or ["give the lock back" if unlock else "renew the lock"]
        message = commit_message(notes, self._pen.author, self._entries)
        if lease and not self._held:
            self._mark.leave(lease.token)
        if lease and journal and not self._journal.begun:
            self._journal.add(self._working.whole.changed_since(self._remote_state), self._entries)
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
        self._remote_state = public
        self._held = not unlock
        if lease is None:
            self._tip = new
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
        if not self._journal.begun:
            self._journal.add(self._working.whole.changed_since(self._remote_state), self._entries)
        return StateNotSaved(
            f"{error}; the outcomes of this run are kept in {self._journal.path}",
            hint="The next run from this checkout hands them in first. Without that file, `deployer state resolve` "
            "settles each workflow that the state still lists as being written.",
        )

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
