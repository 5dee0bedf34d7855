"""Carry out a plan: in parallel, journalled, and honest about whatever did not happen."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.compare import KnownSecret
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.settle import Settled
from deployer.operations.smoke import Clock, Smoke
from deployer.operations.smoke_phase import Smoked, fresh_of, made_disabled, smoke_phase
from deployer.operations.steer import Steerable
from deployer.operations.write import LostUpdate, Undecided, Writer, Written, loss_in_words, way_back
from deployer.record import record
from deployer.remote.errors import Indeterminate
from deployer.remote.gateway import Gateway
from deployer.state.log import Entry
from deployer.state.model import Facts, Intent, State, StateSession, Tombstone


@record
class Applied:
    """A change that the server took."""

    key: str
    action: Action
    id: str
    name: str
    old_version: int | None
    new_version: int | None
    lost: tuple[LostUpdate, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Failed:
    """A change that was tried and did not go through."""

    key: str
    action: Action
    id: str | None
    version: int | None
    message: str
    hint: str | None
    exit_code: int


@record
class NotAttempted:
    """A change that nothing was sent for."""

    key: str
    action: Action
    id: str | None
    version: int | None
    reason: str


@record
class Result:
    """What a run did."""

    plan: Plan
    applied: tuple[Applied, ...] = ()
    failed: tuple[Failed, ...] = ()
    not_attempted: tuple[NotAttempted, ...] = ()
    not_approved: tuple[Change, ...] = ()
    settled: tuple[Settled, ...] = ()
    warnings: tuple[str, ...] = ()
    """What went wrong beside the changes; the next run looks after it."""
    smoked: tuple[Smoked, ...] = ()
    """First runs of what was applied."""
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The contract of exit codes: 7 wins over 8, and 8 needs something written."""
        if self.interrupted:
            return 130
        if (
            self.not_approved
            or any(item.lost for item in self.applied)
            or any(item.lost for item in self.settled)
            or any(item.lost for item in self.smoked)
            or any(item.exit_code == 7 for item in self.failed)
        ):
            return 7
        refused = bool(self.plan.refused) or not all(item.good for item in self.smoked)
        if self.applied and (self.failed or refused or self.not_attempted):
            return 8
        if self.failed:
            return max(item.exit_code for item in self.failed)
        return 6 if refused else 0


@record
class Purpose:
    """What the state's log says of every change."""

    plan: str | None = None
    """Digest of the plan, or of the saved one."""
    reason: str | None = None
    """Why, in the user's words, without a secret."""


@record
class SmokeTests:
    """What testing right after the apply needs."""

    smokes: Mapping[str, Smoke]
    """By key."""
    runs: Steerable
    clock: Clock


Progress = Callable[[str, Change], None]
"""Told `start` and `done` for each change, from several threads."""


def missing_secrets(plan: Plan, pending: Sequence[Change], known: KnownSecret) -> None:
    """Raise ConfigurationError that names every secret a pending change needs and nobody gave."""
    missing: dict[str, list[str]] = {}
    for change in pending:
        for name in sorted(change.secrets):
            if change.action in {Action.CREATE, Action.UPDATE} and known(name) is None:
                missing.setdefault(name, []).append(change.key)
    if missing:
        lines = [f"secret `{name}` is not available (needed by {', '.join(keys)})" for name, keys in missing.items()]
        names = " and ".join(f"DEPLOYER_SECRET_{name.upper()}" for name in list(missing)[:3])
        raise ConfigurationError(
            "; ".join(lines), hint=f"Set {names}, or write it to .deployer/{plan.environment}/secrets.env (mode 0600)."
        )


def apply_plan(
    plan: Plan,
    gateway: Gateway,
    session: StateSession,
    known_secret: KnownSecret,
    *,
    approved: Callable[[Change], bool] = lambda _change: True,
    promised: Collection[str] = (),
    parallelism: int = 4,
    stop: threading.Event | None = None,
    progress: Progress = lambda _event, _change: None,
    settled: Sequence[Settled] = (),
    sleep: Callable[[float], None] | None = None,
    say: Callable[[str], None] = lambda _line: None,
    purpose: Purpose | None = None,
    tests: SmokeTests | None = None,
) -> Result:
    """Write every approved change of a plan.

    `say` is told of each lost update before its outcome is recorded: a run that dies right after must not have
    kept it to itself.

    `promised` are the keys that a saved plan approves: one of them that is refused now is not what was approved.
    Raises ConfigurationError before the first request when a secret is missing.
    """
    wanted = [change for change in plan.pending if approved(change)]
    missing_secrets(plan, wanted, known_secret)
    smokes = tests.smokes if tests is not None else {}
    pending = [made_disabled(change) if change.key in smokes else change for change in wanted]
    ledger = _Ledger(session, purpose or Purpose())
    state, entries = _recorded(session.state, plan, pending)
    ledger.save(state, _note(plan, pending), entries)
    run = _Run(gateway, ledger, known_secret, stop or threading.Event(), progress, plan, say)
    ends = {Action.DISABLE, Action.DELETE}
    run.all([change for change in pending if change.action not in ends], parallelism)
    smoked = _smoke(run, tests, wanted, parallelism) if tests is not None else []
    run.all([change for change in pending if change.action in ends], parallelism)
    _wait_for_deletes(run, sleep)
    run.close()
    return Result(
        plan=plan,
        applied=tuple(sorted(run.applied, key=lambda item: item.key)),
        failed=tuple(sorted(run.failed, key=lambda item: item.key)),
        not_attempted=tuple(sorted(run.not_attempted, key=lambda item: item.key)),
        not_approved=tuple(
            change
            for change in plan.changes
            if (change.writes and not approved(change)) or (change.refusal is not None and change.key in promised)
        ),
        settled=tuple(settled),
        warnings=tuple(run.warnings),
        smoked=tuple(smoked),
        interrupted=run.stop.is_set(),
    )


def _smoke(run: _Run, tests: SmokeTests, wanted: Sequence[Change], parallelism: int) -> list[Smoked]:
    """Test what was just applied, unless somebody stops the run or the state cannot be written."""
    applied = {item.key: (item.id, item.new_version) for item in run.applied}
    fresh = fresh_of(applied, wanted, tests.smokes)
    if not fresh or run.stop.is_set() or run.broken is not None:
        run.warnings += [f"{one.change.key}: its smoke test was not made" for one in fresh]
        return []
    run.say(f"smoke tests: {', '.join(one.change.key for one in fresh)}")
    return smoke_phase(
        fresh, tests.runs, run.ledger.session, run.writer, tests.clock, signed=run.ledger.signed, say=run.say,
        parallelism=parallelism,
    )  # fmt: skip


def _note(plan: Plan, pending: Sequence[Change]) -> str:
    counts = [f"{plan.count(action)} {action}" for action in Action if action is not Action.NOOP and plan.count(action)]
    return f"apply: {', '.join(counts)}" if pending else "apply: nothing to write"


def _recorded(state: State, plan: Plan, pending: Sequence[Change]) -> tuple[State, list[Entry]]:
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


def _entry(change: Change, written: Written) -> Entry:
    said = [*(loss_in_words(written.id, lost) for lost in written.lost), *written.notes]
    return Entry(
        action=change.action, key=change.key, id=written.id, version=written.version, base=change.base,
        note="; ".join(said) or None,
    )  # fmt: skip


@dataclass(slots=True, eq=False)
class _Outcome:
    """What the server made of a change, on its way into the state."""

    change: Change
    written: Written
    entry: Entry
    tried: bool = False
    """Whether a thread tried to keep it."""
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


class _Ledger:
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
        mine = _Outcome(change, written, self.signed(_entry(change, written)))
        self._waiting.append(mine)
        with self._lock:
            if not mine.tried:
                self._keep_waiting()
        if mine.error is not None:
            raise mine.error

    def _keep_waiting(self) -> None:
        together: list[_Outcome] = []
        while self._waiting:
            together.append(self._waiting.popleft())
        try:
            self._session.record(
                {one.change.key: one.facts(self._session) for one in together},
                note="\n".join(one.note for one in together), entries=[one.entry for one in together],
            )  # fmt: skip
        except BaseException as error:
            for one in together:
                one.error = error
            raise
        finally:
            for one in together:
                one.tried = True

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


class _Run:
    def __init__(
        self,
        gateway: Gateway,
        ledger: _Ledger,
        known_secret: KnownSecret,
        stop: threading.Event,
        progress: Progress,
        plan: Plan,
        say: Callable[[str], None],
    ) -> None:
        self.gateway = gateway
        self.say = say
        self.ledger = ledger
        self.stop = stop
        self.progress = progress
        self.writer = Writer(
            gateway=gateway,
            known_secret=known_secret,
            before_post=ledger.before_post,
            bound_ids=ledger.bound_ids,
            has_twin=ledger.has_twin,
        )
        self.plan = plan
        self.applied: list[Applied] = []
        self.failed: list[Failed] = []
        self.not_attempted: list[NotAttempted] = []
        self.unsent: list[str] = []
        self.warnings: list[str] = []
        self.broken: str | None = None
        """Why no further change is tried."""
        self.slots = threading.BoundedSemaphore()
        """One for each change that may be under way."""
        self._mutex = threading.Lock()

    def all(self, changes: Sequence[Change], parallelism: int) -> None:
        if not changes:
            return
        # What becomes of a change is written down while the next one is already under way.
        # One at a time means that nothing is sent before the outcome of the one before it is kept.
        ready = 2 * parallelism if parallelism > 1 else 1
        self.slots = threading.BoundedSemaphore(max(1, parallelism))
        with ThreadPoolExecutor(max_workers=max(1, ready), thread_name_prefix="apply") as pool:
            for _ in pool.map(self.one, changes):
                pass

    def one(self, change: Change) -> None:
        with self.slots:
            written = self.sent(change)
        if written is not None:
            self.keep(change, written)

    def sent(self, change: Change) -> Written | None:
        """What the server made of a change; None where it was not sent, or failed."""
        reason = "interrupted" if self.stop.is_set() else self.broken
        if reason is not None:
            self.skip(change, reason)
            return None
        self.progress("start", change)
        try:
            return self.writer.write(change)
        except DeployerError as error:
            self.fail(change, error)
            return None

    def keep(self, change: Change, written: Written) -> None:
        for lost in written.lost:
            self.say(f"{change.key}: {loss_in_words(written.id, lost)}; {way_back(change.key, lost.version)}")
        try:
            self.ledger.record(change, written)
        except DeployerError as error:
            # The write happened; its intent is still open, so the next run finds it.
            self.broken = "the state cannot be written"
            self.fail(change, error, sent=True)
            return
        finally:
            self.progress("done", change)
        with self._mutex:
            self.applied.append(Applied(
                key=change.key, action=change.action, id=written.id, name=change.name, old_version=change.base,
                new_version=written.version, lost=written.lost, notes=written.notes,
            ))  # fmt: skip

    def skip(self, change: Change, reason: str) -> None:
        with self._mutex:
            self.unsent.append(change.key)
            self.not_attempted.append(NotAttempted(
                key=change.key, action=change.action, id=change.id, version=change.base, reason=reason
            ))  # fmt: skip

    def fail(self, change: Change, error: DeployerError, *, sent: bool = False) -> None:
        undecided = sent or _is_undecided(error)
        hint = error.hint
        with self._mutex:
            if not undecided:
                self.unsent.append(change.key)
            elif not isinstance(error, Undecided):
                hint = "Its outcome is not in the state; the next run looks at the server before it does anything."
            if error.exit_code in {4, 5} and not isinstance(error, Indeterminate) and self.broken is None:
                # Whoever is not let in, or reaches nobody, will not fare better with the next change.
                self.broken = f"after: {error}"
            self.failed.append(Failed(
                key=change.key, action=change.action, id=change.id, version=change.base, message=str(error),
                hint=hint, exit_code=error.exit_code,
            ))  # fmt: skip

    def close(self) -> None:
        """Settle the intents of what was not sent. Where that fails they stay open, which does no harm."""
        try:
            self.ledger.close(self.unsent, self.failed)
        except DeployerError as error:
            self.warnings.append(f"{error}; the next run settles what is open")


def _is_undecided(error: BaseException | None) -> bool:
    """Whether a write's answer was lost, then or on the way to this error: looking at the server may fail, too."""
    while error is not None:
        if isinstance(error, Indeterminate):
            return True
        error = error.__cause__ or error.__context__
    return False


def _wait_for_deletes(run: _Run, sleep: Callable[[float], None] | None) -> None:
    """The server answers a DELETE at once and works later: look a few times, then leave a tombstone."""
    waiting: Mapping[str, str] = {item.key: item.id for item in run.applied if item.action is Action.DELETE}
    for pause in (0.0, 0.2, 0.5, 1.0, 2.0, 4.0):
        if not waiting or run.stop.is_set():
            return
        (sleep or time.sleep)(pause)
        try:
            latest = run.gateway.latest_of(list(waiting.values()))
            gone = [key for key, definition_id in waiting.items() if latest.get(definition_id) is None]
            if gone:
                run.ledger.gone(gone)
        except DeployerError as error:
            run.warnings.append(f"the end of {', '.join(waiting)} could not be watched: {error}")
            return
        waiting = {key: definition_id for key, definition_id in waiting.items() if key not in gone}
