"""Time spans in .NET's notation, and timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.engine.clock import parse_duration, parse_timestamp, write_duration, write_time


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1.6:30:15", timedelta(days=1, hours=6, minutes=30, seconds=15)),
        ("1.00:00:00", timedelta(days=1)),
        ("2", timedelta(days=2)),
        ("90", timedelta(days=90)),
        ("00:00:30", timedelta(seconds=30)),
        ("00:05", timedelta(minutes=5)),
        ("24:00:00", timedelta(days=24)),
        ("23:59:59", timedelta(hours=23, minutes=59, seconds=59)),
        ("1:02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00:00:00.5000000", timedelta(milliseconds=500)),
        ("-00:00:01", -timedelta(seconds=1)),
        (" 00:01:00 ", timedelta(minutes=1)),
    ],
)
def test_a_time_span_is_read_as_dotnet_reads_it(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@pytest.mark.parametrize(
    "text",
    ["", "soon", "00:60:00", "00:00:60", "90:00", "24:60:00", "1.24:00:00", "10675200", "1d", "٣", "1."],
)
def test_what_dotnet_refuses_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"write d\.HH:mm:ss"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(days=-9999), max_value=timedelta(days=9999)))
def test_a_written_time_span_reads_back(span: timedelta) -> None:
    assert parse_duration(write_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2021-05-25", datetime(2021, 5, 25, tzinfo=UTC)),
        ("2021-06-30T03:20:39.3857479Z", datetime(2021, 6, 30, 3, 20, 39, 385747, tzinfo=UTC)),
        ("2026-03-02T21:00:00+07:00", datetime(2026, 3, 2, 14, tzinfo=UTC)),
        ("Tue, 25 May 2021 10:00:00 GMT", datetime(2021, 5, 25, 10, tzinfo=UTC)),
        ("05/25/2021", datetime(2021, 5, 25, tzinfo=UTC)),
        ("2021/05/25 10:30", datetime(2021, 5, 25, 10, 30, tzinfo=UTC)),
        ("05/25/2021 10:30:15", datetime(2021, 5, 25, 10, 30, 15, tzinfo=UTC)),
    ],
)
def test_standard_date_formats_are_understood(text: str, meant: datetime) -> None:
    assert parse_timestamp(text) == meant


@pytest.mark.parametrize("text", ["", "today", "25/25/2021", "2021-13-01", "x, y", "1" * 200])
def test_what_is_no_date_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="no date or time"):
        parse_timestamp(text)


def test_times_are_written_as_the_api_writes_them() -> None:
    assert write_time(datetime(2021, 6, 30, 3, 20, 39, 490000, tzinfo=UTC)) == "2021-06-30T03:20:39.490Z"
