"""Durations as the platform reads them: `d.HH:mm:ss`, parsed by .NET's TimeSpan.

Sources: the API reference (`duration`, `timeout`) for the form and for a bare number of days;
https://learn.microsoft.com/dotnet/api/system.timespan.parse for what .NET makes of the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache

from deployer.record import record
from deployer.regex import regex

_CLOCK = regex(
    r"(?P<sign>-?)(?:(?P<days>[0-9]{1,12})\.)?"
    r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-9]{1,6})(?::(?P<seconds>[0-9]{1,6})(?P<fraction>\.[0-9]{1,7})?)?"
)
_FOUR_PARTS = regex(r"-?[0-9]{1,12}:[0-9]{1,6}:[0-9]{1,6}:[0-9]{1,6}(?:\.[0-9]{1,7})?")
_BARE = regex(r"-?[0-9]{1,12}")
_WORDS = regex(
    r"([0-9]{1,6})\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)", re.IGNORECASE
)
_ISO = regex(r"P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LONGEST_DAYS = 10_675_199
"""TimeSpan holds no more days."""


@record
class Verdict:
    """What is wrong with a duration, or suspicious about it."""

    message: str
    suggestion: str | None = None
    readable: bool = False
    """The platform reads it, though hardly as it was meant."""
    certain: bool = False
    """The suggestion can only be what was meant."""


@lru_cache(maxsize=1024)
def judge(text: str) -> Verdict | None:
    """What to say about a duration; None when it is plainly right."""
    if _BARE.fullmatch(text):
        return _bare(int(text))
    if _FOUR_PARTS.fullmatch(text):
        return _four_parts(text.replace(":", ".", 1))
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        meant = _meant(text)
        return Verdict(message="is not a duration; the form is d.HH:mm:ss", suggestion=meant, certain=meant is not None)
    if clock["sign"]:
        return Verdict(message="is negative; a duration counts forward")
    hours, minutes, seconds = (int(clock[name] or 0) for name in ("hours", "minutes", "seconds"))
    days = int(clock["days"] or 0)
    total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    if clock["seconds"] is not None and hours > 23 and clock["days"] is None and minutes <= 23 and seconds <= 59:
        return Verdict(
            message=f"means {_days_clock(hours, minutes, seconds)}, because its first number is over 23; "
            f'{count(hours, "hour")} are "{written(total)}"',
            suggestion=written(total),
            readable=True,
        )
    for unit, value, most in (("hours", hours, 23), ("minutes", minutes, 59), ("seconds", seconds, 59)):
        if value > most:
            # `90:00` may be minutes, and the suggestion has no fraction.
            certain = clock["seconds"] is not None and not clock["fraction"]
            return Verdict(message=f"has {unit} over {most}", suggestion=written(total), certain=certain)
    if days > _LONGEST_DAYS:
        return Verdict(message="has more days than the platform can count")
    if total == 0 and not (clock["fraction"] or "").strip(".0"):
        return Verdict(message="is no time at all", readable=True)
    if clock["seconds"] is None:
        # Half the people who write `1:30` think of minutes and seconds.
        return Verdict(
            message=f"means {_hours_clock(days, hours, minutes)}, because two numbers are hours and minutes",
            suggestion=written(total),
            readable=True,
        )
    return None


def _four_parts(dotted: str) -> Verdict:
    # .NET reads `1:02:03:04` as days, hours, minutes, seconds; the docs have a dot after the days.
    fault = judge(dotted)
    if fault is not None and not fault.readable:
        return fault
    return Verdict(
        message="has a colon after the days; the docs write a dot",
        suggestion=dotted,
        readable=True,
        certain=fault is None,
    )


def _bare(days: int) -> Verdict:
    if days < 0:
        return Verdict(message="is negative; a duration counts forward")
    if days == 0:
        return Verdict(message="is no time at all", readable=True)
    if days > _LONGEST_DAYS:
        return Verdict(message="has more days than the platform can count")
    return Verdict(
        message=f"means {count(days, 'day')}; {alternatives(days)}", suggestion=written(days * 86_400), readable=True
    )


def alternatives(number: int) -> str:
    """`2 minutes are "00:02:00", 2 hours "02:00:00"`: what a bare number may have been meant as."""
    (first, size), (second, other) = (
        (("second", 1), ("minute", 60)) if number > 59 else (("minute", 60), ("hour", 3_600))
    )
    verb = "is" if number == 1 else "are"
    return (
        f'{count(number, first)} {verb} "{written(number * size)}", {count(number, second)} "{written(number * other)}"'
    )


def _days_clock(days: int, hours: int, minutes: int) -> str:
    return _listed([count(days, "day"), *(count(n, unit) for n, unit in ((hours, "hour"), (minutes, "minute")) if n)])


def _hours_clock(days: int, hours: int, minutes: int) -> str:
    return _listed([count(n, unit) for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n])


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def written(seconds: int) -> str:
    """Seconds in the documented form: `1.06:30:15`, `00:02:00`."""
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3_600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}.{clock}" if days else clock


def count(number: int, unit: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _meant(text: str) -> str | None:
    """The documented form of `90s`, `2 hours` and `PT15M`."""
    words = _WORDS.fullmatch(text.strip())
    if words is not None:
        return written(int(words[1]) * _UNITS[words[2][0].lower()])
    iso = _ISO.fullmatch(text.strip().upper())
    if iso is not None and any(iso.groups()):
        sizes = (604_800, 86_400, 3_600, 60, 1)
        return written(sum(int(part or 0) * size for part, size in zip(iso.groups(), sizes, strict=True)))
    return None
