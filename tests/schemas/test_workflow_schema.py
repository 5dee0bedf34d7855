"""The schema of a whole workflow file, as editors use it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from deployer import steps

Workflow = dict[str, Any]

SMS = {
    "id": "reply",
    "stepType": "SMS",
    "inputs": {"subAccountId": "acme_sms", "destination": "+6512345678", "text": "Hello"},
}


def workflow(*step: object, **fields: object) -> Workflow:
    return {
        "trigger": "inbound_sms",
        "status": "enabled",
        "definition": {"name": "Auto reply", "steps": list(step) or [SMS]},
        **fields,
    }


def problems(document: object, schema: steps.Schema | None = None) -> list[str]:
    """What is wrong with a file: the place, and the keyword that says so."""
    errors = Draft7Validator(schema or steps.workflow_schema()).iter_errors(document)
    return sorted(f"{'.'.join(map(str, error.absolute_path)) or 'file'}: {error.validator}" for error in errors)


def undescribed(schema: object, path: str = "") -> list[str]:
    found = []
    if isinstance(schema, dict):
        fields = schema.get("properties")
        if isinstance(fields, dict) and "if" not in path.split("/"):
            found += [f"{path}/{name}" for name, field in fields.items() if not field.get("description")]
        found += [row for key, value in schema.items() for row in undescribed(value, f"{path}/{key}")]
    elif isinstance(schema, list):
        found += [row for value in schema for row in undescribed(value, path)]
    return found


def test_the_published_schema_is_what_the_parts_make() -> None:
    published = (steps.schemas_folder() / "workflow.schema.json").read_text(encoding="utf-8")
    assert published == steps.workflow_schema_text(), "run: deployer schema > schemas/workflow.schema.json"


def test_the_published_schema_is_valid_draft_07() -> None:
    Draft7Validator.check_schema(steps.workflow_schema())
    Draft7Validator.check_schema(steps.envelope_schema())


def test_every_property_has_hover_text() -> None:
    assert undescribed(steps.workflow_schema()) == []


def test_building_it_leaves_the_parts_as_they_were() -> None:
    before = json.dumps(steps.envelope_schema()), json.dumps(steps.step_schema("SMS"))
    steps.build_workflow_schema(allow_step_types=["Payment"])
    assert (json.dumps(steps.envelope_schema()), json.dumps(steps.step_schema("SMS"))) == before


@pytest.mark.parametrize("name", steps.step_types())
def test_the_example_of_every_type_is_valid_in_a_workflow(name: str) -> None:
    assert problems(workflow(steps.step_types()[name].schema["examples"][0])) == []


def test_a_builder_export_is_valid() -> None:
    exported = {
        "definition": {
            "id": "6f1c1f9e-3c1f-4a55-9d53-0d7a3e0c7a11",
            "name": "Survey",
            "version": 14,
            "steps": [
                {
                    "stepType": "branch",
                    "id": "branch_1",
                    "do": [],
                    "nextStepId": None,
                    "inputs": {},
                    "outputs": {},
                    "selectNextStep": {
                        "waitforreply_2": "{{stringContains(data.payload.body, 'survey', true)}}",
                        "sms_3": None,
                    },
                },
                {
                    "stepType": "WaitForReply",
                    "id": "waitforreply_2",
                    "do": [],
                    "nextStepId": None,
                    "inputs": {"from": "{{data.payload.source}}", "channel": "sms", "timeout": "0.00:01:00"},
                    "outputs": {"waitforreply_2_step_body": "{{step.reply.payload.body}}"},
                    "selectNextStep": {"sms_3": "{{ step.reply != null }}"},
                },
                {
                    "stepType": "SMS",
                    "id": "sms_3",
                    "do": [],
                    "nextStepId": None,
                    "inputs": {
                        "subAccountId": "acme_sms",
                        "destination": "{{data.payload.source}}",
                        "text": "Bye",
                        "encoding": "Auto",
                    },
                    "outputs": {},
                    "selectNextStep": {},
                },
            ],
        },
        "subAccountId": "acme_sms",
        "trigger": "inbound_sms",
        "status": "disabled",
    }
    assert problems(exported) == []


def test_an_answer_of_the_server_is_valid() -> None:
    answer = workflow(
        accountId="acme", subaccountId="acme_chat", createdAt="2021-07-12T04:49:30.27Z", id="x", version=3
    )
    answer["definition"] |= {"id": "x", "version": 3}
    assert problems(answer) == []


def test_references_stand_for_values_that_are_not_known_yet() -> None:
    wait = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "${var.pause}"}}
    document = workflow(wait, subAccountId="${var.sms}", trigger="${var.trigger}", status="${var.status}")
    assert problems(document) == []


def test_a_workflow_for_every_sub_account_says_null_or_nothing() -> None:
    assert problems(workflow(subAccountId=None)) == []
    assert problems(workflow()) == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"id": "a", "stepType": "Wiat"}, ["definition.steps.0.stepType: anyOf"]),
        ({"id": "a"}, ["definition.steps.0: required"]),
        ({"stepType": "SMS", "id": "a", "inputs": {}}, ["definition.steps.0.inputs: required"] * 3),
        ({**SMS, "inputs": {**SMS["inputs"], "txt": "x"}}, ["definition.steps.0.inputs: additionalProperties"]),  # type: ignore[dict-item]
        (
            {"id": "a", "stepType": "Wait", "inputs": {"duration": "five"}},
            ["definition.steps.0.inputs.duration: pattern"],
        ),
        ({"id": "a", "stepType": "If", "do": [[SMS]]}, ["definition.steps.0: required"]),
        ({"id": "a", "stepType": "Branch", "selectNextStep": {}}, ["definition.steps.0.selectNextStep: minProperties"]),
        ({"id": "a", "stepType": 5}, ["definition.steps.0.stepType: type"]),
        ("a", ["definition.steps.0: type"]),
    ],
)
def test_a_problem_is_told_of_the_step_s_own_type_alone(step: object, expected: list[str]) -> None:
    assert problems(workflow(step)) == expected


def test_steps_inside_a_step_are_checked_at_any_depth() -> None:
    inner = {"id": "c", "stepType": "wait", "inputs": {"duraton": "1"}}
    middle = {"id": "b", "stepType": "If", "inputs": {"condition": "{{data.b}}"}, "do": [[inner]]}
    outer = {"id": "a", "stepType": "If", "inputs": {"condition": "{{data.a}}"}, "do": [[SMS], [middle]]}
    place = "definition.steps.0.do.1.0.do.0.0.inputs"
    assert problems(workflow(outer)) == [f"{place}: additionalProperties", f"{place}: required"]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("country", ["SG", "no"], ["SGP", "Singapore", "6"]),
        ("scheduled", ["2030-01-31T09:00:00Z", "2030-01-31T09:00+08:00"], ["tomorrow", "31.01.2030"]),
        (
            "dlrCallbackUrl",
            ["https://example.com/x", "http://localhost:8080", "{{data.url}}", "https://${var.host}/x"],
            ["example.com", "ftp://x"],
        ),
        ("subAccountId", ["acme_sms", "a.b-c&d", "${var.sms}", "acme_${var.suffix}"], ["ab", "two words", "x" * 51]),
    ],
)
def test_editors_check_texts_that_have_a_form(field: str, good: list[str], bad: list[str]) -> None:
    def check(value: str) -> list[str]:
        return problems(workflow({**SMS, "inputs": {**SMS["inputs"], field: value}}))  # type: ignore[dict-item]

    assert [check(value) for value in good] == [[]] * len(good)
    assert [check(value) for value in bad] == [[f"definition.steps.0.inputs.{field}: pattern"]] * len(bad)


@pytest.mark.parametrize(
    "duration", ["2", "00:02:00", "1.06:30:15", "1.6:30:15", "0.00:00:10", "24:00:00", "00:02:00.5", "{{data.pause}}"]
)
def test_editors_leave_durations_alone_that_have_the_form(duration: str) -> None:
    assert problems(workflow({"id": "a", "stepType": "Wait", "inputs": {"duration": duration}})) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"trigger": "inbound_mail"}, ["trigger: anyOf"]),
        ({"status": "on"}, ["status: anyOf"]),
        ({"status": True}, ["status: type"]),
        ({"Trigger": "inbound_sms"}, ["file: additionalProperties"]),
        ({"subAccountId": "a b"}, ["subAccountId: pattern"]),
        ({"definition": {"name": "", "steps": []}}, ["definition.name: minLength", "definition.steps: minItems"]),
        ({"definition": {}}, ["definition: required", "definition: required"]),
    ],
)
def test_what_is_wrong_outside_the_steps_is_found(fields: dict[str, object], expected: list[str]) -> None:
    assert problems(workflow(**fields)) == expected


def test_a_file_says_what_starts_it_and_what_it_does() -> None:
    assert problems({}) == ["file: required", "file: required"]


def test_metadata_takes_what_the_program_knows() -> None:
    metadata = {
        "key": "Auto-Reply.v2",
        "description": "Answers outside office hours.",
        "movedFrom": ["old-reply", "older_reply"],
        "environments": ["staging", "production"],
        "protect": True,
        "declares": {"customerName": {"type": "string"}},
        "smoke": {"payload": {"body": "ping"}},
        "labels": {"team": "support", "tier": 1},
    }
    assert problems(workflow(metadata=metadata)) == []
    assert problems(workflow(metadata={"movedFrom": "old-reply", "declares": ["customerName"]})) == []


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"key": "-a"}, ["metadata.key: pattern"]),
        ({"key": "a/b"}, ["metadata.key: pattern"]),
        ({"key": "a\n"}, ["metadata.key: pattern"]),
        ({"key": "a" * 101}, ["metadata.key: maxLength"]),
        ({"key": 7}, ["metadata.key: type"]),
        ({"movedFrom": ["a b"]}, ["metadata.movedFrom.0: pattern"]),
        ({"movedFrom": "a b"}, ["metadata.movedFrom: pattern"]),
        ({"owner": "me"}, ["metadata: additionalProperties"]),
        ({"protect": "yes"}, ["metadata.protect: type"]),
        ({"environments": "staging"}, ["metadata.environments: type"]),
    ],
)
def test_what_is_wrong_in_metadata_is_found(metadata: dict[str, object], expected: list[str]) -> None:
    assert problems(workflow(metadata=metadata)) == expected


def test_what_an_editor_inserts_for_a_type_is_its_example() -> None:
    snippets = steps.workflow_schema()["definitions"]["step"]["else"]["defaultSnippets"]
    inserted = {snippet["label"]: yaml.safe_load(snippet["body"].replace("\\$", "$")) for snippet in snippets}
    assert inserted == {name: found.schema["examples"][0] for name, found in steps.step_types().items()}


def test_no_example_of_a_field_is_a_mapping_because_editors_insert_it_wrongly() -> None:
    def examples(schema: object) -> list[object]:
        if isinstance(schema, list):
            return [example for value in schema for example in examples(value)]
        if not isinstance(schema, dict):
            return []
        return [*schema.get("examples", ()), *(row for value in schema.values() for row in examples(value))]

    found = examples(steps.workflow_schema())
    assert found
    assert not [example for example in found if isinstance(example, dict | list)]


def test_types_that_a_project_allows_are_known_to_its_own_schema() -> None:
    payment = {"id": "pay", "stepType": "PAYMENT", "inputs": {"amount": 3}, "do": [[SMS]]}
    assert problems(workflow(payment)) == ["definition.steps.0.stepType: anyOf"]
    schema = steps.build_workflow_schema(allow_step_types=["Payment", "sms"])
    assert problems(workflow(payment), schema) == []
    assert problems(workflow({**payment, "nextStep": "b"}), schema) == ["definition.steps.0: additionalProperties"]
    assert problems(workflow({**SMS, "inputs": {}}), schema) == ["definition.steps.0.inputs: required"] * 3


def test_the_envelope_checks_everything_but_the_steps() -> None:
    assert problems(workflow({"id": "a", "stepType": "Wiat"}), steps.envelope_schema()) == []
    assert problems(workflow(trigger="mail"), steps.envelope_schema()) == ["trigger: anyOf"]
