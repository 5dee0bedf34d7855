"""A state that whoever is on call can always work with.

A held lock or a remote that does not answer never stops an emergency: what is done then is kept aside, in
`.deployer/<env>/aside.json`, shows in every reading from this checkout, and is handed in by the next session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from deployer.errors import ConfigurationError, DeployerError, NotAllowed, Unreachable
from deployer.state.aside_file import Aside, AsideFile
from deployer.state.disk import Disk, FileSystem
from deployer.state.failures import CorruptState, Locked, LockLost, StateMoved, StateNotSaved
from deployer.state.git import GitStore
from deployer.state.lock import process_lock, this_process
from deployer.state.log import Entry, Pen, without_repeats
from deployer.state.model import Hold, State, StateSession, StateStore
from deployer.state.recall import Recall

_Answer = TypeVar("_Answer")
_NO_STATE = (Unreachable, NotAllowed, ConfigurationError)
"""Why a state cannot be read, though nothing is wrong with it."""
_NO_SESSION = (Locked, LockLost, StateMoved, StateNotSaved, *_NO_STATE)
"""Why it cannot be written now."""
_PATIENCE = 30.0
"""Seconds to wait for another emergency on this machine."""


class SteadyStore:
    """A store, and what was done aside of it. Implements `StateStore`."""

    def __init__(
        self,
        inner: StateStore,
        *,
        account: str,
        folder: Path,
        project: Path,
        pen: Pen,
        files: FileSystem | None = None,
    ) -> None:
        """`folder` is this environment's own inside `project`, ignored by Git; `pen` signs what goes aside."""
        self.inner = inner
        self._account, self._folder, self._project, self._pen = account, folder, project, pen
        self._aside = AsideFile(folder / "aside.json", account=account, files=files or Disk())
        self._recall = Recall(folder, account=account)
        self._down: DeployerError | None = None
        """Why the state could not be had; it is not asked for again, since each time may take long."""

    @property
    def place(self) -> str:
        """See `StateStore.place`."""
        return self.inner.place

    @property
    def dies_with_the_runner(self) -> bool:
        """See `StateStore.dies_with_the_runner`."""
        return self.inner.dies_with_the_runner

    @property
    def aside(self) -> Path | None:
        """The file with what was done aside and not handed in yet; None when there is none."""
        return self._aside.path if self._aside.read() is not None else None

    def read(self) -> State:
        """The state now, with what was done aside. Raises what `StateStore.read` raises."""
        return self._overlaid(self.inner.read())

    def look(self) -> tuple[State, DeployerError | None]:
        """The state now; where its remote cannot be asked, as this machine saw it last, and why.

        Raises what `read` raises where nothing was ever seen here.
        """
        try:
            state = self._ask(self.inner.read)
        except _NO_STATE as error:
            seen = self._recall.read()
            if seen is None:
                error.hint = "Nothing was seen on this machine before; name the definition with --id."
                raise
            return self._overlaid(seen), error
        self.remember(state)
        return self._overlaid(state), None

    def remember(self, state: State) -> None:
        """Keep what a remote has, as it was read or written, for `look` on a worse day. The folder has to be there."""
        if isinstance(self.inner, GitStore) and self._folder.is_dir():
            self._recall.keep(state, self.inner.tip_read)

    def entries(self) -> Sequence[Entry]:
        """See `StateStore.entries`; what was done aside comes last."""
        return without_repeats((*self._ask(self.inner.entries), *self.entries_aside()))

    def entries_seen(self) -> Sequence[Entry] | None:
        """The log as this machine saw it last, with what was done aside; None where it saw none."""
        tip = self._recall.tip()
        if tip is None or not isinstance(self.inner, GitStore):
            return None
        try:
            seen = self.inner.entries_at(tip)
        except DeployerError:
            return None  # the user's own `git gc` may have removed it
        return without_repeats((*seen, *self.entries_aside()))

    def put_damaged_away(self) -> str | None:
        """Give a damaged file of what was done aside another name, so that nobody on call stops at it.

        What it recorded then counts as drift. Returns what to tell the user; None where nothing was damaged.
        """
        try:
            self._aside.read()
        except CorruptState:
            with self.alone():
                try:
                    self._aside.read()  # another process may have been quicker
                except CorruptState as error:
                    away = self._aside.put_away()
                    return f"{error}; it is kept as {away.name}, and what it recorded now counts as drift"
        return None

    def entries_aside(self) -> Sequence[Entry]:
        """What was done aside and is in no log yet."""
        aside = self._aside.read()
        return () if aside is None else aside.entries

    @contextmanager
    def session(self, *, timeout: float = 0.0) -> Iterator[StateSession]:
        """See `StateStore.session`. What was done aside is handed in first."""
        if self._down is not None:
            raise self._down
        with self.inner.session(timeout=timeout) as session:
            self._hand_in(session)
            yield session
        self.remember(session.state)

    def give_up(self, error: DeployerError) -> None:
        """Nobody answers: do not ask again."""
        if isinstance(error, _NO_STATE):
            self._down = error

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        if self._down is not None:
            raise self._down
        try:
            return question()
        except _NO_STATE as error:
            self.give_up(error)
            raise

    def alone(self) -> AbstractContextManager[object]:
        """Keep other emergencies of this checkout waiting."""
        lock = self._folder / "aside.lock"
        return process_lock(lock, inside=self._project, holder=this_process(), timeout=_PATIENCE)

    def keep(self, state: State, entries: Sequence[Entry]) -> None:
        """Keep aside that the state should be this, and what its log should say. Raises `StateNotSaved`."""
        earlier = self._aside.read()
        base = earlier.base if earlier is not None else self.look_or_nothing()
        known = earlier.entries if earlier is not None else ()
        entries = (*known, *self._pen.sign(entries))
        self._aside.write(Aside(base=base, ours=replace(state, lock=None), entries=entries))

    def look_or_nothing(self) -> State:
        """The state as far as anybody can tell here; an empty one where nothing is known."""
        try:
            return replace(self.look()[0], lock=None)
        except _NO_STATE:
            return State(account=self._account)

    def _overlaid(self, state: State) -> State:
        aside = self._aside.read()
        return state if aside is None else overlay(aside, state)

    def _hand_in(self, session: StateSession) -> None:
        # Looked at without the lock first: nearly always there is nothing.
        with self.alone() if self._aside.read() is not None else nullcontext():
            aside = self._aside.read()
            if aside is None:
                return
            state = overlay(aside, session.state)
            session.save(state, note="hand in what was done while this could not be written", entries=aside.entries)
            self._aside.remove()


def overlay(aside: Aside, theirs: State) -> State:
    """`theirs` with what was done aside: bindings that went further, holds, and intents whose outcome is open.

    Where the state knows a later version of a definition, somebody went on from there: their word holds.
    """
    state = theirs
    for key in sorted({*aside.ours.bindings, *aside.ours.holds, *aside.ours.intents}):
        ours, then = aside.ours.bindings.get(key), aside.base.bindings.get(key)
        now = state.bindings.get(key)
        if ours is not None and now is not None and (ours.id != now.id or ours.version < now.version):
            continue
        if ours is not None and ours != then:
            state = state.bind(key, ours)
        hold, before = aside.ours.holds.get(key), aside.base.holds.get(key)
        older = now is not None and then is not None and then.version < now.version
        if hold is not None and hold != before and now is not None and older:
            # Whoever went aside knew an older state. What lifts the hold is another file than the one applied last.
            held = theirs.holds.get(key)
            hold = replace(hold, sent=held.sent if held is not None else now.sent)
        state = _with_hold(state, key, hold, before)
        intent = aside.ours.intents.get(key)
        if intent is not None and intent != aside.base.intents.get(key) and key not in state.intents:
            state = state.open([intent])
        elif intent is None and key in aside.base.intents and aside.base.intents[key] == state.intents.get(key):
            state = state.close(key)
    return state


def _with_hold(state: State, key: str, hold: Hold | None, base: Hold | None) -> State:
    if hold == base:
        return state
    return state.release(key) if hold is None else state.hold(key, hold)


class Desk:
    """Where an emergency records itself: in the state while that can be written, else aside.

    The first save decides; whatever follows goes to the same place.
    """

    def __init__(self, store: SteadyStore, *, timeout: float = 0.0, known: bool = True) -> None:
        """With `known` false, a state that cannot be read is taken for empty."""
        self._store, self._timeout, self._known = store, timeout, known
        self._manager: AbstractContextManager[StateSession] | None = None
        self._session: StateSession | None = None
        self._alone: AbstractContextManager[object] = nullcontext()
        self._state: State | None = None
        self.trouble: DeployerError | None = None
        """Why this goes aside; None while it does not."""
        self.unsaved: DeployerError | None = None
        """What the end of the session ran into."""

    def __enter__(self) -> Desk:
        try:
            self._manager = self._store.session(timeout=self._timeout)
            self._session = self._manager.__enter__()
        except _NO_SESSION as error:
            self._manager = None
            self._go_aside(error)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._leave(error)
        finally:
            self._alone.__exit__(None, None, None)

    @property
    def state(self) -> State:
        """The state as far as it is known."""
        if self._session is not None:
            return self._session.state
        if self._state is None:
            self._state = self._store.look()[0] if self._known else self._store.look_or_nothing()
        return self._state

    def save(self, state: State, *, note: str, urgent: bool = True, entries: Sequence[Entry] = ()) -> None:
        """See `StateSession.save`."""
        if self._session is not None:
            try:
                self._session.save(state, note=note, urgent=urgent, entries=entries)
            except _NO_SESSION as error:
                if not urgent:
                    raise
                self._leave(None)
                self._go_aside(error)
            else:
                return
        self._store.keep(state, entries)
        self._state = state

    def _go_aside(self, error: DeployerError) -> None:
        self.trouble, self._session = error, None
        self._store.give_up(error)
        if isinstance(self._alone, nullcontext):
            self._alone = self._store.alone()
            self._alone.__enter__()

    def _leave(self, error: BaseException | None) -> None:
        """End the session. What it could not save is in its own journal, and said, not raised: the work is done."""
        manager, self._manager, self._session = self._manager, None, None
        if manager is None:
            return
        try:
            manager.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except _NO_SESSION as trouble:
            if trouble is not error:
                self.unsaved = trouble
