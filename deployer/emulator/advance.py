"""Takes one instance as far as it goes by itself, at its own pace. Imports the engine; nothing is stored here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from deployer.emulator.moments import micros, moment
from deployer.emulator.outbox import Canned, Message
from deployer.emulator.runs import Pace, Run
from deployer.emulator.service_entry import asked_by
from deployer.engine.answers import http_answer, usual_answer
from deployer.engine.engine import Engine, settle
from deployer.engine.instance import Answer, Effect, Fault, Instance, InstanceStatus, Outcome, Unreachable
from deployer.engine.records import Record, RecordKind
from deployer.engine.storage import read_instance
from deployer.engine.trace import SENDERS, read_sent

JsonObject = dict[str, object]


def read_json(text: str) -> JsonObject:
    """A stored JSON object; numbers that nobody can calculate with become infinite, which the engine refuses."""
    value: JsonObject = json.loads(text, parse_int=_whole)
    return value


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 100 else float(digits)


class Advance:
    """One piece of work on one instance. Afterwards `instance` and `own` say how far it came."""

    def __init__(
        self, engine: Engine, run: Run, *, pace: Pace, now: int, canned: Sequence[Canned], allow_http: bool
    ) -> None:
        self._engine = engine
        self._pace = pace
        self._canned = canned
        self._allow_http = allow_http
        self._limit = pace.own(run, now)
        self._fresh = run.state is None
        self.own = run.own
        """What the instance's clock shows, in microseconds."""
        self.sent: list[Message] = []
        self.before = self.instance = stored_instance(run) or _begun(engine, run)

    def work(self) -> None:
        """Do everything that is due, each thing at its own time, even if nobody looked for long."""
        for effect in self.instance.pending_effects:
            outcome = self._answer(effect)
            if outcome is not None:
                self.instance = settle(self.instance, effect.id, outcome)
        at = self.own if self._fresh else self._limit if self.instance.inbox else self._next()
        while at is not None:
            self.own = max(self.own, at)
            self.instance = self._engine.advance(self.instance, now=moment(self.own), answer=self._answer).instance
            at = self._next()
        self.own = max(self.own, self._limit) if not self.instance.ended else self.own

    @property
    def wake(self) -> int | None:
        """When the next wait ends."""
        wakes_at = self.instance.wakes_at
        return None if wakes_at is None else micros(wakes_at)

    @property
    def asleep(self) -> bool:
        """Whether that is a Wait, not a wait for somebody."""
        wakes_at = self.instance.wakes_at
        return wakes_at is not None and any(
            pointer.wake_at == wakes_at and pointer.awaited is None for pointer in self.instance.open
        )

    def _next(self) -> int | None:
        wake = self.wake
        if wake is None or wake <= self._limit or (self._pace.skips and self.asleep):
            return wake
        return None

    def _answer(self, effect: Effect) -> Outcome | None:
        outcome = self._outcome(effect)
        if effect.type in SENDERS and not isinstance(outcome, Fault | Unreachable):
            self.sent.append(_message(effect, self.own, outcome))
        return outcome

    def _outcome(self, effect: Effect) -> Outcome | None:
        http = effect.type == "HttpRequest"
        method, url = str(effect.request.get("method") or "GET"), str(effect.request.get("url") or "")
        for canned in self._canned:
            if canned.fits(step=effect.step, method=method, url=url if http else None):
                return _as_outcome(canned, effect)
        if http:
            return (
                None
                if self._allow_http or asked_by(effect.request) is not None
                else Fault(message=_not_sent(method, url))
            )
        return usual_answer(effect) or Fault(message=f"the emulator cannot run a {effect.type} step without an answer")


def stored_instance(run: Run) -> Instance | None:
    """The instance as the engine left it; None before its first step.

    Its status is the one that the API shows: commands change that one only.
    """
    if run.state is None:
        return None
    return replace(read_instance(read_json(run.state)), status=InstanceStatus(run.status))


def _begun(engine: Engine, run: Run) -> Instance:
    return engine.start(read_json(run.data), at=moment(run.own), seed=run.instance, instance_id=run.instance)


def _as_outcome(canned: Canned, effect: Effect) -> Outcome:
    content = json.loads(canned.content)
    if canned.kind == "fault":
        return Fault(message=content)
    if canned.kind == "unreachable":
        return Unreachable(reason=content)
    usual = http_answer(content.get("responseCode", 200)) if effect.type == "HttpRequest" else usual_answer(effect)
    return Answer(values={**(usual.values if usual is not None else {}), **content})


def _not_sent(method: str, url: str) -> str:
    """Without the query and whatever else an address may hold that is nobody's business."""
    try:
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    except ValueError:
        address = "an address that is none"
    return (
        f"{method} {address[:200]} was not sent: the emulator answers HTTP requests only as `POST /_emulator/answers`"
        " tells it, or sends them with the setting allow-http=true"
    )


def _message(effect: Effect, at: int, outcome: Outcome | None) -> Message:
    said = read_sent(
        Record(kind=RecordKind.ASKED, at=moment(at), step=effect.step, name=effect.type, value=effect.request)
    )
    request = json.dumps(dict(effect.request))
    umid = outcome.values.get("umid") if isinstance(outcome, Answer) else None
    return Message(step=said.step, type=said.type, recipient=said.to, text=said.text, request=request, at=at, umid=umid)
