"""Times: microseconds since 1970 in the database, ISO 8601 as the documents show it in answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970; a time without a zone counts as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def documented(when: datetime) -> str:
    """As in the documented answers, `2021-07-12T04:49:30.27Z`: hundredths, without trailing zeros."""
    utc = when.astimezone(UTC)
    fraction = f".{utc.microsecond // 10_000:02d}".rstrip("0").rstrip(".")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def documented_trigger(when: datetime) -> str:
    """`triggeredAt` is documented with seven digits: `2021-06-30T03:20:39.3857479Z`."""
    utc = when.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}0Z"
