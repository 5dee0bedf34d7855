"""What scripts can call and name: the platform's functions, JavaScript's globals, the time zones.

Sources: https://developer.8x8.com/connect/reference/context-scripting and
https://developer.8x8.com/connect/reference/get-functions (functions),
https://developer.8x8.com/connect/reference/get-timezones (time zones: Windows ids),
https://tc39.es/ecma262/#sec-global-object (globals, ES2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from deployer.lint.countries import COUNTRIES
from deployer.record import record
from deployer.regex import regex


@record
class Parameter:
    """One parameter of a function."""

    name: str
    kind: str
    """What it takes: `text`, `moment`, `time of day`, `weekday`, `country`, `time zone`, `boolean`, or
    `anything` for functions that only an account's own list knows."""
    required: bool = True
    default: str = ""
    """As JavaScript writes it, for one that can be left out."""


@record
class Function:
    """A function that the platform adds to JavaScript."""

    name: str
    parameters: tuple[Parameter, ...]
    example: str

    @property
    def least(self) -> int:
        """Arguments that it needs."""
        return sum(parameter.required for parameter in self.parameters)

    @property
    def signature(self) -> str:
        """`stringContains(source, value, ignoreCase = false)`."""
        written = (p.name if p.required else f"{p.name} = {p.default}" for p in self.parameters)
        return f"{self.name}({', '.join(written)})"


def _function(name: str, example: str, **parameters: str) -> Function:
    return Function(
        name=name, example=example, parameters=tuple(Parameter(name=key, kind=kind) for key, kind in parameters.items())
    )


_BUILT_IN = (
    _function("isCountryCode", "isCountryCode('+6512345678', 'SG')", phoneNumber="text", countryCode="country"),
    Function(
        name="stringContains",
        example="stringContains(data.payload.body, 'stop', true)",
        parameters=(
            Parameter(name="source", kind="text"),
            Parameter(name="value", kind="text"),
            Parameter(name="ignoreCase", kind="boolean", required=False, default="false"),
        ),
    ),
    _function(
        "isTimeOfDayBetween",
        "isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Singapore Standard Time')",
        timestamp="moment",
        start="time of day",
        end="time of day",
        timeZone="time zone",
    ),
    _function("isDayOfWeek", "isDayOfWeek(data.payload.timestamp, 'Monday')", timestamp="moment", day="weekday"),
    _function("uuid", "uuid()"),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _BUILT_IN})
"""The functions that every account has, by name."""

_GLOBAL_FUNCTIONS = """
    parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape eval
    Number String Boolean Array Object Date RegExp Symbol BigInt Function Map Set WeakMap WeakSet WeakRef Promise Proxy
    Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError FinalizationRegistry
    ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array
    Uint32Array BigInt64Array BigUint64Array Float32Array Float64Array
    """

GLOBAL_FUNCTIONS = frozenset(_GLOBAL_FUNCTIONS.split())
"""What JavaScript itself offers to call."""

GLOBALS = GLOBAL_FUNCTIONS | {
    "undefined",
    "NaN",
    "Infinity",
    "globalThis",
    "Math",
    "JSON",
    "Reflect",
    "Atomics",
    "Intl",
}
"""Every standard name."""

MEANT = MappingProxyType(
    {
        "True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "None": "null", "NULL": "null",
        "Null": "null", "nil": "null", "none": "null", "steps": "step", "context": "data", "math": "Math",
        "json": "JSON", "Data": "data", "Step": "step", "date": "Date",
    }
)  # fmt: skip
"""Names that other languages have for what JavaScript has too."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TIME = regex(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


@cache
def time_zones() -> Mapping[str, str]:
    """Windows time zone ids, as the platform takes them, to IANA names."""
    from tzlocal.windows_tz import win_tz  # needed only where a time zone is written out

    return MappingProxyType(dict(win_tz))


@cache
def _by_other_name() -> Mapping[str, str]:
    zones = time_zones()
    return {**{iana.lower(): windows for windows, iana in zones.items()}, **{name.lower(): name for name in zones}}


def time_zone(name: str) -> str | None:
    """The Windows id for a Windows id in any case, or for an IANA name; None for neither."""
    found = _by_other_name().get(name.strip().lower())
    if found is not None:
        return found
    from tzlocal.windows_tz import tz_win

    return tz_win.get(name.strip())


def fits(kind: str, text: str) -> bool:
    """Whether a text that is written out is what a parameter of this kind takes."""
    if kind == "time of day":
        return _TIME.fullmatch(text) is not None
    if kind == "weekday":
        return text.strip().lower() in (day.lower() for day in WEEKDAYS)
    if kind == "country":
        return text.strip().upper() in COUNTRIES
    if kind == "time zone":
        same = time_zone(text)
        return same is not None and same.lower() == text.strip().lower()
    return kind != "boolean"
