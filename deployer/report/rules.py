"""Rules, for people who ask what a finding means."""

from __future__ import annotations

import json
from collections.abc import Sequence

from deployer.lint.registry import Rule
from deployer.report.table import table
from deployer.report.terminal import Paint

VERSION = 1


def render_table(rules: Sequence[Rule]) -> str:
    """A line a rule."""
    rows = [(rule.name, str(rule.severity), rule.summary) for rule in rules]
    return "\n".join(table(("rule", "default", "what must hold"), rows)) + "\n"


def render_rule(rule: Rule, *, color: bool = False) -> str:
    """All of one rule."""
    paint = Paint(color)
    parts = [paint.bold(f"{rule.name} ({rule.severity})"), rule.summary, ""]
    for title, text in (("Why", rule.why), ("How to mend it", rule.mend)):
        if text:
            parts += [paint.bold(title), text.strip(), ""]
    for title, text, colour in (("Bad", rule.bad, paint.red), ("Good", rule.good, paint.green)):
        if text:
            parts += [colour(title), *(f"    {line}".rstrip() for line in text.strip("\n").split("\n")), ""]
    if rule.options:
        parts += [paint.bold("Options"), *(f"    {name}" for name in rule.options), ""]
    parts.append(f"Source: {rule.source}")
    return "\n".join(parts) + "\n"


def render_json(rules: Sequence[Rule]) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "rules": [
            {
                "name": rule.name,
                "severity": str(rule.severity),
                "summary": rule.summary,
                "why": rule.why,
                "bad": rule.bad,
                "good": rule.good,
                "mend": rule.mend,
                "source": rule.source,
            }
            for rule in rules
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
