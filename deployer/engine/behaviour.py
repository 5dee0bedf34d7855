"""What each step type does when it is reached. A new step type is one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from deployer.engine.clock import parse_duration
from deployer.engine.definition import Step, fields_of
from deployer.engine.failures import StepError
from deployer.engine.instance import Awaited
from deployer.engine.rendering import Fixed, Renderer
from deployer.engine.settings import EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Nothing to do but to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Run the steps in `do`, if the condition holds."""

    holds: bool
    source: str
    """The condition as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Go on at a time."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Await:
    """Go on with an event, or at a time without one."""

    awaited: Awaited
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Have something done outside."""

    type: str
    request: Mapping[str, object]


_DONE = Done()
Action = Done | Enter | Sleep | Await | Ask
_Inputs = Mapping[str, object]


def behave(step: Step, renderer: Renderer, settings: EngineSettings, now: datetime) -> Action:
    """Fill in a step's inputs and say what follows.

    Raises StepError when a script fails, a required input is empty, or a time span makes no sense.
    """
    if step.type == "If":
        return _if(step, renderer)
    rendered = renderer.render(step.inputs)
    inputs: _Inputs = rendered if isinstance(rendered, Mapping) else {}
    if settings.missing_input_is_fault:
        _check(step, inputs)
    decide = _BEHAVIOUR.get(step.type)
    return Ask(type=step.type, request=inputs) if decide is None else decide(inputs, settings, now)


_EMPTY = (None, "")


def _check(step: Step, inputs: _Inputs) -> None:
    for spellings in step.required:
        if inputs.get(spellings[0]) in _EMPTY and all(inputs.get(name) in _EMPTY for name in spellings):
            raise StepError(f"inputs.{spellings[0]} is empty")


def _if(step: Step, renderer: Renderer) -> Action:
    written = step.inputs.value if isinstance(step.inputs, Fixed) else None
    condition = fields_of(step.inputs).get("condition")
    if condition is None and isinstance(written, Mapping):
        condition = Fixed(value=written.get("condition"))
    if condition is None or (isinstance(condition, Fixed) and condition.value in (None, "")):
        raise StepError("inputs.condition is empty")
    return Enter(holds=renderer.holds(condition), source=_source(condition))


def _source(condition: object) -> str:
    if isinstance(condition, Fixed):
        return str(condition.value)
    template = getattr(condition, "template", None)
    if template is None:
        return ""
    return "".join(part if isinstance(part, str) else f"{{{{{part.source}}}}}" for part in template.parts)


def _branch(inputs: _Inputs, settings: EngineSettings, now: datetime) -> Action:
    del inputs, settings, now
    return _DONE


def _wait(inputs: _Inputs, settings: EngineSettings, now: datetime) -> Action:
    del settings
    return Sleep(until=_later(now, _span(inputs.get("duration"), "duration", timedelta())))


def _wait_for_reply(inputs: _Inputs, settings: EngineSettings, now: datetime) -> Action:
    awaited = Awaited(kind="reply", key=_text(inputs.get("from")), channel=_text(inputs.get("channel")))
    return Await(awaited=awaited, until=_later(now, _span(inputs.get("timeout"), "timeout", settings.reply_timeout)))


def _wait_for_dtmf(inputs: _Inputs, settings: EngineSettings, now: datetime) -> Action:
    awaited = Awaited(kind="dtmf", key=_text(inputs.get("dtmfRequestId") or inputs.get("correlationId")))
    return Await(awaited=awaited, until=_later(now, _span(inputs.get("timeout"), "timeout", settings.reply_timeout)))


def _http_request(inputs: _Inputs, settings: EngineSettings, now: datetime) -> Action:
    del now
    seconds = inputs.get("timeoutSeconds")
    if seconds is None:
        seconds = settings.http_timeout.total_seconds()
    return Ask(type="HttpRequest", request={**inputs, "timeoutSeconds": _seconds(seconds)})


_BEHAVIOUR: Mapping[str, Callable[[_Inputs, EngineSettings, datetime], Action]] = MappingProxyType(
    {
        "Branch": _branch,
        "Wait": _wait,
        "WaitForReply": _wait_for_reply,
        "WaitForDTMF": _wait_for_dtmf,
        "HttpRequest": _http_request,
    }
)
"""By canonical type. Every other type asks for something outside: SMS, calls, and types that we do not know."""


def _span(value: object, name: str, default: timedelta) -> timedelta:
    if value is None or value == "":
        return default
    try:
        return parse_duration(_text(value))
    except ValueError as error:
        raise StepError(f"inputs.{name}: {error}") from None


def _later(now: datetime, span: timedelta) -> datetime:
    try:
        return now + max(span, timedelta())
    except OverflowError:
        raise StepError("the wait ends after the year 9999") from None


def _seconds(value: object) -> float:
    try:
        seconds = float(_text(value))
    except ValueError:
        raise StepError(f'inputs.timeoutSeconds: "{_text(value)[:40]}" is no number of seconds') from None
    if not 0 < seconds < 86_400:
        raise StepError("inputs.timeoutSeconds is not between 0 and a day")
    return seconds


def _text(value: object) -> str:
    return "" if value is None else str(value)
