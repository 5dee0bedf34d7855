"""From a case of a test file to what the engine runs: the time, the trigger's data, and the world around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from deployer.engine.answers import http_answer
from deployer.engine.clock import parse_duration, parse_timestamp
from deployer.engine.definition import Definition
from deployer.engine.engine import draw_uuid, trigger_data
from deployer.engine.instance import Answer, Effect, EventKind, Fault, Outcome, Unreachable
from deployer.engine.messages import chat_webhook, sms_webhook
from deployer.engine.settings import EngineSettings
from deployer.engine.world import Command, Reply, World
from deployer.record import record

Body = Mapping[str, object]
Http = Callable[[Effect], Outcome]

USUAL_TIME = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When a case happens that does not say when: a Monday."""


class CannotStage(Exception):  # no error of the program: the case that cannot be run is reported as such
    """A case says something that no run can begin with."""


@record
class Account:
    """Whose workflow runs."""

    account_id: str
    sub_account_id: str | None


@record
class Scene:
    """All that a run begins with."""

    at: datetime
    data: Body = field(repr=False)
    world: World = field(repr=False)
    settings: EngineSettings
    seed: int


def stage(body: Body, definition: Definition, account: Account, *, http: Http | None = None) -> Scene:
    """Read a case's body, its rows, fixtures and variables put in. Raises CannotStage."""
    at = _time(body.get("at"))
    seed = body.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise CannotStage("`seed` must be a whole number")
    payload = trigger_payload(body.get("trigger"), at, str(seed))
    return Scene(
        at=at,
        data=trigger_data(payload, account_id=account.account_id, sub_account_id=account.sub_account_id, at=at),
        world=World(
            mocks={name: _outcomes(name, written, definition) for name, written in _mapping(body, "mocks").items()},
            replies=tuple(_reply(item, index, definition) for index, item in enumerate(_list(body, "replies"))),
            commands=tuple(_command(item, index) for index, item in enumerate(_list(body, "commands"))),
            http=http,
        ),
        settings=_settings(_mapping(body, "engine")),
        seed=seed,
    )


def trigger_payload(written: object, at: datetime, seed: str) -> Body:
    """What comes in, in the documented shape of the trigger's kind. Raises CannotStage."""
    trigger = written if isinstance(written, Mapping) else {}
    kinds = [kind for kind in ("sms", "chat", "http", "payload") if kind in trigger]
    if len(kinds) != 1:
        raise CannotStage("a trigger is one of `sms`, `chat`, `http` and `payload`")
    kind = kinds[0]
    content = _mapping(trigger, kind)
    # A number that no step of the run draws: the run's own start at 0.
    umid = draw_uuid(seed, -1)
    if kind == "sms":
        return sms_webhook(
            sender=_text(content, "from"), recipient=_text(content, "to"), text=_text(content, "text"), at=at, umid=umid
        )
    if kind == "chat":
        return chat_webhook(
            sender=_text(content, "from"), text=_text(content, "text"), at=at, umid=umid,
            channel=_text(content, "channel") or "WhatsApp", name=_text(content, "name") or None,
        )  # fmt: skip
    return content


def _outcomes(name: str, written: object, definition: Definition) -> tuple[Outcome, ...]:
    step = definition.steps.get(name)
    outcomes = written if isinstance(written, list) else [written]
    if not outcomes:
        raise CannotStage(f"mocks.{name}: the list is empty")
    return tuple(_outcome(item, f"mocks.{name}", http=name == "*" or (step is not None and step.type == "HttpRequest"))
                 for item in outcomes)  # fmt: skip


def _outcome(written: object, where: str, *, http: bool) -> Outcome:
    if not isinstance(written, Mapping):
        raise CannotStage(f"{where} must be a mapping")
    for key, failure in (
        ("fault", lambda text: Fault(message=text)),
        ("unreachable", lambda text: Unreachable(reason=text)),
    ):
        if key in written:
            return failure(_text(written, key))
    if not http:
        return Answer(values=dict(written))
    code = written.get("responseCode", 200)
    if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 599:
        raise CannotStage(f"{where}: `responseCode` must be a status code from 100 to 599")
    reason = written.get("reasonPhrase")
    return http_answer(code, written.get("responseBody"), None if reason is None else str(reason))


_KINDS: Mapping[str, EventKind] = {"WaitForReply": "reply", "WaitForDTMF": "dtmf"}


def _reply(written: object, index: int, definition: Definition) -> Reply:
    where = f"replies[{index}]"
    if not isinstance(written, Mapping):
        raise CannotStage(f"{where} must be a mapping")
    said = [key for key in ("text", "dtmf", "payload", "silent") if key in written]
    if len(said) != 1:
        raise CannotStage(f"{where} is one of `text`, `dtmf`, `payload` and `silent`")
    step = written.get("step")
    return Reply(
        kind=_reply_kind(said[0], step, definition),
        after=_span(written.get("after", "00:00:00"), f"{where}.after"),
        text=_text(written, said[0]) if said[0] in ("text", "dtmf") else None,
        body=_mapping(written, "payload") if said[0] == "payload" else None,
        step=None if step is None else str(step),
    )


def _reply_kind(said: str, step: object, definition: Definition) -> EventKind:
    """Of keys and texts as they say; of what may be both, that of the step, or the only one that the workflow has."""
    if said in ("text", "dtmf"):
        return "dtmf" if said == "dtmf" else "reply"
    named = definition.steps.get(str(step))
    if named is not None:
        return _KINDS.get(named.type, "reply")
    kinds = {_KINDS[item.type] for item in definition.steps.values() if item.type in _KINDS}
    return "dtmf" if kinds == {"dtmf"} else "reply"


def _command(written: object, index: int) -> Command:
    where = f"commands[{index}]"
    if not isinstance(written, Mapping):
        raise CannotStage(f"{where} must be a mapping")
    action = written.get("do")
    if action not in ("suspend", "resume", "terminate"):
        raise CannotStage(f"{where}.do must be suspend, resume or terminate")
    after = _span(written.get("after"), f"{where}.after")
    return Command(action=cast("Literal['suspend', 'resume', 'terminate']", action), after=after)


def _settings(written: Body) -> EngineSettings:
    allowed: Mapping[str, tuple[object, ...]] = {
        "besideNextStep": ("ignore", "follow"),
        "stepInSelectors": (True, False),
        "nestedSteps": ("any", "if"),
        "missingInputIsFault": (True, False),
        "connectionFailure": ("fault", "answer"),
        "replyGoesTo": ("all", "first"),
    }
    for name, value in written.items():
        legal = allowed.get(name, ())
        if not any(value is item or (isinstance(item, str) and value == item) for item in legal):
            raise CannotStage(f"engine.{name} cannot be {str(value)[:40]!r}")
    chosen = {_snake(name): value for name, value in written.items()}
    return EngineSettings(**chosen)  # type: ignore[arg-type]  # names and values were compared with the list above


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _time(written: object) -> datetime:
    if written is None:
        return USUAL_TIME
    try:
        return parse_timestamp(str(written))
    except ValueError as error:
        raise CannotStage(f"at: {error}") from None


def _span(written: object, where: str) -> timedelta:
    try:
        span = parse_duration(str(written))
    except ValueError as error:
        raise CannotStage(f"{where}: {error}") from None
    if span < timedelta():
        raise CannotStage(f"{where} lies in the past")
    return span


def _text(written: Body, key: str) -> str:
    value = written.get(key)
    if isinstance(value, Mapping | list | bool | float):
        raise CannotStage(f"`{key}` must be a text")
    return "" if value is None else str(value)


def _mapping(written: Body, key: str) -> Body:
    value = written.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise CannotStage(f"`{key}` must be a mapping")
    return value or {}


def _list(written: Body, key: str) -> Sequence[object]:
    value = written.get(key)
    if value is not None and not isinstance(value, list):
        raise CannotStage(f"`{key}` must be a list")
    return value or []
