"""What `check` makes of files: one list, in order, as the settings say."""

from __future__ import annotations

import json
import time

import pytest

from deployer.errors import ConfigurationError
from deployer.finding import Severity
from deployer.lint.check import MOST_PER_RULE, LintSettings, check, check_one
from deployer.lint.settings import lint_settings
from deployer.source.document import parse
from deployer.source.load import load_workflow
from tests.lint.workflows import SMS, findings_of, rules_of, with_steps, workflow

GOOD = f"trigger: inbound_sms\nstatus: enabled\ndefinition:\n  name: x\n  steps:\n    - {{ id: a, {SMS} }}\n"
NO_STATUS = GOOD.replace("status: enabled\n", "")


def test_a_right_workflow_has_no_finding() -> None:
    assert check_one(workflow(GOOD)) == ()


def test_a_finding_knows_its_place_its_step_and_its_line() -> None:
    (finding,) = check_one(workflow(GOOD.replace("stepType: SMS", "stepType: SNS")))
    assert (finding.rule, finding.file, finding.step) == ("unknown-step-type", "case.yaml", "a")
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (6, 26, 29)
    assert finding.path == ("definition", "steps", 0, "stepType")
    assert finding.excerpt.strip().startswith("- { id: a, stepType: SNS")
    assert finding.suggestion == "SMS"


def test_findings_are_sorted_by_file_and_place() -> None:
    text = f"# file: b.yaml\n{NO_STATUS}# file: a.yaml\n{NO_STATUS.replace('name: x', 'name: 5')}extra: 1\n"
    findings = findings_of(text)
    assert [(finding.file, finding.span.line) for finding in findings] == [
        ("a.yaml", 1),
        ("a.yaml", 3),
        ("a.yaml", 6),
        ("b.yaml", 1),
    ]


def test_a_file_that_cannot_be_read_does_not_hide_the_findings_of_the_others() -> None:
    assert rules_of(findings_of(f"# file: a.yaml\na: [\n# file: b.yaml\n{NO_STATUS}")) == [
        "yaml-syntax",
        "missing-status",
    ]


def test_a_lost_plus_is_told_once_by_the_reader() -> None:
    text = GOOD.replace('"{{data.payload.source}}"', "+6512345678")
    assert rules_of(findings_of(text)) == ["ambiguous-scalar"]


def test_a_severity_from_the_settings_holds_for_every_case_of_a_rule() -> None:
    bare = with_steps('id: a, stepType: Wait, inputs: { duration: "2" }')
    assert [finding.severity for finding in check_one(bare)] == [Severity.WARNING]
    settings = lint_settings({"invalid-duration": "error"})
    assert [finding.severity for finding in check_one(bare, settings=settings)] == [Severity.ERROR]
    assert check_one(bare, settings=lint_settings({"invalid-duration": "off"})) == ()


def test_a_rule_of_the_reader_can_be_silenced_as_well() -> None:
    text = GOOD.replace("name: x", "name: NO")
    assert rules_of(findings_of(text)) == ["ambiguous-scalar"]
    assert findings_of(text, settings=lint_settings({"ambiguous-scalar": "off"})) == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"unknown-step-typ": "off"}, 'unknown rule `unknown-step-typ`; did you mean "unknown-step-type"?'),
        ({"missing-status": "of"}, 'cannot be "of"; write `off`, `warning` or `error`'),
        ({"missing-status": {"severty": "off"}}, 'no option `severty`; did you mean "severity"?'),
        ({"undefined-variable": "off"}, "always an error"),
        ({"yaml-syntax": "warning"}, "always an error"),
    ],
)
def test_an_impossible_setting_is_explained(rules: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        lint_settings(rules)
    assert message in str(caught.value)


def test_a_type_that_the_project_allows_is_checked_as_a_step_of_any_type() -> None:
    new = with_steps("id: a, stepType: Teleport, inputs: { where: [1, 2] }, nextStepId: 5, colour: red")
    assert rules_of(check_one(new)) == ["unknown-step-type"]
    allowed = LintSettings(allow_step_types=frozenset({"teleport"}))
    assert sorted(rules_of(check_one(new, settings=allowed))) == ["unknown-property", "wrong-type"]


def test_only_selected_files_are_reported_but_all_are_compared() -> None:
    texts = {name: GOOD.replace("trigger:", "metadata: { key: same }\ntrigger:") for name in ("a.yaml", "b.yaml")}
    workflows = [workflow(text, name) for name, text in texts.items()]
    for name in texts:
        findings = check(workflows, selected={name})
        assert {finding.file for finding in findings} == {name}
        assert sorted(rules_of(findings)) == ["duplicate-definition-name", "duplicate-key", "overlapping-trigger"]


def test_many_findings_of_one_rule_are_counted_instead_of_listed() -> None:
    steps = [f"id: a, {SMS}"] * (MOST_PER_RULE + 11)
    repeated = [finding for finding in check_one(with_steps(*steps)) if finding.rule == "duplicate-step-id"]
    assert len(repeated) == MOST_PER_RULE
    assert any("(and 10 more of this rule in this file)" in finding.message for finding in repeated)


def test_builder_leftovers_are_as_absent() -> None:
    leftovers = 'id: a, stepType: wait, do: [], nextStepId: null, inputs: { duration: "00:01:00" }'
    assert check_one(with_steps(f"{leftovers}, outputs: {{}}, selectNextStep: {{}}")) == ()


def test_server_spelling_of_the_sub_account_is_accepted() -> None:
    assert check_one(workflow(f"subaccountId: acme_sms\n{GOOD}")) == ()


def test_ten_thousand_steps_are_checked_in_seconds() -> None:
    steps = [
        {"id": f"s{number}", "stepType": "Branch", "selectNextStep": {f"s{(number + 1) % 10_000}": None}}
        for number in range(10_000)
    ]
    body = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    large = load_workflow(parse(json.dumps(body), "large.json"))
    start = time.process_time()
    findings = check_one(large)
    assert rules_of(findings) == ["step-loop-without-wait"]
    assert time.process_time() - start < 30


HOSTILE: list[object] = [
    None,
    5,
    "x",
    [],
    {},
    [None, 1, "x", [], {}],
    {"trigger": [], "status": {}, "definition": [1], "metadata": [1], "subAccountId": 5},
    {"trigger": None, "status": None, "definition": {"name": 3, "steps": {"a": 1}}, "metadata": None},
    {"trigger": "x", **{f"k{number}": 1 for number in range(5_000)}},
    {"trigger": "x", "metadata": {"environments": [1, "a", {}] * 3_000, "key": "k" * 100_000}},
    {"definition": {"steps": [{"id": {}, "stepType": [], "inputs": 1, "do": {}, "outputs": "", "nextStepId": {}}]}},
    {"definition": {"steps": [{"id": "\x1b[31m", "stepType": "x" * 100_000, "nextStepId": "y" * 100_000}]}},
    {"definition": {"steps": [{"id": "a", "stepType": "Wait", "inputs": {"duration": 10**300}}]}},
    {"definition": {"steps": [{"id": "a", "stepType": "If", "do": [[[]], {}, 1, [1]]}]}},
    {"definition": {"steps": [{"id": "a", "stepType": "HttpRequest", "inputs": {"method": "{{" * 50_000}}]}},
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_no_content_ends_in_a_traceback_or_in_an_endless_message(body: object) -> None:
    document = parse(json.dumps(body), "hostile.json")
    workflows = [load_workflow(document)] if isinstance(document.value, dict) else []
    findings = check(workflows, [document])
    assert findings
    assert max(len(finding.message) for finding in findings) < 1_000
