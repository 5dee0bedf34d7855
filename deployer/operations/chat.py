"""A conversation with a workflow: what it says, what it waits for, what a person answers. No terminal in here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from deployer.engine.answers import usual_answer
from deployer.engine.clock import parse_duration, write_duration
from deployer.engine.engine import Engine, deliver, draw_uuid, resume, settle, suspend, terminate
from deployer.engine.failures import TransitionError
from deployer.engine.instance import Effect, Event, EventKind, InstanceStatus, Pointer
from deployer.engine.messages import chat_webhook, dtmf_body, dtmf_event, message_event, sms_webhook
from deployer.engine.records import Record
from deployer.engine.trace import Trace
from deployer.operations.staging import Scene
from deployer.operations.trail import Utterance, utterances
from deployer.operations.typed_answer import read_answer
from deployer.record import record
from deployer.source.credentials import mask

PromptKind = Literal["message", "keys", "request", "suspended"]

COMMANDS: Mapping[str, str] = {
    "/later SPAN": "let time pass, such as 00:05:00",
    "/keys DIGITS": "press keys, whatever is waited for",
    "/suspend": "suspend the instance",
    "/resume": "let it go on",
    "/terminate": "end it",
    "/quit": "end the conversation",
}
"""What can be typed besides an answer; an empty line stays silent until something happens."""


@record
class Prompt:
    """What the conversation waits for."""

    kind: PromptKind
    step: str = ""
    until: timedelta | None = None
    """When it stops waiting, from the start; None: never."""
    effect: Effect | None = None
    """The request to be answered; credentials masked."""


@record
class Turn:
    """What happened since the last line, and what comes next."""

    said: tuple[Utterance, ...]
    skipped: timedelta
    """Time that passed on the virtual clock."""
    prompt: Prompt | None
    """None: the conversation is over."""
    objection: str = ""
    """Why the line could not be taken; the prompt is the same as before."""


@dataclass(slots=True)
class _Wait:
    """One wait, and what became of it."""

    step: str
    kind: EventKind
    reply: dict[str, object] | None = None
    """As a test case writes it; None: silence."""


@record
class Recording:
    """What a test case needs to say so that the same happens again."""

    mocks: Mapping[str, list[dict[str, object]]] = field(repr=False)
    replies: tuple[Mapping[str, object], ...]
    commands: tuple[Mapping[str, object], ...]


class Talk:
    """One instance, talked to line by line."""

    def __init__(self, engine: Engine, scene: Scene) -> None:
        self._engine = engine
        self._scene = scene
        self._seed = str(scene.seed)
        self._now = self._said_until = scene.at
        self._instance = engine.start(scene.data, at=scene.at, seed=self._seed)
        self._records: list[Record] = []
        self._told = 0
        self._waits: dict[str, _Wait] = {}
        self._mocks: dict[str, list[dict[str, object]]] = {}
        self._commands: list[dict[str, object]] = []
        self._over = False

    @property
    def trace(self) -> Trace:
        """All that happened so far."""
        return self._trace(self._records)

    @property
    def recording(self) -> Recording:
        """What was answered so far."""
        waits = list(self._waits.values())
        while waits and waits[-1].reply is None:
            waits.pop()
        replies = tuple({"step": wait.step, **(wait.reply or {"silent": True})} for wait in waits)
        return Recording(mocks=self._mocks, replies=replies, commands=tuple(self._commands))

    def begin(self) -> Turn:
        """Run until somebody has to say something."""
        return self._go_on()

    def hear(self, line: str) -> Turn:
        """Take a line of the person's, and run until the next one is needed."""
        prompt = self._prompt()
        if prompt is None:
            return self._turn()
        objection = self._take(line.strip(), prompt)
        return self._turn(objection) if objection else self._go_on()

    def end(self) -> Turn:
        """Leave the conversation as it is."""
        self._over = True
        return self._turn()

    # Lines

    def _take(self, line: str, prompt: Prompt) -> str:
        """Act on a line; what is wrong with it, if anything."""
        word, _, rest = line.partition(" ")
        if word == "/quit":
            self._over = True
            return ""
        if word in ("/suspend", "/resume", "/terminate"):
            return self._command(word.removeprefix("/"))
        if prompt.kind == "request" and prompt.effect is not None:
            return self._answer(prompt.effect, line)
        if word == "/later":
            return self._later(rest.strip())
        if word == "/keys" or (prompt.kind == "keys" and line):
            return self._press(rest.strip() if word == "/keys" else line)
        if line.startswith("/"):
            return f"unknown command {word}; there are {', '.join(COMMANDS)}"
        if line:
            return self._reply(line)
        return self._wait()

    def _command(self, action: str) -> str:
        try:
            if action == "terminate":
                self._instance = terminate(self._instance, at=self._now)
            else:
                self._instance = suspend(self._instance) if action == "suspend" else resume(self._instance)
        except TransitionError as error:
            return str(error)
        self._commands.append({"after": write_duration(self._now - self._scene.at), "do": action})
        return ""

    def _answer(self, effect: Effect, line: str) -> str:
        typed = read_answer(effect, line)
        if isinstance(typed, str):
            return typed
        self._mocks.setdefault(effect.step, []).append(typed.written)
        self._instance = settle(self._instance, effect.id, typed.outcome)
        return ""

    def _later(self, text: str) -> str:
        try:
            span = parse_duration(text)
        except ValueError as error:
            return str(error)
        if span < timedelta() or span > timedelta(days=36_500):
            return "time can only pass forwards, and not for more than a hundred years"
        target = self._now + span
        while (moment := self._instance.wakes_at) is not None and moment <= target and not self._instance.ended:
            self._now = max(self._now, moment)
            self._advance()
            if self._instance.pending_effects:
                return ""  # a request wants its answer first; what is left of the time has not passed
        self._now = target
        return ""

    def _wait(self) -> str:
        moment = self._instance.wakes_at
        if moment is None:
            return "nothing happens by itself here: answer, /resume or /quit"
        self._now = max(self._now, moment)
        return ""

    def _press(self, digits: str) -> str:
        if not re.fullmatch(r"[0-9*#A-D]+", digits):
            return "keys are digits, * and #"
        pointer = self._waiting("dtmf")
        if pointer is None or pointer.awaited is None:
            return "nothing waits for keys now"
        body = dtmf_body(request_id=pointer.awaited.key, digits=digits, at=self._now)
        event = dtmf_event(body, at=self._now)
        event = event if event.keys else Event(kind="dtmf", keys=(pointer.awaited.key,), body=body, at=self._now)
        return self._deliver(pointer, event, {"dtmf": digits})

    def _reply(self, text: str) -> str:
        pointer = self._waiting("reply")
        if pointer is None or pointer.awaited is None:
            return "nothing waits for a message now"
        key, channel = pointer.awaited.key, pointer.awaited.channel
        umid = draw_uuid(self._seed, -2 - len(self._records))
        if channel.lower() == "sms":
            webhook = sms_webhook(sender=key, recipient="", text=text, at=self._now, umid=umid)
        else:
            webhook = chat_webhook(sender=key, text=text, at=self._now, umid=umid, channel=channel or "WhatsApp")
        return self._deliver(pointer, message_event(webhook, at=self._now, channel=channel), {"text": text})

    def _deliver(self, pointer: Pointer, event: Event, written: dict[str, object]) -> str:
        delivered = deliver(self._instance, event)
        if delivered is None:
            return "it stopped waiting at this very moment"
        self._instance = delivered
        after = self._now - (pointer.started_at or self._now)
        self._waits[pointer.id].reply = {"after": write_duration(after), **written}
        return ""

    def _waiting(self, kind: EventKind) -> Pointer | None:
        heard = {pointer_id for pointer_id, wait in self._waits.items() if wait.reply is not None}
        return next(
            (item for item in self._instance.waiting
             if item.awaited is not None and item.awaited.kind == kind and item.id not in heard),
            None,
        )  # fmt: skip

    # Running

    def _go_on(self) -> Turn:
        while not self._over:
            self._advance()
            if self._prompt() is not None or self._instance.wakes_at is None:
                break
            self._now = max(self._now, self._instance.wakes_at)
        return self._turn()

    def _advance(self) -> None:
        progress = self._engine.advance(self._instance, now=self._now, answer=usual_answer, record=self._records.append)
        self._instance = progress.instance
        for pointer in self._instance.waiting:
            if pointer.awaited is not None and pointer.id not in self._waits:
                self._waits[pointer.id] = _Wait(step=pointer.step, kind=pointer.awaited.kind)

    def _prompt(self) -> Prompt | None:
        instance = self._instance
        if self._over or instance.ended:
            return None
        effects = instance.pending_effects
        if effects:
            request = mask(effects[0].request)
            effect = Effect(id=effects[0].id, step=effects[0].step, type=effects[0].type,
                            request=request if isinstance(request, Mapping) else {})  # fmt: skip
            return Prompt(kind="request", step=effect.step, effect=effect)
        pointer = self._waiting("reply") or self._waiting("dtmf")
        if pointer is not None and pointer.awaited is not None:
            until = None if pointer.wake_at is None else pointer.wake_at - self._scene.at
            return Prompt(kind="message" if pointer.awaited.kind == "reply" else "keys", step=pointer.step, until=until)
        return Prompt(kind="suspended") if instance.status is InstanceStatus.SUSPENDED else None

    def _turn(self, objection: str = "") -> Turn:
        new = self._records[self._told :]
        self._told = len(self._records)
        skipped = self._now - self._said_until
        self._said_until = self._now
        return Turn(
            said=tuple(utterances(self._trace(new))), skipped=skipped, prompt=self._prompt(), objection=objection
        )

    def _trace(self, records: list[Record]) -> Trace:
        return Trace(
            instance=self._instance, records=tuple(records), unmocked=(), unused_mocks=(), unused_replies=0,
            ended_at=self._now,
        )  # fmt: skip


Ask = Callable[[Prompt], str | None]
"""Gives a person's line; None when they leave."""
Tell = Callable[[Turn], None]


def converse(talk: Talk, tell: Tell, ask: Ask) -> Trace:
    """Talk until the instance ends or the person leaves."""
    turn = talk.begin()
    tell(turn)
    while turn.prompt is not None:
        line = ask(turn.prompt)
        turn = talk.end() if line is None else talk.hear(line)
        tell(turn)
    return talk.trace
