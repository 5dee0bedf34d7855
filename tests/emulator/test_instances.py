"""Instances: started, listed, shown, changed; and the http_request trigger."""

from __future__ import annotations

import re

import pytest

from tests.emulator.api import UNKNOWN_ID, Api, Body, definition, patient, refusal, step, without
from tests.emulator.conftest import Serve

UNKNOWN_WORKFLOW = "0" * 24


def test_a_start_answers_with_the_path_of_the_instance_and_no_body(api: Api) -> None:
    stored = api.create()
    response = api.post("definitions", stored, "workflows", body={})
    assert (response.status_code, response.content) == (201, b"")
    path, _, workflow = response.headers["Location"].rpartition("/")
    assert path == f"/api/v1/accounts/acme/definitions/{stored}/workflows"
    assert re.fullmatch(r"[0-9a-f]{24}", workflow)
    assert workflow.startswith(f"{int(api.clock.now.timestamp()):08x}")


def test_an_instance_shows_its_payload_with_what_the_platform_adds(api: Api) -> None:
    stored = api.create(patient())
    payload = {"namespace": "SMS", "payload": {"body": "hi", "price": 1.0}, "accountId": "forged", "triggeredAt": 1}
    workflow = api.start(stored, payload)
    api.clock.advance(5)
    assert api.instance(stored, workflow) == {
        "workflowId": workflow,
        "data": {
            "namespace": "SMS",
            "payload": {"body": "hi", "price": 1.0},
            "accountId": "acme",
            "subAccountId": "acme_sms",
            "triggeredAt": "2024-03-01T09:30:00.1200000Z",
        },
        "definitionId": stored,
        "version": 1,
        "status": "Runnable",
        "startedAt": "2024-03-01T09:30:00.12Z",
        "completedAt": None,
    }


def test_without_a_sub_account_of_its_own_an_instance_takes_that_of_the_message(api: Api) -> None:
    stored = api.create(without(definition(), "subAccountId"))
    with_message = api.instance(stored, api.start(stored, {"payload": {"subAccountId": "from_message"}}))
    assert with_message["data"]["subAccountId"] == "from_message"
    assert "subAccountId" not in api.instance(stored, api.start(stored, {"payload": "text"}))["data"]


def test_logs_are_shown_on_request_only(api: Api) -> None:
    stored = api.create(patient())
    workflow = api.start(stored)
    assert "logs" not in api.instance(stored, workflow)
    assert "logs" not in api.instance(stored, workflow, includeLogs="false")
    assert [log["stepName"] for log in api.instance(stored, workflow, includeLogs="True")["logs"]] == ["pause"]
    response = api.get("definitions", stored, "workflows", workflow, includeLogs="1")
    assert refusal(response) == (400, 1000, 'includeLogs must be true or false, got "1".')


def test_the_steps_and_the_errors_of_an_instance_are_shown(api: Api) -> None:
    pause = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "00:00:01"}, "nextStepId": "reply"}
    stored = api.create(definition(pause, step(inputs={"subAccountId": "s", "destination": "", "text": "Hi"})))
    workflow = api.start(stored)
    api.clock.advance(1)
    start, end = "2024-03-01T09:30:00.12Z", "2024-03-01T09:30:01.12Z"
    shown = api.instance(stored, workflow, includeLogs="true")
    assert (shown["status"], shown["completedAt"]) == ("Terminated", end)
    assert [{key: value for key, value in log.items() if key != "id"} for log in shown["logs"]] == [
        {"stepName": "pause", "startedAt": start, "completedAt": end, "status": "Complete"},
        {"stepName": "reply", "startedAt": end, "completedAt": end, "status": "Failed"},
    ]
    assert api.get("definitions", stored, "workflows", workflow, "errors").json() == [
        {"workflowId": workflow, "step": "reply", "message": "inputs.destination is empty", "errorTime": end}
    ]
    api.update(stored)
    api.delete(stored, version=1)
    api.clock.advance(1)
    assert api.instance(stored, workflow, includeLogs="true") == {**shown, "logs": []}
    assert api.get("definitions", stored, "workflows", workflow, "errors").json() == []


def test_an_instance_without_errors_has_an_empty_list_of_them(api: Api) -> None:
    stored = api.create(patient())
    response = api.get("definitions", stored, "workflows", api.start(stored), "errors")
    assert (response.status_code, response.json()) == (200, [])


def test_an_instance_keeps_its_version_and_new_ones_start_on_the_newest(api: Api) -> None:
    stored = api.create()
    old = api.start(stored)
    api.update(stored)
    new, chosen = api.start(stored), api.start(stored, version=1)
    assert [api.instance(stored, workflow)["version"] for workflow in (old, new, chosen)] == [1, 2, 1]
    assert api.instances(stored) == [new]
    assert api.instances(stored, version=1) == [chosen, old]
    assert api.instances(stored, version=3) == []


def test_instances_are_listed_youngest_first_in_pages(serving: Serve) -> None:
    api = serving()
    stored = api.create()
    started = [api.start(stored) for _ in range(5)][::-1]
    assert api.instances(stored) == started
    assert api.instances(stored, limit=2, offset=1) == started[2:4]
    assert serving("offset=items").instances(stored, limit=2, offset=1) == started[1:3]


def test_instances_are_listed_by_status(api: Api) -> None:
    stored = api.create(patient())
    running, suspended = api.start(stored), api.start(stored)
    api.patch(stored, suspended, {"status": "suspend"})
    assert api.instances(stored, status="Runnable") == [running]
    assert api.instances(stored, status="Suspended") == [suspended]
    assert api.instances(stored, status="Complete") == []
    message = 'status must be one of Runnable, Suspended, Complete, Terminated, got "runnable".'
    assert refusal(api.get("definitions", stored, "workflows", status="runnable")) == (400, 1000, message)


def test_instances_are_listed_by_the_time_of_their_start_both_ends_included(api: Api) -> None:
    stored = api.create()
    first = api.start(stored)
    api.clock.advance(60)
    second = api.start(stored)
    assert api.instances(stored, startTimeFrom="2024-03-01T09:30:00.13Z") == [second]
    assert api.instances(stored, startTimeTo="2024-03-01T10:30:59+01:00") == [first]
    assert api.instances(stored, startTimeFrom="2024-03-01T09:30:00.12", startTimeTo="2024-03-01T09:30:00.120Z") == [
        first
    ]
    assert api.instances(stored, startTimeFrom="2024-03-01") == [second, first]


@pytest.mark.parametrize("name", ["startTimeFrom", "startTimeTo"])
@pytest.mark.parametrize("value", ["yesterday", "", "2024-13-01", "2024-03-01T10:00:00 01:00"])
def test_a_time_that_is_not_iso_8601_is_refused(api: Api, name: str, value: str) -> None:
    message = f'{name} must be an ISO 8601 time like 2024-01-31T09:30:00Z, got "{value}".'
    assert refusal(api.get("definitions", api.create(), "workflows", **{name: value})) == (400, 1000, message)


def test_a_known_definition_without_instances_has_an_empty_list_and_an_unknown_one_is_404(api: Api) -> None:
    assert api.instances(api.create()) == []
    assert refusal(api.get("definitions", UNKNOWN_ID, "workflows"))[:2] == (404, 1300)


def test_what_does_not_exist_cannot_be_started(api: Api) -> None:
    stored = api.create()
    unknown = (404, 1300, f"Definition {UNKNOWN_ID} not found.")
    assert refusal(api.post("definitions", UNKNOWN_ID, "workflows", body={})) == unknown
    missing = (404, 1300, f"Version 2 of definition {stored} not found.")
    assert refusal(api.post("definitions", stored, "workflows", body={}, version=2)) == missing


def test_the_data_of_a_start_is_a_json_object(api: Api) -> None:
    expected = (400, 1000, "Request body must be a JSON object.")
    assert refusal(api.post("definitions", api.create(), "workflows", body=["hi"])) == expected


def test_a_disabled_definition_can_be_started_by_hand_unless_the_settings_forbid_it(serving: Serve) -> None:
    api = serving()
    stored = api.create(patient(status="disabled"))
    assert api.instance(stored, api.start(stored))["status"] == "Runnable"
    response = serving("start-disabled=false").post("definitions", stored, "workflows", body={})
    assert refusal(response) == (400, 5001, f"Definition {stored} is disabled.")


def act(api: Api, commands: list[str]) -> tuple[int, Body]:
    """Send commands to a new instance; the last answer's status code, and the instance then."""
    stored = api.create(patient())
    workflow = api.start(stored)
    api.clock.advance(1)
    codes = [api.patch(stored, workflow, {"status": command}).status_code for command in commands]
    return codes[-1], api.instance(stored, workflow)


@pytest.mark.parametrize(
    ("commands", "code", "status"),
    [
        (["suspend"], 200, "Suspended"),
        (["suspend", "resume"], 200, "Runnable"),
        (["terminate"], 200, "Terminated"),
        (["suspend", "terminate"], 200, "Terminated"),
        (["resume"], 400, "Runnable"),
        (["suspend", "suspend"], 400, "Suspended"),
        (["terminate", "suspend"], 400, "Terminated"),
        (["terminate", "resume"], 400, "Terminated"),
        (["terminate", "terminate"], 400, "Terminated"),
    ],
)
def test_only_what_runs_is_suspended_and_only_what_is_suspended_is_resumed(
    api: Api, commands: list[str], code: int, status: str
) -> None:
    answered, shown = act(api, commands)
    assert (answered, shown["status"]) == (code, status)
    assert shown["completedAt"] == ("2024-03-01T09:30:01.12Z" if status == "Terminated" else None)


def test_a_refused_command_says_what_the_instance_is(api: Api) -> None:
    stored = api.create(patient())
    workflow = api.start(stored)
    message = f"Cannot resume workflow {workflow}: it is Runnable."
    assert refusal(api.patch(stored, workflow, {"status": "resume"})) == (400, 1000, message)
    accepted = api.patch(stored, workflow, {"status": "suspend"})
    assert (accepted.status_code, accepted.content) == (200, b"")


@pytest.mark.parametrize("body", [{}, {"status": "Suspend"}, {"status": None}, {"status": ["suspend"]}])
def test_an_unknown_command_is_refused(api: Api, body: Body) -> None:
    stored = api.create()
    response = api.patch(stored, api.start(stored), body)
    assert refusal(response) == (400, 1000, "status must be suspend, resume or terminate.")


def test_an_unknown_instance_is_404_and_a_malformed_id_400(api: Api) -> None:
    stored, other = api.create(), api.create()
    elsewhere = api.start(other)
    for workflow, expected in (
        (UNKNOWN_WORKFLOW, (404, 1300, f"Workflow {UNKNOWN_WORKFLOW} not found.")),
        (elsewhere, (404, 1300, f"Workflow {elsewhere} not found.")),
        ("12", (400, 1000, "Invalid workflow id.")),
    ):
        assert refusal(api.get("definitions", stored, "workflows", workflow)) == expected
        assert refusal(api.get("definitions", stored, "workflows", workflow, "errors")) == expected
        assert refusal(api.patch(stored, workflow, {"status": "suspend"})) == expected


def triggered_by(api: Api, **parameters: str) -> None:
    response = api.post("triggers", "http_request", body={"customer": 7, "accountId": "forged"}, **parameters)
    assert (response.status_code, response.content) == (200, b"")


def test_a_trigger_starts_the_enabled_definitions_that_wait_for_it(api: Api) -> None:
    everyone = without(definition(trigger="http_request"), "subAccountId")
    waiting = api.create(everyone)
    silent = [
        api.create({**everyone, "status": "disabled"}),
        api.create(without(everyone, "status")),
        api.create({**everyone, "trigger": "inbound_sms"}),
    ]
    switched_off = api.create(everyone)
    api.update(switched_off, {**everyone, "status": "disabled"})
    triggered_by(api)
    [workflow] = api.instances(waiting)
    assert api.instance(waiting, workflow)["data"] == {
        "customer": 7,
        "accountId": "acme",
        "triggeredAt": "2024-03-01T09:30:00.1200000Z",
    }
    assert [api.instances(stored) for stored in [*silent, switched_off]] == [[], [], [], []]


def test_a_triggers_sub_account_reaches_its_own_definitions_and_those_without_one(api: Api) -> None:
    everyone = api.create(definition(trigger="http_request", subAccountId=None))
    shop = api.create(definition(trigger="http_request", subAccountId="shop"))
    other = api.create(definition(trigger="http_request", subAccountId="other"))
    triggered_by(api, subAccountId="shop")
    assert [len(api.instances(stored)) for stored in (everyone, shop, other)] == [1, 1, 0]
    assert api.instance(everyone, api.instances(everyone)[0])["data"]["subAccountId"] == "shop"
    triggered_by(api)
    assert [len(api.instances(stored)) for stored in (everyone, shop, other)] == [2, 1, 0]


def test_a_trigger_that_nobody_waits_for_is_no_error(api: Api) -> None:
    triggered_by(api)


def test_a_trigger_reaches_its_own_account_only(api: Api) -> None:
    stored = api.create(definition(trigger="http_request", subAccountId=None))
    api.account = "other"
    triggered_by(api)
    api.account = "acme"
    assert api.instances(stored) == []
