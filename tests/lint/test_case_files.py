"""Test files are checked as workflow files are: exact places, nearest names, no surprise from hostile ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from deployer.finding import Finding, Severity
from deployer.lint.cases import CASE_RULES, Surroundings, case_file_schema, check_case_file
from deployer.report.findings import render_text
from deployer.source.case_file import MOST_CASES, CaseFile, read_case_file
from deployer.source.document import Document, parse
from deployer.source.load import load_workflow
from tests.conftest import Golden
from tests.operations.caselab import MENU

FOLDER = Path(__file__).parent / "case_files"
CASES = sorted(FOLDER.glob("*.test.yaml"))
AROUND = Surroundings(
    workflows={"menu": load_workflow(parse(MENU, "menu.yaml"), variables={"sms": "a", "greeting": "Hi"})},
    environments=frozenset({"local", "production"}),
)


def no_include(name: str) -> Document:
    raise ValueError(f"no test file `{name}` here")


def read(text: str, name: str = "menu.test.yaml") -> CaseFile:
    return read_case_file(parse(text, name), no_include)


def findings(text: str) -> tuple[Finding, ...]:
    return check_case_file(read(text), AROUND)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_test_file_is_reported_as_its_golden_file_says(case: Path, golden: Golden) -> None:
    found = check_case_file(read(case.read_text(encoding="utf-8"), case.name), AROUND)
    golden(case.with_suffix(".out"), render_text(found))


def test_the_golden_files_show_every_rule() -> None:
    shown = "".join(case.with_suffix(".out").read_text(encoding="utf-8") for case in CASES)
    assert [rule for rule in CASE_RULES if f"[{rule}]" not in shown] == ["test-size"]


def test_a_file_with_more_cases_than_allowed_says_so() -> None:
    text = json.dumps({"cases": [{"name": "a", "trigger": {"sms": {"from": "+65"}}, "table": [{}] * (MOST_CASES + 5)}]})
    assert [finding.rule for finding in findings(text)] == ["test-size"]
    assert len(read(text).cases) == MOST_CASES


def test_the_name_of_the_file_says_which_workflow_is_tested() -> None:
    assert read("cases: []").workflow == "menu"
    assert findings("cases: [{ name: a, trigger: { sms: { from: '+65' } } }]") == ()


def test_a_row_cannot_blow_up_a_case() -> None:
    row = {"x": "y" * 100_000}
    case = {"name": "a", "trigger": {"sms": {"from": "+65", "text": "${row.x}" * 50}}, "table": [row]}
    (found,) = findings(json.dumps({"cases": [case]}))
    assert (found.rule, found.severity) == ("test-row", Severity.ERROR)
    assert "longer than 1,000,000 characters" in found.message


def test_a_dollar_keeps_a_row_reference_as_text() -> None:
    file = read(json.dumps({"cases": [{"name": "a", "trigger": {"http": {"x": "$${row.y}", "z": "${other}"}}}]}))
    assert file.body(file.cases[0])["trigger"] == {"http": {"x": "${row.y}", "z": "${other}"}}


def test_the_schema_is_one_and_explains_every_property() -> None:
    schema = case_file_schema()
    Draft7Validator.check_schema(dict(schema))
    assert [path for path, part in properties(schema, "") if "description" not in part] == []


def properties(schema: object, path: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if isinstance(schema, Mapping):
        for name, part in schema["properties"].items() if isinstance(schema.get("properties"), Mapping) else ():
            if "$ref" not in part:
                yield f"{path}.{name}", part
        for key, part in schema.items():
            yield from properties(part, f"{path}.{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from properties(part, f"{path}[{index}]")


KEYS = st.sampled_from(
    [*case_file_schema()["definitions"]["case"]["properties"], "sms", "from", "match", "step", "text"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["menu", "${row.x}", "00:00:01", "wait", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_no_test_file_breaks_the_checker(case: object, defaults: object, fixtures: object) -> None:
    value = {
        "cases": [case, {"name": "a", "use": ["f"], "trigger": case}],
        "defaults": defaults,
        "fixtures": {"f": fixtures},
    }
    for finding in findings(json.dumps(value)):
        assert finding.message
        assert finding.span.line >= 1


def test_a_hostile_file_costs_no_more_than_its_size() -> None:
    deep = "[" * 90 + "]" * 90
    many = ", ".join(f'"k{n}": 1' for n in range(3_000))
    for text in (f'{{"cases": [{deep}]}}', f'{{"cases": [], {many}}}', f'{{"cases": [{{"name": "a", {many}}}]}}'):
        assert 1 <= len(findings(text)) <= 110
