"""The other side of the conversation: what customers send, what they get, what the world answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from deployer.emulator import Settings, create_app
from tests.emulator.api import Api, Body, client_of, definition, refusal, step
from tests.emulator.conftest import Serve
from tests.emulator.test_running import SMS, ask, errors, fetch, path, wait


def control(api: Api, name: str, body: Body | None = None) -> Any:  # noqa: ANN401  # JSON payload
    """Ask one of the emulator's own endpoints."""
    if body is None:
        response = api.http.get(f"/_emulator/{name}", params={"account": api.account})
    else:
        response = api.http.post(f"/_emulator/{name}", json={"account": api.account, **body})
    assert response.is_success, response.text
    return response.json()


def says(api: Api, text: str, **fields: object) -> Body:
    answered: Body = control(api, "inbound", {"channel": "sms", "from": "+6591234567", "text": text, **fields})
    return answered


def survey(**fields: object) -> Body:
    question = step("question", nextStepId="ask")
    thanks = step("thanks", inputs={"subAccountId": "s", "destination": "1", "text": "You said {{data.said}}"})
    asking = ask(outputs={"said": "{{step.reply.payload.body}}"}, nextStepId="thanks")
    return definition(question, asking, thanks, subAccountId=None) | fields


def said(api: Api) -> list[tuple[str, str]]:
    return [(message["to"], message["text"]) for message in control(api, "outbox")]


def test_a_message_starts_a_conversation_and_the_next_one_goes_on_with_it(api: Api) -> None:
    stored = api.create(survey())
    first = says(api, "hello")
    [started] = first["started"]
    assert (first["resumed"], started["definitionId"]) == ([], stored)
    assert says(api, "fine") == {"resumed": [started], "started": []}
    assert said(api) == [("+6591234567", "Hello"), ("1", "You said fine")]
    assert api.instance(stored, started["workflowId"])["status"] == "Complete"
    assert len(says(api, "again")["started"]) == 1


def test_a_reply_stands_in_the_way_of_its_own_definition_only(api: Api) -> None:
    asking, other = api.create(survey()), api.create(definition(step(), subAccountId=None))
    says(api, "hello")
    second = says(api, "fine")
    assert [run["definitionId"] for run in second["resumed"]] == [asking]
    assert [run["definitionId"] for run in second["started"]] == [other]


def test_another_sender_or_channel_or_account_is_another_conversation(api: Api) -> None:
    api.create(survey())
    says(api, "hello")
    assert says(api, "hi", **{"from": "+6500000000"})["resumed"] == []
    assert says(api, "hi", channel="chat") == {"resumed": [], "started": []}
    api.account = "other"
    assert says(api, "hi") == {"resumed": [], "started": []}


def test_a_message_reaches_the_definitions_of_its_channel_and_sub_account(api: Api) -> None:
    shop = api.create(definition(step(), subAccountId="shop"))
    api.create(definition(step(), subAccountId="other"))
    api.create(definition(step(), subAccountId="shop", status="disabled"))
    text = "Hi {{data.payload.user.name}}, {{data.payload.content.text}}"
    chatty = step(inputs={"subAccountId": "s", "destination": "1", "text": text})
    chat = api.create(definition(chatty, subAccountId="shop", trigger="inbound_chat_apps"))
    by_sms = says(api, "hello", subAccountId="shop")["started"]
    assert [run["definitionId"] for run in by_sms] == [shop]
    assert api.instance(shop, by_sms[0]["workflowId"])["data"]["subAccountId"] == "shop"
    by_chat = says(api, "hello", subAccountId="shop", channel="chat", name="Ana")["started"]
    assert [run["definitionId"] for run in by_chat] == [chat]
    assert said(api)[-1] == ("1", "Hi Ana, hello")


def test_a_webhook_can_be_given_whole(api: Api) -> None:
    stored = api.create(definition(step(), subAccountId="shop"))
    webhook = {"namespace": "SMS", "payload": {"source": "+1", "body": "hi", "subAccountId": "shop", "price": 1.0}}
    [run] = control(api, "inbound", {"channel": "sms", "payload": webhook})["started"]
    assert api.instance(stored, run["workflowId"])["data"]["payload"] == webhook["payload"]


def test_nobody_answers_in_time(api: Api) -> None:
    stored = api.create(survey())
    [run] = says(api, "hello")["started"]
    api.clock.advance(3600)
    assert says(api, "too late")["resumed"] == []
    assert path(api, stored, run["workflowId"])[:2] == [("question", "Complete"), ("ask", "Cancelled")]


def test_a_reply_to_a_suspended_instance_is_kept_until_it_is_resumed(api: Api) -> None:
    stored = api.create(survey())
    [run] = says(api, "hello")["started"]
    workflow = run["workflowId"]
    api.patch(stored, workflow, {"status": "suspend"})
    assert says(api, "fine")["resumed"] == [run]
    assert path(api, stored, workflow)[-1] == ("ask", "WaitingForEvent")
    api.patch(stored, workflow, {"status": "resume"})
    assert said(api)[-1] == ("1", "You said fine")


def test_a_conversation_survives_a_restart(serving: Serve) -> None:
    first = serving()
    stored = first.create(survey())
    [run] = says(first, "hello")["started"]
    first.update(stored, definition(step("new")))
    first.close()
    second = serving()
    assert says(second, "fine")["resumed"] == [run]
    assert said(second) == [("+6591234567", "Hello"), ("1", "You said fine")]


def test_pressed_keys_reach_the_call_that_waits_for_them(api: Api) -> None:
    call = {
        "id": "call",
        "stepType": "VoiceMessage",
        "inputs": {
            "subAccountId": "s",
            "action": "say&capture",
            "clientRequestId": "c1",
            "params": {"text": "Press 1", "destination": "+6591234567"},
        },
        "nextStepId": "keys",
    }
    keys = {
        "id": "keys",
        "stepType": "WaitForDTMF",
        "inputs": {"dtmfRequestId": "c1"},
        "outputs": {"pressed": "{{step.dtmfData.actionDetails.dtmf}}"},
    }
    stored = api.create(definition(call, keys))
    workflow = api.start(stored)
    assert errors(api, stored, workflow) == []
    assert said(api) == [("+6591234567", "Press 1")]
    assert control(api, "dtmf", {"requestId": "c2", "digits": "9"}) == {"resumed": []}
    assert control(api, "dtmf", {"requestId": "c1", "digits": "1"})["resumed"][0]["workflowId"] == workflow
    assert api.instance(stored, workflow)["data"]["pressed"] == "1"


def test_what_was_sent_is_kept_in_order_and_can_be_read_on_or_cleared(api: Api) -> None:
    stored = api.create()
    for source in ("1", "2"):
        api.start(stored, {"payload": {"source": source}})
    first, second = control(api, "outbox")
    assert (first["definitionId"], first["step"], first["type"], first["to"]) == (stored, "reply", "SMS", "1")
    assert first["request"]["text"] == "Hello"
    assert first["sentAt"] == "2024-03-01T09:30:00.12Z"
    after = api.http.get("/_emulator/outbox", params={"account": "acme", "after": first["number"]})
    assert after.json() == [second]
    assert api.http.get("/_emulator/outbox", params={"account": "other"}).json() == []
    assert api.http.delete("/_emulator/outbox", params={"account": "acme"}).status_code == 204
    assert control(api, "outbox") == []


def test_requests_get_the_answers_that_they_were_given_the_latest_first(api: Api) -> None:
    stored = api.create(definition(fetch(outputs={"code": "{{step.responseCode}}", "ok": "{{step.responseBody?.ok}}"})))
    control(api, "answers", {"url": "https://crm.example/*", "response": {"responseBody": {"ok": True}}})
    assert api.instance(stored, api.start(stored))["data"].items() >= {"code": 200, "ok": True}.items()
    control(api, "answers", {"step": "fetch", "method": "get", "response": {"responseCode": 503}})
    assert api.instance(stored, api.start(stored))["data"]["code"] == 503
    control(api, "answers", {"step": "fetch", "unreachable": "connection refused"})
    assert errors(api, stored, api.start(stored)) == [("fetch", "connection refused")]
    assert [canned.get("step") for canned in control(api, "answers")] == ["fetch", "fetch", None]
    assert api.http.delete("/_emulator/answers", params={"account": "acme"}).status_code == 204
    assert control(api, "answers") == []


def test_a_message_can_be_refused_and_is_then_not_sent(api: Api) -> None:
    stored = api.create()
    control(api, "answers", {"step": "reply", "fault": "Invalid number."})
    assert errors(api, stored, api.start(stored, SMS)) == [("reply", "Invalid number.")]
    assert control(api, "outbox") == []


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("inbound", {}, "channel is required."),
        ("inbound", {"account": ""}, "account is required: the account id, as in the paths of the API."),
        ("inbound", {"account": "\n"}, "account is required: the account id, as in the paths of the API."),
        ("inbound", {"channel": "fax"}, 'channel must be sms or chat, got "fax".'),
        ("inbound", {"channel": "sms", "text": "hi"}, "from is required."),
        ("inbound", {"channel": "sms", "from": 65, "text": "hi"}, "from must be a string."),
        (
            "inbound",
            {"channel": "sms", "payload": {"body": "hi"}},
            "payload is the whole webhook, with a payload of its own; or give from and text instead.",
        ),
        ("dtmf", {"digits": "1"}, "requestId is required."),
        ("dtmf", {"payload": {}}, "payload must name the call: uid or clientRequestId."),
        ("answers", {"response": {}}, "Give step or url: whose request is answered."),
        ("answers", {"step": "a"}, "Give one of response, fault and unreachable."),
        ("answers", {"step": "a", "response": []}, "response must be a JSON object."),
        (
            "answers",
            {"step": "a", "response": {"responseCode": "ok"}},
            "responseCode must be a number of three digits, like 200.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(api: Api, name: str, body: Body, message: str) -> None:
    response = api.http.post(f"/_emulator/{name}", json={"account": "acme", **body})
    assert refusal(response) == (400, 1000, message)


def test_the_emulators_own_endpoints_ask_for_the_key_and_the_account_too(tmp_path: Path) -> None:
    app = create_app(tmp_path / "e.sqlite", api_key="right", account_ids=["acme"])
    try:
        with client_of(app, key="wrong") as client:
            assert client.get("/_emulator/outbox", params={"account": "acme"}).status_code == 401
        with client_of(app, key="right") as client:
            assert client.get("/_emulator/outbox", params={"account": "acme"}).json() == []
            assert client.get("/_emulator/outbox", params={"account": "other"}).status_code == 403
            assert client.get("/_emulator/outbox").status_code == 400
    finally:
        app.close()


class Crm(BaseHTTPRequestHandler):
    """A server on this machine; the first request may be left without an answer."""

    asked: list[str]
    hold: Event

    def do_GET(self) -> None:  # the base class's name
        self.asked.append(self.path)
        if len(self.asked) == 1:
            self.hold.wait(10)
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"ok":true}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


@contextmanager
def crm(*, answers: bool) -> Iterator[tuple[str, list[str], Event]]:
    hold = Event()
    if answers:
        hold.set()
    handler = type("Handler", (Crm,), {"asked": [], "hold": hold})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.asked, hold  # type: ignore[attr-defined]
    finally:
        hold.set()
        server.shutdown()
        server.server_close()


def calling(url: str) -> Body:
    inputs = {"method": "GET", "url": f"{url}/people", "timeoutSeconds": 5}
    return definition(fetch(inputs=inputs, outputs={"ok": "{{step.responseBody.ok}}"}))


def test_requests_leave_this_machine_only_when_the_settings_allow_it(serving: Serve) -> None:
    with crm(answers=True) as (url, asked, _):
        kept = serving()
        stored = kept.create(calling(url))
        assert kept.instance(stored, kept.start(stored))["status"] == "Terminated"
        assert asked == []
        api = serving("allow-http=true")
        assert api.instance(stored, api.start(stored))["data"]["ok"] is True
        assert asked == ["/people"]


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_in_the_background_instances_run_when_they_are_due_without_any_request(tmp_path: Path) -> None:
    database = tmp_path / "e.sqlite"
    served = create_app(database, Settings(speed=36_000))
    try:
        served.run_in_background()
        with client_of(served) as client:
            paused = definition(wait("pause", "01:00:00", nextStepId="reply"), step())
            stored = client.post("/api/v1/accounts/acme/definitions", json=paused).json()["id"]
            place = f"/api/v1/accounts/acme/definitions/{stored}/workflows"
            assert client.post(place, json=SMS).status_code == 201
            # With threads of its own, the emulator runs nothing within this request.
            outbox = "/_emulator/outbox?account=acme"
            within(10, lambda: len(client.get(outbox).json()) == 1)
            assert client.get(place, params={"status": "Complete"}).json()[0]["version"] == 1
    finally:
        served.close()


def test_a_request_that_the_end_of_the_emulator_cut_off_is_made_again_after_its_start(tmp_path: Path) -> None:
    database = tmp_path / "e.sqlite"
    settings = Settings(allow_http=True)
    with crm(answers=False) as (url, asked, hold):
        first = create_app(database, settings)
        with client_of(first) as client:
            stored = client.post("/api/v1/accounts/acme/definitions", json=calling(url)).json()["id"]
            place = f"/api/v1/accounts/acme/definitions/{stored}/workflows"
            first.run_in_background()
            client.post(place, json={})
            within(10, lambda: len(asked) == 1)
        first.close()
        hold.set()
        second = create_app(database, settings)
        try:
            with client_of(second) as client:
                [instance] = client.get(place).json()
                assert (instance["status"], instance["data"]["ok"]) == ("Complete", True)
        finally:
            second.close()
        assert asked == ["/people", "/people"]


def test_an_instance_that_is_suspended_during_its_request_goes_on_with_the_answer_when_it_is_resumed(
    tmp_path: Path,
) -> None:
    with crm(answers=False) as (url, asked, hold):
        app = create_app(tmp_path / "e.sqlite", Settings(allow_http=True))
        try:
            app.run_in_background()
            with client_of(app) as client:
                stored = client.post("/api/v1/accounts/acme/definitions", json=calling(url)).json()["id"]
                place = f"/api/v1/accounts/acme/definitions/{stored}/workflows"
                instance = client.post(place, json={}).headers["Location"]
                within(10, lambda: len(asked) == 1)
                assert client.patch(instance, json={"status": "suspend"}).status_code == 200
                hold.set()
                time.sleep(0.05)
                assert client.get(instance).json()["status"] == "Suspended"
                assert client.patch(instance, json={"status": "resume"}).status_code == 200
                within(10, lambda: client.get(instance).json()["status"] == "Complete")
                assert client.get(instance).json()["data"]["ok"] is True
        finally:
            app.close()
        assert asked == ["/people"]
