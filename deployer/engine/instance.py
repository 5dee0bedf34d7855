"""One run of a definition, as data: what a restart must find again, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from deployer.tuples import NamedTuple


class InstanceStatus(StrEnum):
    """Of an instance, in the API's words."""

    RUNNABLE = "Runnable"
    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    TERMINATED = "Terminated"


class StepStatus(StrEnum):
    """Of one step's run, in the API's words."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETE = "Complete"
    SLEEPING = "Sleeping"
    WAITING = "WaitingForEvent"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


EventKind = Literal["reply", "dtmf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that a step wants done outside: a message sent, a call made. It waits for an `Outcome`."""

    id: str
    """Of the step's run; the outcome names it."""
    step: str
    type: str
    """The step's type: `SMS`, `ChatAppsMessage`, `HttpRequest`, `VoiceMessage`, `SendToConverse`, or one unknown."""
    request: Mapping[str, object]
    """The step's inputs, scripts filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """It was done; `values` is what the step then offers as `step.`."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """It was refused: the instance ends with this message."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nobody answered: no connection, or the time was over. The settings say what follows."""

    reason: str


Outcome = Answer | Fault | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """Which event a step waits for."""

    kind: EventKind
    key: str
    """The sender of the reply, or the request id of the call. Empty: any."""
    channel: str = ""
    """Of a reply: `sms`, `whatsapp` ... Empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A reply or pressed keys, as they come in."""

    kind: EventKind
    keys: tuple[str, ...]
    """The names that it goes by: the sender's number and user id, or `clientRequestId` and `uid` of the call."""
    channel: str = ""
    body: Mapping[str, object]
    """What the step offers: the whole webhook of a reply, the `dtmfData`."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The outcome of an effect, as it comes in."""

    effect: str
    """The effect's id."""
    outcome: Outcome


class Pointer(NamedTuple):
    """One run of one step. A step that is reached twice has two.

    A tuple: every step of a simulation makes two or three, and a frozen dataclass costs four times as much.
    """

    id: str
    """Unique step execution id."""
    number: int
    """Counts the runs of steps in the order in which they were reached, from 0."""
    step: str
    status: StepStatus
    scope: tuple[str, ...] = ()
    """The runs in whose `do` it stands, outermost first."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    wake_at: datetime | None = None
    """When a sleep, or the patience of a wait, ends."""
    awaited: Awaited | None = None
    effect: Effect | None = None
    """What it waits for while Running."""
    values: Mapping[str, object] | None = None
    """What the step offers, kept until the steps in its `do` have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One runtime error, as the API reports it."""

    step: str
    message: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One run of a definition."""

    id: str
    seed: str
    """All ids and all chance of this run come from it."""
    drawn: int = 0
    """How many were drawn from the seed."""
    status: InstanceStatus = InstanceStatus.RUNNABLE
    data: Mapping[str, object]
    """The workflow context. Never changed in place."""
    started_at: datetime
    completed_at: datetime | None = None
    open: tuple[Pointer, ...] = ()
    """The runs of steps that have not ended, in the order in which they were reached."""
    log: tuple[Pointer, ...] = ()
    """Those that have, in the order in which they ended."""
    errors: tuple[Failure, ...] = ()
    inbox: tuple[Event | Settled, ...] = field(default=())
    """What has come in and was not yet acted on: a suspended instance acts when it is resumed."""

    @property
    def ended(self) -> bool:
        """Complete or Terminated."""
        return self.status in (InstanceStatus.COMPLETE, InstanceStatus.TERMINATED)

    @property
    def runs(self) -> tuple[Pointer, ...]:
        """All runs of steps in the order in which they were reached."""
        return tuple(sorted((*self.log, *self.open), key=lambda pointer: pointer.number))

    @property
    def duration(self) -> timedelta | None:
        """From start to end; None while it has not ended."""
        return None if self.completed_at is None else self.completed_at - self.started_at

    @property
    def wakes_at(self) -> datetime | None:
        """When it has to be advanced next, if nothing comes in before."""
        if self.status is not InstanceStatus.RUNNABLE:
            return None
        return min((pointer.wake_at for pointer in self.open if pointer.wake_at), default=None)

    @property
    def pending_effects(self) -> tuple[Effect, ...]:
        """What was asked for and not answered; after a restart, ask again."""
        settled = {arrival.effect for arrival in self.inbox if isinstance(arrival, Settled)}
        return tuple(
            pointer.effect for pointer in self.open if pointer.effect is not None and pointer.id not in settled
        )

    @property
    def waiting(self) -> tuple[Pointer, ...]:
        """The steps that wait for an event."""
        return tuple(pointer for pointer in self.open if pointer.status is StepStatus.WAITING)
