"""Instances run: through their steps, in their own time, across restarts."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.emulator.store import SCHEMA
from tests.emulator.api import Api, Body, definition, patient, refusal, step
from tests.emulator.conftest import Serve

REPOSITORY = Path(__file__).parents[2]
SMS: Body = {"payload": {"source": "+6591234567", "body": "hi"}}


def wait(step_id: str, duration: str, **fields: object) -> Body:
    return {"id": step_id, "stepType": "Wait", "inputs": {"duration": duration}} | fields


def ask(step_id: str = "ask", **fields: object) -> Body:
    inputs = {"from": "{{data.payload.source}}", "channel": "sms", "timeout": "01:00:00"}
    return {"id": step_id, "stepType": "WaitForReply", "inputs": inputs} | fields


def fetch(**fields: object) -> Body:
    inputs = {"method": "GET", "url": "https://crm.example/people?key=abc"}
    return {"id": "fetch", "stepType": "HttpRequest", "inputs": inputs} | fields


def path(api: Api, stored: str, workflow: str) -> list[tuple[str, str]]:
    logs = api.instance(stored, workflow, includeLogs="true")["logs"]
    return [(log["stepName"], log["status"]) for log in logs]


def errors(api: Api, stored: str, workflow: str) -> list[tuple[str, str]]:
    found = api.get("definitions", stored, "workflows", workflow, "errors").json()
    return [(error["step"], error["message"]) for error in found]


def test_an_instance_has_run_when_its_start_is_answered(api: Api) -> None:
    stored = api.create()
    workflow = api.start(stored, SMS)
    shown = api.instance(stored, workflow, includeLogs="true")
    at = "2024-03-01T09:30:00.12Z"
    assert (shown["status"], shown["startedAt"], shown["completedAt"]) == ("Complete", at, at)
    assert path(api, stored, workflow) == [("reply", "Complete")]
    assert errors(api, stored, workflow) == []


def test_outputs_are_in_the_data_and_what_nobody_changed_stays_as_it_was_sent(api: Api) -> None:
    answering = step(outputs={"umid": "{{step.umid}}", "price": "{{data.price}}"})
    quiet = {"id": "choose", "stepType": "Branch"}
    stored, untouched = api.create(definition(answering)), api.create(definition(quiet))
    data = api.instance(stored, api.start(stored, {**SMS, "price": 1.5}))["data"]
    assert data["price"] == 1.5
    assert len(data["umid"]) == 36
    response = api.http.post(
        api.path("definitions", untouched, "workflows"),
        content=b'{"exact":1.10,"big":1' + b"0" * 50 + b"}",
        headers={"Content-Type": "application/json"},
    )
    workflow = response.headers["Location"].rpartition("/")[2]
    shown = api.get("definitions", untouched, "workflows", workflow)
    assert shown.json()["status"] == "Complete"
    assert '"exact":1.10,"big":1' + "0" * 50 + "," in shown.text


def test_a_fault_terminates_and_says_why(api: Api) -> None:
    stored = api.create(definition(step(inputs={"subAccountId": "s", "destination": "1", "text": "{{nobody.knows}}"})))
    workflow = api.start(stored, SMS)
    assert api.instance(stored, workflow)["status"] == "Terminated"
    assert path(api, stored, workflow) == [("reply", "Failed")]
    [(failed, message)] = errors(api, stored, workflow)
    assert failed == "reply"
    assert "nobody" in message


def test_a_wait_ends_at_its_time_however_late_somebody_looks(api: Api) -> None:
    stored = api.create(definition(wait("one", "01:00:00", nextStepId="two"), wait("two", "01:00:00")))
    workflow = api.start(stored)
    assert path(api, stored, workflow) == [("one", "Sleeping")]
    api.clock.advance(3599)
    assert path(api, stored, workflow) == [("one", "Sleeping")]
    api.clock.advance(1)
    assert path(api, stored, workflow) == [("one", "Complete"), ("two", "Sleeping")]
    api.clock.advance(86_400)
    shown = api.instance(stored, workflow)
    assert (shown["status"], shown["completedAt"]) == ("Complete", "2024-03-01T11:30:00.12Z")


def test_time_may_pass_faster(serving: Serve) -> None:
    api = serving("speed=3600")
    stored = api.create(definition(wait("pause", "02:00:00")))
    workflow = api.start(stored)
    api.clock.advance(1.9)
    assert api.instance(stored, workflow)["status"] == "Runnable"
    api.clock.advance(0.1)
    shown = api.instance(stored, workflow)
    assert (shown["status"], shown["completedAt"]) == ("Complete", "2024-03-01T11:30:00.12Z")


def test_at_once_means_the_waits_but_not_the_customers_patience(serving: Serve) -> None:
    api = serving("speed=instant")
    stored = api.create(definition(wait("pause", "30.00:00:00", nextStepId="ask"), ask()))
    workflow = api.start(stored, SMS)
    shown = api.instance(stored, workflow, includeLogs="true")
    assert [log["startedAt"] for log in shown["logs"]] == ["2024-03-01T09:30:00.12Z", "2024-03-31T09:30:00.12Z"]
    assert path(api, stored, workflow) == [("pause", "Complete"), ("ask", "WaitingForEvent")]
    api.clock.advance(3599)
    assert api.instance(stored, workflow)["status"] == "Runnable"
    api.clock.advance(1)
    assert path(api, stored, workflow) == [("pause", "Complete"), ("ask", "Cancelled")]


def test_what_sleeps_is_woken_after_a_restart_even_under_another_speed(serving: Serve) -> None:
    first = serving()
    stored = first.create(definition(wait("pause", "10.00:00:00", nextStepId="reply"), step()))
    one, two = first.start(stored, SMS), first.start(stored, SMS)
    first.close()
    second = serving()
    second.patch(stored, two, {"status": "suspend"})
    assert path(second, stored, one) == [("pause", "Sleeping")]
    second.close()
    third = serving("speed=instant")
    assert path(third, stored, one) == [("pause", "Complete"), ("reply", "Complete")]
    assert path(third, stored, two) == [("pause", "Sleeping")]


def test_a_running_instance_keeps_its_version(api: Api) -> None:
    stored = api.create(definition(wait("pause", "01:00:00", nextStepId="old"), step("old")))
    workflow = api.start(stored, SMS)
    api.update(stored, definition(step("new")))
    api.clock.advance(3600)
    assert path(api, stored, workflow) == [("pause", "Complete"), ("old", "Complete")]
    assert path(api, stored, api.start(stored, SMS)) == [("new", "Complete")]
    assert path(api, stored, api.start(stored, SMS, version=1)) == [("pause", "Sleeping")]


def test_a_suspended_instance_does_nothing_until_it_is_resumed(api: Api) -> None:
    stored = api.create(definition(wait("pause", "01:00:00", nextStepId="reply"), step()))
    workflow = api.start(stored, SMS)
    api.patch(stored, workflow, {"status": "suspend"})
    api.clock.advance(7200)
    assert path(api, stored, workflow) == [("pause", "Sleeping")]
    api.patch(stored, workflow, {"status": "resume"})
    shown = api.instance(stored, workflow, includeLogs="true")
    assert shown["status"] == "Complete"
    assert [log["stepName"] for log in shown["logs"]] == ["pause", "reply"]


def test_terminating_cancels_the_open_steps_and_ends_the_run(api: Api) -> None:
    stored = api.create(definition(wait("pause", "01:00:00", nextStepId="reply"), step()))
    workflow = api.start(stored, SMS)
    api.clock.advance(60)
    api.patch(stored, workflow, {"status": "terminate"})
    api.clock.advance(7200)
    [log] = api.instance(stored, workflow, includeLogs="true")["logs"]
    assert (log["stepName"], log["status"], log["completedAt"]) == ("pause", "Cancelled", "2024-03-01T09:31:00.12Z")


def test_a_step_without_a_type_is_an_sms(api: Api) -> None:
    untyped = step()
    del untyped["stepType"]
    stored = api.create(definition(untyped))
    assert path(api, stored, api.start(stored, SMS)) == [("reply", "Complete")]


def test_a_trigger_runs_what_it_starts(api: Api) -> None:
    stored = api.create(definition(step(), trigger="http_request", subAccountId=None))
    api.post("triggers", "http_request", body=SMS)
    [workflow] = api.instances(stored, status="Complete")
    assert path(api, stored, workflow) == [("reply", "Complete")]


def test_an_http_request_stays_on_this_machine_and_the_fault_says_how_to_answer_it(api: Api) -> None:
    stored = api.create(definition(fetch()))
    workflow = api.start(stored)
    [(failed, message)] = errors(api, stored, workflow)
    assert failed == "fetch"
    assert message.startswith("GET https://crm.example/people was not sent: ")
    assert "abc" not in message


def test_an_endless_loop_ends_in_a_fault(serving: Serve) -> None:
    api = serving("speed=instant")
    again = {"selectNextStep": {"pause": "{{true}}"}}
    stored = api.create(definition(wait("pause", "1000.00:00:00", **again)))
    workflow = api.start(stored)
    assert api.instance(stored, workflow)["status"] == "Terminated"
    assert errors(api, stored, workflow)[0][1] == "the wait ends after the year 9999"


@pytest.mark.parametrize(
    "payload",
    [b'{"n":1e999}', b'{"n":' + b"9" * 5000 + b"}", b'{"n":"\\ud800"}', b'{"a":' + b"[" * 90 + b"]" * 90 + b"}"],
    ids=["infinite", "many digits", "half a character", "deep"],
)
def test_hostile_data_ends_at_most_its_own_instance(api: Api, payload: bytes) -> None:
    stored = api.create(definition(step(inputs={"subAccountId": "s", "destination": "1", "text": "{{data.n}}"})))
    place = api.path("definitions", stored, "workflows")
    response = api.http.post(place, content=payload, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    assert api.instances(stored, status="Runnable") == []
    assert api.instance(stored, api.start(stored, {"n": "fine"}))["status"] == "Complete"


def test_a_step_id_that_no_database_holds_is_logged_as_well_as_can_be(api: Api) -> None:
    response = api.http.post(
        api.path("definitions"),
        content=b'{"trigger":"inbound_sms","definition":{"name":"n","steps":[{"id":"\\ud800","stepType":"Branch"}]}}',
        headers={"Content-Type": "application/json"},
    )
    stored = response.json()["id"]
    assert path(api, stored, api.start(stored)) == [("?", "Complete")]


def test_what_only_the_engine_refuses_terminates_with_its_message(api: Api) -> None:
    big = definition({"id": "a", "stepType": "Branch", "inputs": {"n": 0}})
    text = api.http.build_request("POST", "http://emulator/", json=big).content.replace(b'"n":0', b'"n":1e999')
    stored = api.http.post(api.path("definitions"), content=text, headers={"Content-Type": "application/json"}).json()[
        "id"
    ]
    workflow = api.start(stored)
    assert api.instance(stored, workflow)["status"] == "Terminated"
    assert errors(api, stored, workflow) == [("", "step a holds a number that JSON cannot write, or no JSON at all")]


def test_the_database_of_a_program_that_did_not_run_instances_is_brought_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    with sqlite3.connect(old) as db:
        db.executescript(f"{SCHEMA}; PRAGMA application_id = {0x8E8_0001}; PRAGMA user_version = 1")
        db.execute("INSERT INTO definition VALUES (1, 'd', 'acme', 1, 1, 0)")
        db.execute("INSERT INTO instance VALUES (1, ?, 'd', 1, 'Runnable', '{}', 0, NULL)", ("a" * 24,))
    db.close()
    with Api(database=old) as api:
        stored = api.create()
        assert api.instance(stored, api.start(stored, SMS))["status"] == "Complete"
    with sqlite3.connect(old) as db:
        assert db.execute("SELECT status FROM instance WHERE definition = 'd'").fetchall() == [("Runnable",)]
    db.close()


def test_who_runs_no_instance_does_not_wait_for_the_engine_to_be_imported(tmp_path: Path) -> None:
    program = (
        "import sys; from tests.emulator.api import Api; from pathlib import Path\n"
        f"with Api(database=Path({str(tmp_path / 'e.sqlite')!r})) as api: api.create(); api.listed()\n"
        "assert not [name for name in sys.modules if name.startswith('deployer.engine')]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True, timeout=60)


def test_a_refused_start_runs_nothing(serving: Serve, caplog: pytest.LogCaptureFixture) -> None:
    api = serving("start-disabled=false")
    stored = api.create(patient(status="disabled"))
    with caplog.at_level(logging.ERROR):
        assert refusal(api.post("definitions", stored, "workflows", body={}))[0] == 400
    assert (api.instances(stored), caplog.records) == ([], [])
