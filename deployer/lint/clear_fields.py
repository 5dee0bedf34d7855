"""The quick look at one step: a test for each step type, which says yes where no rule objects to a field.

A test is made of the type's JSON Schema (`gate.py`), in which stricter tests stand at the fields that rules look
at. What they say yes to is the common form of a value; whatever is rarer is left to the rules. A test is made
when a step of its type is first seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from deployer.lint.countries import COUNTRIES
from deployer.lint.documented import (
    CALL_PARAMETERS,
    CALL_RANGES,
    CHANNELS,
    CHAT_CONTENT,
    HOLE,
    INTERNATIONAL,
    JSON_TYPE,
    LONGEST_SPEECH,
    MOST_PARTS,
    MOST_SECONDS,
    PASSED_CHANNELS,
    SUB_ACCOUNT,
)
from deployer.lint.gate import Path, Test, compile_test, exactly
from deployer.lint.wording import dynamic
from deployer.regex import regex
from deployer.steps import StepType, find_step_type, step_schema

_MOST_REMEMBERED = 1024
"""Values of one kind. Numbers, accounts and durations occur again and again."""

_DURATION = regex(r"(?=.*[1-9])(?:[0-9]{1,6}\.)?(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9]")
_MOMENT = regex(
    r"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
_ADDRESS = regex(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,4})?(?:/[\w.~/?&=%#+,;:@!*()-]*)?", re.ASCII)
_PARTS = regex(
    rf"[\x00-\uffff]{{0,{MOST_PARTS * 67}}}|[A-Za-z0-9 \n\r@!\"#$%&'()*+,./:;<=>?_-]{{0,{MOST_PARTS * 153}}}"
)
"""A text that fits whatever its encoding, and one of the GSM alphabet alone."""
_SHORT = MOST_PARTS * (67 // 2)
"""Characters that fit, be each of them two units of UCS-2."""

_STEP: Mapping[Path, Test] = {("id",): exactly(str), ("nextStepId",): exactly(str), ("selectNextStep",): exactly(dict)}
"""What `clear_steps.py` looks at itself, where it has all steps before it."""


@lru_cache(_MOST_REMEMBERED)
def type_written(name: str) -> tuple[str, Test] | None:
    """The type that `stepType` names, whatever its case, and its test; None where no such type is known.

    The test says yes to a step when no rule objects to its fields.
    """
    found = find_step_type(name)
    return None if found is None else (found.name, _made(found, found.name == name))


def _made(found: StepType, spelled: bool) -> Test:
    instead = dict(_STEP)
    if spelled:
        instead[("stepType",)] = exactly(str)
    instead |= {tuple(path.split(".")): _text(_FORMS.get(kind, _never)) for path, kind in found.formats.items()}
    instead |= _FIELDS.get(found.name, {})
    each = compile_test(found.schema, instead)
    across = _TOGETHER.get(found.name)
    return each if across is None else lambda step: each(step) and across(step["inputs"])


def _never(_: object) -> bool:
    return False


def _text(test: Callable[[str], bool]) -> Test:
    """The test of a value that has to be a text."""
    return lambda value: value.__class__ is str and test(value)


def _form(form: re.Pattern[str]) -> Callable[[str], bool]:
    """Texts of one form, and those that are only known later."""
    return lru_cache(_MOST_REMEMBERED)(lambda text: form.fullmatch(text) is not None or dynamic(text))


def _country(text: str) -> bool:
    return text in COUNTRIES or dynamic(text)


def _address(text: str) -> bool:
    hole = HOLE.search(text)
    if hole is None:
        return _ADDRESS.fullmatch(text) is not None
    known = text[: hole.start()]
    return known in ("", "https://") or _ADDRESS.fullmatch(known) is not None


def _timeout(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return 1 <= value <= MOST_SECONDS
    return dynamic(value)


def _message(text: object) -> bool:
    return isinstance(text, str) and (len(text) <= _SHORT or _PARTS.fullmatch(text) is not None)


_PHONE = _form(INTERNATIONAL)

_FORMS: Mapping[str, Callable[[str], bool]] = {
    "sub-account-id": _form(SUB_ACCOUNT),
    "phone": _PHONE,
    "country": _country,
    "encoding": frozenset({"AUTO", "GSM7"}).__contains__,
    "datetime": _form(_MOMENT),
    "duration": _form(_DURATION),
    "url": _address,
}
"""By the kinds of texts that step types declare."""

_FIELDS: Mapping[str, Mapping[Path, Test]] = {
    "SMS": {("inputs", "text"): _message},
    "HttpRequest": {("inputs", "timeoutSeconds"): _timeout},
}
"""Fields of single step types that rules look at."""


def _request(inputs: Mapping[str, Any]) -> bool:
    headers = inputs.get("headers")
    if headers.__class__ is dict:
        for name, value in headers.items():
            if name.strip().lower() == "content-type" and value != JSON_TYPE and not _is_json(value):
                return False
    return True


def _is_json(value: object) -> bool:
    return isinstance(value, str) and (value.split(";", 1)[0].strip().lower() == JSON_TYPE or dynamic(value))


def _reply(inputs: Mapping[str, Any]) -> bool:
    channel = inputs["channel"]
    if channel.lower() == "sms":
        return _PHONE(inputs["from"])
    return channel.lower() in _CHANNELS or dynamic(channel)


_CHANNELS = frozenset(name.lower() for name in (*CHANNELS, *PASSED_CHANNELS))


def _chat(inputs: Mapping[str, Any]) -> bool:
    kind, content = inputs["type"], inputs["content"]
    if content.__class__ is str or dynamic(kind):
        return True
    return _filled(content, CHAT_CONTENT.get(kind.lower(), ()))


def _filled(values: Mapping[str, object], names: tuple[str, ...]) -> bool:
    for name in names:
        value = values.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return False
    return True


def _call(inputs: Mapping[str, Any]) -> bool:
    action, params = inputs["action"].lower(), inputs["params"]
    if params.__class__ is str:
        return True
    if action not in CALL_PARAMETERS or not (params.keys() <= _declared_parameters()):
        return False
    if not _filled(params, CALL_PARAMETERS[action]) or len(params.get("text", "")) > LONGEST_SPEECH:
        return False
    for name in params.keys() & CALL_RANGES.keys():
        value = params[name]
        if value.__class__ is bool or not (value in CALL_RANGES[name] or dynamic(value)):
            return False
    return action != "say&capture" or _captures(params)


def _captures(params: Mapping[str, Any]) -> bool:
    for least, most in (("minDigits", "maxDigits"), ("digitTimeout", "overallTimeout")):
        one, other = params.get(least, 0), params.get(most)
        if least in params and (other is None or (one.__class__ is int and other.__class__ is int and one > other)):
            return False
    return params.get("completeOnHash") is not False or "maxDigits" in params


@cache
def _declared_parameters() -> frozenset[str]:
    schema: Any = step_schema("VoiceMessage")
    return frozenset(schema["properties"]["inputs"]["properties"]["params"]["properties"])


_TOGETHER: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "HttpRequest": _request,
    "WaitForReply": _reply,
    "ChatAppsMessage": _chat,
    "VoiceMessage": _call,
}
"""Fields of `inputs` that rules look at together, once each of them is right by itself."""
