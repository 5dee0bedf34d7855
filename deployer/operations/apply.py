"""Carry out a plan: in parallel, journalled, and honest about whatever did not happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.applied import Result
from deployer.operations.apply_run import Progress, Run
from deployer.operations.compare import KnownSecret
from deployer.operations.ledger import Ledger, Purpose, recorded
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.settle import Settled
from deployer.operations.smoke import Clock, Smoke
from deployer.operations.smoke_phase import Smoked, fresh_of, made_disabled, smoke_phase
from deployer.operations.steer import Steerable
from deployer.record import record
from deployer.remote.gateway import Gateway
from deployer.state.model import StateSession


@record
class SmokeTests:
    """What testing right after the apply needs."""

    smokes: Mapping[str, Smoke]
    """By key."""
    runs: Steerable
    clock: Clock


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
    ledger = Ledger(session, purpose or Purpose())
    state, entries = recorded(session.state, plan, pending)
    ledger.save(state, _note(plan, pending), entries)
    run = Run(gateway, ledger, known_secret, stop or threading.Event(), progress, say)
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


def _smoke(run: Run, tests: SmokeTests, wanted: Sequence[Change], parallelism: int) -> list[Smoked]:
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


def _wait_for_deletes(run: Run, sleep: Callable[[float], None] | None) -> None:
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
