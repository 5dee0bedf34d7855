"""The quick look at scripts, ways and data is sure only where every rule it speaks for is silent."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings

from deployer.lint.clear_flow import clear
from deployer.lint.families import FAMILIES
from deployer.lint.registry import Context, documented_rules
from deployer.source.workflow import Workflow
from tests.lint.drawn_workflows import BODIES, CALL, JSON, TALK, chosen, damaged, made, workflow_of
from tests.lint.workflows import SMS, with_steps

RULES = next(family.rules for family in FAMILIES if family.clear is clear)


def objections(workflow: Workflow) -> list[str]:
    """The rules of the family that say something."""
    rules = documented_rules()
    checks = [(name, rules[name].check) for name in RULES]
    return [name for name, check in checks if check is not None and any(True for _ in check(workflow, Context()))]


@settings(max_examples=800, deadline=None)
@given(damaged() | made() | chosen() | chosen())
def test_where_the_look_is_sure_no_rule_of_the_family_says_anything(body: JSON) -> None:
    workflow = workflow_of(body)
    if clear(workflow):
        assert objections(workflow) == []


def test_what_is_written_down_here_is_judged_as_the_rules_judge_it() -> None:
    found = [(clear(workflow), objections(workflow)) for workflow in map(workflow_of, BODIES)]
    assert [said for sure, said in found if sure and said] == []
    silent = [sure for sure, said in found if not said]
    assert sum(silent) > 0.5 * len(silent)


@pytest.mark.parametrize("body", [TALK, CALL], ids=["talk", "call"])
def test_a_loop_with_waits_branches_and_inner_steps_takes_no_closer_look(body: JSON) -> None:
    assert clear(workflow_of(body))


@pytest.mark.parametrize(
    ("condition", "other", "sure"),
    [
        ("data.payload.body == '1'", "data.payload.body == '2'", True),
        ("data.payload.body == '1'", "data.payload.body == 1", False),
        ("data.payload.body == '1'", "data.payload.body == '1'", False),
        ("data.payload.body == '1'", "data.payload.body != '1'", True),
        ("data.payload.body == null", "data.payload.body == undefined", False),
        ("data.payload.body == null", "data.payload.body === null", False),
        ("data.payload.umid < 5", "data.payload.umid >= 5", True),
        ("data.payload.umid < 5", "data.payload.umid < 6", False),
        ("data.payload.umid < '5'", "data.payload.body == '1'", False),
        ("data.payload.body.at(0) == '1'", "data.payload.body.at(1) == '1'", True),
        ("data.payload.body == '1'", "data.payload.body + '1'", False),
    ],
)
def test_only_conditions_that_surely_exclude_each_other_may_stand_side_by_side(
    condition: str, other: str, sure: bool
) -> None:
    found = with_steps(
        f'id: menu, stepType: Branch, selectNextStep: {{ a: "{{{{{condition}}}}}", b: "{{{{{other}}}}}", c: null }}',
        *(f"id: {step_id}, {SMS}" for step_id in "abc"),
    )
    assert clear(found) is sure


@pytest.mark.parametrize(
    ("asks", "sure"),
    [
        ("data.answer != null", True),
        ("data.answer == null", False),
        ("step.reply == null", False),
        ("!data.answer", False),
    ],
)
def test_an_answer_that_did_not_come_is_not_taken_as_read(asks: str, sure: bool) -> None:
    found = with_steps(
        "id: ask, stepType: WaitForReply, inputs: { from: '1', channel: sms }, "
        f"outputs: {{ answer: '{{{{step.reply.payload.body}}}}' }}, "
        f"selectNextStep: {{ a: '{{{{{asks}}}}}', b: null }}",
        "id: a, stepType: SMS, inputs: { text: 'You wrote {{data.answer}}' }",
        f"id: b, {SMS}",
    )
    assert clear(found) is sure


@pytest.mark.parametrize(
    "conditions",
    [
        ("data.payload.body === null", "data.payload.body !== undefined"),
        ("data.payload.user == null && data.payload.user.msisdn == '1'", None),
        ("parseInt(data.payload.body)", None),
        ("String(data.payload.body)", None),
        ("true", None),
        ("data.payload.body == '1' || data.payload.body == 1", "data.payload.body == '2'", None),
        ("data.answer != null", "step.reply.payload.body == '1'", None),
    ],
    ids=str,
)
def test_conditions_that_may_say_more_together_take_a_closer_look(conditions: tuple[str | None, ...]) -> None:
    written = [f'"{{{{{asks}}}}}"' if asks else "null" for asks in conditions]
    ways = ", ".join(f"{step}: {asks}" for step, asks in zip("abc", written, strict=False))
    found = with_steps(
        "id: ask, stepType: WaitForReply, inputs: { from: '1', channel: sms }, "
        f"outputs: {{ answer: '{{{{data.answer ?? step.reply}}}}' }}, selectNextStep: {{ {ways} }}",
        *(f"id: {step}, {SMS}" for step in "abc"[: len(conditions)]),
    )
    assert not clear(found)


@pytest.mark.parametrize(("field", "sure"), [("body", True), ("content", False)])
def test_what_is_read_from_a_reply_that_was_kept_whole_is_what_its_channel_has(field: str, sure: bool) -> None:
    found = with_steps(
        "id: ask, stepType: WaitForReply, inputs: { from: '1', channel: sms }, "
        "outputs: { answer: '{{step.reply}}' }, nextStepId: tell",
        f"id: tell, stepType: SMS, inputs: {{ text: 'You wrote {{{{data.answer.payload.{field}}}}}' }}",
    )
    assert clear(found) is sure is not bool(objections(found))


def test_an_if_that_is_always_so_takes_a_closer_look() -> None:
    found = with_steps(f"id: a, stepType: If, inputs: {{ condition: '{{{{true}}}}' }}, do: [[{{ id: b, {SMS} }}]]")
    assert not clear(found)


def test_a_sure_look_imports_neither_a_parser_nor_rules() -> None:
    program = (
        "import json, sys\n"
        "from deployer.lint.clear_flow import clear\n"
        "from deployer.source.document import parse\n"
        "from deployer.source.load import load_workflow\n"
        "assert clear(load_workflow(parse(sys.argv[1], 'talk.json')))\n"
        "print(*sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, json.dumps(TALK)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = run.stdout.split()
    parts = "conditions", "flow", "places", "reading", "scanning", "syntax", "catalogue", "subset"
    assert {"tree_sitter", "_quickjs", "deployer.lint.registry", "deployer.lint.rules"}.isdisjoint(loaded)
    assert {f"deployer.lint.expressions.{part}" for part in parts}.isdisjoint(loaded)
