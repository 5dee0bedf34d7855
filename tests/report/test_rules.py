"""Rules as text, JSON and Markdown."""

from __future__ import annotations

import json
from dataclasses import replace

from deployer.finding import Severity
from deployer.lint.registry import Rule, documented_rules
from deployer.report.rules import markdown, plain, render_json, render_page, render_rule, render_table

RULE = Rule(
    name="shout",
    severity=Severity.WARNING,
    summary="A text does not shout.",
    why="Nobody likes `TEXT` in a <b>loud</b> *voice*.",
    bad="text: HELLO\n",
    good="text: Hello\n",
    mend="Write small letters.",
    source="https://example.com/manners",
    options={"words": {"type": "array", "description": "Words that may shout.", "default": ["SMS"]}, "plain": {}},
)


def test_a_rule_as_text_has_all_that_is_known_of_it() -> None:
    assert render_rule(RULE) == (
        "shout (warning)\nA text does not shout.\n\n"
        "Why\nNobody likes `TEXT` in a <b>loud</b> *voice*.\n\n"
        "How to mend it\nWrite small letters.\n\n"
        "Bad\n    text: HELLO\n\nGood\n    text: Hello\n\n"
        'Options\n    words: Words that may shout. (default: ["SMS"])\n    plain\n\n'
        "Source: https://example.com/manners\n"
    )


def test_a_rule_that_no_project_can_change_says_so() -> None:
    fixed = replace(RULE, adjustable=False)
    assert "always an error" in render_rule(fixed)
    assert "always an error" in markdown(fixed)


def test_a_rule_of_the_reader_ends_after_what_is_known() -> None:
    assert render_rule(Rule(name="x", severity=Severity.WARNING, summary="It is so.")) == "x (warning)\nIt is so.\n"


def test_as_markdown_prose_keeps_its_characters_and_code_its_fence() -> None:
    text = markdown(RULE)
    assert "Nobody likes `TEXT` in a &lt;b>loud&lt;/b> \\*voice\\*." in text
    assert "Bad:\n\n```yaml\ntext: HELLO\n```\n" in text
    assert '- `words`: Words that may shout. (default: ["SMS"])\n- `plain`\n' in text


def test_an_example_with_a_fence_gets_a_longer_one() -> None:
    assert "````yaml\n```\n````" in markdown(replace(RULE, bad="```\n"))


def test_plain_help_is_paragraphs() -> None:
    assert plain(RULE).split("\n\n") == [RULE.summary, RULE.why, RULE.mend]


def test_the_table_has_a_line_a_rule() -> None:
    lines = render_table(list(documented_rules().values())).splitlines()
    assert len(lines) == len(documented_rules()) + 1
    assert lines[0].split()[:2] == ["rule", "default"]


def test_the_page_has_a_row_and_a_section_for_a_rule() -> None:
    page = render_page([RULE])
    assert "| [`shout`](#shout) | warning | A text does not shout. |\n" in page
    assert "\n## shout\n\nDefault: warning.\n\nA text does not shout.\n" in page


def test_as_json_a_rule_comes_back_whole() -> None:
    value = json.loads(render_json([RULE]))
    assert value["version"] == 1
    (rule,) = value["rules"]
    assert rule == {
        "name": "shout",
        "severity": "warning",
        "adjustable": True,
        "summary": RULE.summary,
        "why": RULE.why,
        "bad": RULE.bad,
        "good": RULE.good,
        "mend": RULE.mend,
        "source": RULE.source,
        "options": RULE.options,
    }
