"""What a run of apply keeps in the state: intents before the first write, and the outcome of each one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deployer.operations.applied import Failed
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.write import Written, loss_in_words
from deployer.record import record
from deployer.state.log import Entry
from deployer.state.model import Facts, Intent, State, StateSession, Tombstone


@record
class Purpose:
    """What the state's log says of every change."""

    plan: str | None = None
    """Digest of the plan, or of the saved one."""
    reason: str | None = None
    """Why, in the user's words, without a secret."""


def recorded(state: State, plan: Plan, pending: Sequence[Change]) -> tuple[State, list[Entry]]:
    """Moves, re-bindings and intents: what the state must know before the first write."""
    entries: list[Entry] = []
    for change in plan.changes:
        if change.refusal is not None:
            continue
        if change.moved_from and change.moved_from in state.bindings:
            state = state.move(change.moved_from, change.key)
            entries.append(Entry(action="move", key=change.key, id=change.id, note=f"was `{change.moved_from}`"))
        if change.rebind is not None:
            former = state.bindings.get(change.key)
            state = state.bind(change.key, change.rebind)
            if former is None or former.version != change.rebind.version:
                entries.append(Entry(action="rebind", key=change.key, id=change.id, version=change.rebind.version,
                                     base=former.version if former else None, note="equal content"))  # fmt: skip
        if change.lifts_hold and change.key in state.holds and (change.writes or change.action is Action.NOOP):
            state = state.release(change.key)
            entries.append(Entry(action="release", key=change.key, id=change.id, note="the file changed"))
    return state.open(_intent(change) for change in pending), entries


def _intent(change: Change) -> Intent:
    ours = change.action in {Action.CREATE, Action.UPDATE}
    action = {Action.CREATE: "create", Action.UPDATE: "update", Action.DISABLE: "disable"}.get(change.action, "delete")
    return Intent(
        key=change.key,
        action=action,  # type: ignore[arg-type]
        id=change.id,
        base=change.base,
        body=change.template if ours else None,
        sent=change.digest,
        known_ids=change.known_ids,
        protect=change.protect,
        # What became of a change to a known definition can be seen there; of a create, only this tells for certain.
        maybe_sent=change.action is not Action.CREATE,
    )


class Ledger:
    """The state, written to by several threads one after the other."""

    def __init__(self, session: StateSession, purpose: Purpose) -> None:
        self._session = session
        self._purpose = purpose
        self._lock = threading.Lock()
        self._waiting: deque[_Outcome] = deque()

    @property
    def state(self) -> State:
        return self._session.state

    def before_post(self, key: str) -> None:
        with self._lock:
            self._session.sending(key)
        # Last of all: between the look at the lock and the request nothing may take its time.
        self._session.check()

    def bound_ids(self) -> frozenset[str]:
        return frozenset(binding.id for binding in self.state.bindings.values())

    def has_twin(self, change: Change) -> bool:
        return any(
            intent.action == "create" and intent.key != change.key and intent.sent == change.digest
            for intent in self.state.intents.values()
        )

    def save(self, state: State, note: str, entries: Sequence[Entry]) -> None:
        if state != self._session.state:
            self._session.save(state, note=note, entries=[self.signed(entry) for entry in entries])

    @property
    def session(self) -> StateSession:
        """For a phase in which nobody else writes."""
        return self._session

    def signed(self, entry: Entry) -> Entry:
        """An entry with what the log says of every change of this run."""
        return replace(entry, plan=self._purpose.plan, reason=self._purpose.reason)

    def record(self, change: Change, written: Written) -> None:
        """Keep an outcome: it is on the disk when this returns. Raises what `StateSession.record` raises.

        Outcomes that come while another is being kept wait together, and are kept by one append and one fsync.
        """
        mine = _Outcome(change, written, self._entry(change, written))
        self._waiting.append(mine)
        with self._lock:
            if not mine.kept and mine.error is None:
                self._keep_waiting()
        if mine.error is not None:
            raise mine.error
        if not mine.kept:  # told means kept, whatever else went wrong
            raise AssertionError(f"the outcome of {change.key} was neither kept nor refused")

    def _keep_waiting(self) -> None:
        together: list[_Outcome] = []
        try:
            while self._waiting:
                together.append(self._waiting.popleft())
            self._session.record(
                {one.change.key: one.facts(self._session) for one in together},
                note="\n".join(one.note for one in together), entries=[one.entry for one in together],
            )  # fmt: skip
        except BaseException as error:
            for one in together:
                one.error = error
            raise
        for one in together:
            one.kept = True

    def _entry(self, change: Change, written: Written) -> Entry:
        said = [*(loss_in_words(written.id, lost) for lost in written.lost), *written.notes]
        return Entry(
            action=change.action, key=change.key, id=written.id, version=written.version, base=change.base,
            plan=self._purpose.plan, reason=self._purpose.reason, note="; ".join(said) or None,
        )  # fmt: skip

    def gone(self, keys: Sequence[str]) -> None:
        with self._lock:
            ended = {key: replace(self._session.facts(key), tombstone=None) for key in keys}
            self._session.record(ended, note="deletes finished")

    def close(self, keys: Sequence[str], failed: Sequence[Failed]) -> None:
        """Nothing came of these: their intents are settled."""
        entries = [
            Entry(action=item.action, key=item.key, id=item.id, base=item.version, note=f"failed: {item.message}")
            for item in failed if item.key in keys
        ]  # fmt: skip
        with self._lock:
            if keys:
                self._session.save(
                    self._session.state.close(*keys), note="not sent: " + ", ".join(keys)[:200],
                    entries=[self.signed(entry) for entry in entries],
                )  # fmt: skip


@dataclass(slots=True, eq=False)
class _Outcome:
    """What the server made of a change, on its way into the state."""

    change: Change
    written: Written
    entry: Entry
    kept: bool = False
    """Whether it is on the disk."""
    error: BaseException | None = None
    """Why it could not be kept."""

    @property
    def note(self) -> str:
        version = f" version {self.written.version}" if self.written.version else ""
        return f"{self.change.action} {self.change.key}:{version or ' accepted'}"

    def facts(self, session: StateSession) -> Facts:
        """What is known of its key from now on."""
        if self.written.binding is None and self.change.action is Action.DELETE:
            return Facts(tombstone=Tombstone(id=self.written.id, version=self.change.base or 0))
        known = session.facts(self.change.key)
        return replace(known, intent=None, binding=self.written.binding or known.binding)
