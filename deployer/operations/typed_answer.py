"""What a person types as the answer to a request of a workflow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from deployer.engine.answers import http_answer
from deployer.engine.instance import Answer, Effect, Fault, Outcome, Unreachable
from deployer.record import record

REQUEST_COMMANDS: Mapping[str, str] = {
    "200 {JSON}": "status code and body of the answer; an empty line is 200 without a body",
    "/unreachable REASON": "nobody answers",
    "/fault MESSAGE": "the step fails",
}
"""What can be typed where an HTTP request waits for its answer."""


@record
class TypedAnswer:
    """An answer, for the engine and as a test case writes it."""

    outcome: Outcome
    written: dict[str, object]


def read_answer(effect: Effect, line: str) -> TypedAnswer | str:
    """The answer that a line gives, or what is wrong with it."""
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == "/fault":
        return TypedAnswer(outcome=Fault(message=rest or "fault"), written={"fault": rest or "fault"})
    if effect.type != "HttpRequest":
        values, objection = _json(line or "{}")
        if objection or not isinstance(values, dict):
            return objection or "what the step offers is a JSON object"
        return TypedAnswer(outcome=Answer(values=values), written=values)
    if word == "/unreachable":
        reason = rest or "no answer"
        return TypedAnswer(outcome=Unreachable(reason=reason), written={"unreachable": reason})
    return _http(line)


def _http(line: str) -> TypedAnswer | str:
    code, text = _CODE.fullmatch(line).groups()  # type: ignore[union-attr]  # both parts may be empty
    body, objection = _json(text)
    if objection:
        return objection
    if code is None and isinstance(body, int):
        return f"{body} is no status code: those are from 100 to 599"
    written: dict[str, object] = {"responseCode": int(code or 200)}
    if text:
        written["responseBody"] = body
    return TypedAnswer(outcome=http_answer(int(code or 200), body), written=written)


_CODE = re.compile(r"(?:([1-5]\d\d)\b)?\s*(.*)", re.DOTALL)


def _json(text: str) -> tuple[object, str]:
    """A body as typed, and why it cannot be one."""
    if not text:
        return None, ""
    try:
        return json.loads(text, parse_constant=_refuse), ""
    except (ValueError, RecursionError) as error:
        return None, f'no JSON: {error}; write such as 200 {{"id": 7}}'


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
