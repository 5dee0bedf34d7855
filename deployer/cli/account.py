"""`deployer account`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.operations.usage import read_usage
from deployer.report import usage as report
from deployer.report.table import table
from deployer.report.terminal import safe


@click.group("account")
@global_options
def command() -> None:
    """Show what the account may use and has used: functions, time zones, instances."""


@command.command("functions")
@global_options
@pass_session
def functions(session: Session, /) -> int:
    """List the functions that the platform adds to JavaScript.

    Saved with --format json, the list can take the place of the built-in one: `validation.functions`.
    """
    found = [dict(item) for item in session.gateway.functions()]
    if session.json:
        session.show(_json("functions", found))
        return 0
    rows = [(str(item.get("name", "")), _signature(item), str(item.get("description", ""))) for item in found]
    session.show("\n".join(table(("function", "parameters", "what it does"), rows)) + "\n")
    return 0


@command.command("timezones")
@click.option("--contains", metavar="TEXT", help="Only those whose name contains this text.")
@global_options
@pass_session
def timezones(session: Session, /, *, contains: str | None) -> int:
    """List the time zones that functions take.

    Saved with --format json, the list can take the place of the built-in one: `validation.timeZones`.
    """
    found = session.gateway.time_zones(contains=contains)
    if session.json:
        session.show(_json("timeZones", [{"id": item.id, "name": item.name} for item in found]))
        return 0
    session.show("\n".join(table(("id", "name"), [(item.id, item.name) for item in found])) + "\n")
    return 0


@command.command("usage")
@global_options
@pass_session
def usage(session: Session, /) -> int:
    """Show how many instances this month allows and had, what more of them cost, and earlier months."""
    gateway = session.gateway
    found = read_usage(gateway.usage(), gateway.usage_history())
    session.show(report.render_json(found) if session.json else report.render_text(found))
    return 0


def _signature(item: dict[str, object]) -> str:
    parameters = item.get("parameters")
    names = [parameter.get("name") for parameter in parameters] if isinstance(parameters, list) else []
    return safe(", ".join(str(name) for name in names))


def _json(name: str, entries: Sequence[object]) -> str:
    return json.dumps({"version": 1, name: entries}, indent=2, ensure_ascii=False) + "\n"
