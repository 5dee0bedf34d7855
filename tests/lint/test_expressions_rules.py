"""What the rules about scripts can be told, and what they leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from deployer.finding import Severity
from deployer.lint.registry import documented_rules
from deployer.lint.settings import lint_settings
from tests.lint.workflows import findings_of, rules_of

HEAD = "trigger: {}\nstatus: enabled\ndefinition:\n  name: Auto reply\n  steps:\n"
EVERY_PATH = """\
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms }
      outputs: { answer: "{{step.reply}}" }
      nextStepId: tell
    - id: tell
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "{{data.answer.payload.body}}" }
"""


def sms(text: str, trigger: str = "inbound_sms", more: str = "") -> str:
    return HEAD.format(trigger) + (
        "    - id: reply\n      stepType: SMS\n      inputs:\n        subAccountId: acme_sms\n"
        f'        destination: "+6512345678"\n        text: >-\n          {text}\n{more}'
    )


@pytest.mark.parametrize(
    ("rule", "option", "text"),
    [
        ("unknown-function", {"extra": ["loyaltyPoints"]}, sms("{{loyaltyPoints(data.payload.source)}}")),
        ("unknown-variable", {"extra": ["account"]}, sms("{{account.name}}")),
        (
            "time-zone-unknown",
            {"extra": ["Mars Standard Time"]},
            sms("{{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Mars Standard Time')}}"),
        ),
        (
            "data-set-never-read",
            {"keep": ["audit*"]},
            sms("Hello", more='      outputs: { auditId: "{{step.umid}}" }\n'),
        ),
    ],
)
def test_what_a_team_allows_is_not_reported(rule: str, option: Mapping[str, object], text: str) -> None:
    assert rules_of(findings_of(text)) == [rule]
    assert findings_of(text, settings=lint_settings({rule: option})) == ()


def test_possible_time_outs_are_reported_on_request() -> None:
    text = HEAD.format("inbound_sms") + EVERY_PATH
    assert findings_of(text) == ()
    strict = lint_settings({"reply-read-after-timeout": {"everyPath": True}})
    assert rules_of(findings_of(text, settings=strict)) == ["reply-read-after-timeout"]


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        ("data.anwser", Severity.ERROR),
        ("data.anwser.text", Severity.ERROR),
        ("data.anwser ?? 'none'", Severity.WARNING),
        ("data.anwser == null", Severity.WARNING),
    ],
)
def test_data_that_is_missing_weighs_less_where_the_script_minds_it(script: str, severity: Severity) -> None:
    assert [(f.rule, f.severity) for f in findings_of(sms(f"{{{{{script}}}}}"))] == [("data-never-set", severity)]


@pytest.mark.parametrize(
    "expression",
    [
        "{{data.payload.user.channelUserId}}",
        "umid: {{data.payload.umid}}",
        "{{'umid: ' + data.payload.umid}}",
        "{{!isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'SE Asia Standard Time')}}",
        "{{data.payload.content.text == '1'}};",
        "{{ data.payload.content.text; }}",
        "{{isCountryCode(data.payload.user.channelUserId, 'ID')}}",
        "{{data.payload.user.msisdn}} {{data['payload']['user']['name']}} {{data?.payload?.content?.text}}",
        "{{data.subAccountId == 'x' ? data.accountId : data.triggeredAt}}",
    ],
)
def test_real_expressions_have_no_finding(expression: str) -> None:
    assert findings_of(sms(expression, "inbound_chat_apps")) == ()


def test_no_script_is_judged_where_the_vendor_may_have_added_a_step_type() -> None:
    text = HEAD.format("inbound_sms") + '    - { id: pay, stepType: Payment, outputs: { paid: "{{step.anything}}" } }\n'
    settings = lint_settings({"data-set-never-read": "off"}, ["Payment"])
    assert findings_of(text, settings=settings) == ()


def test_a_secret_in_a_script_is_neither_a_name_nor_shown() -> None:
    text = sms("{{data.payload.body == '${secret.WORD}' || ${secret.OTHER} == 1}}")
    assert findings_of(text) == ()


def test_the_rules_about_scripts_stand_one_in_a_file() -> None:
    rules = Path(__file__).parents[2] / "deployer" / "lint" / "rules"
    named = {path.stem.replace("_", "-") for path in rules.glob("*.py")}
    # The name of a module cannot begin with a digit.
    names = {name.replace("8x8", "eight-by-eight") for name, rule in documented_rules().items() if rule.check}
    assert names <= named
