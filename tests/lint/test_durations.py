"""Durations, as the platform's parser takes them."""

from __future__ import annotations

import pytest

from deployer.lint.durations import alternatives, judge, written


@pytest.mark.parametrize("text", ["00:02:00", "1.06:30:15", "0:2:0", "23:59:59", "10675199.00:00:00", "00:00:00.5"])
def test_the_documented_form_is_fine(text: str) -> None:
    assert judge(text) is None


@pytest.mark.parametrize(
    ("text", "says", "suggestion"),
    [
        ("2", "means 2 days", "2.00:00:00"),
        ("1", "means 1 day; 1 minute is", "1.00:00:00"),
        ("90", '90 seconds are "00:01:30"', "90.00:00:00"),
        ("24:00:00", "means 24 days,", "1.00:00:00"),
        ("12:30", "means 12 hours and 30 minutes, because", "12:30:00"),
        ("1.00:05", "means 1 day and 5 minutes, because", "1.00:05:00"),
        ("00:00", "no time at all", None),
        ("1:02:03:04", "colon after the days", "1.02:03:04"),
        ("0", "no time at all", None),
        ("00:00:00", "no time at all", None),
    ],
)
def test_what_can_be_read_but_means_something_else_is_explained(text: str, says: str, suggestion: str | None) -> None:
    verdict = judge(text)
    assert verdict is not None
    assert verdict.readable
    assert says in verdict.message
    assert verdict.suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("00:90:00", "01:30:00"),
        ("36:30:00", "1.12:30:00"),
        ("00:00:61", "00:01:01"),
        ("24:00", "1.00:00:00"),
        ("1.24:00:00", "2.00:00:00"),
        ("1:24:00:00", "2.00:00:00"),
        ("-1", None),
        ("-00:01:00", None),
        ("", None),
        (" 00:01:00", None),
        ("00:01:00\n", None),
        ("PT1H30M", "01:30:00"),
        ("P1D", "1.00:00:00"),
        ("90 sec", "00:01:30"),
        ("1.5", None),
        ("٠٠:٠١:٠٠", None),
        ("9" * 5_000, None),
        ("99999999", None),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, suggestion: str | None) -> None:
    verdict = judge(text)
    assert verdict is not None
    assert not verdict.readable
    assert verdict.suggestion == suggestion


def test_seconds_are_written_in_the_documented_form() -> None:
    assert [written(seconds) for seconds in (0, 61, 86_399, 86_400, 109_815)] == [
        "00:00:00",
        "00:01:01",
        "23:59:59",
        "1.00:00:00",
        "1.06:30:15",
    ]


def test_a_bare_number_may_have_been_minutes_or_seconds() -> None:
    assert alternatives(2) == '2 minutes are "00:02:00", 2 hours "02:00:00"'
    assert alternatives(300) == '300 seconds are "00:05:00", 300 minutes "05:00:00"'
