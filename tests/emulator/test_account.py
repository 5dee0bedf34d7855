"""Time zones, functions and usage."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.emulator.api import Api, definition
from tests.emulator.conftest import Serve


def zones(api: Api, **parameters: str) -> dict[str, str]:
    return {item["id"]: item["name"] for item in api.get("steps", "timezones", **parameters).json()}


def test_time_zones_have_windows_ids_and_names_with_place_and_offset(api: Api) -> None:
    listed = zones(api)
    assert len(listed) > 130
    assert listed["Singapore Standard Time"] == "Asia/Singapore (UTC+08:00)"
    assert listed["W. Europe Standard Time"] == "Europe/Berlin (UTC+01:00)"
    assert listed["Pacific Standard Time"] == "America/Los Angeles (UTC-08:00)"
    assert listed["AUS Eastern Standard Time"] == "Australia/Sydney (UTC+10:00)"
    assert listed["Newfoundland Standard Time"] == "America/St Johns (UTC-03:30)"
    assert listed["UTC"].endswith("(UTC+00:00)")


def test_contains_filters_time_zones_by_name_in_any_case(api: Api) -> None:
    european = zones(api, contains="EUROPE")
    assert "Romance Standard Time" in european
    assert all("Europe" in name for name in european.values())
    assert zones(api, contains="los angeles") == {"Pacific Standard Time": "America/Los Angeles (UTC-08:00)"}
    assert zones(api, contains="Standard Time") == {}
    assert zones(api, contains="") == zones(api)


def test_the_documented_functions_are_listed_with_their_parameters(api: Api) -> None:
    functions = {item["name"]: item for item in api.get("steps", "functions").json()}
    names = {name: [item["name"] for item in function["parameters"]] for name, function in functions.items()}
    assert names == {
        "isCountryCode": ["phoneNumber", "countryCode"],
        "stringContains": ["source", "value", "ignoreCase"],
        "isTimeOfDayBetween": ["timestamp", "from", "to", "timezone"],
        "isDayOfWeek": ["timestamp", "day"],
        "uuid": [],
    }
    assert [
        (item["required"], item["type"], item["default"]) for item in functions["stringContains"]["parameters"]
    ] == [(True, "string", None), (True, "string", None), (False, "boolean", False)]
    for function in functions.values():
        assert function["description"].endswith(".")
        assert function["example"].startswith(f"{function['name']}(")


def test_usage_counts_this_months_starts_of_this_account(api: Api) -> None:
    stored = api.create()
    api.start(stored)
    api.start(stored)
    [usage] = api.get("usage").json()
    assert usage == {
        "accountId": "acme",
        "allowedWorkflowCount": 10000,
        "allowedOverage": True,
        "overagePrice": 0.01,
        "executedWorkflowCount": 2,
        "countStartedMonth": 3,
        "countStartedYear": 2024,
    }
    api.account = "other"
    assert api.get("usage").json()[0]["executedWorkflowCount"] == 0


def test_usage_is_one_object_where_the_settings_say_so(serving: Serve) -> None:
    assert serving("usage=object").get("usage").json()["executedWorkflowCount"] == 0


def test_usage_history_has_a_row_for_each_month_newest_first(api: Api) -> None:
    assert api.get("usage", "history").json() == []
    stored = api.create()
    api.start(stored)
    api.clock.now += timedelta(days=310)
    api.start(stored)
    api.start(stored)
    newest, oldest = api.get("usage", "history").json()
    assert newest == {
        "id": newest["id"],
        "accountId": "acme",
        "executedWorkflowCount": 2,
        "month": 1,
        "year": 2025,
    }
    assert (oldest["executedWorkflowCount"], oldest["month"], oldest["year"]) == (1, 3, 2024)
    assert len({newest["id"], oldest["id"]}) == 2
    assert len(newest["id"]) == 24


def test_triggered_instances_count_and_deleted_ones_still_do(serving: Serve) -> None:
    api = serving("delete-delay=0", "usage=object")
    stored = api.create(definition(trigger="http_request", subAccountId=None))
    api.post("triggers", "http_request", body={})
    api.delete(stored)
    assert api.get("usage").json()["executedWorkflowCount"] == 1


@pytest.mark.parametrize("path", ["steps/timezones", "steps/functions", "usage", "usage/history"])
def test_facts_of_an_account_can_only_be_read(api: Api, path: str) -> None:
    assert api.http.post(api.path(path), json={}).status_code == 405
