"""Dates that never come."""

import re
from datetime import datetime

from deployer.finding import Severity
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import quoted
from deployer.regex import regex
from deployer.source.workflow import Workflow

_FORM = regex(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[Tt](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?)?"
)
_EXAMPLE = "such as 2030-01-31T09:00:00Z"


@rule(
    "invalid-datetime",
    Severity.ERROR,
    why="""A date that does not exist, or that is no ISO 8601 date and time, is refused when the message should
    go, long after the deployment. Without a time zone the sending time depends on the clock of the
    platform; that is a warning.""",
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
        text: Thank you
        scheduled: "2030-02-30T09:00:00Z"
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
        text: Thank you
        scheduled: "2030-02-28T09:00:00Z"
""",
    mend="""Write date, time and zone: `2030-01-31T09:00:00Z` or `2030-01-31T09:00:00+08:00`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def invalid_datetime(workflow: Workflow, _: Context) -> Problems:
    """A point in time is an ISO 8601 date and time that exists, with its zone."""
    for field in literals(workflow, "datetime"):
        text, place = field.text, field.place
        match = _FORM.fullmatch(text)
        if match is None:
            spaced = _FORM.fullmatch(text.strip().replace(" ", "T", 1))
            suggestion = spaced[0] if spaced is not None and spaced["time"] else None
            yield Problem(place, f"{quoted(text)} is not an ISO 8601 date and time, {_EXAMPLE}", suggestion)
        elif not _exists(match):
            yield Problem(place, f"{quoted(text)} does not exist in the calendar or on the clock")
        elif match["time"] is None:
            message = f"{quoted(text)} has no time and no zone; write both, {_EXAMPLE}"
            yield Problem(place, message, None, Severity.WARNING)
        elif match["zone"] is None:
            message = f"{quoted(text)} has no time zone; add Z for UTC, or an offset such as +08:00"
            yield Problem(place, message, f"{text}Z", Severity.WARNING)


def _exists(match: re.Match[str]) -> bool:
    zone = (match["zone"] or "Z").upper().replace(":", "")
    zone = "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[3:] or '00'}"
    try:
        datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}{zone}")
    except ValueError:
        return False
    return True
