"""The functions that the platform adds to JavaScript, with their documented meaning.

The account's own lists of functions and time zones come from the API (`steps/functions`,
`steps/timezones`); these are the five that the vendor's pages and real definitions use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from difflib import get_close_matches
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from deployer.engine.clock import parse_timestamp
from deployer.engine.failures import ScriptError
from deployer.engine.settings import ScriptSettings

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?", re.ASCII)


def is_country_code(settings: ScriptSettings, phone: object, country: object) -> bool:
    """`isCountryCode(phone, 'SG')`: whether a number belongs to a country, with or without its `+`.

    Regions that share a calling code (`US` and `CA`, `GB` and `GG`) are one here: the number alone
    often cannot tell them apart. What is no number belongs nowhere.
    """
    del settings
    if not isinstance(phone, str | int) or isinstance(phone, bool) or not isinstance(country, str):
        return False
    return _has_calling_code(str(phone)[:64], country.strip().upper()[:8])


@lru_cache(maxsize=4096)
def _has_calling_code(phone: str, region: str) -> bool:
    from phonenumbers import NumberParseException, country_code_for_region, parse  # 60 ms to import

    digits = phone.strip()
    try:
        number = parse(digits if digits.startswith("+") else f"+{digits}", None)
    except NumberParseException:
        return False
    code = country_code_for_region(region)
    return code != 0 and number.country_code == code


def string_contains(settings: ScriptSettings, source: object, value: object, ignore_case: object = False) -> bool:
    """`stringContains(source, value, ignoreCase = false)`. Nothing contains nothing: null gives false."""
    del settings
    if source is None or value is None:
        return False
    text, part = _text(source), _text(value)
    return part.upper() in text.upper() if ignore_case else part in text


def is_time_of_day_between(settings: ScriptSettings, moment: object, start: object, end: object, zone: object) -> bool:
    """`isTimeOfDayBetween(timestamp, '09:00:00', '18:00:00', 'SE Asia Standard Time')`, both ends included.

    The zone is a Windows time zone id. A start after the end is a window over midnight, if the
    settings have it so.
    """
    local = _moment("isTimeOfDayBetween", moment).astimezone(_zone(zone)).time()
    first, last = _time_of_day(start), _time_of_day(end)
    if first <= last:
        return first <= local <= last
    return settings.overnight_windows and (local >= first or local <= last)


def is_day_of_week(settings: ScriptSettings, date: object, day: object) -> bool:
    """`isDayOfWeek('2021-05-25', 'Tuesday')`: the day as the timestamp writes it, in its own offset."""
    del settings
    wanted = _text(day).strip().lower()
    if wanted not in DAYS:
        near = get_close_matches(wanted[:20], DAYS, 1)
        hint = f'; did you mean "{near[0].capitalize()}"?' if near else ""
        raise ScriptError(f'isDayOfWeek: "{_text(day)[:40]}" is no day of the week{hint}')
    return DAYS[_moment("isDayOfWeek", date).weekday()] == wanted


Function = Callable[..., object]

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "isCountryCode": is_country_code,
        "stringContains": string_contains,
        "isTimeOfDayBetween": is_time_of_day_between,
        "isDayOfWeek": is_day_of_week,
    }
)
"""By their name in scripts. `uuid()` is not here: what it gives depends on the instance."""

_ARGUMENTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"isCountryCode": (2, 2), "stringContains": (2, 3), "isTimeOfDayBetween": (4, 4), "isDayOfWeek": (2, 2)}
)
"""How many each takes, at least and at most."""


def call_function(settings: ScriptSettings, name: str, arguments: Sequence[object]) -> object:
    """Call one of `FUNCTIONS` by name.

    Raises ScriptError, naming the function, for arguments that it cannot work with.
    """
    least, most = _ARGUMENTS[name]
    if len(arguments) < least:
        raise ScriptError(f"{name} takes {least} arguments, not {len(arguments)}")
    # JavaScript drops arguments that a function does not name.
    return FUNCTIONS[name](settings, *arguments[:most])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _moment(function: str, value: object) -> datetime:
    if not isinstance(value, str):
        raise ScriptError(f"{function}: the timestamp is no text")
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise ScriptError(f"{function}: {error}") from None


def _time_of_day(value: object) -> time:
    match = _TIME_OF_DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ScriptError(
            f'isTimeOfDayBetween: "{_text(value)[:40]}" is no time of day; write HH:mm:ss, such as 09:00:00'
        )
    return time(int(match[1]), int(match[2]), int(match[3] or 0))


@cache
def time_zones() -> Mapping[str, str]:
    """Windows time zone ids, as the platform uses them, to IANA names."""
    from tzlocal.windows_tz import win_tz  # needed by one function only

    return MappingProxyType(dict(win_tz))


@cache
def _zones_by_lower_name() -> Mapping[str, str]:
    return {name.lower(): iana for name, iana in time_zones().items()}


def _zone(value: object) -> ZoneInfo:
    name = _text(value)[:80]
    iana = _zones_by_lower_name().get(name.lower())
    if iana is None:
        raise ScriptError(f'isTimeOfDayBetween: "{name}" is no Windows time zone id{_zone_hint(name)}')
    return ZoneInfo(iana)


def _zone_hint(name: str) -> str:
    from tzlocal.windows_tz import tz_win

    same = tz_win.get(name)  # an IANA name has its Windows id
    near = [same] if same else get_close_matches(name, time_zones(), 1)
    return f'; did you mean "{near[0]}"?' if near else ""
