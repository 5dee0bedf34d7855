"""A run as people retell it: where it went and why, and who said what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from deployer.engine.clock import write_duration
from deployer.engine.records import Record, RecordKind
from deployer.engine.trace import SENDERS, Trace
from deployer.source.credentials import mask, mask_text

MOST_STOPS = 200
"""Steps of a path that are kept; of a longer one, the first and the last."""
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on the path."""

    target: str
    """The step it leads to; of an If: `do`."""
    source: str
    """As written; empty for a default."""
    value: str
    """What it gave, as JSON; empty for a default."""
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One step of the path."""

    after: timedelta
    """From the start."""
    step: str
    type: str
    status: str
    """At the end of the run; of a step that ended, how."""
    conditions: tuple[Condition, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Something in a conversation."""

    side: Literal["customer", "company", "between"]
    """`between`: time that passes, requests, the end."""
    after: timedelta
    text: str
    step: str = ""
    """Whose it is; empty for the trigger."""
    by: str = ""
    """How: `sms`, `whatsapp`, `call`, `keys`."""


def trail(trace: Trace) -> tuple[Stop, ...]:
    """The path with the value of every condition on it."""
    by_pointer: dict[str, list[Record]] = {}
    for record in trace.records:
        if record.pointer:
            by_pointer.setdefault(record.pointer, []).append(record)
    stops = [_stop(records, trace) for records in by_pointer.values() if records[0].kind is RecordKind.STARTED]
    if len(stops) > MOST_STOPS:
        stops = [*stops[: MOST_STOPS // 2], *stops[-MOST_STOPS // 2 :]]
    return tuple(stops)


def _stop(records: list[Record], trace: Trace) -> Stop:
    first = records[0]
    values = {
        (record.name, record.source.strip()): record.value for record in records if record.kind is RecordKind.EVALUATED
    }
    status, error = "", ""
    conditions = []
    for record in records:
        if record.kind is RecordKind.DECIDED:
            conditions.append(_condition(record, values))
        elif record.kind is RecordKind.ENDED:
            status = record.name
        elif record.kind is RecordKind.FAULTED:
            error = mask_text(str(record.value)[:_LONGEST])
    return Stop(
        after=first.at - trace.instance.started_at,
        step=first.step,
        type=first.name,
        status=status or next((run.status.value for run in trace.instance.open if run.id == first.pointer), ""),
        conditions=tuple(conditions),
        error=error,
    )


def _condition(record: Record, values: Mapping[tuple[str, str], object]) -> Condition:
    """What the whole condition gave, not only whether it was chosen: `undefined` explains more than `false`."""
    place = "inputs.condition" if record.name == "do" else _place(record.name)
    source = record.source.strip()
    inner = source.removeprefix("{{").removesuffix("}}")
    value = next(
        (item for (name, script), item in values.items() if name == place and script.strip() == inner.strip()),
        record.value,
    )
    return Condition(
        target=record.name,
        source=mask_text(source[:_LONGEST]),
        value=json.dumps(mask(value), ensure_ascii=False, default=str)[:200] if source else "",
        chosen=record.value is True,
    )


def _place(target: str) -> str:
    return f"selectNextStep.{target}"


def conversation(trace: Trace, trigger: Mapping[str, object]) -> tuple[Utterance, ...]:
    """The run as its customer sees it, with what happens in between; `trigger` is the run's first data."""
    return (*_trigger(trigger), *utterances(trace))


def utterances(trace: Trace) -> Iterator[Utterance]:
    """Everything that is said or happens after the trigger."""
    start = trace.instance.started_at
    sent = iter(trace.sent)
    for record in trace.records:
        after = record.at - start
        if record.kind is RecordKind.ASKED and record.name in SENDERS:
            item = next(sent)
            text = item.text or _content(item.request, item.type)
            yield Utterance(side="company", after=after, text=mask_text(text), step=item.step, by=_channel(item.type))
        elif record.kind is RecordKind.ASKED:
            yield Utterance(side="between", after=after, text=mask_text(_request(record.value)), step=record.step)
        elif record.kind is RecordKind.RECEIVED or record.kind is RecordKind.UNCLAIMED:
            text, by = _said(record.value)
            yield Utterance(side="customer", after=after, text=mask_text(text), step=record.step, by=by)
        elif record.kind is RecordKind.SLEEPING and isinstance(record.value, datetime):
            span = write_duration(record.value - record.at)
            yield Utterance(side="between", after=after, text=f"waits {span}", step=record.step)
        elif record.kind is RecordKind.TIMED_OUT:
            yield Utterance(side="between", after=after, text="no answer in time", step=record.step)
        elif record.kind is RecordKind.FAULTED:
            yield Utterance(
                side="between", after=after, text=f"error: {mask_text(str(record.value))}", step=record.step
            )
        elif record.kind is RecordKind.FINISHED:
            yield Utterance(side="between", after=after, text=record.name)


def _trigger(data: Mapping[str, object]) -> Iterator[Utterance]:
    if "payload" in data and "eventType" in data:
        text, by = _said(data)
        yield Utterance(side="customer", after=timedelta(), text=mask_text(text), by=by)
    else:
        yield Utterance(side="between", after=timedelta(), text="started by a request")


def _said(webhook: object) -> tuple[str, str]:
    """What a webhook, or pressed keys, say, and how."""
    body = webhook if isinstance(webhook, Mapping) else {}
    pressed = _inside(body, "actionDetails").get("dtmf")
    if pressed is not None:
        return str(pressed), "keys"
    payload = _inside(body, "payload")
    text = payload.get("body", _inside(payload, "content").get("text"))
    channel = "sms" if body.get("namespace") == "SMS" else _inside(payload, "recipient").get("channel")
    said = text if isinstance(text, str) else f"({payload.get('type') or 'a message without text'})"
    return said, str(channel or "").lower()


def _inside(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = value.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _content(request: Mapping[str, object], kind: str) -> str:
    template = _inside(_inside(request, "content"), "template")
    if template:
        values = [text for text in _texts(template.get("components")) if text]
        return f"(template {template.get('name')}{': ' + ', '.join(values) if values else ''})"
    return "(hands over to an agent)" if kind == "SendToConverse" else "(a message without text)"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield str(value["text"])
        for item in value.values():
            if isinstance(item, list):
                yield from _texts(item)


def _channel(kind: str) -> str:
    return {"SMS": "sms", "ChatAppsMessage": "chat", "VoiceMessage": "call", "SendToConverse": "agent"}.get(kind, kind)


def _request(value: object) -> str:
    request = value if isinstance(value, Mapping) else {}
    return f"{request.get('method', 'a request')} {request.get('url', '')}".strip()
