"""What the program knows of step types, read from the installed or checked-out schemas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deployer import steps
from deployer.errors import DeployerError
from deployer.steps import StepType

ROOT = Path(__file__).parent.parent
DOCUMENTED = (
    "SMS",
    "ChatAppsMessage",
    "HttpRequest",
    "Branch",
    "Wait",
    "WaitForReply",
    "VoiceMessage",
    "WaitForDTMF",
    "If",
    "SendToConverse",
)


def known(name: str) -> StepType:
    found = steps.find_step_type(name)
    assert found is not None
    return found


def fresh_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout


def test_the_types_stand_in_the_order_of_the_docs() -> None:
    assert tuple(steps.step_types()) == DOCUMENTED


@pytest.mark.parametrize("spelling", ["WaitForReply", "waitforreply", "WAITFORREPLY"])
def test_a_type_is_found_however_it_is_cased(spelling: str) -> None:
    assert known(spelling).name == "WaitForReply"


@pytest.mark.parametrize("spelling", ["", "*", "Wiat", "generic", " SMS", "SMS\n", "ſms"])
def test_no_other_spelling_finds_a_type(spelling: str) -> None:
    assert steps.find_step_type(spelling) is None
    assert steps.step_schema(spelling) is None


def test_only_steps_that_pause_break_a_loop() -> None:
    assert [name for name, found in steps.step_types().items() if found.waits] == [
        "Wait",
        "WaitForReply",
        "WaitForDTMF",
    ]


def test_only_steps_that_wait_for_a_person_time_out() -> None:
    assert [name for name, found in steps.step_types().items() if found.times_out] == ["WaitForReply", "WaitForDTMF"]


def test_each_type_goes_on_as_its_docs_say() -> None:
    assert {name: found.outcomes for name, found in steps.step_types().items()} == {
        "SMS": ("nextStepId",),
        "ChatAppsMessage": ("nextStepId",),
        "HttpRequest": ("nextStepId", "selectNextStep"),
        "Branch": ("selectNextStep",),
        "Wait": ("nextStepId",),
        "WaitForReply": ("nextStepId", "selectNextStep"),
        "VoiceMessage": ("nextStepId",),
        "WaitForDTMF": ("nextStepId", "selectNextStep"),
        "If": ("do", "nextStepId"),
        "SendToConverse": ("nextStepId",),
    }


def test_each_type_offers_what_later_expressions_may_read() -> None:
    assert {name: set(found.offers) for name, found in steps.step_types().items()} == {
        "SMS": {"umid", "status", "description", "destination", "encoding", "clientMessageId", "requestId"},
        "ChatAppsMessage": {"umid", "status", "description", "requestId"},
        "HttpRequest": {"responseCode", "reasonPhrase", "responseBody"},
        "Branch": set(),
        "Wait": set(),
        "WaitForReply": {"reply"},
        "VoiceMessage": {"response"},
        "WaitForDTMF": {"dtmfData"},
        "If": set(),
        "SendToConverse": {"ticketId"},
    }
    assert known("HttpRequest").offers["responseCode"].type == "integer"


def test_a_type_names_what_it_requires() -> None:
    assert known("SMS").required == (
        "id",
        "stepType",
        "inputs",
        "inputs.subAccountId",
        "inputs.destination",
        "inputs.text",
    )
    assert known("Branch").required == ("id", "stepType", "selectNextStep")
    assert known("If").required == ("id", "stepType", "inputs", "do", "inputs.condition")


def test_an_alias_leads_to_the_documented_input() -> None:
    assert known("WaitForDTMF").aliases == {"correlationId": "dtmfRequestId"}
    assert known("VoiceMessage").aliases == {"subaccountId": "subAccountId"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("inputs", "text"), True),
        (("inputs", "body", "lines", 3, "price.net"), True),
        (("outputs", "answer"), True),
        (("selectNextStep", "say-hours"), True),
        (("inputs",), False),
        (("selectNextStep", "say-hours", "deeper"), False),
        (("id",), False),
        (("nextStepId",), False),
        (("do", 0, 0, "inputs", "text"), False),
        ((), False),
    ],
)
def test_expressions_are_evaluated_where_the_schema_says(path: tuple[str | int, ...], expected: bool) -> None:
    assert steps.holds_expression(known("SMS"), path) is expected


def test_a_branch_evaluates_no_inputs_because_it_has_none() -> None:
    assert not steps.holds_expression(known("Branch"), ("inputs", "text"))
    assert steps.holds_expression(known("Branch"), ("selectNextStep", "a"))


def test_the_generic_type_claims_to_know_nothing() -> None:
    generic = steps.generic_step_type()
    assert not generic.documented
    assert generic.waits, "a type that nobody knows may pause: no false alarm about loops"
    assert set(generic.outcomes) == {"do", "nextStepId", "selectNextStep"}
    assert steps.holds_expression(generic, ("inputs", "anything"))
    assert generic.name not in steps.step_types()


def test_nobody_can_change_a_type_for_everybody() -> None:
    with pytest.raises(TypeError):
        steps.step_types()["SMS"] = known("Wait")  # type: ignore[index]
    with pytest.raises(TypeError):
        known("SMS").formats["inputs.text"] = "url"  # type: ignore[index]


def test_loading_every_type_costs_no_time_that_a_person_would_notice() -> None:
    code = "from time import perf_counter as t; from deployer import steps; a = t(); steps.step_types(); print(t() - a)"
    assert min(float(fresh_python(code)) for _ in range(5)) < 0.02


def test_knowing_the_types_needs_no_heavy_module() -> None:
    code = "import sys; from deployer import steps; steps.workflow_schema(); print(' '.join(sys.modules))"
    assert not {"jsonschema", "yaml", "httpx", "deepdiff", "click"} & set(fresh_python(code).split())


def test_the_order_of_step_keys_covers_every_key_of_every_type() -> None:
    for found in (*steps.step_types().values(), steps.generic_step_type()):
        assert tuple(found.schema["properties"]) == steps.STEP_ORDER


@pytest.mark.parametrize("place", ["deployer/schemas", "schemas"])
def test_the_schemas_are_found_installed_and_in_a_checkout(tmp_path: Path, place: str) -> None:
    (tmp_path / place / "steps").mkdir(parents=True)
    (tmp_path / place / "steps/generic.json").write_text("{}")
    assert steps.schemas_folder(tmp_path / "deployer") == tmp_path / place


def test_an_installation_without_schemas_says_so(tmp_path: Path) -> None:
    with pytest.raises(DeployerError, match="step schemas are missing") as caught:
        steps.schemas_folder(tmp_path / "deployer")
    assert caught.value.hint == "Install deployer again."


def test_triggers_and_statuses_are_those_of_the_schema() -> None:
    fields = steps.envelope_schema()["properties"]
    assert tuple(fields["trigger"]["anyOf"][0]["enum"]) == steps.TRIGGERS
    assert tuple(fields["status"]["anyOf"][0]["enum"]) == steps.STATUSES


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_step_type_is_read_from_the_file_of_its_name_alone(name: str) -> None:
    """Most workflows use few types; the other files are not opened for them."""
    code = f"""
import json
from deployer import steps
read, loads = [], json.loads
json.loads = lambda text: read.append(text) or loads(text)
print(steps.find_step_type({name!r}).name, len(read))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [name, "1"]
    assert steps.find_step_type(name.swapcase()) is steps.step_types()[name]
