"""An instance as JSON and back, so that a restart goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from deployer.engine.instance import (
    Answer,
    Awaited,
    Effect,
    Event,
    Failure,
    Fault,
    Instance,
    InstanceStatus,
    Outcome,
    Pointer,
    Settled,
    StepStatus,
    Unreachable,
)

_Json = dict[str, Any]
_T = TypeVar("_T")

FORMAT = 1
"""Of the JSON; another number is refused rather than guessed at."""


def write_instance(instance: Instance) -> _Json:
    """All of an instance as a JSON mapping."""
    return {
        "format": FORMAT,
        "id": instance.id,
        "seed": instance.seed,
        "drawn": instance.drawn,
        "status": instance.status.value,
        "data": dict(instance.data),
        "startedAt": _time(instance.started_at),
        "completedAt": _time(instance.completed_at),
        "open": [_pointer(pointer) for pointer in instance.open],
        "log": [_pointer(pointer) for pointer in instance.log],
        "errors": [{"step": e.step, "message": e.message, "time": _time(e.time)} for e in instance.errors],
        "inbox": [_event(item) if isinstance(item, Event) else _settled(item) for item in instance.inbox],
    }


def read_instance(stored: Mapping[str, Any]) -> Instance:
    """The instance that `write_instance` wrote.

    Raises ValueError for another format, KeyError for a body that is none of ours.
    """
    if stored["format"] != FORMAT:
        raise ValueError(f"an instance in format {stored['format']}, which this version does not know")
    return Instance(
        id=stored["id"],
        seed=stored["seed"],
        drawn=stored["drawn"],
        status=InstanceStatus(stored["status"]),
        data=stored["data"],
        started_at=datetime.fromisoformat(stored["startedAt"]),
        completed_at=_read_time(stored["completedAt"]),
        open=tuple(_read_pointer(item) for item in stored["open"]),
        log=tuple(_read_pointer(item) for item in stored["log"]),
        errors=tuple(
            Failure(step=item["step"], message=item["message"], time=datetime.fromisoformat(item["time"]))
            for item in stored["errors"]
        ),
        inbox=tuple(_read_event(item) if "kind" in item else _read_settled(item) for item in stored["inbox"]),
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _optional(value: _Json | None, read: Callable[[_Json], _T]) -> _T | None:
    return None if value is None else read(value)


def _pointer(pointer: Pointer) -> _Json:
    effect, awaited = pointer.effect, pointer.awaited
    return {
        "id": pointer.id,
        "number": pointer.number,
        "step": pointer.step,
        "status": pointer.status.value,
        "scope": list(pointer.scope),
        "startedAt": _time(pointer.started_at),
        "completedAt": _time(pointer.completed_at),
        "wakeAt": _time(pointer.wake_at),
        "awaited": awaited and {"kind": awaited.kind, "key": awaited.key, "channel": awaited.channel},
        "effect": effect and {"type": effect.type, "request": dict(effect.request)},
        "values": None if pointer.values is None else dict(pointer.values),
    }


def _read_pointer(stored: _Json) -> Pointer:
    return Pointer(
        id=stored["id"],
        number=stored["number"],
        step=stored["step"],
        status=StepStatus(stored["status"]),
        scope=tuple(stored["scope"]),
        started_at=_read_time(stored["startedAt"]),
        completed_at=_read_time(stored["completedAt"]),
        wake_at=_read_time(stored["wakeAt"]),
        awaited=_optional(stored["awaited"], lambda item: Awaited(**item)),
        effect=_optional(stored["effect"], lambda item: Effect(id=stored["id"], step=stored["step"], **item)),
        values=stored["values"],
    )


def _event(event: Event) -> _Json:
    return {
        "kind": event.kind,
        "keys": list(event.keys),
        "channel": event.channel,
        "body": dict(event.body),
        "at": _time(event.at),
    }


def _read_event(stored: _Json) -> Event:
    return Event(**{**stored, "keys": tuple(stored["keys"]), "at": datetime.fromisoformat(stored["at"])})


def _settled(arrival: Settled) -> _Json:
    outcome = arrival.outcome
    if isinstance(outcome, Answer):
        return {"effect": arrival.effect, "answer": dict(outcome.values)}
    if isinstance(outcome, Fault):
        return {"effect": arrival.effect, "fault": outcome.message}
    return {"effect": arrival.effect, "unreachable": outcome.reason}


def _read_settled(stored: _Json) -> Settled:
    outcome: Outcome
    if "answer" in stored:
        outcome = Answer(values=stored["answer"])
    elif "fault" in stored:
        outcome = Fault(message=stored["fault"])
    else:
        outcome = Unreachable(reason=stored["unreachable"])
    return Settled(effect=stored["effect"], outcome=outcome)
