"""The quick look at steps: it never says yes where a rule or a schema has something to say, and mostly says yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deployer.lint.clear_steps import clear
from deployer.lint.families import FAMILIES
from deployer.lint.gate import compile_test, exactly
from deployer.lint.registry import Context, rule_named
from deployer.lint.schema import schema_problems
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.workflow import Workflow
from deployer.steps import step_types
from tests.lint.damage import JSON, drop, places, put
from tests.lint.workflows import workflow as as_workflow

ROOT = Path(__file__).parents[2]
RULES = next(family for family in FAMILIES if family.name == "steps").rules
CONTEXT = Context()


def step(kind: str, **fields: JSON) -> JSON:
    return {"id": kind.lower(), "stepType": kind, **fields}


INSIDE: JSON = {"id": "in", "stepType": "Wait", "inputs": {"duration": "00:00:10"}}
STEPS: list[JSON] = [
    step(
        "SMS",
        inputs={
            "subAccountId": "acme_sms", "destination": "+6591234567", "text": "Hello", "country": "SG",
            "encoding": "AUTO", "scheduled": "2030-01-28T09:00:00Z", "expiry": "2030-01-28T10:30+08:00",
            "dlrCallbackUrl": "https://acme.example/dlr",
        },
        nextStepId="httprequest",
    ),
    step(
        "HttpRequest",
        inputs={
            "url": "https://acme.example/orders?id={{data.id}}", "method": "POST", "timeoutSeconds": 20,
            "headers": {"Content-Type": "application/json", "X-Order": 3}, "body": {"a": [1, "two"]},
        },
        outputs={"code": "{{step.responseCode}}"},
        selectNextStep={"branch": "{{step.responseCode == 200}}", "wait": None},
    ),
    step("Branch", selectNextStep={"chatappsmessage": "{{data.code == 1}}", "voicemessage": None}),
    step(
        "ChatAppsMessage",
        inputs={
            "subAccountId": "acme_chat", "user": {"msisdn": "+6591234567", "country": "SG"}, "type": "text",
            "content": {"text": "Hi", "url": "https://acme.example/a.png"},
        },
        nextStepId="waitforreply",
    ),
    step("WaitForReply", inputs={"from": "+6591234567", "channel": "sms", "timeout": "00:05:00"}, nextStepId="wait"),
    step("Wait", inputs={"duration": "1.06:30:00"}, nextStepId="if"),
    step(
        "VoiceMessage",
        inputs={
            "subAccountId": "acme_voice", "action": "say&capture",
            "params": {
                "destination": "+6591234567", "source": "6531234567", "text": "Press 1", "speed": 1.5, "repetition": 2,
                "minDigits": 1, "maxDigits": 2, "digitTimeout": 1000, "overallTimeout": 5000, "completeOnHash": False,
                "dtmfCallbackUrl": "https://acme.example/keys",
            },
        },
        nextStepId="waitfordtmf",
    ),
    step("WaitForDTMF", inputs={"dtmfRequestId": "{{data.call}}", "timeout": "00:15:00"}, nextStepId="sendtoconverse"),
    step("SendToConverse", inputs={"payload": "{{data.payload}}"}),
    step("If", inputs={"condition": "{{data.a == 1}}"}, do=[[INSIDE]]),
]  # fmt: skip
WHOLE: JSON = {
    "metadata": {"key": "all", "declares": ["order"], "smoke": {"path": ["sms", "branch"]}},
    "subAccountId": "acme_sms",
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {"name": "Everything", "steps": STEPS},
}

TEXTS = (
    *("", " ", "\n", "a", "acme_sms\n", "acme-sms.1&2", "ab", "a" * 50, "a" * 51, "acmé", "a b c", "null", "true", "0"),
    *("{{data.a}}", " {{data.a}}", "{{", "}}", "${var.a}", "${secret.A}", "$${secret.A}", "${file.a.txt}", "${x"),
    *("+6591234567", "6591234567", "+65 9123 4567", "0065912345678", "091234567", "+659123", "+6591234567\n"),
    *("\uff16\uff15\uff19\uff11\uff12\uff13\uff14\uff15", "+" + "1" * 15, "1" * 16, "+0123456789", "(+65)91234567"),
    *("00:00:00", "00:00:01", "0:0:1", "00:00:01\n", "24:00:00", "23:59:59", "23:60:00", "1.00:00", "90:00", "2", "1h"),
    *("0.00:00:00", "1.24:00:00", "99999999.00:00:00", "-00:00:01", "1:00:00:00", "\u0660\u0661:00:00", "00:00:00.5"),
    *("https://a", "https://", "https:///x", "http://a.example", "HTTPS://a.example/x", "https://a.example:80/x"),
    *("https://a.example:99999", "https://[::1]/", "https://[a", "https://a b/", "https://a.example/\n", "//a", "ftp://a"),
    *("https://{{data.h}}/x", "https://a.example/{{data.x}} b", "x{{data.u}}", "https://u:p@a.example/", "https://a..b/"),
    *("https://sms.8x8.com/api/v1/x", "https://sms.8X8.com/{{data.a}}", "https://a.example/${secret.K}"),
    *("https://a.example:8{{data.p}}", "http://localhost", "https://a.example/\u00e9", "https://-", "https://A.Example?x=1"),
    *("SG", "sg", "UK", "XX", "\uff33\uff27", "SGP", "AUTO", "auto", "UCS2", "GSM7", "gsm-7", " AUTO"),
    *("2030-01-31", "2030-01-28T09:00:00", "2030-01-28T09:00:00Z", "2030-02-30T09:00:00Z", "2030-01-28t09:00z"),
    *("0000-01-01T00:00:00Z", "2030-01-28T09:00:00+14:00", "2030-01-28T09:00:00+99:00", "2030-01-28T09:00:00Z\n"),
    *("sms", "SMS", " sms", "sms ", "whatsapp", "Telegram", "fax", "say", "Say&Capture", "playFile", "image"),
    *("application/json", "Application/JSON; charset=utf-8", "text/plain", "application/jsonp", "{{data.type}}"),
    *("a" * 132, "a" * 268, "a" * 269, "a" * 612, "a" * 613, "\u00e9" * 268, "\u00e9" * 269, "{" * 305, "[" * 306),
    *("\u0e01" * 268, "\u0e01" * 269, "\U0001f600" * 132, "\U0001f600" * 133, "\U0001f600" * 135, "a" * 3001),
    *("{{data.a}}" * 27, "{{data.a}}" + "a" * 612, "inbound_sms", "http_request", "enabled", "ENABLED", "POST", "get"),
    *("location", "x${var.a}", "https://a.example/${x"),
    *("branch", "Branch", "wait", "sms", "in", "gone", "Bearer abcdefgh1234", "payload", "accountId", "order"),
)  # fmt: skip
KEYS = (
    *("id", "version", "createdAt", "accountId", "subAccountId", "subaccountId", "trigger", "status", "definition"),
    *("steps", "metadata", "smoke", "declares", "stepType", "inputs", "do", "outputs", "selectNextStep", "nextStepId"),
    *("text", "url", "destination", "encoding", "scheduled", "country", "channel", "from", "timeout", "user"),
    *("headers", "content-type", " Content-Type", "timeoutSeconds", "body", "method", "params", "action"),
    *("destinaton", "fileUrl", "minDigits", "maxDigits", "digitTimeout", "overallTimeout", "completeOnHash", "speed"),
    *("latitude", "longitude", "template", "interactive", "content", "msisdn", "payload", "order", "path", "x"),
    *("name", "duration", "promptMessage", "environments", "protect", "labels", "password", "apiKey", "", " "),
)  # fmt: skip
SCALARS = st.sampled_from((*TEXTS, None, True, False, 0, 1, -1, 20, 21, 60, 61, 10**30, 0.5, 1.0, 2.5, 60.0, 1e308))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def damaged(draw: st.DrawFn) -> JSON:
    """A workflow with some of all steps, changed in up to three places."""
    kept = draw(st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=4, unique=True))
    chosen = [STEPS[number] for number in sorted(kept)]
    ids = {one["id"] for one in chosen}
    value = put(WHOLE, ("definition", "steps"), [_led(one, ids) for one in chosen])
    if draw(st.booleans()):
        value = drop(value, ("metadata",))
    else:
        value = put(value, ("metadata", "smoke", "path"), sorted(ids))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(value)[1:]))
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        kind = draw(st.sampled_from(("put", "put", "put", "drop", "add", "again")))
        if kind == "drop":
            value = drop(value, path)
        elif kind == "add" and isinstance(holder, dict):
            value = put(value, (*path[:-1], draw(st.sampled_from(KEYS))), draw(VALUES))
        elif kind == "again" and isinstance(holder, list):
            value = put(value, path[:-1], [*holder, holder[path[-1]]])
        else:
            value = put(value, path, draw(VALUES))
        if not isinstance(value, dict) or len(places(value)) < 2:
            break
    return value


def _led(one: JSON, ids: set[str]) -> JSON:
    """A step that leads to steps that are there."""
    one = {key: value for key, value in one.items() if key != "nextStepId" or value in ids}
    if "selectNextStep" in one:
        ways = {key: value for key, value in one["selectNextStep"].items() if key in ids} or {one["id"]: None}
        one |= {"selectNextStep": ways}
    return one


def loaded(value: JSON) -> Workflow:
    return load_workflow(parse(json.dumps(value), "damaged.json"))


def said(workflow: Workflow) -> list[tuple[str, str]]:
    """What the schemas and the rules say."""
    found = [(name, problem.message) for name, problem in schema_problems(workflow, CONTEXT)]
    for name in RULES:
        check = rule_named(name).check
        assert check is not None
        found += [(name, problem.message) for problem in check(workflow, CONTEXT)]
    return found


@given(damaged())
@settings(max_examples=1000, deadline=None)
@example(WHOLE)
@example(put(WHOLE, ("definition", "steps", 0, "id"), "sms\n"))
@example(put(WHOLE, ("definition", "steps", 0, "id"), "  "))
@example(put(WHOLE, ("definition", "steps", 0, "inputs", "text"), "\U0001f600" * 134))
@example(put(WHOLE, ("definition", "steps", 6, "inputs", "params", "minDigits"), True))
def test_where_the_look_says_yes_nothing_is_said(value: JSON) -> None:
    workflow = loaded(value)
    if clear(workflow):
        assert said(workflow) == []


@pytest.mark.parametrize("path", places(WHOLE)[1:], ids=lambda path: ".".join(map(str, path)))
def test_the_look_has_an_answer_whatever_stands_at_a_place(path: tuple[JSON, ...]) -> None:
    values: tuple[JSON, ...] = (None, True, 1, 1.5, "", [], {}, [[]], [{}], {"a": [1]}, {"a": {}})
    for odd in values:
        workflow = loaded(put(WHOLE, path, odd))
        assert not clear(workflow) or said(workflow) == []


@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda number: STEPS[number]["stepType"])
def test_a_step_of_each_type_is_clear_with_all_its_common_fields(number: int) -> None:
    one = {key: value for key, value in STEPS[number].items() if key not in ("nextStepId", "selectNextStep")}
    before: list[JSON] = []
    if one["stepType"] == "Branch":
        one |= {"selectNextStep": {one["id"]: None}}
    if one["stepType"] == "WaitForDTMF":
        before = [STEPS[6]]
    value = put(drop(WHOLE, ("metadata",)), ("definition", "steps"), [*before, one])
    assert clear(loaded(value))


def test_every_step_type_is_among_these() -> None:
    assert {one["stepType"] for one in STEPS} == step_types().keys()


def test_the_examples_of_the_repository_are_mostly_clear() -> None:
    found = [
        clear(as_workflow(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "examples").glob("**/workflows/*.yaml"))
        if ".test." not in path.name
    ]
    assert sum(found) > len(found) // 2


@pytest.mark.parametrize("spelled", ["branch", "BRANCH", "Branch"])
def test_a_step_type_in_any_case_is_clear(spelled: str) -> None:
    step_of_it = {"id": "a", "stepType": spelled, "selectNextStep": {"a": None}}
    assert clear(loaded(put(drop(WHOLE, ("metadata",)), ("definition", "steps"), [step_of_it])))


def test_a_stricter_test_that_stands_at_no_field_makes_the_whole_say_no() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert compile_test(schema, {("a",): exactly(str)})({"a": "x"})
    assert not compile_test(schema, {("b",): exactly(str)})({"a": "x"})
