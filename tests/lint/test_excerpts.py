"""Source lines in reports: no credential, and the carets still below what they point at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.finding import Severity
from deployer.lint.check import LintSettings
from deployer.lint.settings import lint_settings
from deployer.operations.validate import settings_of
from deployer.report.findings import render_text
from deployer.source.document import parse
from deployer.source.excerpts import Excerpts
from deployer.source.project import ProjectError, read_project
from tests.lint.workflows import case_findings_of, findings_of, rules_of

TOKEN = "7c1e5b2d4086a93f"
HEAD = "trigger: http_request\nstatus: enabled\ndefinition:\n  name: Log call\n  steps:\n"
INPUTS = f'{{ url: "https://crm.example.com", method: POST, headers: {{ X-Api-Key: {TOKEN} }} }}'
STEP = f"    - {{ id: log, stepType: HttpRequest, inputs: {INPUTS} }}\n"


def test_the_report_of_a_credential_shows_neither_in_message_nor_in_line_what_it_is() -> None:
    report = render_text(findings_of(HEAD + STEP))
    assert "[hard-coded-secret]" in report
    assert TOKEN not in report
    assert f"X-Api-Key: {'*' * len(TOKEN)}" in report


def test_other_rules_do_not_show_a_credential_on_their_line_either() -> None:
    findings = findings_of(HEAD + STEP.replace("POST", "PSOT"))
    assert set(rules_of(findings)) == {"invalid-enum", "hard-coded-secret"}
    assert TOKEN not in render_text(findings)


def test_a_project_that_turns_the_rule_off_still_gets_no_credential_shown() -> None:
    settings = LintSettings(severities={"hard-coded-secret": Severity.OFF})
    findings = findings_of(HEAD + STEP.replace("POST", "PSOT"), settings=settings)
    assert rules_of(findings) == ["invalid-enum"]
    assert TOKEN not in render_text(findings)


def test_a_warning_of_the_reader_does_not_show_a_credential_on_its_line() -> None:
    findings = findings_of(HEAD + STEP.replace(f"X-Api-Key: {TOKEN}", f"X-Api-Key: {TOKEN}, X-Mode: yes"))
    assert [rule for rule in rules_of(findings) if rule != "hard-coded-secret"]
    assert TOKEN not in render_text(findings)


def test_a_file_that_cannot_be_read_shows_no_token_that_looks_like_one() -> None:
    token = "glpat-AbCdEfGhIjKlMnOpQrSt"
    findings = findings_of(f"definition: [ {token}\nsteps: ]]\n")
    assert findings
    assert token not in render_text(findings)


def test_a_comment_in_the_wrong_place_shows_no_credential_on_its_line() -> None:
    findings = findings_of(HEAD + STEP.rstrip("\n") + "  # deployer: ignore[no-steps] later\n")
    assert "unused-ignore" in rules_of(findings)
    assert TOKEN not in render_text(findings)


def test_stars_take_the_place_of_characters_so_that_columns_stay() -> None:
    line = f'{{"password": "caf\\u00e9-{TOKEN}", "after": 1}}'
    excerpt = Excerpts(parse(line, "case.json")).line(1)
    assert len(excerpt) == len(line)
    assert excerpt == '{"password": "' + "*" * len(f"caf\\u00e9-{TOKEN}") + '", "after": 1}'


def test_every_line_of_a_credential_of_several_lines_is_starred_out() -> None:
    text = "key: |\n  -----BEGIN PRIVATE KEY-----\n  MIIEvQIBADANBgkq\n  -----END PRIVATE KEY-----\n  and more\n"
    excerpts = Excerpts(parse(text, "case.yaml"))
    shown = [excerpts.line(number) for number in range(1, 6)]
    assert shown[0].strip() == "key: |"
    assert all(set(line.strip()) == {"*"} for line in shown[1:4])
    assert shown[4].strip() == "and more"


def test_a_line_without_credentials_is_shown_as_it_stands() -> None:
    document = parse(HEAD, "case.yaml")
    assert Excerpts(document).line(4) == document.line(4)


def test_a_credential_that_stands_in_many_places_gets_a_name_for_each() -> None:
    body = {"password": "correct-horse", "inner": {"password": "battery-staple"}}
    findings = findings_of(HEAD + STEP.replace("method: POST", f"method: POST, body: {json.dumps(body)}"))
    assert [finding.suggestion for finding in findings if "password" in finding.message] == [
        "${secret.CASE_LOG_PASSWORD}",
        "${secret.CASE_LOG_PASSWORD_2}",
    ]


@pytest.mark.parametrize(
    ("rule", "options", "inputs"),
    [
        ("hard-coded-secret", {"allowed": ["x-api-KEY"]}, INPUTS),
        ("plain-http-url", {"hosts": ["CRM.example.com"]}, '{ url: "http://crm.example.com/x", method: POST }'),
        ("http-timeout-range", {"max": 90}, '{ url: "https://crm.example.com", method: POST, timeoutSeconds: 90 }'),
    ],
)
def test_an_option_makes_an_exception(rule: str, options: dict[str, object], inputs: str) -> None:
    text = HEAD + f"    - {{ id: log, stepType: HttpRequest, inputs: {inputs} }}\n"
    assert rules_of(findings_of(text)) == [rule]
    assert rules_of(findings_of(text, settings=lint_settings({rule: options}))) == []


def test_an_option_says_how_many_parts_an_sms_may_have() -> None:
    inputs = f'{{ subAccountId: acme, destination: "{{{{data.to}}}}", text: {"a" * 161} }}'
    text = f"{HEAD}    - {{ id: a, stepType: SMS, inputs: {inputs} }}\n"
    assert rules_of(findings_of(text)) == []
    (finding,) = findings_of(text, settings=lint_settings({"sms-too-many-parts": {"maxParts": 1}}))
    assert finding.message.startswith("the message goes out as 2 parts, more than 1")


SHOWN = f"X-Api-Key: {'*' * len(TOKEN)}"


def test_a_mistake_beside_a_credential_in_deployer_yaml_does_not_show_it() -> None:
    with pytest.raises(ProjectError) as caught:
        read_project(
            parse(f"{{ version: 1, environments: 3, vars: {{ X-Api-Key: {TOKEN} }} }}\n", "deployer.yaml"), Path("/p")
        )
    report = render_text(caught.value.findings)
    assert SHOWN in report
    assert TOKEN not in report


def test_an_unknown_rule_beside_a_credential_does_not_show_it() -> None:
    vars_ = f"vars: {{ X-Api-Key: {TOKEN} }}"
    text = f"{{ version: 1, rules: {{ no-such: off }}, environments: {{ a: {{ emulator: true, {vars_} }} }} }}\n"
    project = read_project(parse(text, "deployer.yaml"), Path("/p"))
    with pytest.raises(ProjectError) as caught:
        settings_of(project)
    [finding] = caught.value.findings
    assert SHOWN in finding.excerpt
    assert TOKEN not in finding.excerpt


def test_a_mistake_beside_a_credential_in_a_test_file_does_not_show_it() -> None:
    trigger = f"trigger: {{ http: {{ X-Api-Key: {TOKEN} }} }}"
    report = render_text(case_findings_of(f"cases: [{{ name: a, nmae: b, {trigger} }}]\n"))
    assert SHOWN in report
    assert TOKEN not in report
