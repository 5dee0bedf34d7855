"""Time as the platform writes it: time spans in .NET's notation, and ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

_DAYS = re.compile(r"(?P<sign>-?)(?P<days>\d{1,8})", re.ASCII)
_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})[.:])??(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})(?::(?P<seconds>\d{1,2})(?:\.(?P<ticks>\d{1,7}))?)?",
    re.ASCII,
)
_DAYS_FIRST = re.compile(r"(?P<sign>-?)(?P<days>\d{1,8}):(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})", re.ASCII)
_LONGEST_DAYS = 10_675_199  # TimeSpan.MaxValue


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> timedelta:
    """Read `d.HH:mm:ss` as .NET's TimeSpan does: `2` is two days, `24:00:00` is 24 *days*.

    The platform documents the form and that a bare number is days; the rest is how .NET reads it.

    Raises ValueError with a message that a user can act on.
    """
    trimmed = text.strip()
    for pattern in (_DAYS, _SPAN, _DAYS_FIRST):
        match = pattern.fullmatch(trimmed)
        span = _span(match) if match else None
        if span is not None:
            return span
    raise ValueError(f'"{trimmed[:40]}" is no time span; write d.HH:mm:ss, such as 1.06:30:00 or 00:05:00')


def _span(match: re.Match[str]) -> timedelta | None:
    """The span, or None when a part is out of its range: .NET then tries its next form."""
    parts = match.groupdict()
    days, hours, minutes, seconds = (int(parts.get(name) or 0) for name in ("days", "hours", "minutes", "seconds"))
    if days > _LONGEST_DAYS or hours > 23 or minutes > 59 or seconds > 59:
        return None
    micros = int((parts.get("ticks") or "").ljust(7, "0")) // 10
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    return -span if parts["sign"] else span


def write_duration(span: timedelta) -> str:
    """The same notation, in its shortest exact form: `00:00:30`, `30.00:00:00`."""
    sign, span = ("-", -span) if span < timedelta() else ("", span)
    minutes, seconds = divmod(span.seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    fraction = f".{span.microseconds:06}0" if span.microseconds else ""
    return f"{sign}{span.days}.{text}{fraction}" if span.days else f"{sign}{text}{fraction}"


def write_time(moment: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds, as the API writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """A date or a time in a standard format: ISO 8601, RFC 1123, `2021/05/25`, `05/25/2021`.

    Without an offset it is UTC; an offset is kept.

    Raises ValueError.
    """
    trimmed = text.strip()
    moment = _parsed(trimmed) if len(trimmed) <= 64 and trimmed.isascii() else None
    if moment is None:
        raise ValueError(f'"{trimmed[:40]}" is no date or time; ISO 8601 is understood: 2026-03-02T21:00:00+07:00')
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_FORMATS = tuple(f"{date}{time}" for date in ("%Y/%m/%d", "%m/%d/%Y") for time in ("", " %H:%M", " %H:%M:%S"))
"""What .NET's invariant culture reads beside ISO 8601: the year first, or the month."""


def _parsed(text: str) -> datetime | None:
    if "/" in text:
        readings = (_or_none(partial(datetime.strptime, text, form)) for form in _FORMATS)
        return next((moment for moment in readings if moment is not None), None)
    return _or_none(partial(_from_words if "," in text else datetime.fromisoformat, text))


def _from_words(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # a dozen modules, for a form that few write

    return parsedate_to_datetime(text)


def _or_none(read: Callable[[], datetime]) -> datetime | None:
    try:
        return read()
    except ValueError:
        return None
