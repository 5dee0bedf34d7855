"""`validate --fix`: what is mended is gone, and nothing else changes."""

from __future__ import annotations

from collections import Counter
from difflib import ndiff
from pathlib import Path

import pytest

from deployer.finding import Finding, Respell, Severity
from deployer.lint.check import LintSettings, check
from deployer.lint.mending import Mended, mend
from deployer.source.comments import comments
from deployer.source.document import Document, parse
from deployer.source.edits import same
from deployer.source.load import load_workflow

CASES = sorted(path for path in (Path(__file__).parent / "cases").glob("*/*") if path.suffix in (".yaml", ".json"))
TIDY = LintSettings(severities={"loose-spelling": Severity.WARNING, "builder-leftover": Severity.WARNING})
FILE = """\
# Auto replies
trigger: inbound_sms
status: enabled
definition:
    name: Auto reply      # as in the builder
    steps:
    -   id: reply
        stepType: SMS
        inputs:
            subAccountId: acme_sms    # the test number
            destination: "{{data.payload.source}}"
            text: 'It''s fine'
            encoding: AUTO
        nextStepId: pause
    -   id: pause  # a moment
        stepType: Wait
        inputs: {duration: "00:05:00"}
"""


def checked(document: Document) -> tuple[Finding, ...]:
    workflows = [load_workflow(document, variables={"n": 5})] if isinstance(document.value, dict) else []
    return check(workflows, [document], settings=TIDY)


def mending(text: str, name: str = "case.yaml") -> Mended:
    document = parse(text, name)
    return mend(document, checked(document))


def test_a_file_in_order_stays_as_it_is() -> None:
    assert mending(FILE).document.text == FILE


@pytest.mark.parametrize(
    ("right", "wrong", "mended"),
    [
        ("text: 'It''s fine'", "text: no", 'text: "no"'),
        ("text: 'It''s fine'", "text: 17:00:00", 'text: "17:00:00"'),
        ("text: 'It''s fine'", "text: 010  # code", 'text: "010"  # code'),
        ("text: 'It''s fine'", "text: 42", 'text: "42"'),
        ("text: 'It''s fine'", "text: 1.10", 'text: "1.10"'),
        ("text: 'It''s fine'", "text: true", 'text: "true"'),
        ("text: 'It''s fine'", "text: {{data.payload.body}}", 'text: "{{data.payload.body}}"'),
        ('destination: "{{data.payload.source}}"', "destination: +6512345678", 'destination: "+6512345678"'),
        ("encoding: AUTO", "encoding: ucs2", "encoding: UCS2"),
        ("encoding: AUTO", "encoding: 'gsm-7'", "encoding: 'GSM7'"),
        ("trigger: inbound_sms", 'trigger: "Inbound-SMS"', 'trigger: "inbound_sms"'),
        ("status: enabled", "status: Enabled", "status: enabled"),
        ("stepType: SMS", "stepType: sms", "stepType: SMS"),
        ("stepType: SMS", "stepType: 's-m-s' # x", "stepType: 'SMS' # x"),
        ('{duration: "00:05:00"}', '{duration: "5 min"}', '{duration: "00:05:00"}'),
        ('{duration: "00:05:00"}', '{duration: "PT5M"}', '{duration: "00:05:00"}'),
        ('{duration: "00:05:00"}', '{duration: "00:90:00"}', '{duration: "01:30:00"}'),
        ('{duration: "00:05:00"}', '{duration: "1:02:00:00"}', '{duration: "1.02:00:00"}'),
        ("status: enabled", "status: enabled\nversion: 3\ncreatedAt: '2026'", "status: enabled"),
        ("stepType: Wait", "stepType: Wait\n        do: []\n        outputs: {}", "stepType: Wait"),
        ("inputs: {duration", "nextStepId: null\n        inputs: {duration", "inputs: {duration"),
        ("id: pause  # a moment", "selectNextStep: {}\n        id: pause  # a moment", "id: pause  # a moment"),
    ],
)
def test_what_is_safe_is_mended_and_no_other_character_changes(right: str, wrong: str, mended: str) -> None:
    text = FILE.replace(right, wrong)
    assert text != FILE
    done = mending(text)
    assert done.count >= 1
    assert done.document.text == FILE.replace(right, mended)
    assert mending(done.document.text).count == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stepType: SMS", "stepType: SSM"),  # likely, but a guess
        ("text: 'It''s fine'", "text: Call us #1"),  # a comment, perhaps
        ("id: reply", "id: reply\n        Text: hello"),
        ('{duration: "00:05:00"}', "{duration: 2}"),  # days, or minutes?
        ('{duration: "00:05:00"}', '{duration: "2"}'),
        ('{duration: "00:05:00"}', '{duration: "24:00:00"}'),  # the platform reads 24 days
        ('{duration: "00:05:00"}', '{duration: "90:00"}'),  # minutes, or hours?
        ("text: 'It''s fine'", "text: '{{data.payload.body'"),
        ("stepType: SMS", "stepType: SMS  # deployer: ignore[loose-spelling]"),
    ],
)
def test_what_needs_a_decision_is_left_to_people(right: str, wrong: str) -> None:
    text = FILE.replace(right, wrong)
    assert text != FILE
    assert mending(text).document.text == text


@pytest.mark.parametrize(
    "broken",
    ["status: enabled\n: [", "status: enabled\nstatus: disabled", "status: enabled\n<<<<<<< HEAD", "status: !!set {}"],
)
def test_a_file_with_an_error_in_its_syntax_is_never_touched(broken: str) -> None:
    text = FILE.replace("status: enabled", broken).replace("SMS", "sms").replace("'It''s fine'", "no")
    assert mending(text).document.text == text


def test_a_variables_value_is_not_written_into_the_file() -> None:
    text = FILE.replace("text: 'It''s fine'", 'text: "${var.n}"')
    assert "wrong-type" in {finding.rule for finding in checked(parse(text, "case.yaml"))}
    assert mending(text).document.text == text


def test_a_number_where_a_number_is_wanted_is_not_quoted() -> None:
    text = FILE.replace("        nextStepId: pause", "").replace(
        '        stepType: Wait\n        inputs: {duration: "00:05:00"}',
        "        stepType: HttpRequest\n        inputs: {url: https://example.com, method: GET, timeoutSeconds: 010}",
    )
    assert mending(text).document.text == text


def test_an_ignored_finding_is_not_mended() -> None:
    text = FILE.replace("text: 'It''s fine'", "text: no  # deployer: ignore[ambiguous-scalar] a country")
    assert mending(text).document.text == text


def test_windows_line_ends_stay() -> None:
    text = FILE.replace("stepType: SMS", "stepType: sms").replace("\n", "\r\n")
    assert mending(text).document.text == FILE.replace("\n", "\r\n")


def test_json_is_mended_as_json() -> None:
    text = '{"trigger": "Inbound_SMS", "status": "enabled", "version": 2,\n "definition": {"name": 5, "steps": []}}'
    wanted = '{"trigger": "inbound_sms", "status": "enabled",\n "definition": {"name": "5", "steps": []}}'
    assert mending(text, "case.json").document.text == wanted


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_in_every_case_what_is_mended_is_gone_and_the_rest_is_as_it_was(case: Path) -> None:
    document = parse(case.read_text(encoding="utf-8"), case.name)
    before = checked(document)
    done = mend(document, before)
    fixed = [finding for finding in before if finding.fix is not None] if done.count else []
    places = {finding.path for finding in fixed}
    after = checked(done.document)
    left = Counter((finding.rule, finding.path) for finding in before if finding not in fixed)
    # A value that is now of the right type may turn out to be wrong in another way.
    told = Counter((finding.rule, finding.path) for finding in after if finding.path not in places)
    assert told <= left
    assert not {(finding.rule, finding.path) for finding in fixed} & {(finding.rule, finding.path) for finding in after}
    if all(isinstance(finding.fix, Respell) for finding in fixed):
        assert same(done.document.value, document.value)
    if not case.name.endswith(".json"):
        assert Counter(comments(done.document.text)) == Counter(comments(document.text))
    changed = [line for line in ndiff(document.text.split("\n"), done.document.text.split("\n")) if line[0] in "-+"]
    assert len(changed) <= 2 * len(fixed)
