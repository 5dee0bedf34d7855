"""Suspend, resume or terminate many instances: which ones, what became of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from deployer.errors import ConfigurationError, DeployerError, NotAllowed, Unreachable
from deployer.operations.ages import written
from deployer.operations.runs import ENDED, instances_of_all_versions
from deployer.record import record
from deployer.remote.errors import Indeterminate, Rejected, printable
from deployer.remote.gateway import Gateway, Instance, InstanceCommand, Runs

FITTING: dict[InstanceCommand, tuple[str, ...]] = {
    "suspend": ("Runnable",),
    "resume": ("Suspended",),
    "terminate": ("Runnable", "Suspended"),
}
"""From which status each command leads somewhere, as the platform documents them."""
_REACHED: dict[InstanceCommand, tuple[str, ...]] = {
    "suspend": ("Suspended",),
    "resume": ("Runnable",),
    "terminate": ("Terminated",),
}


class Steerable(Gateway, Runs, Protocol):
    """What lists instances and acts on them."""


@record
class Wanted:
    """Which instances of one definition are meant."""

    definition_id: str
    statuses: tuple[str, ...]
    version: int | None = None
    """None: the newest."""
    all_versions: bool = False
    before: datetime | None = None
    """Only those that started before."""


@record
class Steered:
    """One instance that is now as it was meant to be."""

    instance: Instance
    status: str
    note: str = ""


@record
class Trouble:
    """One instance that is not."""

    instance: Instance
    message: str
    hint: str | None
    exit_code: int


@record
class Steering:
    """What became of all of them."""

    command: InstanceCommand
    done: tuple[Steered, ...] = ()
    failed: tuple[Trouble, ...] = ()
    not_attempted: tuple[Instance, ...] = ()
    reason: str = ""
    """Why some were not attempted."""
    interrupted: bool = False

    @property
    def all(self) -> tuple[Instance, ...]:
        """Everything that was meant."""
        touched = (*(one.instance for one in self.done), *(one.instance for one in self.failed))
        return (*touched, *self.not_attempted)

    @property
    def exit_code(self) -> int:
        """8 where some were done and some were not."""
        if self.interrupted:
            return 130
        if self.done and (self.failed or self.not_attempted):
            return 8
        return max((trouble.exit_code for trouble in self.failed), default=0)


def by_definition(steering: Steering) -> dict[str, Steering]:
    """What became of the instances of each definition."""
    ids = dict.fromkeys(one.definition_id for one in steering.all)
    return {
        wanted: replace(
            steering,
            done=tuple(one for one in steering.done if one.instance.definition_id == wanted),
            failed=tuple(one for one in steering.failed if one.instance.definition_id == wanted),
            not_attempted=tuple(one for one in steering.not_attempted if one.definition_id == wanted),
        )
        for wanted in ids
    }


def find(gateway: Gateway, wanted: Wanted) -> list[Instance]:
    """The instances that are meant, oldest first, whatever the server makes of the filters. All pages are read."""
    until = None if wanted.before is None else written(wanted.before)
    definition, version = wanted.definition_id, wanted.version
    found: dict[str, Instance] = {}
    for status in wanted.statuses:
        if wanted.all_versions:
            listed: Sequence[Instance] = instances_of_all_versions(gateway, definition, status=status, started_to=until)
        else:
            listed = gateway.instances(definition, version=version, status=status, started_to=until)
        found |= {one.id: one for one in listed if _is_meant(one, wanted)}
    return sorted(found.values(), key=lambda one: one.started_at)


def _is_meant(one: Instance, wanted: Wanted) -> bool:
    """Checked here, too: whoever ends instances does not rely on a filter that a server may ignore."""
    if one.status not in wanted.statuses or (wanted.version is not None and one.version != wanted.version):
        return False
    return wanted.before is None or started_before(one, wanted.before)


def started_before(one: Instance, moment: datetime) -> bool:
    """Whether an instance started before a moment; one whose start cannot be read did not."""
    try:
        started = datetime.fromisoformat(one.started_at)
    except ValueError:
        return False
    return (started if started.tzinfo else started.replace(tzinfo=UTC)) < moment


def fitting_statuses(command: InstanceCommand, status: str | None) -> tuple[str, ...]:
    """The statuses to look for. Raises ConfigurationError for one that the command does nothing to."""
    fitting = FITTING[command]
    if status is None:
        return fitting
    if status not in fitting:
        raise ConfigurationError(
            f"an instance that is {status} cannot be asked to {command}",
            hint=f"`runs {command}` is for those that are {' or '.join(fitting)}.",
        )
    return (status,)


def steer(
    runs: Runs,
    command: InstanceCommand,
    instances: Sequence[Instance],
    *,
    parallelism: int = 4,
    stop: threading.Event | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Steering:
    """Act on each instance; one that fails stops no other, unless no other can fare better."""
    run = _Run(runs, command, stop or threading.Event(), progress)
    with ThreadPoolExecutor(max_workers=max(1, parallelism), thread_name_prefix=command) as pool:
        outcomes = list(pool.map(run.one, instances))
    pairs = list(zip(instances, outcomes, strict=True))
    return Steering(
        command=command,
        done=tuple(outcome for _, outcome in pairs if isinstance(outcome, Steered)),
        failed=tuple(outcome for _, outcome in pairs if isinstance(outcome, Trouble)),
        not_attempted=tuple(instance for instance, outcome in pairs if outcome is None),
        reason=run.broken or ("interrupted" if run.stop.is_set() else ""),
        interrupted=run.stop.is_set(),
    )


@dataclass(slots=True)
class _Run:
    runs: Runs
    command: InstanceCommand
    stop: threading.Event
    progress: Callable[[int], None]
    broken: str = ""
    done: int = 0
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def one(self, instance: Instance) -> Steered | Trouble | None:
        if self.stop.is_set() or self.broken:
            return None
        try:
            outcome: Steered | Trouble = self.act(instance)
        except DeployerError as error:
            if isinstance(error, NotAllowed | Unreachable):
                # Whoever is not let in, or reaches nobody, will not fare better with the next one.
                self.broken = self.broken or str(error)
            outcome = Trouble(instance=instance, message=str(error), hint=error.hint, exit_code=error.exit_code)
        with self.mutex:
            self.done += 1
            self.progress(self.done)
        return outcome

    def act(self, instance: Instance) -> Steered:
        try:
            self.runs.command(instance.definition_id, instance.id, self.command)
        except Indeterminate as lost:
            return self.settled(instance, lost, "the answer was lost; it was found to be done")
        except Rejected as refusal:
            return self.settled(instance, refusal, "it was so already")
        # Asked, not assumed: the answer to the command says nothing of the status that it led to.
        now = self.runs.instance(instance.definition_id, instance.id)
        return Steered(instance=instance, status=now.status)

    def settled(self, instance: Instance, error: DeployerError, note: str) -> Steered:
        """Look whether it is as it should be all the same; raise the error where it is not."""
        now = self.runs.instance(instance.definition_id, instance.id)
        if now.status in _REACHED[self.command]:
            return Steered(instance=instance, status=now.status, note=note)
        if self.command == "terminate" and now.status == "Complete":
            return Steered(instance=instance, status=now.status, note="it had come to its end")
        raise self.too_late(now) if now.status in ENDED else error

    def too_late(self, now: Instance) -> DeployerError:
        """What to say of an instance that has ended: the server speaks of its id, which is right."""
        since = f" since {printable(now.completed_at, limit=40)}" if now.completed_at else ""
        return DeployerError(
            f"it is {now.status}{since}; an instance that ended cannot be asked to {self.command}",
            hint=f"`deployer runs show {now.id}` says how it came to its end; `deployer runs start` starts another.",
        )
