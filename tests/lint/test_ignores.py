"""Comments that take findings away: where they count, and what is wrong with them."""

from __future__ import annotations

import pytest

from deployer.finding import Severity
from deployer.lint.check import MOST_PER_RULE
from deployer.lint.settings import lint_settings
from deployer.source.document import parse
from tests.lint.workflows import findings_of, rules_of

HEAD = """\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
"""
LOST = """\
    - id: lost
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
"""
TALL = """\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: Thank you
"""
COMMENT = "# deployer: ignore[unreachable-step] kept for Christmas"


def found(text: str, name: str = "case.yaml") -> list[str]:
    return rules_of(findings_of(text, name))


def test_without_a_comment_the_step_is_reported() -> None:
    assert found(HEAD + LOST) == ["unreachable-step"]


def test_a_comment_at_the_end_of_the_line_hides_the_finding() -> None:
    assert found(HEAD + LOST.replace("id: lost", f"id: lost  {COMMENT}")) == []


def test_a_comment_on_the_line_above_hides_it() -> None:
    assert found(f"{HEAD}    {COMMENT}\n{LOST}") == []


def test_other_comments_may_stand_between() -> None:
    assert found(f"{HEAD}{COMMENT}\n    # see the calendar\n  # and the plan\n{LOST}") == []


def test_a_blank_line_ends_what_a_comment_is_about() -> None:
    assert found(f"{HEAD}    {COMMENT}\n\n{LOST}") == ["unused-ignore", "unreachable-step"]


def test_a_comment_at_the_end_of_a_line_says_nothing_of_the_next_one() -> None:
    text = HEAD.replace("text: Thank you }", "text: Thank you } " + COMMENT) + LOST
    assert found(text) == ["unused-ignore", "unreachable-step"]


def test_one_comment_may_name_several_rules() -> None:
    lost = LOST.replace("id: lost", "id: reply")
    assert found(HEAD + lost) == ["duplicate-step-id", "unreachable-step"]
    text = f"{HEAD}    # deployer: ignore[no-steps ,duplicate-step-id, unreachable-step]\n{lost}"
    assert found(text) == ["unused-ignore"]


def test_a_reason_is_not_asked_for() -> None:
    assert found(f"{HEAD}    # deployer: ignore[unreachable-step]\n{LOST}") == []


def test_a_second_hash_may_start_the_comment() -> None:
    assert found(HEAD + LOST.replace("id: lost", f"id: lost # yamllint disable-line {COMMENT}")) == []


@pytest.mark.parametrize(
    "value",
    [
        '"Thank you # deployer: ignore[nothing]"',
        "'Thank you # deployer: ignore[nothing]'",
        "|\n          Thank you\n          # deployer: ignore[nothing]\n          # deployer: ignore[nothing]",
        ">-\n          Thank you # deployer: ignore[nothing]",
        '"Thank\n          # deployer: ignore[nothing]\n          you"',
        "Thank_you#deployer:ignore[nothing]",
    ],
)
def test_text_that_looks_like_a_comment_is_text(value: str) -> None:
    assert found(TALL.replace("text: Thank you", f"text: {value}")) == []


def test_a_comment_behind_a_blocks_header_is_a_comment() -> None:
    block = "|  # deployer: ignore[no-steps]\n          Thank you"
    assert found(TALL.replace("text: Thank you", f"text: {block}")) == ["unused-ignore"]


@pytest.mark.parametrize("style", ["|", ">-"])
def test_what_is_found_inside_a_block_counts_for_the_line_where_it_starts(style: str) -> None:
    block = f"{style}\n          Thank you,\n          {{{{data.payload.}}}}"
    wrong = TALL.replace("text: Thank you", f"text: {block}")
    (rule,) = found(wrong)
    assert found(wrong.replace(f"text: {style}", f"text: {style} # deployer: ignore[{rule}]")) == []
    assert found(wrong.replace("        text: ", f"        # deployer: ignore[{rule}]\n        text: ")) == []


def test_a_text_in_the_block_above_does_not_reach_the_next_line() -> None:
    block = f"|\n          Thank you\n          {COMMENT}\n"
    assert found(TALL.replace("text: Thank you\n", f"text: {block}") + LOST) == ["unreachable-step"]


def test_an_ignore_that_hits_nothing_is_a_warning_at_the_rules_name() -> None:
    (finding,) = findings_of(f"{HEAD}# deployer: ignore[no-steps]\n")
    assert (finding.rule, finding.severity) == ("unused-ignore", Severity.WARNING)
    assert finding.message == "`no-steps` finds nothing here; remove it from the comment"
    assert finding.excerpt[finding.span.column - 1 : finding.span.end_column - 1] == "no-steps"


def test_an_unknown_rule_is_named_with_the_nearest_one() -> None:
    findings = findings_of(f"{HEAD}    # deployer: ignore[unreachable-stop]\n{LOST}")
    assert rules_of(findings) == ["invalid-ignore", "unreachable-step"]
    assert findings[0].message == 'unknown rule `unreachable-stop`; did you mean "unreachable-step"?'
    assert findings[0].suggestion == "unreachable-step"


@pytest.mark.parametrize(
    "comment",
    [
        "# deployer: ignore",
        "# deployer: ignore[]",
        "# deployer: ignore[ , ]",
        "# deployer: ignore unreachable-step",
        "# deployer ignore[unreachable-step]",
        "#deployer:ignored[unreachable-step]",
        "# Deployer: Ignore[unreachable-step]",
        "# deployer: ignore[unreachable-step",
    ],
)
def test_a_comment_that_was_meant_to_ignore_and_does_not_is_reported(comment: str) -> None:
    findings = findings_of(f"{HEAD}    {comment}\n{LOST}")
    assert rules_of(findings) == ["invalid-ignore", "unreachable-step"]
    assert "# deployer: ignore[RULE] reason" in findings[0].message


@pytest.mark.parametrize("comment", ["# deployer: see the manual", "# the deployer ignores this", "# ignore[no-steps]"])
def test_other_comments_are_nobodys_business(comment: str) -> None:
    assert found(f"{HEAD}{comment}\n") == []


def test_what_could_never_be_sent_cannot_be_ignored() -> None:
    text = HEAD.replace("Thank you", '"${var.gone}"')
    findings = findings_of(text.replace("inputs:", "# deployer: ignore[undefined-variable]\n      inputs:"))
    assert rules_of(findings) == ["invalid-ignore", "undefined-variable"]
    assert "cannot be ignored" in findings[0].message


def test_a_value_that_lost_characters_cannot_be_ignored_though_its_rule_is_adjustable() -> None:
    text = HEAD.replace("Thank you", "+6512345678")
    wrong = text.replace("inputs:", "# deployer: ignore[ambiguous-scalar]\n      inputs:")
    assert "ambiguous-scalar" in found(wrong)


def test_nor_can_a_project_turn_it_off() -> None:
    wrong = HEAD.replace("Thank you", "+6512345678")
    settings = lint_settings({"ambiguous-scalar": "off"})
    assert rules_of(findings_of(wrong, settings=settings)) == ["ambiguous-scalar"]


def test_a_warning_of_the_reader_can_be_ignored() -> None:
    text = HEAD.replace("name: Auto reply", "name: yes")
    assert found(text) == ["ambiguous-scalar"]
    assert found(text.replace("name: yes", "name: yes # deployer: ignore[ambiguous-scalar] it is a name")) == []


def test_a_rule_that_is_off_makes_no_ignore_unused() -> None:
    settings = lint_settings({"unreachable-step": "off"})
    assert findings_of(f"{HEAD}    {COMMENT}\n{LOST}", settings=settings) == ()


def test_both_rules_about_ignores_can_be_set() -> None:
    settings = lint_settings({"unused-ignore": "error", "invalid-ignore": "off"})
    text = f"{HEAD}# deployer: ignore[no-steps, nothing]\n"
    assert [finding.severity for finding in findings_of(text, settings=settings)] == [Severity.ERROR]


def test_of_one_workflow_alone_nobody_knows_whether_a_rule_about_several_is_needed() -> None:
    text = HEAD.replace("trigger:", "# deployer: ignore[overlapping-trigger] both are meant\ntrigger:")
    assert found(text) == []
    assert found(f"# file: a.yaml\n{HEAD.replace('Auto reply', 'Other')}# file: b.yaml\n{text}") == []
    other = HEAD.replace("inbound_sms", "http_request", 1).replace("payload.source", "payload.from")
    assert "unused-ignore" in found(f"# file: a.yaml\n{text}# file: b.yaml\n{other}")


def test_ignored_findings_do_not_use_up_the_room_for_others() -> None:
    lost = "".join(LOST.replace("lost", f"lost{number}  {COMMENT}") for number in range(MOST_PER_RULE + 20))
    assert found(HEAD + lost + LOST) == ["unreachable-step"]


def test_json_has_no_comments() -> None:
    text = (
        '{"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "# deployer: ignore[x]", "steps": []}}'
    )
    assert found(text, "case.json") == ["no-steps"]


def test_a_file_that_cannot_be_read_has_its_error_alone() -> None:
    assert found("# deployer: ignore[yaml-syntax]\nsteps: [") == ["yaml-syntax"]


def test_many_comments_are_read_in_one_go() -> None:
    text = f"# deployer: ignore[{'x' * 50}, no-steps]\n" * 20_000 + HEAD
    assert parse(text, "case.yaml").ok
    assert len(found(text)) == 100


def test_two_workflows_of_one_key_cannot_be_ignored_for_only_one_could_be_sent() -> None:
    twin = HEAD.replace("trigger:", "metadata: { key: a }  # deployer: ignore[duplicate-key]\ntrigger:", 1)
    assert "duplicate-key" in found(f"# file: a.yaml\n{HEAD}# file: b.yaml\n{twin}")
