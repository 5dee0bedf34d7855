"""`deployer explain`."""

from __future__ import annotations

from difflib import get_close_matches

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.lint.registry import documented_rules
from deployer.report import rules as report


@click.command("explain")
@click.argument("rule", required=False)
@global_options
@pass_session
def command(session: Session, /, *, rule: str | None) -> int:
    """Say what a rule checks, and why. Without RULE: the table of all."""
    rules = documented_rules()
    if rule is None:
        session.show(
            report.render_json(list(rules.values())) if session.json else report.render_table(list(rules.values()))
        )
        return 0
    found = rules.get(rule)
    if found is None:
        near = get_close_matches(rule, rules, 1)
        hint = f"Did you mean `{near[0]}`?" if near else "`deployer explain` lists all rules."
        raise ConfigurationError(f"no rule is called `{rule}`", hint=hint)
    session.show(report.render_json([found]) if session.json else report.render_rule(found, color=session.color))
    return 0
