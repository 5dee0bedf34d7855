"""The vendor's other services: numbers, balance, contacts, chat apps, verify, SMS, video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployer.emulator import Settings, create_app
from deployer.errors import ConfigurationError
from tests.emulator.api import Api, Body, client_of, definition, refusal
from tests.emulator.conftest import Serve
from tests.emulator.test_conversations import control, says

ACCOUNT = "5f3c2b1a-0d9e-4c8b-a7f6-1234567890ab"
UMID = "cf3cbbf5-3e2d-4a11-815d-020897df5459"
NUMBERS = "numbers=6512345678, 6512345679@acme_voice:unhealthy 6512345680:inactive,6512345681:unchecked"
VOICE = "/voice.8x8.com/api/v1/subaccounts/acme_voice/numbers"
EXPORTS = "/chatapps.8x8.com/api/v1/subaccounts/acme_chat/messages/exports"
EVENTS = "/chatapps.8x8.com/api/v1/subaccounts/acme_chat/events"
COVERAGE = "/verify.8x8.com/api/v2/subaccounts/acme_sms/sma/coverage"
BALANCE = f"/sms.8x8.com/api/v1/accounts/{ACCOUNT}/balance"
SNAPSHOT = "/video-agent.8x8.com//s3/uploads/snapshots/2019/3/8/1552018607812/snapshot.png"


def call(step_id: str, method: str, url: str, **fields: object) -> Body:
    """A step that calls a service and keeps what it answers."""
    inputs = {"url": url, "method": method, "headers": {"Authorization": "Bearer key-of-the-account"}}
    outputs = {step_id: "{{step.responseBody}}", f"{step_id}Code": "{{step.responseCode}}"}
    own = fields.pop("inputs", {})
    assert isinstance(own, dict)
    return {"id": step_id, "stepType": "HttpRequest", "inputs": inputs | own, "outputs": outputs} | fields


def data_of(api: Api, *steps: Body, payload: Body | None = None) -> Any:  # noqa: ANN401  # JSON payload
    """What an instance of these steps knows when it has ended well."""
    stored = api.create(definition(*steps, trigger="http_request", subAccountId=None))
    instance = api.instance(stored, api.start(stored, payload))
    errors = api.get("definitions", stored, "workflows", instance["workflowId"], "errors").text
    assert instance["status"] == "Complete", errors
    return instance["data"]


def test_the_numbers_of_a_sub_account_are_listed_with_their_health(serving: Serve) -> None:
    api = serving(NUMBERS)
    answered = api.http.get(VOICE).json()
    assert answered["totalNumbers"] == 4
    assert [
        (number["msisdn"], number["operationalStatus"], number["numberHealth"] and number["numberHealth"]["isHealthy"])
        for number in answered["numbers"]
    ] == [
        ("6512345678", "Active", True),
        ("6512345679", "Active", False),
        ("6512345680", "Inactive", False),
        ("6512345681", "Active", None),
    ]
    assert answered["numbers"][0]["countryCode"] == "SG"
    assert api.http.get(VOICE.replace("acme_voice", "other")).json()["totalNumbers"] == 3


def test_one_number_is_answered_in_the_voice_services_own_form(serving: Serve) -> None:
    api = serving(NUMBERS)
    found = api.http.get(f"{VOICE}/6512345678").json()
    assert (found["statusCode"], found["payload"]) == (
        0,
        {"referenceId": "range-651234", "msisdn": "6512345678", "countryCode": "SG"},
    )
    for number, status in (("6599999999", 404), ("+6512345678", 400), ("639171234567", 400), ("", 400)):
        response = api.http.get(f"{VOICE}/{number}")
        assert (response.status_code, list(response.json())) == (status, ["statusCode", "statusMessage", "timestamp"])


def test_without_planted_numbers_there_are_none(api: Api) -> None:
    assert api.http.get(VOICE).json()["numbers"] == []


def test_a_prepaid_account_has_a_balance_and_another_an_error(serving: Serve) -> None:
    assert serving("balance=12.5", "currency=SGD").http.get(BALANCE).json() == {"balance": 12.5, "currency": "SGD"}
    assert refusal(serving().http.get(BALANCE)) == (403, 1201, "Account not in prepaid mode")
    status, code, _ = refusal(serving().http.get(BALANCE.replace(ACCOUNT, "acme")))
    assert (status, code) == (400, 1000)


def test_a_service_is_reached_by_host_header_too(serving: Serve) -> None:
    api = serving("balance=3")
    response = api.http.get(BALANCE.removeprefix("/sms.8x8.com"), headers={"Host": "sms.8x8.com"})
    assert response.json()["balance"] == 3


@pytest.mark.parametrize("path", [VOICE, BALANCE, SNAPSHOT])
def test_without_the_right_key_a_service_answers_401(tmp_path: Path, path: str) -> None:
    app = create_app(tmp_path / "emulator.sqlite", api_key="the-right-key")
    try:
        with client_of(app, key="another-key") as client:
            assert refusal(client.get(path, headers={"x-token": "another"}))[:2] == (401, 1200)
    finally:
        app.close()


def test_a_sub_account_of_somebody_else_is_refused_as_documented(serving: Serve) -> None:
    api = serving("sub-accounts=acme_sms, acme_chat")
    expected = (400, 1001, "Provided subAccountId doesn't belong to your account")
    assert refusal(api.http.get(VOICE)) == expected
    assert api.http.post(EXPORTS, json={}).status_code == 200


def test_what_is_not_there_is_404_and_a_wrong_method_405(api: Api) -> None:
    assert refusal(api.http.get("/sms.8x8.com/api/v1/nothing"))[:2] == (404, 1300)
    wrong = api.http.post(BALANCE)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


def test_a_number_goes_on_the_blacklist_without_its_plus(api: Api) -> None:
    path = f"/contacts.8x8.com/api/v1/accounts/{ACCOUNT}/contacts/blacklist/"
    assert api.http.post(f"{path}6591234567").status_code == 200
    for wrong in ("+6591234567", "0123", "Mei"):
        assert refusal(api.http.post(path + wrong))[:2] == (400, 1002)


def test_typing_can_be_shown_for_two_hours_after_a_message(api: Api) -> None:
    api.create(definition(trigger="inbound_chat_apps", subAccountId=None))
    webhook = {"payload": {"umid": UMID, "user": {"msisdn": "+6591234567"}, "content": {"text": "Hi"}}}
    says(api, "Hi", channel="chat", payload=webhook)
    body = {"channel": "whatsapp", "type": "typing", "umid": UMID}
    assert api.http.post(EVENTS, json=body).status_code == 200
    for change in ({"channel": "sms"}, {"type": "reading"}, {"umid": "17"}, {"umid": None}):
        assert refusal(api.http.post(EVENTS, json=body | change))[:2] == (400, 1000)
    assert refusal(api.http.post(EVENTS, json=body | {"umid": ACCOUNT}))[:2] == (404, 1300)
    api.clock.advance(7200)
    assert api.http.post(EVENTS, json=body).status_code == 200
    api.clock.advance(1)
    assert "last 2 hours" in refusal(api.http.post(EVENTS, json=body))[2]


def test_coverage_needs_the_customers_address(serving: Serve) -> None:
    body = {"clientIp": "123.123.123.123", "destination": "+6591234567"}
    assert serving().http.post(COVERAGE, json=body).json() == {"isAvailable": True}
    assert serving("sma-coverage=false").http.post(COVERAGE, json=body).json() == {"isAvailable": False}
    local = {"destination": "091234567"}
    api = serving()
    assert api.http.post(COVERAGE, json=body | local | {"country": "SG"}).status_code == 200
    assert refusal(api.http.post(COVERAGE, json=body | local))[:2] == (400, 1002)
    nobody = {"destination": "Mei", "country": "SG"}
    assert refusal(api.http.post(COVERAGE, json=body | nobody))[:2] == (400, 1002)
    for change in ({"clientIp": "here"}, {"clientIp": None}, {"country": "SGP"}):
        assert refusal(api.http.post(COVERAGE, json=body | change))[:2] == (400, 1000)


def test_an_export_is_started_looked_at_and_cancelled(api: Api) -> None:
    body = {"from": "2020-07-01", "to": "2020-07-02T13:00:00+07:00", "countries": ["SG"], "limit": 100}
    job = api.http.post(EXPORTS, json=body).json()["jobId"]
    assert len(job) == 64
    assert api.http.get(f"{EXPORTS}/{job}").json()["status"] == "succeeded"
    assert api.http.delete(f"{EXPORTS}/{job}").status_code == 200
    assert api.http.get(f"{EXPORTS}/{job}").json() == {"status": "cancelled"}
    assert refusal(api.http.delete(f"{EXPORTS}/{job[1:]}")) == (400, 4018, "Invalid jobId")


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "yesterday"},
        {"from": "2020-13-01"},
        {"from": "2020-07-02", "to": "2020-07-01"},
        {"limit": -1},
        {"limit": "10"},
        {"countries": "SG"},
        {"countries": ["SGP"]},
        {"phoneNumber": "here"},
    ],
)
def test_an_export_that_nobody_can_make_is_refused(api: Api, wrong: Body) -> None:
    assert refusal(api.http.post(EXPORTS, json=wrong))[0] == 400


def test_personal_data_goes_from_a_message_that_was_sent_or_received(api: Api) -> None:
    stored = api.create(definition(trigger="http_request", subAccountId=None))
    umid = f"{UMID[:-1]}a"
    api.start(stored, {"payload": {"umid": umid, "source": "+6591234567"}})
    path = "/sms.8x8.com/api/v1/subaccounts/acme_sms/messages/{}/pii"
    assert api.http.delete(path.format(umid)).status_code == 202
    assert refusal(api.http.delete(path.format(UMID))) == (404, 1300, "Message not found.")


def test_a_snapshot_is_a_picture_for_who_has_the_token(api: Api) -> None:
    response = api.http.get(SNAPSHOT, headers={"x-token": "token-of-the-agent"})
    assert (response.headers["Content-Type"], response.content[:4]) == ("image/png", b"\x89PNG")
    assert refusal(api.http.get(SNAPSHOT))[:2] == (401, 1200)
    missing = api.http.get("/video-agent.8x8.com/else.png", headers={"x-token": "t"})
    assert refusal(missing)[:2] == (404, 1300)


def test_a_step_is_answered_on_this_machine(serving: Serve) -> None:
    api = serving("balance=250", NUMBERS)
    found = data_of(
        api,
        call("left", "GET", f"https://sms.8x8.com/api/v1/accounts/{ACCOUNT}/balance", nextStepId="numbers"),
        call("numbers", "GET", "https://voice.8x8.com/api/v1/subaccounts/acme_voice/numbers"),
    )
    assert found["left"] == {"balance": 250, "currency": "USD"}
    assert (found["numbersCode"], found["numbers"]["totalNumbers"]) == (200, 4)


def test_a_step_gets_the_error_as_its_answer_and_goes_on(api: Api) -> None:
    found = data_of(
        api,
        call("left", "GET", f"https://sms.8x8.com/api/v1/accounts/{ACCOUNT}/balance", nextStepId="open"),
        call("open", "GET", "https://voice.8x8.com/api/v1/subaccounts/acme_voice/numbers", inputs={"headers": {}}),
    )
    assert (found["leftCode"], found["left"]["code"]) == (403, 1201)
    assert (found["openCode"], found["open"]["code"]) == (401, 1200)


def test_a_step_may_remove_the_personal_data_of_what_it_sent(api: Api) -> None:
    send = {
        "id": "send",
        "stepType": "SMS",
        "inputs": {"subAccountId": "acme_sms", "destination": "+6591234567", "text": "Thanks"},
        "outputs": {"umid": "{{step.umid}}"},
        "nextStepId": "gone",
    }
    url = "https://sms.8x8.com/api/v1/subaccounts/acme_sms/messages/{{data.umid}}/pii"
    assert data_of(api, send, call("gone", "DELETE", url))["goneCode"] == 202
    [message] = control(api, "outbox")
    assert (message["step"], message["to"], message["text"], message["request"]) == ("send", "", "", {})


def test_typing_is_measured_by_the_clock_of_the_instance(serving: Serve) -> None:
    api = serving("speed=instant")
    body = {"channel": "whatsapp", "type": "typing", "umid": "{{data.payload.umid}}"}
    url = "https://chatapps.8x8.com/api/v1/subaccounts/acme_chat/events"
    pause = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "03:00:00"}, "nextStepId": "late"}
    found = data_of(
        api,
        call("soon", "POST", url, inputs={"body": body}, nextStepId="pause"),
        pause,
        call("late", "POST", url, inputs={"body": body}),
        payload={"payload": {"umid": UMID}},
    )
    assert (found["soonCode"], found["lateCode"]) == (200, 400)


def test_what_the_vendor_has_and_this_machine_has_not_still_faults(api: Api) -> None:
    url = "https://sms.8x8.com/api/v1/subaccounts/acme_sms/messages"
    stored = api.create(definition(call("send", "POST", url), trigger="http_request"))
    instance = api.start(stored)
    [error] = api.get("definitions", stored, "workflows", instance, "errors").json()
    assert "was not sent" in error["message"]


def test_a_canned_answer_comes_first(serving: Serve) -> None:
    api = serving("balance=250")
    canned = {"account": api.account, "step": "left", "response": {"responseCode": 503}}
    assert api.http.post("/_emulator/answers", json=canned).status_code == 201
    url = f"https://sms.8x8.com/api/v1/accounts/{ACCOUNT}/balance"
    assert data_of(api, call("left", "GET", url))["leftCode"] == 503


@pytest.mark.parametrize(
    "pair",
    ["numbers=12", "numbers=6512345678:ill", "numbers=6512345678@a", "sub-accounts=a b", "balance=much", "currency=usd",
     "balance=inf"],
)  # fmt: skip
def test_what_cannot_be_planted_is_refused_with_what_can(pair: str) -> None:
    with pytest.raises(ConfigurationError, match=f"emulator setting `{pair.partition('=')[0]}` cannot be"):
        Settings.parse([pair])
