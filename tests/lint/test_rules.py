"""Every rule finds its bad cases and nothing else: golden files, and the examples in its own documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.finding import Finding, Severity
from deployer.lint.cases import CASE_RULES
from deployer.lint.check import LintSettings
from deployer.lint.registry import Rule, documented_rules
from deployer.report.findings import render_text
from deployer.source.document import LOAD_RULES
from tests.conftest import Golden
from tests.lint.workflows import case_findings_of, findings_of, rules_of

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in (".yaml", ".json"))
RULES = list(documented_rules().values())
SHOWN = [rule for rule in RULES if rule.bad]


def turned_on(rule: Rule) -> LintSettings:
    """The settings of a project that wants this rule, even where nobody else has it."""
    return LintSettings(severities={rule.name: Severity.WARNING} if rule.severity is Severity.OFF else {})


def example_findings(rule: Rule, text: str) -> tuple[Finding, ...]:
    """What is wrong with an example of a rule."""
    return case_findings_of(text) if rule.name in CASE_RULES else findings_of(text, settings=turned_on(rule))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_case_is_reported_as_its_golden_file_says(case: Path, golden: Golden) -> None:
    findings = findings_of(case.read_text(encoding="utf-8"), case.name)
    if case.name.startswith("fine"):
        assert rules_of(findings) == []
    else:
        assert case.parent.name in rules_of(findings)
        golden(case.with_suffix(case.suffix + ".out"), render_text(findings))


def test_every_folder_of_cases_is_named_after_a_rule() -> None:
    assert {case.parent.name for case in CASES} - {"real"} <= set(documented_rules())


def test_only_what_no_page_can_show_has_no_example() -> None:
    without = {rule.name for rule in RULES if not rule.bad or not rule.good}
    # What a smoke test sends is found out by running it, which the linter cannot: tests/cli/test_smoke.py does.
    assert without == {"file-encoding", "file-size", "test-size", "smoke-sends"}


def test_whatever_the_reader_reports_is_documented() -> None:
    assert set(LOAD_RULES) <= set(documented_rules())


def test_whatever_is_wrong_with_a_test_file_is_documented_and_no_setting_hides_it() -> None:
    assert {rule.name for rule in RULES if rule.name in CASE_RULES and not rule.adjustable} == set(CASE_RULES)


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.name)
def test_a_rules_bad_example_is_reported_by_that_rule_alone(rule: Rule) -> None:
    assert set(rules_of(example_findings(rule, rule.bad))) == {rule.name}


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.name)
def test_a_rules_good_example_has_no_finding(rule: Rule) -> None:
    assert rules_of(example_findings(rule, rule.good)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_must_hold_in_one_sentence(rule: Rule) -> None:
    assert rule.summary
    assert "\n" not in rule.summary


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_why_how_to_mend_it_and_where_that_is_documented(rule: Rule) -> None:
    assert rule.why
    assert rule.mend
    assert rule.source
