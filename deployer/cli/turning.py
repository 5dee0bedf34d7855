"""What `rollback`, `disable` and `enable` have in common: choose, show, ask, write, say what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import click

from deployer.cli.approval import approval, approve
from deployer.cli.flags import with_reason
from deployer.cli.keys import key_selection
from deployer.cli.noting import note_down, steering_entries
from deployer.cli.options import global_options_with_plain_reports
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import entries_or_none, hurry
from deployer.errors import ConfigurationError, DeployerError, Refused
from deployer.operations.emergency import Turned, Unturned, begin, carry_out
from deployer.operations.steer import Steering, Wanted, find, steer
from deployer.operations.turn import Step, Wish, plan_step
from deployer.record import record
from deployer.remote.gateway import Definition, Instance
from deployer.remote.paths import definition_path
from deployer.report import emergency as report
from deployer.source.local import make_local_folder
from deployer.state.aside import Desk
from deployer.state.log import LONGEST_TEXT, Entry
from deployer.state.model import State

Command = TypeVar("Command", bound=Callable[..., object])
_RUNNING = ("Runnable", "Suspended")


def turning(command: Callable[..., int]) -> Callable[..., int | None]:
    """Add the options that all three have."""
    with_session: Callable[..., int | None] = global_options_with_plain_reports(pass_session(command))
    options = [
        click.option("--exclude", multiple=True, metavar="SEL", help="Leave these out."),
        click.option("--id", "definition_id", metavar="UUID", help="A definition, in place of SEL."),
        with_reason,
        click.option("--protected-too", is_flag=True, help="Also disable what `protect` guards."),
        click.option("--stop-running", is_flag=True, help="Also end the instances that go on as before."),
        approval,
        click.option("--lock-timeout", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS",
                     help="How long to wait for another run's lock; after that it is done without."),
    ]  # fmt: skip
    for option in reversed(options):
        with_session = option(with_session)
    return click.argument("selectors", metavar="[SEL]...", nargs=-1)(with_session)


@record
class Order:
    """The flags of all three."""

    selectors: tuple[str, ...]
    exclude: tuple[str, ...]
    definition_id: str | None
    reason: str | None
    protected_too: bool
    stop_running: bool
    auto_approve: bool
    confirm: str | None
    lock_timeout: float


@record
class Planned:
    """Steps to take, and what cannot be."""

    steps: tuple[Step, ...] = ()
    refused: tuple[Unturned, ...] = ()
    unchanged: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Targets = Mapping[str, tuple[str | None, Wish]]
"""By definition id: the key bound to it, and what is wanted."""


def turn(
    session: Session,
    order: Order,
    turn_to: str,
    targets: Callable[[State], tuple[Targets, tuple[str, ...]]],
    *,
    write: bool = False,
) -> int:
    """Carry out an order. `targets` says what is meant, given the state, and warns."""
    session.learn_secrets()
    hurry(session)
    make_local_folder(session.project.folder(session.environment))
    with Desk(session.store, timeout=order.lock_timeout, known=order.definition_id is None) as desk:
        if desk.trouble is not None:
            session.say(f"warning: {desk.trouble}; going on without: what is done is kept on this machine")
        meant, warnings = targets(desk.state)
        meant = _without_secrets(session, meant)
        planned = _plan(session, desk.state, meant)
        if not session.json and planned.steps:
            session.show(report.render_preview(planned.steps, color=session.color))
        turned: list[Turned] = []
        failed: list[Unturned] = list(planned.refused)
        taken: tuple[report.Taken, ...] = ()
        if planned.steps:
            act = _act(turn_to, planned.steps, stop=order.stop_running)
            approve(session, act, auto_approve=order.auto_approve, confirm=order.confirm)
            labels = ", ".join(step.label for step in planned.steps)
            begin(desk, planned.steps, note=f"{turn_to}: {labels}")
            done, undone = carry_out(desk, session.gateway, planned.steps, say=session.say)
            turned, failed = done, [*failed, *undone]
            if write:
                from deployer.cli.taking import take_into_files

                taken = take_into_files(session, desk, turned)
    running, stopped, more = _running(session, turned, stop=order.stop_running)
    if stopped is not None:
        noted = note_down(session, steering_entries(stopped, f"--stop-running of {turn_to}", order.reason))
        # Why the state cannot be written is said once; where it is kept stands there, too.
        more = (*more, noted) if noted is not None and desk.trouble is None else more
    outcome = report.Outcome(
        turn=turn_to, environment=session.environment.name, account=session.gateway.account,
        host=session.gateway.host, options=_options(session), turned=tuple(turned), failed=tuple(failed),
        unchanged=planned.unchanged, running=running, stopped=stopped, taken=taken, wrote=write,
        warnings=(*warnings, *more, *_kept(session, desk, turned)),
    )  # fmt: skip
    session.deliver(
        lambda output, color: (
            report.render_json(outcome) if output == "json" else report.render_text(outcome, color=color)
        )
    )
    return outcome.exit_code


def meant_by(session: Session, order: Order, state: State, wish: Wish) -> Targets:
    """The definitions that SEL or `--id` means. Raises ConfigurationError."""
    if (order.definition_id is None) == (not order.selectors):
        raise ConfigurationError("name the workflows that you mean, or a definition with --id UUID")
    if order.definition_id is not None:
        definition_path(order.definition_id)  # refuses what is no UUID before anything is asked or sent
        same = order.definition_id.lower()
        key = next((key for key, binding in state.bindings.items() if binding.id.lower() == same), None)
        return {order.definition_id: (key, wish)}
    selected = key_selection(session, state, order.selectors, order.exclude)
    meant: Targets = {
        binding.id: (key, wish) for key, binding in sorted(state.bindings.items()) if selected(key)
    }  # fmt: skip
    if not meant:
        named = ", ".join(order.selectors)
        raise ConfigurationError(
            f"nothing that {named} means is on the server", hint="`deployer status` lists what was applied."
        )
    return meant


def _plan(session: Session, state: State, meant: Targets) -> Planned:
    gateway = session.gateway
    with ThreadPoolExecutor(max_workers=4) as pool:
        histories = list(pool.map(gateway.history, meant))
    chooses = any(wish.turn == "rollback" and wish.to is None for _, wish in meant.values())
    lacking = "what was rolled back from before the present hold is not known"
    entries = (entries_or_none(session, lacking=lacking) or ()) if chooses else ()
    steps, refused, unchanged = [], [], []
    for (definition_id, (key, wish)), history in zip(meant.items(), histories, strict=True):
        label = key or definition_id
        try:
            step = _step(label, key, history, state, wish, entries)
        except Refused as error:
            if len(meant) == 1:
                raise
            version = history[0].version if history else None
            refused.append(Unturned(
                label=label, id=definition_id, version=version, message=str(error), hint=error.hint,
                exit_code=error.exit_code,
            ))  # fmt: skip
            continue
        if step.change is None and (step.hold == step.former or wish.turn == "rollback"):
            unchanged.append(f"{label}: version {step.base.version} is so already")
        else:
            steps.append(step)
    return Planned(steps=tuple(steps), refused=tuple(refused), unchanged=tuple(unchanged))


def _without_secrets(session: Session, meant: Targets) -> Targets:
    """The reason goes into the hold, and so into the state, which is read by more people than a terminal."""
    return {
        definition_id: (key, replace(wish, reason=session.kept(wish.reason)[:LONGEST_TEXT] if wish.reason else None))
        for definition_id, (key, wish) in meant.items()
    }


def _step(
    label: str, key: str | None, history: Sequence[Definition], state: State, wish: Wish, entries: Sequence[Entry]
) -> Step:
    if history:
        return plan_step(key, history, state, wish, entries)
    if key is None:
        raise Refused(
            f"there is no definition {label} in this account",
            hint="Check the id, and `accountId` and `baseUrl` in deployer.yaml; where there is none, DEPLOYER_ACCOUNT.",
        )
    raise Refused(f"`{label}` is not on the server any more", hint="`deployer apply` can create it anew.")


def _act(turn_to: str, steps: Sequence[Step], *, stop: bool) -> str:
    verb = {"rollback": "roll back", "disable": "disable", "enable": "enable"}[turn_to]
    what = f"`{steps[0].label}`" if len(steps) == 1 else f"{len(steps)} workflows"
    if turn_to == "rollback" and len(steps) == 1:
        what += f" to the content of version {steps[0].source}"
    return f"{verb} {what}" + (" and end what runs" if stop else "")


def _options(session: Session) -> str:
    return f" --env {session.environment.name}" if session.options.env else ""


def _running(
    session: Session, turned: Sequence[Turned], *, stop: bool
) -> tuple[tuple[report.Running, ...], Steering | None, tuple[str, ...]]:
    """What still runs the version that was turned away from; ended on request."""
    running: list[report.Running] = []
    found: list[Instance] = []
    for item in turned:
        step = item.step
        try:
            instances = _still(session, step) if step.turn != "enable" else []
        except DeployerError as error:
            return tuple(running), None, (f"what still runs could not be counted: {error}",)
        found += instances
        of = f"--key {step.key}" if step.key is not None and step.binding is not None else f"--id {step.id}"
        running += [
            report.Running(
                label=step.label, version=version, count=count,
                command=f"deployer runs terminate {of} --version {version}{_options(session)}",
            )
            for version, count in sorted(Counter(one.version for one in instances).items(), reverse=True) if not stop
        ]  # fmt: skip
    stopped = steer(session.gateway, "terminate", found) if stop and found else None
    return tuple(running), stopped, ()


def _still(session: Session, step: Step) -> list[Instance]:
    """Instances of what was turned away from: an instance keeps the version that it began with."""
    gateway = session.gateway
    if step.turn == "disable":
        return find(gateway, Wanted(definition_id=step.id, statuses=_RUNNING, all_versions=True))
    bad = {step.base.version, *(step.hold.bad_versions if step.hold is not None else ())}
    return [
        instance
        for version in sorted(bad)
        for instance in find(gateway, Wanted(definition_id=step.id, statuses=_RUNNING, version=version))
    ]


def _kept(session: Session, desk: Desk, turned: Sequence[Turned]) -> tuple[str, ...]:
    """What was not written to the state itself."""
    if desk.trouble is None or not turned:
        return () if desk.unsaved is None else (f"{desk.unsaved}. {desk.unsaved.hint or ''}".strip(),)
    keys = ", ".join(f"`{item.step.key}`" for item in turned if item.step.key is not None)
    elsewhere = f"; until then, runs from elsewhere refuse {keys} as drifted" if keys else ""
    file = session.store.aside
    place = file.relative_to(session.project.root) if file is not None else "this checkout"
    why = f"the state could not be written ({desk.trouble})"
    return (f"{why}: what this did is kept in {place}, and the next run from here hands it in{elsewhere}",)
