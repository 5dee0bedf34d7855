"""Which definitions the platform's loader refuses, and in what words."""

from __future__ import annotations

import pytest

from tests.emulator.api import Api, Body, definition, refusal, step, without
from tests.emulator.conftest import Serve

LEGAL_TYPES = (
    "SMS, ChatAppsMessage, HttpRequest, Branch, Wait, WaitForReply, VoiceMessage, WaitForDTMF, If, SendToConverse"
)


def wait(step_id: str, **fields: object) -> Body:
    return {"id": step_id, "stepType": "Wait", "inputs": {"duration": "00:01:00"}} | fields


def if_step(step_id: str, *branches: list[Body], **fields: object) -> Body:
    return {"id": step_id, "stepType": "If", "inputs": {"condition": "{{true}}"}, "do": list(branches)} | fields


def named(name: object) -> Body:
    return {**definition(), "definition": {"name": name, "steps": [step()]}}


def with_steps(steps: object) -> Body:
    return {**definition(), "definition": {"name": "N", "steps": steps}}


REFUSED: dict[str, tuple[Body, str]] = {
    "no definition": (without(definition(), "definition"), "Workflow definition is required."),
    "definition no object": (definition(definition=[]), "Workflow definition is required."),
    "no name": ({**definition(), "definition": {"steps": [step()]}}, "Workflow name is required."),
    "null name": (named(None), "Workflow name is required."),
    "empty name": (named(""), "Workflow name is required."),
    "blank name": (named("  "), "Workflow name is required."),
    "number as name": (named(7), "Workflow name is required."),
    "no trigger": (without(definition(), "trigger"), "Workflow trigger is required."),
    "null trigger": (definition(trigger=None), "Workflow trigger is required."),
    "unknown trigger": (
        definition(trigger="inbound_mail"),
        'Unknown trigger "inbound_mail": use inbound_sms, inbound_chat_apps or http_request.',
    ),
    "trigger no string": (
        definition(trigger=["inbound_sms"]),
        "Unknown trigger of another type than string: use inbound_sms, inbound_chat_apps or http_request.",
    ),
    "unknown status": (definition(status="on"), 'Unknown status "on": use enabled or disabled.'),
    "boolean status": (definition(status=True), "Unknown status true: use enabled or disabled."),
    "status in capitals": (definition(status="Enabled"), 'Unknown status "Enabled": use enabled or disabled.'),
    "sub-account no string": (definition(subAccountId=5), "subAccountId must be a string or null."),
    "other spelling no string": (definition(subaccountId=[]), "subaccountId must be a string or null."),
    "no steps": ({**definition(), "definition": {"name": "N"}}, "Workflow steps are required."),
    "empty steps": (with_steps([]), "Workflow steps are required."),
    "steps no list": (with_steps({"a": step()}), "Workflow steps are required."),
    "step no object": (with_steps([step(), "b"]), "Step must be an object, at steps[1]."),
    "step without id": (with_steps([step(), without(step(), "id")]), "Step id is required, at steps[1]."),
    "step with empty id": (with_steps([step("")]), "Step id is required, at steps[0]."),
    "step with number as id": (with_steps([step() | {"id": 1}]), "Step id is required, at steps[0]."),
    "nested step without id": (
        with_steps([if_step("if", [step("a")], [step("b"), {"stepType": "Wait"}])]),
        "Step id is required, at do[1][1] of step if.",
    ),
    "duplicate id": (with_steps([step("a"), wait("b"), wait("a")]), "Duplicate step id a."),
    "duplicate id in do": (with_steps([if_step("if", [wait("a")]), wait("a")]), "Duplicate step id a."),
    "duplicate id in two branches": (with_steps([if_step("if", [wait("a")], [wait("a")])]), "Duplicate step id a."),
    "unknown next step": (
        with_steps([wait("a", nextStepId="b")]),
        "Cannot find step id b, nextStepId of step a.",
    ),
    "next step in another case": (
        with_steps([wait("a", nextStepId="B"), wait("b")]),
        "Cannot find step id B, nextStepId of step a.",
    ),
    "unknown selected step": (
        with_steps([wait("a"), {"id": "br", "stepType": "Branch", "selectNextStep": {"a": None, "z": "{{true}}"}}]),
        "Cannot find step id z, in selectNextStep of step br.",
    ),
    "unknown next step in do": (
        with_steps([if_step("if", [wait("a", nextStepId="z")])]),
        "Cannot find step id z, nextStepId of step a.",
    ),
    "next step no string": (
        with_steps([wait("a", nextStepId=["a"])]),
        "Step a: nextStepId must be a string or null.",
    ),
    "two ways to go on": (
        with_steps([wait("a", nextStepId="b", selectNextStep={"b": None}), wait("b")]),
        "Step a: use nextStepId or selectNextStep, not both.",
    ),
    "boolean condition": (
        with_steps([wait("a", selectNextStep={"b": True}), wait("b")]),
        "Step a: the condition for b must be an expression in a string, or null.",
    ),
    "no step type": (with_steps([without(wait("a"), "stepType")]), "Step type is required, in step a."),
    "no step type, half an SMS": (
        with_steps([{"id": "a", "inputs": {"subAccountId": "s", "text": "t"}}]),
        "Step type is required, in step a.",
    ),
    "unknown step type": (
        with_steps([wait("a", stepType="Wiat")]),
        f'Unknown step type "Wiat" in step a: use {LEGAL_TYPES}.',
    ),
    "step type no string": (
        with_steps([wait("a", stepType=1)]),
        f"Unknown step type of another type than string in step a: use {LEGAL_TYPES}.",
    ),
    "inputs no object": (with_steps([wait("a", inputs="x")]), "Step a: inputs must be an object."),
    "outputs no object": (with_steps([wait("a", outputs=[])]), "Step a: outputs must be an object."),
    "selectNextStep no object": (
        with_steps([wait("a", selectNextStep=["b"])]),
        "Step a: selectNextStep must be an object.",
    ),
    "do holds steps": (
        with_steps([if_step("if") | {"do": [wait("a")]}]),
        "Step if: do must be a list of lists of steps.",
    ),
    "do no list": (with_steps([if_step("if") | {"do": "a"}]), "Step if: do must be a list of lists of steps."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_definition_that_the_platform_cannot_load_is_refused_and_nothing_is_stored(api: Api, case: str) -> None:
    body, message = REFUSED[case]
    stored = api.create()
    assert refusal(api.post("definitions", body=body)) == (400, 5001, message)
    assert refusal(api.put(stored, body)) == (400, 5001, message)
    assert (api.listed(), api.versions(stored)) == ([stored], [1])


ACCEPTED: dict[str, Body] = {
    "every step type": with_steps(
        [
            step("sms"),
            {"id": "chat", "stepType": "ChatAppsMessage", "inputs": {}},
            {"id": "http", "stepType": "HttpRequest", "inputs": {}, "selectNextStep": {"sms": "{{true}}"}},
            {"id": "branch", "stepType": "Branch", "selectNextStep": {"sms": "{{true}}", "chat": None}},
            wait("wait"),
            {"id": "reply", "stepType": "WaitForReply", "inputs": {}},
            {"id": "voice", "stepType": "VoiceMessage", "inputs": {}},
            {"id": "dtmf", "stepType": "WaitForDTMF", "inputs": {}},
            if_step("if", [wait("inner", nextStepId="second"), wait("second")], []),
            {"id": "agent", "stepType": "SendToConverse", "inputs": {}},
        ]
    ),
    "step types in any case": with_steps([step(stepType="sms"), {"id": "b", "stepType": "branch"}]),
    "an SMS without its type": with_steps([without(step(), "stepType")]),
    "ids that differ in case": with_steps([wait("a", nextStepId="A"), wait("A")]),
    "a loop": with_steps([wait("a", nextStepId="a")]),
    "successors across levels": with_steps([wait("top", nextStepId="inner"), if_step("if", [wait("inner")])]),
    "the builder's leftovers": with_steps(
        [wait("a", do=[], nextStepId=None, outputs={}, selectNextStep={}), wait("b", selectNextStep=None, do=None)]
    ),
    "an empty next step": with_steps([wait("a", nextStepId="", selectNextStep={"a": "{{false}}"})]),
    "no sub-account": without(definition(), "subAccountId"),
    "a null sub-account": definition(subAccountId=None),
    "a null status": definition(status=None),
    "numbers in inputs": with_steps([wait("a", inputs={"duration": 1.5})]),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_the_platform_can_load_is_accepted(api: Api, case: str) -> None:
    assert api.post("definitions", body=ACCEPTED[case]).status_code == 201


def test_steps_may_nest_as_deep_as_json_may(api: Api) -> None:
    nested = wait("s0")
    for level in range(1, 31):
        nested = if_step(f"s{level}", [nested])
    assert api.post("definitions", body=with_steps([nested])).status_code == 201
    assert refusal(api.post("definitions", body=with_steps([nested, wait("s0")])))[2] == "Duplicate step id s0."


def test_the_first_problem_is_the_one_reported(api: Api) -> None:
    assert refusal(api.post("definitions", body={"definition": {}}))[2] == "Workflow name is required."
    assert refusal(api.post("definitions", body=with_steps([1, 2])))[2] == "Step must be an object, at steps[0]."


def test_the_account_id_is_demanded_where_the_settings_say_so(serving: Serve) -> None:
    api = serving("account-id-required=true")
    for body in (definition(), definition(accountId=""), definition(accountId=7)):
        assert refusal(api.post("definitions", body=body)) == (400, 5001, "Account id is required.")
    assert api.post("definitions", body=definition(accountId="acme")).json()["accountId"] == "acme"
