"""How people say "two days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from deployer.errors import ConfigurationError

_AGE = re.compile(r"([0-9]{1,6})\s*([smhdw])", re.IGNORECASE | re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_age(text: str, *, option: str) -> timedelta:
    """A span like `90s`, `30m`, `6h`, `2d` or `1w`. Raises ConfigurationError that names the option."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(
            f"{option} {text!r} is no span of time", hint="Write a number and s, m, h, d or w: 90s, 30m, 6h, 2d, 1w."
        )
    try:
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2].lower()])
    except OverflowError as error:
        raise ConfigurationError(f"{option} {text!r} is longer than any history") from error


def read_moment(text: str, *, now: datetime, option: str) -> datetime:
    """A moment: so long ago (`6h`), or ISO 8601, in UTC where it names no zone. Raises ConfigurationError."""
    try:
        if _AGE.fullmatch(text.strip()):
            return now - read_age(text, option=option)
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"{option} {text!r} is no time", hint="Write how long ago (6h, 2d), or a time like 2026-01-31T09:30:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    """A moment as the API reads it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
