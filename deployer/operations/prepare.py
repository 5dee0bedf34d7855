"""What plan, apply, drift and status have in common: files, state and server, read once and compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from deployer.finding import Finding
from deployer.lint.overlap import Listener, overlaps
from deployer.operations.compare import KnownSecret
from deployer.operations.desired import Listening, listening
from deployer.operations.early_list import EarlyList
from deployer.operations.plan import Change, Options, Plan, Refusal, Stop
from deployer.operations.planner import make_plan
from deployer.operations.remote_view import read_remote
from deployer.operations.selection import must_be_keys
from deployer.operations.settle import Settled, Settlement, settle
from deployer.operations.stored_digests import StoredDigests
from deployer.operations.wants import Wants
from deployer.record import record
from deployer.remote.gateway import Definition, Gateway
from deployer.source.project import Project
from deployer.state.model import State

Work = TypeVar("Work")
_LOOKS = 3
"""How often work is done anew because other runs were quicker."""


@record
class Wishes:
    """The flags of plan and apply."""

    prune: bool = False
    prune_delete: bool = False
    max_prune: int | None = None
    overwrite_drift: Collection[str] = ()

    def joined(self, other: Wishes) -> Wishes:
        """Both; where only one maximum can hold, the other's."""
        return Wishes(
            prune=self.prune or other.prune,
            prune_delete=self.prune_delete or other.prune_delete,
            max_prune=self.max_prune if other.max_prune is None else other.max_prune,
            overwrite_drift=(*self.overwrite_drift, *other.overwrite_drift),
        )


@record
class Planned:
    """A plan, and what was found out on the way."""

    plan: Plan
    state: State
    """The state after open intents were settled; equal to the one read when there were none."""
    settled: tuple[Settled, ...] = ()
    undecided: tuple[tuple[str, str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    """Warnings about the planned files."""


def plan_environment(
    wants: Wants,
    state: State,
    gateway: Gateway,
    known_secret: KnownSecret,
    *,
    project: Project,
    environment: str,
    wishes: Wishes,
    commit: str | None = None,
    may_be_hidden: Callable[[Mapping[str, object]], bool] = lambda _template: True,
    stored: StoredDigests | None = None,
    early: EarlyList | None = None,
) -> Planned:
    """Read the server, settle what an earlier run left open, and plan; `early` may have the server's list.

    Raises Unreachable and its kin while reading.
    """
    must_be_keys(wishes.overwrite_drift, wants.keys.values(), state.bindings)
    settlement = settle(state, gateway, known_secret, may_be_hidden=may_be_hidden)
    state = settlement.state
    remote = read_remote(gateway, state, stored, early)
    options = Options(
        selected=wants.selected,
        whole=wants.whole,
        overwrite_drift=wishes.overwrite_drift,
        prune=wishes.prune,
        prune_delete=wishes.prune_delete,
        prune_limits=project.prune,
        max_prune=wishes.max_prune,
        unmanaged_ignore=project.unmanaged_ignore,
        unreadable=wants.unreadable,
    )
    plan = make_plan(
        wants.desired, state, remote, known_secret=known_secret, options=options, environment=environment,
        account=gateway.account, host=gateway.host, commit=commit,
    )  # fmt: skip
    plan = replace(
        plan,
        changes=tuple(_undecided(change, settlement) for change in plan.changes),
        warnings=(
            *plan.warnings,
            *_open_without_change(plan, settlement),
            *_overlaps(wants, state, remote.listed),
        ),
    )
    return Planned(plan=plan, state=state, settled=settlement.settled, undecided=settlement.undecided,
                   findings=wants.findings)  # fmt: skip


def on_current_state(
    read: Callable[[], State], work: Callable[[State], Work], doubtful: Callable[[Work], bool]
) -> Work:
    """Work on the state without its lock; where the outcome is doubtful, make sure that it was the present state.

    Another run may bind keys between our look at the state and our look at the server: what it made would then look
    like somebody else's.
    """
    state = read()
    for _ in range(_LOOKS):
        done = work(state)
        now = read() if doubtful(done) else state
        if replace(now, lock=None) == replace(state, lock=None):
            break
        state = now
    return done


def _undecided(change: Change, settlement: Settlement) -> Change:
    for key, message, hint in settlement.undecided:
        if key == change.key:
            return replace(change, refusal=Refusal(stop=Stop.UNDECIDED, message=message, hint=hint))
    return change


def _open_without_change(plan: Plan, settlement: Settlement) -> Iterator[str]:
    """What an earlier run left open, and the plan has no change of (its file is gone, or not selected)."""
    keys = {change.key for change in plan.changes}
    yield from (f"{message}. {hint}" for key, message, hint in settlement.undecided if key not in keys)


def _overlaps(wants: Wants, state: State, listed: Sequence[Definition]) -> tuple[str, ...]:
    """Definitions without a file that answer the same messages as a workflow of ours.

    Two files that overlap are the linter's finding; here one side lives on the server only.
    """
    wanted = wants.desired
    moved = {old for item in wanted.values() for old in item.moved_from}
    ours = {binding.id for key, binding in state.bindings.items() if key in wanted or key in moved}
    theirs = [
        listener
        for definition in listed
        if definition.id not in ours
        and (listener := _listener(f"`{definition.name}` ({definition.id}, no file)", listening(definition.body)))
        is not None
    ]
    if not theirs:
        return ()
    listeners = [
        listener
        for item in wanted.values()
        if wants.selected(item.key, item.file) and (listener := _listener(f"`{item.key}`", item.listening)) is not None
    ]
    foreign = {listener.name for listener in theirs}
    return tuple(
        f"{left.name} and {right.name} are both started by {left.trigger}: customers are answered twice"
        for left, right in overlaps([*listeners, *theirs])
        if left.name in foreign or right.name in foreign
    )


def _listener(name: str, found: Listening | None) -> Listener | None:
    return None if found is None else Listener(name=name, trigger=found.trigger, sub_account=found.sub_account)
