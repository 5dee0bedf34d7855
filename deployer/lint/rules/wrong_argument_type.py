"""Arguments that a function cannot work with."""

import re
from collections.abc import Callable, Mapping

from deployer.finding import Severity
from deployer.lint.countries import COUNTRIES_MEANT
from deployer.lint.expressions.catalogue import WEEKDAYS, fits
from deployer.lint.expressions.expression import CALLED, Argument
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, nearest, quoted
from deployer.regex import regex
from deployer.source.workflow import Workflow

_LOOSE_TIME = regex(r"([0-9]{1,2})(?:[:.h]([0-9]{2})(?:[:.]([0-9]{2}))?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
_NEVER = frozenset({"object", "array", "function", "null", "undefined"})
_WRONG: Mapping[str, frozenset[str]] = {
    "text": _NEVER | {"boolean"},
    "moment": _NEVER | {"boolean", "number"},
    "time of day": _NEVER | {"boolean", "number"},
    "weekday": _NEVER | {"boolean", "number"},
    "country": _NEVER | {"boolean", "number"},
    "time zone": _NEVER | {"boolean", "number"},
    "boolean": _NEVER | {"string", "number"},
}
"""The kinds of values that each kind of parameter cannot be."""
_WANTED: Mapping[str, str] = {
    "text": "a text",
    "moment": "a date or timestamp as text, such as data.payload.timestamp",
    "time of day": "a time of day as text, such as '09:00:00'",
    "weekday": "a day of the week as text, such as 'Monday'",
    "country": "a two-letter country code as text, such as 'SG'",
    "time zone": "a Windows time zone id as text, such as 'Singapore Standard Time'",
    "boolean": "true or false",
}


@rule(
    "wrong-argument-type",
    Severity.ERROR,
    why="""A time of day that is not `HH:mm:ss`, a day that does not exist or a country without its two-letter
    code makes the function fail, or never true. Only what is written out is checked.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "{{isDayOfWeek(data.payload.timestamp, 'Sonntag') ? 'Closed' : 'Hi'}}"
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "{{isDayOfWeek(data.payload.timestamp, 'Sunday') ? 'Closed' : 'Hi'}}"
""",
    mend="""Write times as `'09:00:00'`, days as `'Monday'`, countries as `'SG'`, all in quotes.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def wrong_argument_type(workflow: Workflow, context: Context) -> Problems:
    """Arguments that are written out are what the function takes."""
    for located in scripts_of(workflow).located:
        for call in located.expression.calls:
            function = context.functions.get(call.name)
            if function is None or call.spread or len(call.arguments) < function.least:
                continue
            for parameter, argument in zip(function.parameters, call.arguments, strict=False):
                judged = _judge(parameter.kind, argument)
                if judged is not None:
                    yield Problem(
                        located.place(argument.start, argument.end),
                        f"`{parameter.name}` of `{call.name}` {judged[0]}",
                        judged[1],
                    )


def _judge(kind: str, argument: Argument) -> tuple[str, str | None] | None:
    """What is wrong with an argument, and what to write instead."""
    if argument.kind in _WRONG.get(kind, ()):
        return f"takes {_WANTED[kind]}, not {CALLED[argument.kind]}", None
    check = _CHECKS.get(kind)
    if check is None or not isinstance(argument.value, str):
        return None
    return check(argument.value)


def _time(text: str) -> tuple[str, str | None] | None:
    if fits("time of day", text):
        return None
    meant = _time_meant(text.strip())
    tail = did_you_mean(meant)
    return f"is {quoted(text)}, and a time of day has the form HH:mm:ss{tail}", f"'{meant}'" if meant else None


def _time_meant(text: str) -> str | None:
    match = _LOOSE_TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(match[part] or 0) for part in (1, 2, 3))
    if match[4]:
        hours = hours % 12 + (12 if match[4][0].lower() == "p" else 0)
    if hours == 24 and minutes == seconds == 0:
        return "23:59:59"
    meant = f"{hours:02}:{minutes:02}:{seconds:02}"
    return meant if fits("time of day", meant) else None


def _weekday(text: str) -> tuple[str, str | None] | None:
    if fits("weekday", text):
        return None
    word = text.strip().lower()
    short = [day for day in WEEKDAYS if len(word) >= 2 and day.lower().startswith(word.rstrip("."))]
    near = short[0] if len(short) == 1 else nearest(text, WEEKDAYS)
    return (
        f"is {quoted(text)}, and a day of the week is its whole English name{did_you_mean(near)}",
        f"'{near}'" if near else None,
    )


def _country(text: str) -> tuple[str, str | None] | None:
    if fits("country", text):
        return None
    meant = COUNTRIES_MEANT.get(text.strip().upper())
    return (
        f"is {quoted(text)}, and a country is its two-letter code (ISO 3166-1){did_you_mean(meant)}",
        f"'{meant}'" if meant else None,
    )


_CHECKS: Mapping[str, Callable[[str], tuple[str, str | None] | None]] = {
    "time of day": _time,
    "weekday": _weekday,
    "country": _country,
}
