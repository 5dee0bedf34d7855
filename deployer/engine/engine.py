"""The state machine: an instance, the time and what came in, to the next instance and what it asks for.

It makes no call, reads no clock and rolls no dice, so a run can stop anywhere, be stored, and go
on in another process, in real time or in none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from deployer.engine.clock import write_time
from deployer.engine.definition import Definition
from deployer.engine.events import takers
from deployer.engine.execution import Execution
from deployer.engine.failures import TransitionError
from deployer.engine.identity import write_uuid
from deployer.engine.instance import Effect, Event, Instance, InstanceStatus, Outcome, Pointer, Settled, StepStatus
from deployer.engine.records import Recorder
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings

AnswerNow = Callable[[Effect], Outcome | None]
"""Settles an effect on the spot; None leaves it pending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one `advance` led to."""

    instance: Instance
    effects: tuple[Effect, ...]
    """What it asked for in this advance and nobody settled yet."""


class Engine:
    """Runs instances of one definition. It keeps nothing: all state is in the instances."""

    def __init__(self, definition: Definition, evaluator: Evaluator, settings: EngineSettings) -> None:
        self.definition = definition
        self.evaluator = evaluator
        self.settings = settings

    def start(self, data: Mapping[str, object], *, at: datetime, seed: str, instance_id: str | None = None) -> Instance:
        """A new instance, with its first step pending. Nothing has run yet."""
        drawn_id, first_id = draw_uuid(seed, 0), draw_uuid(seed, 1)
        first = self.definition.first
        pointers = () if first is None else (Pointer(id=first_id, number=0, step=first, status=StepStatus.PENDING),)
        return Instance(id=instance_id or drawn_id, seed=seed, drawn=2, data=data, started_at=at, open=pointers)

    def advance(
        self, instance: Instance, *, now: datetime, answer: AnswerNow | None = None, record: Recorder | None = None
    ) -> Progress:
        """Act on what came in and on what is due, and run until nothing can go on by itself.

        A fault ends the instance and is recorded in it; only a broken installation raises.
        """
        if instance.status is not InstanceStatus.RUNNABLE:
            return Progress(instance=instance, effects=())
        execution = Execution(
            definition=self.definition,
            evaluator=self.evaluator,
            settings=self.settings,
            instance=instance,
            now=now,
            new_uuid=draw_uuid,
            answer=answer,
            record=record,
        )
        execution.run()
        return Progress(instance=execution.result(), effects=tuple(execution.effects))


def draw_uuid(seed: str, number: int) -> str:
    """The nth uuid of a seed: version 4 in form, the same everywhere."""
    return write_uuid(f"{seed}/{number}")


def deliver(instance: Instance, event: Event) -> Instance | None:
    """Hand an event to an instance; it acts on it when it is next advanced. None when no step waits for it."""
    if not takers(instance, event):
        return None
    return replace(instance, inbox=(*instance.inbox, event))


def settle(instance: Instance, effect_id: str, outcome: Outcome) -> Instance:
    """Hand the outcome of an effect to an instance; it acts on it when it is next advanced.

    An outcome that nobody waits for any more is dropped.
    """
    if all(effect.id != effect_id for effect in instance.pending_effects) or instance.ended:
        return instance
    return replace(instance, inbox=(*instance.inbox, Settled(effect=effect_id, outcome=outcome)))


def suspend(instance: Instance) -> Instance:
    """Stop an instance until it is resumed. Raises TransitionError unless it is Runnable."""
    return _moved(instance, InstanceStatus.RUNNABLE, InstanceStatus.SUSPENDED)


def resume(instance: Instance) -> Instance:
    """Let a suspended instance go on; advance it next. Raises TransitionError unless it is Suspended."""
    return _moved(instance, InstanceStatus.SUSPENDED, InstanceStatus.RUNNABLE)


def _moved(instance: Instance, before: InstanceStatus, after: InstanceStatus) -> Instance:
    if instance.status is not before:
        raise TransitionError(f"instance {instance.id} is {instance.status}; only {before} can become {after}")
    return replace(instance, status=after)


def terminate(instance: Instance, *, at: datetime) -> Instance:
    """End an instance, whatever it does; its open steps are cancelled. An instance that has ended stays as it is."""
    if instance.ended:
        return instance
    ended = tuple(pointer._replace(status=StepStatus.CANCELLED, completed_at=at) for pointer in instance.open)
    return replace(
        instance, status=InstanceStatus.TERMINATED, completed_at=at, open=(), log=(*instance.log, *ended), inbox=()
    )


def trigger_data(
    payload: Mapping[str, object], *, account_id: str, sub_account_id: str | None, at: datetime
) -> dict[str, object]:
    """The first `data` of an instance: what the trigger carried at the root, and the three fields of the platform.

    For messages that is the whole webhook (so its `payload` is `data.payload`), for `http_request` the body.
    """
    fields: dict[str, object] = {"accountId": account_id, "triggeredAt": write_time(at)}
    if sub_account_id is not None:
        fields["subAccountId"] = sub_account_id
    return {**payload, **fields}
