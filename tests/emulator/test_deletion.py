"""DELETE: accepted now, done later, and thorough."""

from __future__ import annotations

import pytest

from tests.emulator.api import UNKNOWN_ID, Api, definition, patient, refusal
from tests.emulator.conftest import Serve


def test_a_deletion_is_accepted_at_once_and_done_later(api: Api) -> None:
    stored, other = api.create(), api.create()
    api.update(stored)
    response = api.delete(stored)
    assert (response.status_code, response.content) == (202, b"")
    api.clock.advance(0.49)
    assert (api.versions(stored), api.listed()) == ([2, 1], [stored, other])
    api.clock.advance(0.01)
    assert (api.versions(stored), api.listed()) == ([], [other])
    assert api.put(stored, definition()).status_code == 404


def test_the_delay_is_a_setting(serving: Serve) -> None:
    api = serving("delete-delay=60")
    stored = api.create()
    api.delete(stored)
    api.clock.advance(59)
    assert api.versions(stored) == [1]
    api.clock.advance(1)
    assert api.versions(stored) == []


def test_without_a_delay_a_deletion_works_at_once(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create()
    assert api.delete(stored).status_code == 202
    assert api.versions(stored) == []
    assert api.delete(stored).status_code == 404


def test_an_update_within_the_delay_does_not_save_a_definition(api: Api) -> None:
    stored = api.create()
    api.delete(stored)
    assert api.update(stored) == 2
    api.clock.advance(1)
    assert api.versions(stored) == []


def test_one_version_can_be_deleted(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create()
    api.update(stored)
    api.update(stored)
    assert api.delete(stored, version=2).status_code == 202
    assert api.versions(stored) == [3, 1]
    assert api.update(stored) == 4


def test_after_the_newest_version_the_one_before_is_the_newest(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create(definition(name="One"))
    api.update(stored, definition(name="Two", status="disabled"))
    assert api.listed() == []
    api.delete(stored, version=2)
    assert [item["definition"]["name"] for item in api.get("definitions").json()] == ["One"]
    assert api.update(stored) == 3


def test_the_number_of_a_deleted_newest_version_is_used_again_where_the_settings_say_so(serving: Serve) -> None:
    api = serving("delete-delay=0", "reuse-version-numbers=true")
    stored = api.create()
    api.update(stored)
    api.update(stored)
    api.delete(stored, version=1)
    api.delete(stored, version=3)
    assert api.update(stored) == 3
    assert api.versions(stored) == [3, 2]


def test_a_second_deletion_of_a_version_does_not_hit_its_successor_of_that_number(serving: Serve) -> None:
    api = serving("reuse-version-numbers=true")
    stored = api.create()
    api.update(stored)
    api.delete(stored, version=2)
    api.clock.advance(0.3)
    api.delete(stored, version=2)
    api.clock.advance(0.2)
    assert api.update(stored) == 2
    api.clock.advance(5)
    assert api.versions(stored) == [2, 1]


def test_a_definition_ends_with_its_last_version(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create()
    api.delete(stored, version=1)
    assert api.listed() == []
    assert refusal(api.put(stored, definition())) == (404, 1300, f"Definition {stored} not found.")


def test_what_does_not_exist_cannot_be_deleted(api: Api) -> None:
    stored = api.create()
    assert refusal(api.delete(UNKNOWN_ID)) == (404, 1300, f"Definition {UNKNOWN_ID} not found.")
    assert refusal(api.delete(stored, version=2)) == (404, 1300, f"Version 2 of definition {stored} not found.")


@pytest.mark.parametrize("value", ["0", "-1", "latest", ""])
def test_a_version_that_is_no_number_is_refused_and_nothing_is_deleted(api: Api, value: str) -> None:
    stored = api.create()
    message = f'version must be an integer >= 1, got "{value}".'
    assert refusal(api.delete(stored, version=value)) == (400, 1000, message)
    api.clock.advance(5)
    assert api.versions(stored) == [1]


def test_a_deleted_version_ends_its_running_instances_and_takes_their_logs(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create(patient())
    running, finished = api.start(stored), api.start(stored)
    api.patch(stored, finished, {"status": "terminate"})
    ended_before = api.instance(stored, finished)
    api.update(stored, patient())
    on_newest = api.start(stored)
    api.clock.advance(60)
    api.delete(stored, version=1)
    shown = api.instance(stored, running)
    assert (shown["status"], shown["completedAt"]) == ("Terminated", "2024-03-01T09:31:00.12Z")
    assert api.instance(stored, finished) == ended_before
    assert api.instance(stored, on_newest)["status"] == "Runnable"


def test_a_deleted_definition_takes_its_instances_with_it(serving: Serve) -> None:
    api = serving("delete-delay=0")
    stored = api.create()
    workflow = api.start(stored)
    api.delete(stored)
    gone = (404, 1300, f"Definition {stored} not found.")
    assert refusal(api.get("definitions", stored, "workflows", workflow)) == gone
    assert refusal(api.get("definitions", stored, "workflows")) == gone


def test_a_deletion_outlives_a_restart(serving: Serve) -> None:
    first = serving()
    stored = first.create()
    first.delete(stored)
    first.close()
    second = serving()
    assert second.versions(stored) == [1]
    second.clock.advance(1)
    assert second.versions(stored) == []
