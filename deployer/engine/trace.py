"""What a simulated run did, for people and for assertions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployer.engine.clock import write_duration, write_time
from deployer.engine.instance import Effect, Instance, InstanceStatus, StepStatus
from deployer.engine.records import Record, RecordKind

SENDERS = frozenset({"SMS", "ChatAppsMessage", "VoiceMessage", "SendToConverse"})
"""The step types that say something to somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Something that a workflow said."""

    step: str
    type: str
    """The step's type."""
    to: str
    """Number or user id; empty where the request names none."""
    text: str
    """What it said; empty for content without text."""
    request: Mapping[str, object]
    """All of it."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One simulated run."""

    instance: Instance
    """As it ended, or as it waits for ever."""
    records: tuple[Record, ...]
    """Everything that happened, in order."""
    unmocked: tuple[Effect, ...]
    """Requests that would have left this machine."""
    unused_mocks: tuple[str, ...]
    """Step ids whose mocks nobody asked for."""
    unused_replies: int
    """Replies that no wait took."""
    ended_at: datetime
    """The virtual time of the last thing that happened."""

    @property
    def path(self) -> tuple[str, ...]:
        """Step ids in order of execution."""
        return tuple(record.step for record in self.records if record.kind is RecordKind.STARTED)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the workflow said, in order."""
        return tuple(read_sent(record) for record in self._asked() if record.name in SENDERS)

    @property
    def requests(self) -> tuple[Record, ...]:
        """The HTTP requests: ASKED records with the request as their value."""
        return tuple(record for record in self._asked() if record.name == "HttpRequest")

    @property
    def decisions(self) -> tuple[Record, ...]:
        """Every condition on the path, with whether it held."""
        return tuple(record for record in self.records if record.kind is RecordKind.DECIDED)

    @property
    def status(self) -> InstanceStatus:
        """Of the instance at the end."""
        return self.instance.status

    @property
    def duration(self) -> timedelta:
        """Virtual time from the start to the last thing that happened."""
        return self.ended_at - self.instance.started_at

    def _asked(self) -> list[Record]:
        return [record for record in self.records if record.kind is RecordKind.ASKED]

    def as_json(self) -> dict[str, object]:
        """The whole trace as JSON, for snapshots: the same run gives the same text."""
        instance = self.instance
        return {
            "status": instance.status.value,
            "startedAt": write_time(instance.started_at),
            "duration": write_duration(self.duration),
            "path": list(self.path),
            "data": dict(instance.data),
            "steps": [
                {"id": run.id, "stepName": run.step, "status": StepStatus(run.status).value} for run in instance.runs
            ],
            "errors": [{"step": item.step, "message": item.message} for item in instance.errors],
            "records": [_record(record, instance.started_at) for record in self.records],
        }


def _record(record: Record, start: datetime) -> dict[str, object]:
    value = write_time(record.value) if isinstance(record.value, datetime) else record.value
    written = {"step": record.step, "name": record.name, "source": record.source}
    line: dict[str, object] = {"after": write_duration(record.at - start), "kind": record.kind.value}
    return {**line, **{key: text for key, text in written.items() if text}, "value": value}


def read_sent(record: Record) -> Sent:
    """What an ASKED record of one of the SENDERS says, and to whom."""
    request = record.value if isinstance(record.value, Mapping) else {}
    user, content, params = (_mapping(request.get(name)) for name in ("user", "content", "params"))
    return Sent(
        step=record.step,
        type=record.name,
        to=_first(request.get("destination"), user.get("msisdn"), user.get("channelUserId"), params.get("destination")),
        text=_first(request.get("text"), content.get("text"), params.get("text")),
        request=request,
        at=record.at,
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _first(*values: object) -> str:
    return next((str(value) for value in values if value not in (None, "")), "")
