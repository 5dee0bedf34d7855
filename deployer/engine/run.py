"""Runs one instance from start to end on a virtual clock: a wait of 30 days takes no time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from deployer.engine.answers import usual_answer
from deployer.engine.definition import Definition
from deployer.engine.engine import Engine, deliver, draw_uuid, resume, suspend, terminate
from deployer.engine.instance import Awaited, Effect, Event, Fault, Instance, Outcome, Pointer
from deployer.engine.messages import chat_webhook, dtmf_body, dtmf_event, message_event, sms_webhook
from deployer.engine.records import Record, RecordKind
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.trace import Trace
from deployer.engine.world import Command, Reply, World


def simulate(
    definition: Definition,
    data: Mapping[str, object],
    *,
    world: World,
    settings: EngineSettings,
    at: datetime,
    evaluator: Evaluator,
    seed: int = 0,
) -> Trace:
    """Run one instance until it ends, or until only somebody from outside could move it.

    `data` is the instance's first context (`engine.trigger_data` makes it from a payload). The same
    arguments give the same trace. Nothing leaves this machine unless `world.http` makes it so.
    """
    return _Simulation(Engine(definition, evaluator, settings), world, str(seed)).run(data, at)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Appointment:
    """Something of the world's that happens at a time."""

    at: datetime
    number: int
    """In the order in which they were made."""
    what: Command | tuple[Reply, Awaited] = field(compare=False)


class _Simulation:
    """One instance and its world."""

    def __init__(self, engine: Engine, world: World, seed: str) -> None:
        self._engine = engine
        self._world = world
        self._seed = seed
        self._records: list[Record] = []
        self._unmocked: list[Effect] = []
        self._calls: dict[str, int] = {}
        self._replies = list(world.replies)
        self._seen: set[str] = set()
        self._agenda: list[_Appointment] = []
        self._numbers = 0

    def run(self, data: Mapping[str, object], at: datetime) -> Trace:
        now = at
        instance = self._engine.start(data, at=at, seed=self._seed)
        for command in self._world.commands:
            self._plan(at + command.after, command)
        instance = self._advance(instance, now)
        while not instance.ended:
            moment = self._next(instance)
            if moment is None:
                break
            now = max(now, moment)
            instance = self._advance(self._keep_appointments(instance, now), now)
        return Trace(
            instance=instance,
            records=tuple(self._records),
            unmocked=tuple(self._unmocked),
            unused_mocks=tuple(name for name in self._world.mocks if name not in self._calls),
            unused_replies=len(self._replies),
            ended_at=now,
        )

    def _advance(self, instance: Instance, now: datetime) -> Instance:
        moved = self._engine.advance(instance, now=now, answer=self._answer, record=self._records.append).instance
        for pointer in moved.waiting:
            if pointer.id not in self._seen:
                self._seen.add(pointer.id)
                self._take_reply(pointer, now)
        return moved

    def _next(self, instance: Instance) -> datetime | None:
        moments = [moment for moment in (instance.wakes_at,) if moment is not None]
        moments += [self._agenda[0].at] if self._agenda else []
        return min(moments, default=None)

    def _plan(self, at: datetime, what: Command | tuple[Reply, Awaited]) -> None:
        heapq.heappush(self._agenda, _Appointment(at=at, number=self._numbers, what=what))
        self._numbers += 1

    def _take_reply(self, pointer: Pointer, now: datetime) -> None:
        """Each wait takes the first reply that is left and fits."""
        awaited = pointer.awaited
        for reply in self._replies:
            if awaited is not None and reply.kind == awaited.kind and reply.step in (None, pointer.step):
                self._replies.remove(reply)
                if not reply.silent:
                    self._plan(now + reply.after, (reply, awaited))
                return

    def _keep_appointments(self, instance: Instance, now: datetime) -> Instance:
        while self._agenda and self._agenda[0].at <= now:
            what = heapq.heappop(self._agenda).what
            instance = (
                self._command(instance, what, now) if isinstance(what, Command) else self._say(instance, *what, now)
            )
        return instance

    def _command(self, instance: Instance, command: Command, now: datetime) -> Instance:
        if command.action == "terminate":
            moved = terminate(instance, at=now)
        else:
            moved = suspend(instance) if command.action == "suspend" else resume(instance)
        self._records.append(Record(kind=RecordKind.FINISHED, at=now, name=moved.status.value))
        return moved

    def _say(self, instance: Instance, reply: Reply, awaited: Awaited, now: datetime) -> Instance:
        event = _event(reply, awaited, now, draw_uuid(self._seed, -len(self._records)))
        delivered = deliver(instance, event)
        if delivered is not None:
            return delivered
        record = Record(kind=RecordKind.UNCLAIMED, at=now, name=event.kind, value=event.body)
        self._records.append(record)
        return instance

    def _answer(self, effect: Effect) -> Outcome | None:
        for name in (effect.step, "*"):
            outcomes = self._world.mocks.get(name)
            if outcomes and (name != "*" or effect.type == "HttpRequest" or usual_answer(effect) is None):
                used = self._calls.get(name, 0)
                self._calls[name] = used + 1
                return outcomes[min(used, len(outcomes) - 1)]
        usual = usual_answer(effect)
        if usual is not None:
            return usual
        if self._world.http is not None and effect.type == "HttpRequest":
            return self._world.http(effect)
        self._unmocked.append(effect)
        return Fault(message=_unmocked(effect))


def _unmocked(effect: Effect) -> str:
    if effect.type != "HttpRequest":
        return f"a {effect.type} step can only be run with a mock for {effect.step}"
    method, url = effect.request.get("method"), effect.request.get("url")
    return f"no mock for this request: {method} {url}"


def _event(reply: Reply, awaited: Awaited, now: datetime, umid: str) -> Event:
    """The reply as the event that the waiting step expects, in the shape of its channel."""
    text, channel = reply.text or "", awaited.channel
    if reply.kind == "dtmf":
        body = dict(reply.body) if reply.body is not None else dtmf_body(request_id=awaited.key, digits=text, at=now)
        event = dtmf_event(body, at=now)
        return event if event.keys else Event(kind="dtmf", keys=(awaited.key,), body=body, at=now)
    if reply.body is not None:
        return message_event(dict(reply.body), at=now)
    if channel.lower() == "sms":
        return message_event(
            sms_webhook(sender=awaited.key, recipient="", text=text, at=now, umid=umid), at=now, channel=channel
        )
    webhook = chat_webhook(sender=awaited.key, text=text, at=now, umid=umid, channel=channel or "WhatsApp")
    return message_event(webhook, at=now, channel=channel)
