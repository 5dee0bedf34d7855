"""Creating, updating, listing and reading definitions."""

from __future__ import annotations

import re

import pytest

from tests.emulator.api import UNKNOWN_ID, Api, definition, refusal
from tests.emulator.conftest import Serve


def test_a_new_definition_is_version_1_of_an_id_that_location_names(api: Api) -> None:
    response = api.post("definitions", body=definition())
    created = response.json()
    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Location"] == f"/api/v1/accounts/acme/definitions/{created['id']}"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", created["id"])
    assert created == {
        "id": created["id"],
        "version": 1,
        "createdAt": "2024-03-01T09:30:00.12Z",
        "accountId": "acme",
        **definition(),
    }


def test_location_escapes_an_account_that_is_no_plain_word(api: Api) -> None:
    response = api.http.post("/api/v1/accounts/a%0D%0Ab%20c/definitions", json=definition())
    assert response.headers["Location"] == f"/api/v1/accounts/a%0D%0Ab%20c/definitions/{response.json()['id']}"
    assert response.json()["accountId"] == "a\r\nb c"


def test_an_update_adds_a_version_and_leaves_the_older_ones_alone(api: Api) -> None:
    stored = api.create(definition(name="One"))
    api.clock.advance(60)
    response = api.put(stored, definition(name="Two"))
    assert response.status_code == 200
    assert (response.json()["version"], response.json()["definition"]["name"]) == (2, "Two")
    newest, oldest = api.get("definitions", stored).json()
    assert newest == response.json()
    assert (oldest["version"], oldest["definition"]["name"]) == (1, "One")
    assert (newest["createdAt"], oldest["createdAt"]) == ("2024-03-01T09:31:00.12Z", "2024-03-01T09:30:00.12Z")


def test_an_update_without_a_change_is_a_version_too(api: Api) -> None:
    stored = api.create()
    assert [api.update(stored), api.update(stored)] == [2, 3]
    assert api.versions(stored) == [3, 2, 1]


def test_an_update_of_an_unknown_definition_is_404(api: Api) -> None:
    assert refusal(api.put(UNKNOWN_ID, definition())) == (404, 1300, f"Definition {UNKNOWN_ID} not found.")


def test_the_history_of_an_unknown_definition_is_an_empty_list(api: Api) -> None:
    response = api.get("definitions", UNKNOWN_ID)
    assert (response.status_code, response.json()) == (200, [])


def test_an_account_sees_and_changes_only_its_own_definitions(api: Api) -> None:
    stored = api.create()
    api.account = "other"
    assert api.listed() == []
    assert api.get("definitions", stored).json() == []
    assert api.put(stored, definition()).status_code == 404
    assert api.delete(stored).status_code == 404


def test_an_id_in_capital_letters_is_the_same_id(api: Api) -> None:
    stored = api.create()
    assert api.versions(stored.upper()) == [1]


@pytest.mark.parametrize(
    "bad", ["auto-reply", "1", "d051bb72-7711-4c3b-a9e0", "{d051bb72-7711-4c3b-a9e0-b7673699f158}"]
)
def test_an_id_that_is_no_uuid_is_refused_everywhere(api: Api, bad: str) -> None:
    expected = (400, 1000, "Invalid definition id.")
    assert refusal(api.get("definitions", bad)) == expected
    assert refusal(api.put(bad, definition())) == expected
    assert refusal(api.delete(bad)) == expected
    assert refusal(api.get("definitions", bad, "workflows")) == expected
    assert refusal(api.post("definitions", bad, "workflows", body={})) == expected
    assert refusal(api.get("definitions", bad, "workflows", "0" * 24)) == expected
    assert refusal(api.patch(bad, "0" * 24, {"status": "suspend"})) == expected
    assert refusal(api.get("definitions", bad, "workflows", "0" * 24, "errors")) == expected


def test_the_list_shows_the_newest_version_of_each_definition_in_order_of_creation(api: Api) -> None:
    first, second = api.create(definition(name="First")), api.create(definition(name="Second"))
    api.update(first, definition(name="First, again"))
    items = api.get("definitions").json()
    assert [(item["id"], item["version"], item["definition"]["name"]) for item in items] == [
        (first, 2, "First, again"),
        (second, 1, "Second"),
    ]


def test_the_list_holds_active_definitions_only(api: Api) -> None:
    disabled = api.create(definition(status="disabled"))
    silent = api.create({key: value for key, value in definition().items() if key != "status"})
    active = api.create()
    assert api.listed() == [active]
    api.update(active, definition(status="disabled"))
    api.update(silent, definition())
    assert api.listed() == [silent]
    assert api.versions(disabled) == [1]


def test_the_list_holds_disabled_definitions_where_the_settings_say_so(serving: Serve) -> None:
    api = serving("list-disabled=true")
    disabled, active = api.create(definition(status="disabled")), api.create()
    assert api.listed() == [disabled, active]


def test_offset_counts_pages(api: Api) -> None:
    stored = [api.create() for _ in range(5)]
    assert api.listed(limit=2) == stored[:2]
    assert api.listed(limit=2, offset=1) == stored[2:4]
    assert api.listed(limit=2, offset=2) == stored[4:]
    assert api.listed(limit=2, offset=3) == []


def test_offset_counts_items_where_the_settings_say_so(serving: Serve) -> None:
    api = serving("offset=items")
    stored = [api.create() for _ in range(5)]
    assert api.listed(limit=2, offset=1) == stored[1:3]
    assert api.listed(limit=2, offset=4) == stored[4:]
    assert api.listed(limit=2, offset=5) == []


def test_a_history_has_pages_as_a_list_has(api: Api) -> None:
    stored = api.create()
    for _ in range(4):
        api.update(stored)
    assert api.versions(stored, limit=2, offset=1) == [3, 2]


def test_a_page_has_100_items_unless_limit_says_otherwise(api: Api) -> None:
    stored = api.create()
    for _ in range(100):
        api.update(stored)
    assert api.versions(stored) == list(range(101, 1, -1))
    assert len(api.versions(stored, limit=500)) == 101


@pytest.mark.parametrize("value", ["0", "501", "-1", "ten", "", "1.0", "١", "99999999999999999999"])
def test_a_limit_outside_1_to_500_is_refused(api: Api, value: str) -> None:
    message = f'limit must be an integer from 1 to 500, got "{value}".'
    assert refusal(api.get("definitions", limit=value)) == (400, 1000, message)
    assert refusal(api.get("definitions", UNKNOWN_ID, limit=value)) == (400, 1000, message)
    assert refusal(api.get("definitions", UNKNOWN_ID, "workflows", limit=value)) == (400, 1000, message)


@pytest.mark.parametrize("value", ["-1", "first", "", "0.5"])
def test_an_offset_below_0_is_refused(api: Api, value: str) -> None:
    message = f'offset must be an integer >= 0, got "{value}".'
    assert refusal(api.get("definitions", offset=value)) == (400, 1000, message)
    assert refusal(api.get("definitions", UNKNOWN_ID, offset=value)) == (400, 1000, message)


def test_a_long_parameter_is_cut_in_the_message(api: Api) -> None:
    _, _, message = refusal(api.get("definitions", limit="9" * 500))
    assert message == f'limit must be an integer from 1 to 500, got "{"9" * 77}...".'


def test_a_new_definition_appears_in_the_list_after_the_delay_but_in_its_history_at_once(serving: Serve) -> None:
    api = serving("list-delay=3")
    stored = api.create()
    assert (api.listed(), api.versions(stored)) == ([], [1])
    api.update(stored)
    api.clock.advance(2.9)
    assert api.listed() == []
    api.clock.advance(0.1)
    assert api.listed() == [stored]
