"""Rules, for people who ask what a finding means: as text, JSON and Markdown, from one set of words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

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
        parts += [paint.bold("Options"), *(f"    {line}" for line in _options(rule)), ""]
    if not rule.adjustable:
        parts += [_always(rule), ""]
    if rule.source:
        parts.append(f"Source: {rule.source}")
    return "\n".join(parts).rstrip("\n") + "\n"


def plain(rule: Rule) -> str:
    """Why a rule is there and how to mend what it finds, as plain paragraphs."""
    return "\n\n".join(text for text in (rule.summary, rule.why, rule.mend) if text)


def markdown(rule: Rule) -> str:
    """A rule's documentation without its heading."""
    parts = [_prose(rule.summary)]
    if rule.why:
        parts.append(_prose(rule.why))
    for title, text in (("Bad", rule.bad), ("Good", rule.good)):
        if text:
            parts.append(f"{title}:\n\n{_fenced(text)}")
    if rule.mend:
        parts.append(f"**How to mend it.** {_prose(rule.mend)}")
    if rule.options:
        parts.append("Options:\n\n" + "\n".join(f"- {line}" for line in _options(rule, code=True)))
    if not rule.adjustable:
        parts.append(_prose(_always(rule)))
    if rule.source:
        parts.append(f"Source: {rule.source}")
    return "\n\n".join(parts) + "\n"


def render_page(rules: Sequence[Rule]) -> str:
    """docs/rules.md: a table of all rules, then each of them."""
    rows = [f"| [`{rule.name}`](#{rule.name}) | {rule.severity} | {_cell(rule.summary)} |" for rule in rules]
    sections = [f"## {rule.name}\n\nDefault: {rule.severity}.\n\n{markdown(rule)}" for rule in rules]
    return "\n".join((_HEAD, "| rule | default | what must hold |", "|---|---|---|", *rows, "", *sections))


_HEAD = """\
# Rules

Made from the rules themselves; `deployer explain RULE` prints the same. `rules` in `deployer.yaml` sets a rule to
`off`, `warning` or `error`, and its options; `# deployer: ignore[RULE] reason` at the end of a line, or on a line of
its own above, silences it in one place.
"""


def render_json(rules: Sequence[Rule]) -> str:
    """A versioned contract."""
    value = {
        "version": VERSION,
        "rules": [
            {
                "name": rule.name,
                "severity": str(rule.severity),
                "adjustable": rule.adjustable,
                "summary": rule.summary,
                "why": rule.why,
                "bad": rule.bad,
                "good": rule.good,
                "mend": rule.mend,
                "source": rule.source,
                "options": rule.options,
            }
            for rule in rules
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _always(rule: Rule) -> str:
    return f"It is always an error: {rule.always}."


def _options(rule: Rule, *, code: bool = False) -> list[str]:
    lines = []
    for name, schema in rule.options.items():
        described = schema.get("description") if isinstance(schema, Mapping) else None
        default = schema.get("default") if isinstance(schema, Mapping) else None
        shown = f"`{name}`" if code else name
        more = f": {described}" if isinstance(described, str) else ""
        usual = f" (default: {json.dumps(default, ensure_ascii=False)})" if default is not None else ""
        lines.append(f"{shown}{more}{usual}")
    return lines


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}yaml\n{text.strip(chr(10))}\n{fence}"


def _prose(text: str) -> str:
    # Outside code, these would act in Markdown; the texts use backquotes for code and nothing else.
    parts = text.strip().split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_") for part in parts[::2]]
    return "`".join(parts)


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")
