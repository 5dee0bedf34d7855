"""The quick looks never say yes where a rule has something to say, whatever a workflow looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.finding import Severity
from deployer.lint.cases import CASE_RULES
from deployer.lint.check import LintSettings, check
from deployer.lint.expressions.catalogue import FUNCTIONS
from deployer.lint.families import FAMILIES, OF_PROJECTS, OPTIONAL
from deployer.lint.registry import Context, documented_rules, find_rule, rule_named
from deployer.lint.schema import schema_problems
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.project import ProjectError
from deployer.source.workflow import Workflow
from tests.lint.damage import JSON, drop, places, put
from tests.lint.workflows import documents, rules_of, with_steps

ROOT = Path(__file__).parents[2]
RULES = documented_rules()
CONTEXT = Context()
THOROUGH = LintSettings(functions=FUNCTIONS)
"""The same rules with the same facts, said in the project's own words: so no quick look is taken."""


def texts() -> Iterator[str]:
    """The examples of all rules, the cases in files, and the example projects."""
    for rule in RULES.values():
        if rule.name not in CASE_RULES:
            yield from (rule.bad, rule.good)
    for file in sorted((Path(__file__).parent / "cases").glob("*/*.[yj]*")):
        yield file.read_text(encoding="utf-8")
    for file in sorted((ROOT / "examples").glob("**/workflows/*.yaml")):
        yield file.read_text(encoding="utf-8")


def workflows_in(text: str) -> list[Workflow]:
    """The workflows in a text, as far as it holds any."""
    try:
        files, _ = documents(text)
    except ProjectError:
        return []
    return [load_workflow(file) for file in files if isinstance(file.value, dict)]


GROUPS = [group for text in texts() if (group := workflows_in(text))]
SAMPLES = [workflow for group in GROUPS for workflow in group]
VALUES: list[JSON] = [workflow.document.value for workflow in SAMPLES]


def pieces(value: JSON) -> Iterator[tuple[JSON, JSON]]:
    """Everything in a value, with the key that it stands at."""
    for path in places(value):
        found = value
        for part in path:
            found = found[part]
        if path:
            yield path[-1], found


PIECES = {json.dumps(found): found for value in VALUES for key, found in pieces(value)}
KEYS = sorted({key for value in VALUES for key, _ in pieces(value) if isinstance(key, str)})
BY_KEY: dict[JSON, list[JSON]] = {}
for _value in VALUES:
    for _key, _piece in pieces(_value):
        if _piece not in BY_KEY.setdefault(_key, []):
            BY_KEY[_key].append(_piece)
ODD = st.none() | st.booleans() | st.integers(-2, 4000) | st.text(max_size=6) | st.sampled_from([[], {}, "", " ", 1.5])
ANY = st.sampled_from(list(PIECES.values())) | ODD


@st.composite
def damaged(draw: st.DrawFn) -> Workflow:
    """A workflow with some of its values replaced: mostly by what stands at the same key elsewhere."""
    value = draw(st.sampled_from(VALUES))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(value)[1:] or [()]))
        if not path:
            break
        kind = draw(st.sampled_from(("alike", "alike", "alike", "any", "drop", "add", "again")))
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        if kind == "drop":
            value = drop(value, path)
        elif kind == "add" and isinstance(holder, dict):
            name = draw(st.sampled_from(KEYS) | st.text(max_size=4))
            value = put(value, (*path[:-1], name), draw(st.sampled_from(BY_KEY[name])) if name in BY_KEY else draw(ANY))
        elif kind == "again" and isinstance(holder, list):
            value = put(value, path[:-1], [*holder, holder[path[-1]]])
        elif kind == "any":
            value = put(value, path, draw(ANY))
        else:
            value = put(value, path, draw(st.sampled_from(BY_KEY.get(path[-1]) or list(PIECES.values()))))
    return load_workflow(parse(json.dumps(value), "damaged.json"))


def said(workflow: Workflow, names: Sequence[str]) -> list[tuple[str, str]]:
    """What these rules say of a workflow."""
    checks = [(name, rule_named(name).check) for name in names]
    return [(name, found.message) for name, each in checks if each is not None for found in each(workflow, CONTEXT)]


def agree(workflow: Workflow) -> None:
    for family in FAMILIES:
        if family.clear(workflow):
            assert said(workflow, family.rules) == []
            assert not family.schemas or list(schema_problems(workflow, CONTEXT)) == []


def test_a_family_that_is_clear_says_nothing_of_any_example() -> None:
    for workflow in SAMPLES:
        agree(workflow)


@given(damaged())
@settings(max_examples=600, deadline=None)
def test_a_family_that_is_clear_says_nothing_of_damaged_workflows(workflow: Workflow) -> None:
    agree(workflow)


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_findings_are_the_same_with_quick_looks_and_without(group: int) -> None:
    assert check(GROUPS[group]) == check(GROUPS[group], settings=THOROUGH)


@given(st.lists(damaged(), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_findings_of_damaged_workflows_are_the_same_with_quick_looks_and_without(workflows: list[Workflow]) -> None:
    assert check(workflows) == check(workflows, settings=THOROUGH)


@given(st.lists(st.sampled_from(SAMPLES) | damaged(), max_size=5))
@settings(max_examples=300, deadline=None)
def test_where_a_look_at_all_workflows_says_yes_the_rule_finds_nothing(workflows: list[Workflow]) -> None:
    for name, clear in OF_PROJECTS.items():
        compare = rule_named(name).check_project
        assert compare is not None
        if clear(workflows):
            assert list(compare(workflows, CONTEXT)) == []


def test_every_check_of_one_workflow_is_in_one_family() -> None:
    named = [name for family in FAMILIES for name in family.rules]
    assert sorted(named) == sorted(name for name, rule in RULES.items() if rule.check is not None)


def test_every_check_of_a_project_has_its_quick_look() -> None:
    assert set(OF_PROJECTS) == {name for name, rule in RULES.items() if rule.check_project is not None}


def test_the_optional_rules_are_those_that_are_off_by_default() -> None:
    assert {name for name, rule in RULES.items() if rule.severity is Severity.OFF} == OPTIONAL


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_found_by_its_name_in_the_module_of_that_name(name: str) -> None:
    assert find_rule(name) is RULES[name]
    check_of = RULES[name].check or RULES[name].check_project
    if check_of is not None:
        module = name.replace("8x8", "eight-by-eight").replace("-", "_")
        assert check_of.__module__ == f"deployer.lint.rules.{module}"


@pytest.mark.parametrize("name", ["", "no-such-rule", "registry", "..registry", "a/b", "\0", "x" * 5000, "no_steps"])
def test_no_other_name_is_a_rule(name: str) -> None:
    assert find_rule(name) is None


HTTP = "stepType: HttpRequest, inputs: { url: 'https://shop.example', method: GET, timeoutSeconds: 20 }"


def test_a_rule_with_an_option_is_asked_although_it_would_be_silent_without() -> None:
    workflow = with_steps(f"id: ask, {HTTP}")
    few = LintSettings(options={"http-timeout-range": {"max": 5}})
    assert "http-timeout-range" not in rules_of(check([workflow]))
    assert "http-timeout-range" in rules_of(check([workflow], settings=few))


def test_a_rule_that_is_off_by_default_runs_where_a_project_turns_it_on() -> None:
    workflow = with_steps(f"id: ask, {HTTP}")
    wanted = LintSettings(severities={"description-missing": Severity.ERROR})
    assert "description-missing" not in rules_of(check([workflow]))
    assert "description-missing" in rules_of(check([workflow], settings=wanted))


def test_a_rule_that_is_turned_off_says_nothing_while_its_family_speaks() -> None:
    workflow = with_steps(f"id: ask, {HTTP}", f"id: ask, {HTTP}", f"id: lost, {HTTP}")
    off = LintSettings(severities={"duplicate-step-id": Severity.OFF})
    everything = rules_of(check([workflow]))
    assert "duplicate-step-id" in everything
    assert rules_of(check([workflow], settings=off)) == [name for name in everything if name != "duplicate-step-id"]
