"""The rule 8x8-endpoint: calls of the vendor's other APIs, by the catalogue in schemas/endpoints/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from deployer.finding import Finding, Severity
from deployer.lint.check import check
from deployer.lint.endpoints import catalogue, read_catalogue
from deployer.lint.rules.eight_by_eight_endpoint import problems_of_call
from deployer.lint.waiting import least_wait
from deployer.steps import schemas_folder
from tests.lint.workflows import with_steps, workflow

FILES = sorted((schemas_folder() / "endpoints").glob("*.json"))
KEY = 'headers: { Authorization: "Bearer ${secret.KEY}" }'
CHAT = "https://chatapps.8x8.com/api/v1/subaccounts/acme_chat"
ACCOUNT = "5f3c2b1a-0d9e-4c8b-a7f6-1234567890ab"
UMID = "cf3cbbf5-3e2d-ea11-815d-020897df5459"
TYPING = f"url: '{CHAT}/events', method: POST, {KEY}"


def findings(*inputs: str, before: str = "") -> list[Finding]:
    """What the rule says of a workflow of calls, each by its inputs."""
    steps = [f"id: step{n}, stepType: HttpRequest, inputs: {{ {text} }}" for n, text in enumerate(inputs)]
    found = check(
        [with_steps(*([before] if before else []), *steps, head="trigger: inbound_chat_apps\nstatus: enabled\n")]
    )
    return [finding for finding in found if finding.rule == "8x8-endpoint"]


def messages(*inputs: str) -> list[str]:
    """What the rule says, without the endpoint's name in front and its page behind."""
    return [
        finding.message.partition(": ")[2].rpartition(" see https://developer.8x8.com/")[0]
        for finding in findings(*inputs)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_the_catalogue_is_what_its_schema_says(file: Path) -> None:
    schema = json.loads((schemas_folder() / "endpoint.schema.json").read_bytes())
    value = json.loads(file.read_bytes())
    Draft7Validator(schema).validate(value)
    places = {part.strip("{*}") for part in value["url"].split("/") if part.startswith("{")}
    assert places == set(value["path"])


def test_the_endpoints_of_the_vendors_pages_are_there() -> None:
    assert {(endpoint.method, endpoint.host) for endpoint in catalogue().endpoints} == {
        ("POST", "contacts.8x8.com"),
        ("POST", "chatapps.8x8.com"),
        ("GET", "chatapps.8x8.com"),
        ("DELETE", "chatapps.8x8.com"),
        ("POST", "verify.8x8.com"),
        ("DELETE", "sms.8x8.com"),
        ("GET", "sms.8x8.com"),
        ("GET", "voice.8x8.com"),
        ("GET", "video-agent.8x8.com"),
    }
    assert len(catalogue().endpoints) == len(FILES) == 11


def test_a_file_more_is_an_endpoint_more(tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    number = {"type": "string", "pattern": "^[0-9]+$", "legal": "a number of a page"}
    added = {
        "name": "Pages", "purpose": "Turns a page.", "source": "https://developer.8x8.com/pages", "method": "POST",
        "url": "https://pages.8x8.com/api/v1/pages/{number}", "keyHeader": "Authorization", "path": {"number": number},
        "body": {"mood": {"type": "string", "required": True, "legal": "how", "enum": ["slow", "fast"]}},
    }  # fmt: skip
    (tmp_path / "pages.json").write_text(json.dumps(added), encoding="utf-8")
    url = "https://pages.8x8.com/api/v1/pages/one"
    wrong = with_steps(
        f"id: a, stepType: HttpRequest, inputs: {{ url: '{url}', method: POST, {KEY}, body: {{ mood: odd }} }}"
    )
    before = list(problems_of_call(wrong, wrong.steps[0], url, catalogue()))
    after = [problem.message for problem in problems_of_call(wrong, wrong.steps[0], url, read_catalogue(tmp_path))]
    assert before == []
    assert after == [
        'Pages: `number` in the address is a number of a page; here it is "one"; see https://developer.8x8.com/pages',
        'Pages: `mood` is how, `slow` or `fast`, not "odd"; see https://developer.8x8.com/pages',
    ]


@pytest.mark.parametrize(
    "inputs",
    [
        f"{TYPING}, body: {{ channel: rcs, type: typing, umid: {UMID} }}",
        f'{TYPING}, body: {{ channel: "{{{{data.channel}}}}", type: typing, umid: "{{{{data.payload.umid}}}}" }}',
        f'{TYPING}, body: "{{{{data.body}}}}"',
        f"""{TYPING}, body: '{{"channel": "rcs", "type": "typing", "umid": "{UMID}"}}'""",
        f"url: '{CHAT}/messages/exports', method: POST, {KEY}",
        (f"url: '{CHAT}/messages/exports', method: POST, {KEY},"
        " body: { from: '2020-07-01', to: '2020-07-01T13:00:00+07:00' }"),
        f"url: '{CHAT}/messages/exports/F1T6z9C5', method: GET, {KEY}",
        f"url: '{CHAT}/messages/exports/{{{{data.job}}}}', method: DELETE, {KEY}",
        f"url: 'https://contacts.8x8.com/api/v1/accounts/{ACCOUNT}/contacts/blacklist/6512345678', method: POST, {KEY}",
        (f"url: 'https://contacts.8x8.com/api/v1/accounts/{ACCOUNT.replace('-', '')}/contacts/blacklist/1234567',"
        f" method: post, {KEY}"),
        f"url: 'https://sms.8x8.com/api/v1/subaccounts/acme_sms/messages/{UMID}/pii', method: DELETE, {KEY}",
        f"url: 'https://sms.8x8.com/api/v1/accounts/{ACCOUNT}/balance?x=1', method: GET, {KEY}",
        f"url: 'https://voice.8x8.com/api/v1/subaccounts/acme/numbers', method: GET, {KEY}",
        f"url: 'https://voice.8x8.com/api/v1/subaccounts/acme/numbers/6512345678', method: GET, {KEY}",
        ("url: 'https://video-agent.8x8.com//s3/uploads/snapshots/1/snapshot.png', method: GET,"
        " headers: { X-Token: '${secret.T}' }"),
        "url: 'https://video-agent.8x8.com/{{data.link}}', method: GET, headers: { x-token: '{{data.token}}' }",
        (f"url: 'https://verify.8x8.com/api/v2/subaccounts/acme/sma/coverage', method: POST, {KEY},"
        " body: { clientIp: '::1' }"),
        (f"url: 'https://verify.8x8.com/api/v2/subaccounts/acme/sma/coverage', method: POST, {KEY},"
        " body: { clientIp: 1.2.3.4, destination: '091234567', country: SG }"),
        "url: '{{data.base}}/api/v1/subaccounts/x/numbers', method: GET",
        "url: 'https://voice.8x8.com/api/v1/{{data.rest}}', method: GET",
        "url: 'https://voice.8x8.com{{data.path}}', method: GET",
        "url: 'https://voice.8x8.com/api/v1/subaccounts/acme/numbers', method: GET, headers: '{{data.headers}}'",
    ],
)  # fmt: skip
def test_a_call_as_the_docs_show_it_has_no_finding(inputs: str) -> None:
    assert [finding.message for finding in findings(inputs)] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.8x8.com/api/v1/subaccounts/acme/messages",
        "https://chatapps.8x8.com/api/v1/subaccounts/acme/messages/cf3cbbf5",
        "https://chatapps.8x8.com/api/v1/subaccounts/acme/messages/batch",
        "https://chatapps.8x8.com/api/v1/subaccounts/acme/messages/reports",
        "https://chatapps.8x8.com/api/v1/subaccounts/acme/messages/{{data.payload.umid}}/typing",
        "https://voice.8x8.com/api/v1/subaccounts/acme/callflows",
        "https://contacts.8x8.com/api/v1/accounts/acme/contacts",
        "https://verify.8x8.com/api/v2/subaccounts/acme/sessions",
        "https://video-agent.8x8.com/api/v1/rooms",
        "https://chatapps.8x8.uk/api/v1/subaccounts/a/events",
        "https://somewhere.8x8.com/api/v1/subaccounts/a/events",
        "https://automation.8x8.com/api/v1/accounts/acme/triggers/http_request",
        "https://www.8x8.com",
        "https://sms.8x8.com.example/api/v1/accounts/a/balance",
        "https://shop.example/?next=https://sms.8x8.com/api/v1/accounts/a/balance",
        "https://[8x8.com",
    ],
)
def test_what_the_catalogue_does_not_know_is_let_be(url: str) -> None:
    assert findings(f"url: '{url}', method: PUT") == []


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("chatapps.8x8.com/api/v1/subaccounts/acme/messages/exprots", "/api/v1/subaccounts/acme/messages/exports"),
        ("chatapps.8x8.com/api/v1/subaccount/acme/events", "/api/v1/subaccounts/acme/events"),
        ("verify.8x8.com/api/v1/subaccounts/acme/sma/coverage", "/api/v2/subaccounts/acme/sma/coverage"),
        ("voice.8x8.com/v1/subaccounts/acme/numbers", "/api/v1/subaccounts/acme/numbers"),
        ("voice.8x8.com//api/v1/subaccounts/acme/numbers", "/api/v1/subaccounts/acme/numbers"),
        ("contacts.8x8.com/api/v1/accounts/x/blacklist/651234567", "/api/v1/accounts/x/contacts/blacklist/651234567"),
        ("VOICE.8X8.COM/api/v1/subaccounts/acme/numbrs", "/api/v1/subaccounts/acme/numbers"),
        ("sms.8x8.com/api/v1/accounts/x/Balance", "/api/v1/accounts/x/balance"),
    ],
)
def test_a_slip_in_a_path_gets_the_nearest_endpoint(path: str, meant: str) -> None:
    [finding] = findings(f"url: 'https://{path}', method: POST")
    assert "did you mean" in finding.message
    assert finding.severity is Severity.WARNING
    assert finding.suggestion == f"https://{path.partition('/')[0].lower()}{meant}"


def test_a_path_of_another_host_gets_that_host() -> None:
    [finding] = findings("url: 'https://sms.8x8.com/api/v1/subaccounts/acme/events', method: POST")
    assert finding.message.startswith("sms.8x8.com has no such path in its docs; did you mean `POST https://chatapps.")
    assert finding.suggestion == "https://chatapps.8x8.com/api/v1/subaccounts/acme/events"
    assert findings("url: 'https://sms.8x8.com/api/v1/subaccounts/acme/messages/exports', method: POST") == []
    assert findings("url: 'https://sms.8x8.com/api/v1/subaccounts/acme/{{data.what}}', method: POST") == []


def test_a_slip_beside_an_expression_has_no_text_to_put_instead() -> None:
    [finding] = findings("url: 'https://sms.8x8.com/api/v1/accounts/{{data.account}}/ballance', method: GET")
    assert "did you mean `GET https://sms.8x8.com/api/v1/accounts/{accountId}/balance`? see" in finding.message
    assert finding.suggestion is None
    [finding] = findings("url: 'https://sms.8x8.com/api/v1/accounts/x/ballance?of=today', method: GET")
    assert finding.suggestion is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://sms.8x8.com/api/v1/accounts/acme/balance", "`accountId` in the address is the id of an account"),
        ("https://voice.8x8.com/api/v1/subaccounts/a%20b/numbers", 'here it is "a b"'),
        ("https://voice.8x8.com/api/v1/subaccounts/acme/numbers/+6512345678", "7 to 10 digits, without plus"),
        ("https://voice.8x8.com/api/v1/subaccounts/acme/numbers/639171234567", "7 to 10 digits"),
        ("https://voice.8x8.com/api/v1/subaccounts/acme/numbers/", "`number` in the address is a number"),
        (
            f"{CHAT}/messages/exports/job 7",
            "`jobId` in the address is the `jobId` that the start of the export answered",
        ),
    ],
)
def test_what_stands_in_a_path_is_what_the_docs_say(url: str, said: str) -> None:
    [finding] = findings(f"url: '{url}', method: GET, {KEY}")
    assert said in finding.message
    assert finding.severity is Severity.ERROR


def test_pii_is_removed_by_the_id_of_a_message() -> None:
    [message] = messages(f"url: 'https://sms.8x8.com/api/v1/subaccounts/acme/messages/17/pii', method: DELETE, {KEY}")
    assert message == '`umid` in the address is the id that 8x8 gave the message, a UUID; here it is "17";'


def test_another_method_than_the_docs_is_a_warning_with_the_right_one() -> None:
    [finding] = findings(f"url: '{CHAT}/events', method: PUT, {KEY}")
    assert (finding.severity, finding.suggestion) == (Severity.WARNING, "POST")
    [several] = messages(f"url: '{CHAT}/messages/exports/job', method: PUT, {KEY}")
    assert several == 'the docs know this address with `DELETE` or `GET` only, not with "PUT";'


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ("", "the header `Authorization` is missing; write `Bearer ${secret.CPAAS_API_KEY}`"),
        (", headers: { Accept: application/json }", "the header `Authorization` is missing"),
        (", headers: { Authorization: Bearer 7c1e5b2d4086a93f }", "a secret of the project, and does not stand in"),
        (", headers: { authorization: 7c1e5b2d4086a93f }", "is `Bearer`, a blank and the key"),
        (', headers: { Authorization: "Basic ${secret.KEY}" }', "is `Bearer`, a blank and the key"),
        (', headers: { Authorization: "Bearer ${var.key}" }', "is a secret of the project"),
        (', headers: { Authorization: "${secret.KEY}" }', "write `Bearer ${secret.KEY}`, unless the secret"),
        (", headers: { Authorization: 17 }", "is `Bearer`, a blank and the key"),
    ],
)  # fmt: skip
def test_the_key_comes_from_a_secret_after_the_word_bearer(headers: str, said: str) -> None:
    [message] = messages(f"url: 'https://voice.8x8.com/api/v1/subaccounts/acme/numbers', method: GET{headers}")
    assert said in message
    assert "7c1e5b2d4086a93f" not in message


def test_a_snapshot_wants_its_token_in_a_header_of_its_own() -> None:
    url = "url: 'https://video-agent.8x8.com/{{data.link}}', method: GET"
    assert "the header `x-token` is missing" in messages(f"{url}, {KEY}")[0]
    assert "is a secret of the project" in messages(f"{url}, headers: {{ x-token: 7c1e5b2d4086a93f }}")[0]


def test_the_body_of_a_typing_indicator_is_complete_and_typed() -> None:
    assert messages(f"{TYPING}, body: {{ channel: sms, chanel: rcs, type: 5 }}") == [
        "`umid` is missing in the body: the id of an inbound message that came within the last 2 hours, a UUID;",
        '`channel` is the messenger, `whatsapp` or `rcs`, not "sms";',
        "`type` is the event, `typing`, not 5;",
    ]
    assert "the body is a mapping with `channel`, `type` and `umid`" in messages(TYPING)[0]
    assert "the body is a mapping" in messages(f"{TYPING}, body: [1]")[0]
    assert "the body is a mapping" in messages(f"{TYPING}, body: typing")[0]
    assert "`umid` is missing" in messages(f"""{TYPING}, body: '{{"channel": "rcs", "type": "typing"}}'""")[0]


def test_a_misspelled_field_is_named_once_with_the_right_name() -> None:
    [finding] = findings(f"{TYPING}, body: {{ chanel: rcs, type: typing, umid: {UMID} }}")
    assert (finding.suggestion, finding.severity) == ("channel", Severity.WARNING)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("from: 01/07/2020", "`from` is a date such as 2020-07-01"),
        ("from: '2020-02-30'", "`from` is a date such as 2020-07-01"),
        ("from: '2020-07-02', to: '2020-07-02T01:00:00+07:00'", "`from` is before `to`"),
        ("phoneNumber: here", "`phoneNumber` is a number in international form"),
        ("countries: SG", "`countries` is a list of country codes"),
        ("countries: [SG, '{{data.country}}', SGP]", 'such as SG, not "SGP"'),
        ("limit: -1", "`limit` is a whole number of messages, 0 for all, not -1"),
        ("limit: '10'", "write it without quotes"),
        ("limit: true", "not true"),
    ],
)
def test_an_export_has_dates_countries_and_a_limit_of_the_right_kind(body: str, said: str) -> None:
    [message] = messages(f"url: '{CHAT}/messages/exports', method: POST, {KEY}, body: {{ {body} }}")
    assert said in message


def test_a_list_is_pointed_at_item_by_item() -> None:
    [finding] = findings(f"url: '{CHAT}/messages/exports', method: POST, {KEY}, body: {{ countries: [SG, SGP] }}")
    assert (finding.path[-2:], finding.suggestion) == (("countries", 1), "SG")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("destination: '+6591234567'", "`clientIp` is missing"),
        ("clientIp: 1.2.3", "`clientIp` is the IP address"),
        ("clientIp: 1.2.3.4, destination: '091234567'", "needs `country` beside it"),
        ("clientIp: 1.2.3.4, country: SGP", "the two letters of the country"),
    ],
)
def test_coverage_needs_an_address_and_a_country_for_local_numbers(body: str, said: str) -> None:
    url = "https://verify.8x8.com/api/v2/subaccounts/acme/sma/coverage"
    [message] = messages(f"url: '{url}', method: POST, {KEY}, body: {{ {body} }}")
    assert said in message


@pytest.mark.parametrize(
    ("wait", "umid", "late"),
    [
        ('"02:00:00"', "{{data.payload.umid}}", True),
        ('"01:59:59"', "{{data.payload.umid}}", False),
        ('"1.00:00:00"', "{{data.reply.payload.umid}}", False),
        ('"{{data.pause}}"', "{{data.payload.umid}}", False),
        ("1", "{{data.payload.umid}}", False),
    ],
)
def test_typing_for_a_message_that_waited_too_long_is_found(wait: str, umid: str, late: bool) -> None:
    pause = f"id: pause, stepType: Wait, inputs: {{ duration: {wait} }}, nextStepId: step0"
    found = findings(f'{TYPING}, body: {{ channel: rcs, type: typing, umid: "{umid}" }}', before=pause)
    assert [finding.message.count("the workflow waits longer before this step") for finding in found] == [1] * late


def test_the_way_that_waits_least_counts_and_loops_end() -> None:
    text = """\
trigger: inbound_sms
status: enabled
definition:
  name: Ways
  steps:
    - { id: first, stepType: Branch, selectNextStep: { slow: "{{data.slow}}", quick: null } }
    - { id: slow, stepType: Wait, inputs: { duration: "05:00:00" }, nextStepId: last }
    - { id: quick, stepType: Wait, inputs: { duration: "00:10:00" }, selectNextStep: { first: "{{data.x}}", last: ~ } }
    - { id: last, stepType: SMS, inputs: { subAccountId: s, destination: "1", text: Hi } }
    - { id: alone, stepType: SMS, inputs: { subAccountId: s, destination: "1", text: Hi } }
"""
    read = workflow(text)
    assert [str(least_wait(read, step)) for step in read.steps] == [
        "0:00:00",
        "0:00:00",
        "0:00:00",
        "0:10:00",
        "0:00:00",
    ]


def test_other_requests_are_not_even_looked_at() -> None:
    assert findings("url: 'https://shop.example/api', method: POST") == []
