"""What `steps/functions` and `steps/timezones` list."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from deployer.emulator.exactjson import Json


def _parameter(name: str, example: Json, description: str, *, kind: str = "string") -> dict[str, Json]:
    return {
        "name": name,
        "type": kind,
        "required": True,
        "default": None,
        "example": example,
        "description": description,
    }


FUNCTIONS: tuple[dict[str, Json], ...] = (
    {
        "name": "isCountryCode",
        "description": "True if a phone number belongs to a country.",
        "parameters": [
            _parameter("phoneNumber", "+6591234567", "Phone number with its country calling code."),
            _parameter("countryCode", "SG", "Country code of two letters (ISO 3166-1)."),
        ],
        "example": "isCountryCode('+6591234567', 'SG')",
    },
    {
        "name": "stringContains",
        "description": "True if one text occurs in another.",
        "parameters": [
            _parameter("source", "Please call me", "The text to look in."),
            _parameter("value", "call", "The text to look for."),
            _parameter("ignoreCase", True, "Whether capital and small letters count as equal.", kind="boolean")
            | {"required": False, "default": False},
        ],
        "example": "stringContains('Please call me', 'CALL', true)",
    },
    {
        "name": "isTimeOfDayBetween",
        "description": "True if a moment lies between two times of day in a time zone, both ends included.",
        "parameters": [
            _parameter("timestamp", "2024-03-01T09:30:00Z", "The moment, in ISO 8601."),
            _parameter("from", "09:00:00", "First time of day that counts."),
            _parameter("to", "18:00:00", "Last time of day that counts."),
            _parameter("timezone", "Singapore Standard Time", "Time zone id, one that steps/timezones lists."),
        ],
        "example": "isTimeOfDayBetween('2024-03-01T09:30:00Z', '09:00:00', '18:00:00', 'Singapore Standard Time')",
    },
    {
        "name": "isDayOfWeek",
        "description": "True if a date falls on a day of the week.",
        "parameters": [
            _parameter("timestamp", "2024-03-01", "A date, or a date with a time."),
            _parameter("day", "Friday", "Name of the day, in capital or small letters."),
        ],
        "example": "isDayOfWeek('2024-03-01', 'friday')",
    },
    {
        "name": "uuid",
        "description": "A new random UUID.",
        "parameters": [],
        "example": "uuid()",
    },
)
"""The documented functions, in the documented shape."""


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Windows time-zone ids with a name each: region, city, and offset in winter, sorted by id."""
    from tzlocal.windows_tz import win_tz  # a table of 15 kB that only this answer needs

    return tuple((key, f"{win_tz[key].replace('_', ' ')} (UTC{_offset(win_tz[key])})") for key in sorted(win_tz))


def _offset(zone: str) -> str:
    """The zone's offset outside summer time, such as `+01:00`: the lesser of January's and July's."""
    offsets = (datetime(2024, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))
    seconds = int(min(offset or timedelta() for offset in offsets).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"
