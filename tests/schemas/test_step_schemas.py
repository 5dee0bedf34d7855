"""The step schemas: what they accept, what they find, and that they say the same as their `x-deployer`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from deployer import steps
from deployer.steps import StepType

Step = dict[str, Any]

ALL = (*steps.step_types().values(), steps.generic_step_type())
KNOWN = tuple(steps.step_types().values())
each_type = pytest.mark.parametrize("found", ALL, ids=lambda found: found.name)
each_known_type = pytest.mark.parametrize("found", KNOWN, ids=lambda found: found.name)


def known(name: str) -> StepType:
    found = steps.find_step_type(name)
    assert found is not None
    return found


def minimal(found: StepType) -> Step:
    example: Step = {**found.schema["examples"][0]}
    return example


def problems(found: StepType, step: Step) -> list[str]:
    """What is wrong with a step: the place, and the keyword that says so."""
    errors = Draft7Validator(found.schema).iter_errors(step)
    return sorted(f"{'.'.join(map(str, error.absolute_path)) or 'step'}: {error.validator}" for error in errors)


def with_input(name: str, **inputs: object) -> list[str]:
    step = minimal(known(name))
    return problems(known(name), {**step, "inputs": {**step.get("inputs", {}), **inputs}})


def properties(schema: steps.Schema, path: str = "") -> Iterator[tuple[str, steps.Schema]]:
    """Every property that a schema declares at any depth, with its path."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}".lstrip("."), field
        yield from properties(field, f"{path}.{name}")


def field_at(schema: steps.Schema, path: str) -> steps.Schema:
    for key in path.split("."):
        schema = schema["properties"][key]
    return schema


@each_type
def test_every_step_schema_is_valid_draft_07(found: StepType) -> None:
    assert found.schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(found.schema)


@each_type
def test_every_property_explains_itself(found: StepType) -> None:
    for path, field in properties(found.schema):
        assert field.get("description", "").endswith("."), path


@each_type
def test_every_type_names_the_page_that_documents_it(found: StepType) -> None:
    assert found.source.startswith("https://developer.8x8.com/connect/")
    assert found.source in found.schema["$comment"]


@each_type
def test_the_declared_facts_are_those_of_the_schema(found: StepType) -> None:
    inputs = found.schema["properties"]["inputs"].get("properties", {})
    assert found.order == tuple(inputs)
    assert set(found.aliases) <= set(inputs)
    assert set(found.aliases.values()) <= set(inputs)
    assert set(found.outcomes) <= {"nextStepId", "selectNextStep", "do"}
    assert all(offer.description.endswith(".") for offer in found.offers.values())
    for path in found.formats:
        assert "string" in field_at(found.schema, path)["type"], path
    for pattern in found.expressions:
        assert pattern.split(".")[0] in found.schema["properties"], pattern


@each_type
def test_a_type_lists_nothing_that_it_does_not_use(found: StepType) -> None:
    facts = set(found.schema["x-deployer"])
    assert facts == {
        "stepType",
        "position",
        "source",
        "outcomes",
        "timesOut",
        "waits",
        "expressions",
        "offers",
        "order",
        "aliases",
        "formats",
    }


def test_no_two_types_have_one_place_in_the_order() -> None:
    places = [found.schema["x-deployer"]["position"] for found in ALL]
    assert len(set(places)) == len(places)


def test_what_all_steps_share_is_said_in_the_same_words() -> None:
    for key in ("id", "outputs"):
        assert len({str(found.schema["properties"][key]) for found in ALL}) == 1


def test_every_known_kind_of_text_is_used_and_every_used_kind_is_known() -> None:
    kinds = {kind for found in ALL for kind in found.formats.values()}
    assert kinds == {"sub-account-id", "phone", "country", "encoding", "datetime", "url", "duration"}


@each_type
def test_the_example_of_every_type_is_valid(found: StepType) -> None:
    assert problems(found, minimal(found)) == []


@each_known_type
def test_the_example_of_every_type_fails_without_any_required_key(found: StepType) -> None:
    for path in found.required:
        step = minimal(found)
        if "." in path:
            step["inputs"] = {key: value for key, value in step["inputs"].items() if f"inputs.{key}" != path}
            assert problems(found, step) == ["inputs: required"], path
        else:
            del step[path]
            assert problems(found, step) == ["step: required"], path


@each_known_type
def test_the_spelling_of_a_type_may_differ_in_case_alone(found: StepType) -> None:
    for spelling in (found.name.lower(), found.name.upper(), found.name):
        assert problems(found, {**minimal(found), "stepType": spelling}) == []
    assert problems(found, {**minimal(found), "stepType": f"{found.name}2"}) == ["stepType: anyOf"]


@each_type
def test_what_the_web_builder_leaves_empty_is_no_problem(found: StepType) -> None:
    leftovers: Step = {"do": [], "nextStepId": None, "inputs": {}, "outputs": {}, "selectNextStep": {}}
    exported = {**leftovers, **minimal(found)}
    assert problems(found, exported) == []
    assert set(exported) == set(steps.STEP_ORDER)


@each_type
def test_a_misspelt_key_of_a_step_is_found(found: StepType) -> None:
    assert problems(found, {**minimal(found), "nextStep": "b"}) == ["step: additionalProperties"]


@each_known_type
def test_a_misspelt_input_is_found(found: StepType) -> None:
    step = minimal(found)
    step["inputs"] = {**step.get("inputs", {}), "txt": "Hello"}
    assert problems(found, step) == ["inputs: additionalProperties"]


def test_inputs_of_an_unknown_type_are_open() -> None:
    generic = steps.generic_step_type()
    nested = {"id": "b", "stepType": "Wait", "inputs": {"duration": "1"}}
    step = {
        "id": "a",
        "stepType": "Loop",
        "inputs": {"any": [1, {"b": None}]},
        "do": [[nested]],
        "selectNextStep": {"c": None},
    }
    assert problems(generic, step) == []


@each_type
def test_outputs_map_names_of_ones_own_to_anything(found: StepType) -> None:
    outputs = {
        "answer": "{{step.reply.payload.content.text}}",
        "fixed": "text",
        "count": 3,
        "whole": {"a": ["{{step.b}}"]},
    }
    assert problems(found, {**minimal(found), "outputs": outputs}) == []
    assert problems(found, {**minimal(found), "outputs": ["answer"]}) == ["outputs: type"]


@each_type
def test_conditions_are_expressions_or_null(found: StepType) -> None:
    step = {**minimal(found), "selectNextStep": {"a": "{{data.x == 1}}", "b": None}}
    assert problems(found, step) == []
    assert problems(found, {**step, "selectNextStep": {"a": True, "b": 1}}) == [
        "selectNextStep.a: type",
        "selectNextStep.b: type",
    ]


@each_type
def test_ids_are_text(found: StepType) -> None:
    assert problems(found, {**minimal(found), "id": 1}) == ["id: type"]
    assert problems(found, {**minimal(found), "id": ""}) == ["id: minLength"]
    assert problems(found, {**minimal(found), "nextStepId": 2}) == ["nextStepId: type"]


@pytest.mark.parametrize("encoding", ["AUTO", "Auto", "gsm7", "UCS2", "{{data.encoding}}", "${var.encoding}"])
def test_an_encoding_is_one_of_three_in_any_case_or_not_known_yet(encoding: str) -> None:
    assert with_input("SMS", encoding=encoding) == []


@pytest.mark.parametrize("encoding", ["UTF8", "GSM", "AUTO7", "", 7])
def test_another_encoding_is_found(encoding: object) -> None:
    assert with_input("SMS", encoding=encoding)


@pytest.mark.parametrize("method", ["GET", "post", "Patch", "DELETE", "HEAD", "OPTIONS", "PUT", "{{data.method}}"])
def test_a_method_is_one_of_http(method: str) -> None:
    assert with_input("HttpRequest", method=method) == []


def test_an_unknown_method_is_found() -> None:
    assert with_input("HttpRequest", method="FETCH") == ["inputs.method: anyOf"]


@pytest.mark.parametrize("seconds", [1, 30, "{{data.seconds}}", "${var.seconds}"])
def test_a_timeout_is_a_whole_number_or_an_expression(seconds: object) -> None:
    assert with_input("HttpRequest", timeoutSeconds=seconds) == []


@pytest.mark.parametrize(
    ("seconds", "keyword"), [("5", "pattern"), (0, "minimum"), (1.5, "type"), (True, "type"), (None, "type")]
)
def test_another_timeout_is_found(seconds: object, keyword: str) -> None:
    assert with_input("HttpRequest", timeoutSeconds=seconds) == [f"inputs.timeoutSeconds: {keyword}"]


@pytest.mark.parametrize(
    "body", [{}, {"a": None}, [1, {"id": "x"}], "{{data}}", "{{ {a: data.b} }}", "${file.body.json}"]
)
def test_a_body_is_a_mapping_a_list_or_an_expression(body: object) -> None:
    assert with_input("HttpRequest", body=body) == []


def test_a_body_that_is_plain_text_is_found() -> None:
    assert with_input("HttpRequest", body="name=value") == ["inputs.body: pattern"]


def test_headers_and_parameters_are_open() -> None:
    headers = {
        "content-Type": "application/json",
        "X-Shop": "{{data.shop}}",
        "Authorization": "Bearer ${secret.CRM_TOKEN}",
    }
    assert with_input("HttpRequest", headers=headers, parameters={"page": 1, "all": True, "ids": ["a"]}) == []
    assert with_input("HttpRequest", headers={"X-List": ["a"]}) == ["inputs.headers.X-List: type"]


@pytest.mark.parametrize("field", ["user", "content"])
def test_user_and_content_are_mappings_or_expressions(field: str) -> None:
    assert with_input("ChatAppsMessage", **{field: "{{data.saved}}"}) == []
    assert with_input("ChatAppsMessage", **{field: {"anything": {"else": 1}}}) == []
    assert with_input("ChatAppsMessage", **{field: "+6512345678"}) == [f"inputs.{field}: pattern"]


@pytest.mark.parametrize("action", ["say", "say&capture", "playFile", "playfile", "{{data.action}}"])
def test_a_voice_action_is_one_of_three(action: str) -> None:
    assert with_input("VoiceMessage", action=action) == []


def test_another_voice_action_is_found() -> None:
    assert with_input("VoiceMessage", action="shout") == ["inputs.action: anyOf"]


def test_settings_of_a_call_are_open() -> None:
    assert (
        with_input("VoiceMessage", params={"repetition": 2, "speed": 1.5, "speechRate": "slow", "maxDigits": "1"}) == []
    )


@pytest.mark.parametrize("key", ["dtmfRequestId", "correlationId"])
def test_pressed_keys_are_awaited_under_either_spelling(key: str) -> None:
    step = {"id": "a", "stepType": "WaitForDTMF", "inputs": {key: "{{data.call}}", "timeout": "00:05:00"}}
    assert problems(known("WaitForDTMF"), step) == []


@pytest.mark.parametrize("duration", [2, 86400, 1.5, None, True])
def test_a_duration_that_yaml_read_as_something_else_is_found(duration: object) -> None:
    assert with_input("Wait", duration=duration) == ["inputs.duration: type"]


@pytest.mark.parametrize("condition", [True, "{{data.x}}", "true", "False", "${var.open}"])
def test_a_condition_is_true_false_or_an_expression(condition: object) -> None:
    assert with_input("If", condition=condition) == []


@pytest.mark.parametrize("condition", ["data.x == 1", "", 1, None])
def test_another_condition_is_found(condition: object) -> None:
    assert len(with_input("If", condition=condition)) == 1


@pytest.mark.parametrize("inside", [[], [[]], [{"id": "b"}], [["b"]]])
def test_an_if_holds_lists_of_steps(inside: object) -> None:
    assert len(problems(known("If"), {**minimal(known("If")), "do": inside})) == 1


@pytest.mark.parametrize("name", [found.name for found in KNOWN if "do" not in found.outcomes])
def test_steps_inside_a_step_that_holds_none_are_found(name: str) -> None:
    step = {**minimal(known(name)), "do": [[{"id": "b", "stepType": "Wait", "inputs": {"duration": "1"}}]]}
    assert problems(known(name), step) == ["do: maxItems"]


def test_no_pattern_takes_long_on_hostile_text() -> None:
    patterns = {text for found in ALL for text in re.findall(r"'pattern': '([^']*)'", str(found.schema))}
    assert patterns
    for pattern in patterns:
        for text in ("{" * 200_000, "${" * 100_000, "0" * 200_000, "a" * 200_000):
            re.search(pattern, text)
