"""A first run of what was applied: `metadata.smoke` says what starts it and how it has to go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Protocol

from deployer.engine.clock import parse_duration, write_duration
from deployer.errors import DeployerError
from deployer.operations.runs import ENDED
from deployer.record import record
from deployer.remote.errors import Rejected
from deployer.remote.gateway import Instance, InstanceError, Runs, StepLog
from deployer.source.workflow import Workflow

_PAUSES = (0.1, 0.2, 0.5)
"""Seconds between looks: the first ones, then a second each."""
USUAL_LIMIT = timedelta(seconds=30)


class Clock(Protocol):
    """Time as a test needs it."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float) -> None:
        """Come back that much later."""


@record
class Smoke:
    """How a first run is made, and how it has to go."""

    payload: Mapping[str, object]
    status: Literal["Complete", "Terminated", "Runnable"] = "Complete"
    path: tuple[str, ...] = ()
    """Steps in order; empty: any."""
    limit: timedelta = USUAL_LIMIT
    allow_send: bool = False


@record
class Tested:
    """How it went."""

    version: int
    problems: tuple[str, ...] = ()
    """What is not as it should be; empty: passed."""
    refused: str = ""
    """Why the platform did not start it, where it starts no disabled definition."""
    instance: Instance | None = None
    errors: tuple[InstanceError, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it went as it had to."""
        return not self.problems and not self.refused

    @property
    def logs(self) -> tuple[StepLog, ...]:
        """The steps that it took."""
        return self.instance.logs if self.instance is not None else ()


def smoke_of(workflow: Workflow) -> Smoke | None:
    """What a file asks for; None where it asks for nothing, or for nothing that can be understood."""
    written = workflow.metadata.get("smoke")
    if not isinstance(written, Mapping):
        return None
    payload, status, path = written.get("payload"), written.get("status", "Complete"), written.get("path")
    return Smoke(
        payload=payload if isinstance(payload, Mapping) else {},
        status=status if status in ("Complete", "Terminated", "Runnable") else "Complete",
        path=tuple(step for step in path if isinstance(step, str)) if isinstance(path, list) else (),
        limit=_limit(written.get("timeLimit")),
        allow_send=written.get("allowSend") is True,
    )


def _limit(written: object) -> timedelta:
    """The schema's own finding tells what is no time."""
    try:
        return parse_duration(written) if isinstance(written, str) else USUAL_LIMIT
    except ValueError:
        return USUAL_LIMIT


def run_smoke(
    runs: Runs, definition_id: str, version: int, smoke: Smoke, clock: Clock, *, disabled: bool = False
) -> Tested:
    """Start one instance of that very version and watch it. What still runs at the end is terminated.

    `disabled` says that the definition is, which a platform may refuse to start. Raises nothing of the server's:
    whatever goes wrong is a problem of the test.
    """
    try:
        started = runs.start(definition_id, smoke.payload, version=version)
    except Rejected as error:
        if disabled:
            return Tested(version=version, refused=str(error))
        return Tested(version=version, problems=(f"it could not be started: {error}",))
    except DeployerError as error:
        return Tested(version=version, problems=(f"it could not be started: {error}",))
    if started is None:
        return Tested(version=version, problems=("the server did not say which instance it started",))
    try:
        return _watched(runs, definition_id, started, version, smoke, clock)
    except DeployerError as error:
        return Tested(version=version, problems=(f"instance {started} could not be watched: {error}",))


def _watched(runs: Runs, definition_id: str, started: str, version: int, smoke: Smoke, clock: Clock) -> Tested:
    until = clock.now() + smoke.limit.total_seconds()
    looks = 0
    while True:
        instance = runs.instance(definition_id, started, logs=True)
        late = clock.now() >= until
        if instance.status in ENDED or late or _astray(instance, smoke) or _waits_as_meant(instance, smoke):
            break
        clock.sleep(_PAUSES[looks] if looks < len(_PAUSES) else 1.0)
        looks += 1
    errors = tuple(runs.instance_errors(definition_id, started)) if instance.status == "Terminated" else ()
    problems = list(_problems(instance, smoke, late=late))
    if instance.status not in ENDED:
        try:
            runs.command(definition_id, started, "terminate")
        except DeployerError as error:
            problems.append(f"instance {started} still runs and could not be ended: {error}")
    return Tested(version=version, problems=tuple(problems), instance=instance, errors=errors)


def _steps(instance: Instance) -> tuple[str, ...]:
    return tuple(log.step for log in instance.logs)


def _astray(instance: Instance, smoke: Smoke) -> bool:
    """It has taken a step that is not on its path: waiting longer keeps what failed in front of customers.

    The order of the steps does not count, as nobody documents how the platform sorts its log.
    """
    return bool(smoke.path) and not set(smoke.path).issuperset(_steps(instance))


def _waits_as_meant(instance: Instance, smoke: Smoke) -> bool:
    """It is where it was to get, and waits there for somebody."""
    waits = any(log.status in ("WaitingForEvent", "Sleeping") for log in instance.logs)
    return smoke.status == "Runnable" and waits and (not smoke.path or _steps(instance) == smoke.path)


def _problems(instance: Instance, smoke: Smoke, *, late: bool) -> list[str]:
    problems = []
    if instance.status != smoke.status and (late or instance.status in ENDED):
        after = "" if instance.status in ENDED else f" after {write_duration(smoke.limit)}"
        problems.append(f"it is {instance.status}{after}; {smoke.status} was expected")
    taken = _steps(instance)
    if smoke.path and taken != smoke.path:
        problems.append(f"it went {' > '.join(taken) or 'nowhere'}; {' > '.join(smoke.path)} was expected")
    return problems
