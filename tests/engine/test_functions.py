"""The platform's own functions, called from scripts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from deployer.engine.failures import ScriptError
from deployer.engine.functions import FUNCTIONS, time_zones
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import ScriptSettings
from tests.engine.workflows import value


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("isCountryCode('+6512345678', 'SG')", True),
        ("isCountryCode('6512345678', 'sg')", True),
        ("isCountryCode(6512345678, 'SG')", True),
        ("isCountryCode('+6512345678', 'ID')", False),
        ("isCountryCode('+447911123456', 'GB')", True),
        ("isCountryCode('+447911123456', 'GG')", True),
        ("isCountryCode('+14165550123', 'US')", True),
        ("isCountryCode('hello', 'SG')", False),
        ("isCountryCode('+6512345678', 'Singapore')", False),
        ("isCountryCode(null, 'SG')", False),
        ("isCountryCode(true, 'SG')", False),
        ("stringContains('Hello world', 'world')", True),
        ("stringContains('Hello world', 'WORLD')", False),
        ("stringContains('Hello world', 'WORLD', true)", True),
        ("stringContains('Hello', '')", True),
        ("stringContains(undefined, 'a')", False),
        ("stringContains(12345, 34)", True),
        ("stringContains(true, 'ru')", True),
        ("isDayOfWeek('2021-05-25', 'Tuesday')", True),
        ("isDayOfWeek('2021-05-25', 'tUESDAY')", True),
        ("isDayOfWeek('2021-05-25T23:30:00-05:00', 'Tuesday')", True),
        ("isDayOfWeek('2021-05-25', 'Monday')", False),
    ],
)
def test_a_function_means_what_the_docs_say(evaluator: Evaluator, script: str, expected: bool) -> None:
    assert value(evaluator, script) is expected


@pytest.mark.parametrize(
    ("moment", "start", "end", "expected"),
    [
        ("2026-03-02T02:00:00Z", "09:00:00", "18:00:00", True),  # 09:00:00 in Jakarta
        ("2026-03-02T11:00:00Z", "09:00:00", "18:00:00", True),  # 18:00:00
        ("2026-03-02T11:00:01Z", "09:00:00", "18:00:00", False),
        ("2026-03-02T01:59:59Z", "09:00:00", "18:00:00", False),
        ("2026-03-02T09:00:00+07:00", "09:00", "18:00", True),
        ("2026-03-02T23:00:00+07:00", "22:00:00", "06:00:00", True),
        ("2026-03-02T06:00:00+07:00", "22:00:00", "06:00:00", True),
        ("2026-03-02T12:00:00+07:00", "22:00:00", "06:00:00", False),
    ],
)
def test_a_time_of_day_window_includes_both_ends(
    evaluator: Evaluator, moment: str, start: str, end: str, expected: bool
) -> None:
    script = f"isTimeOfDayBetween('{moment}', '{start}', '{end}', 'SE Asia Standard Time')"
    assert value(evaluator, script) is expected


def test_a_window_over_midnight_can_be_never() -> None:
    between = FUNCTIONS["isTimeOfDayBetween"]
    settings = ScriptSettings(overnight_windows=False)
    assert between(settings, "2026-03-02T23:00:00Z", "22:00:00", "06:00:00", "UTC") is False


def test_summer_time_counts(evaluator: Evaluator) -> None:
    winter = "isTimeOfDayBetween('2026-01-15T08:30:00Z', '09:00:00', '10:00:00', 'W. Europe Standard Time')"
    assert value(evaluator, winter) is True
    assert value(evaluator, winter.replace("-01-", "-07-")) is False


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("isDayOfWeek('2021-05-25', 'Tuseday')", 'did you mean "Tuesday"'),
        ("isDayOfWeek('2021-05-25', 'xx')", '"xx" is no day of the week'),
        ("isDayOfWeek('soon', 'Monday')", "no date or time"),
        ("isDayOfWeek(5, 'Monday')", "the timestamp is no text"),
        ("isDayOfWeek('2021-05-25')", "isDayOfWeek takes 2 arguments, not 1"),
        ("isTimeOfDayBetween('2026-03-02', '9 am', '18:00:00', 'UTC')", '"9 am" is no time of day'),
        ("isTimeOfDayBetween('2026-03-02', '09:00', '18:00', 'Asia/Jakarta')", 'did you mean "SE Asia Standard Time"'),
        ("isTimeOfDayBetween('2026-03-02', '09:00', '18:00', 'SE Asia Standard')", 'mean "SE Asia Standard Time"'),
        ("isTimeOfDayBetween('2026-03-02', '09:00', '18:00', 'qqqq')", '"qqqq" is no Windows time zone id'),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_would_be_right(
    evaluator: Evaluator, script: str, message: str
) -> None:
    with pytest.raises(ScriptError, match=message):
        value(evaluator, script)


def test_every_windows_time_zone_is_known_to_this_machine() -> None:
    assert len(time_zones()) > 130
    assert all(ZoneInfo(iana).key == iana for iana in time_zones().values())


def test_each_uuid_is_new(evaluator: Evaluator) -> None:
    first, second = str(value(evaluator, "uuid() + ' ' + uuid()")).split(" ")
    assert first != second
    assert len(first) == len(second) == 36


def test_functions_work_as_call_backs(evaluator: Evaluator) -> None:
    dates = ["2021-05-24", "2021-05-25", "2021-05-26"]
    assert value(evaluator, "data.dates.filter(d => isDayOfWeek(d, 'Tuesday'))", dates=dates) == ["2021-05-25"]
