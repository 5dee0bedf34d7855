"""What comes back of a body that was sent."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.emulator.api import Api, Body, definition, identity, step, without
from tests.emulator.conftest import Serve

SERVER_FIELDS = ("id", "version", "createdAt", "accountId")


def send(api: Api, text: str | bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return api.http.post(api.path("definitions"), content=text, headers=headers)


def enveloped(inputs: str) -> str:
    return (
        '{"trigger":"inbound_sms","status":"enabled","definition":{"name":"N","steps":'
        f'[{{"id":"a","stepType":"Wait","inputs":{inputs}}}]}}}}'
    )


@pytest.mark.parametrize(
    "inputs",
    [
        '{"z":1,"a":1.0,"m":1.10,"e":1E5,"big":12345678901234567890123,"far":1e400,"minus":-0}',
        '{"nothing":null,"empty":{},"none":[],"yes":true,"no":false,"text":""}',
        '{"id":"inner","version":7,"createdAt":null,"accountId":{"subaccountId":"inner"},"definition":{"id":1}}',
        '{"half":"\\ud83d","crlf":"a\\r\\nb","control":"\\u0001\\u0002\\u0003","quote":"\\"\\\\"}',
    ],
    ids=["numbers", "nothings", "server's names", "strings"],
)
def test_a_body_comes_back_to_the_letter(api: Api, inputs: str) -> None:
    text = enveloped(inputs)
    created = send(api, text)
    assert created.status_code == 201, created.text
    server_fields, _, rest = created.text.partition('"trigger"')
    assert list(json.loads(server_fields.rstrip(",") + "}")) == list(SERVER_FIELDS)
    assert '{"trigger"' + rest == text
    assert api.get("definitions").text == f"[{created.text}]"
    assert api.get("definitions", created.json()["id"]).text == f"[{created.text}]"


def test_key_order_and_unknown_fields_come_back(api: Api) -> None:
    body = {
        "zebra": {"b": 1, "a": 2},
        "definition": {"steps": [step(later="x", outputs={"o": "{{step.umid}}"})], "note": None, "name": "N"},
        "status": "enabled",
        "trigger": "inbound_sms",
        "labels": [1, [2]],
    }
    created = api.post("definitions", body=body).json()
    assert json.dumps(without(created, *SERVER_FIELDS)) == json.dumps(body)


def test_other_alphabets_come_back(api: Api) -> None:
    created = send(api, json.dumps(definition(name="Grüezi 👋 你好"), ensure_ascii=False).encode()).json()
    assert created["definition"]["name"] == "Grüezi 👋 你好"


def test_of_a_repeated_key_the_last_counts(api: Api) -> None:
    created = send(api, enveloped("{}").replace('"name":"N"', '"name":"First","name":"Last"'))
    assert created.json()["definition"]["name"] == "Last"
    assert "First" not in created.text


def test_a_missing_status_stays_missing(api: Api) -> None:
    assert "status" not in api.post("definitions", body=without(definition(), "status")).json()


def test_the_servers_own_fields_cannot_be_sent(api: Api) -> None:
    body = definition(id="mine", version=99, createdAt="yesterday", accountId="somebody")
    body["definition"] |= {"id": "mine", "version": 99}
    created = api.post("definitions", body=body).json()
    assert created["definition"] == definition()["definition"]
    assert (created["version"], created["accountId"], created["createdAt"]) == (1, "acme", "2024-03-01T09:30:00.12Z")
    assert created["id"] != "mine"


def test_ids_stand_inside_the_definition_where_the_settings_say_so(serving: Serve) -> None:
    api = serving("ids=inside")
    created = api.post("definitions", body=definition()).json()
    stored = identity(created)
    assert created == {
        "createdAt": "2024-03-01T09:30:00.12Z",
        "accountId": "acme",
        **definition(),
        "definition": {"id": stored, "version": 1, **definition()["definition"]},
    }
    assert api.get("definitions").json() == api.get("definitions", stored).json() == [created]


@pytest.mark.parametrize("sent", ["subAccountId", "subaccountId"])
@pytest.mark.parametrize("answered", ["subAccountId", "subaccountId"])
def test_the_sub_account_is_read_in_both_spellings_and_answered_in_one(
    serving: Serve, sent: str, answered: str
) -> None:
    api = serving(f"sub-account-spelling={answered}")
    inner = {"subaccountId": "kept", "subAccountId": "kept"}
    body = {**without(definition(step(inputs=inner)), "subAccountId"), sent: "acme_sms"}
    created = api.post("definitions", body=body).json()
    assert without(created, *SERVER_FIELDS) == without(body, sent) | {answered: "acme_sms"}


def test_of_two_spellings_the_schemas_counts(api: Api) -> None:
    created = api.post("definitions", body=definition(subaccountId="lost")).json()
    assert (created["subAccountId"], "subaccountId" in created) == ("acme_sms", False)


def test_settings_of_answers_do_not_change_what_is_stored(serving: Serve) -> None:
    first = serving("ids=inside", "sub-account-spelling=subaccountId")
    stored = first.create()
    assert serving().get("definitions", stored).json()[0] == {
        "id": stored,
        "version": 1,
        "createdAt": "2024-03-01T09:30:00.12Z",
        "accountId": "acme",
        **definition(),
    }


def builder_step(step_id: str, kind: str, **fields: object) -> Body:
    return {
        "stepType": kind,
        "id": step_id,
        "do": [],
        "nextStepId": None,
        "inputs": {},
        "outputs": {},
        "selectNextStep": {},
    } | fields


def test_a_normalising_platform_fills_defaults_and_writes_steps_as_the_builder_does(serving: Serve) -> None:
    api = serving("normalise=true")
    inner = {"id": "inner", "stepType": "waitfordtmf", "inputs": {"timeout": "00:01:00"}}
    steps: list[Body] = [
        without(step("sms", nextStepId="ask", note="kept"), "stepType"),
        {"id": "ask", "stepType": "waitForReply", "inputs": {"from": "x", "channel": "sms"}},
        {"id": "if", "stepType": "IF", "do": [[inner], []], "inputs": {"condition": "{{true}}"}},
    ]
    created = api.post("definitions", body=without(definition(*steps), "status")).json()
    assert created["status"] == "disabled"
    expected = [
        builder_step("sms", "SMS", inputs=step()["inputs"], nextStepId="ask", note="kept"),
        builder_step("ask", "WaitForReply", inputs={"from": "x", "channel": "sms", "timeout": "1.00:00:00"}),
        builder_step(
            "if",
            "If",
            do=[[builder_step("inner", "WaitForDTMF", inputs={"timeout": "00:01:00"})], []],
            inputs={"condition": "{{true}}"},
        ),
    ]
    assert json.dumps(created["definition"]["steps"]) == json.dumps(expected)
    assert api.get("definitions", created["id"]).json() == [created]


def test_a_byte_order_mark_is_no_harm(api: Api) -> None:
    assert send(api, b"\xef\xbb\xbf" + json.dumps(definition()).encode()).status_code == 201


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "Expecting value, at line 1 column 1"),
        (b"{", "Expecting property name enclosed in double quotes, at line 1 column 2"),
        (b'{"a": 1}\n x', "Extra data, at line 2 column 2"),
        (b'{"a": NaN}', "NaN is no JSON value"),
        (b'{"a": -Infinity}', "-Infinity is no JSON value"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b"[" * 101 + b"]" * 101, "nested more than 100 levels deep"),
        (b"[" * 200_000, "nested more than 100 levels deep"),
    ],
)
def test_malformed_json_is_refused_with_its_place(api: Api, text: bytes, reason: str) -> None:
    response = send(api, text)
    assert response.status_code == 400
    assert response.json()["code"] == 1000
    assert response.json()["message"] == f"Request body is not valid JSON: {reason}."


@pytest.mark.parametrize("text", ["[]", "null", '"text"', "12"])
def test_json_that_is_no_object_is_refused(api: Api, text: str) -> None:
    response = send(api, text)
    assert (response.status_code, response.json()["message"]) == (400, "Request body must be a JSON object.")


def test_a_hundred_levels_are_fine(api: Api) -> None:
    deep = "[" * 94 + "]" * 94
    created = send(api, enveloped(f'{{"deep":{deep}}}'))
    assert created.status_code == 201, created.text
    assert deep in api.get("definitions").text
