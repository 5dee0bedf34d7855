"""`deployer runs`: instances of workflows."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from deployer.cli.flags import with_reason
from deployer.cli.instances import ask, asking, definition_of, named, of_workflow, one_instance, owner
from deployer.cli.noting import note_or_warn
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.cli.steering import resume_command, suspend_command, terminate_command
from deployer.errors import ConfigurationError, DeployerError, NotAllowed, Unreachable
from deployer.operations.ages import read_moment, written
from deployer.operations.runs import follow as follow_instance
from deployer.operations.runs import instances_of_all_versions, look_at
from deployer.remote.errors import Indeterminate
from deployer.remote.gateway import Instance
from deployer.report import runs as report
from deployer.state.log import Entry

STATUSES = ("Runnable", "Suspended", "Complete", "Terminated")


@click.group("runs")
@global_options
def command() -> None:
    """List, start and steer instances of workflows."""


@command.command("list")
@of_workflow
@click.option("--version", type=click.IntRange(min=1), help="Those of this version; default: the newest.")
@click.option("--all-versions", is_flag=True, help="Those of every version: an instance keeps the one it began with.")
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Those in this status.")
@click.option("--since", metavar="TIME", help="Those started since then: so long ago (6h, 2d), or ISO 8601.")
@click.option("--until", metavar="TIME", help="Those started until then: so long ago (6h, 2d), or ISO 8601.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many.")
@click.option("--all", "everything", is_flag=True, help="All there are, however many pages that takes.")
@global_options
@pass_session
def list_command(
    session: Session,
    /,
    *,
    key: str | None,
    definition_id: str | None,
    version: int | None,
    all_versions: bool,
    status: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    everything: bool,
) -> int:
    """List the instances of a workflow, the newest first."""
    if version is not None and all_versions:
        raise ConfigurationError("--version and --all-versions contradict each other")
    now = datetime.now(UTC)
    begin, end = (
        None if text is None else written(read_moment(text, now=now, option=option))
        for option, text in (("--since", since), ("--until", until))
    )
    definition, at_most = definition_of(session, key, definition_id), None if everything else limit
    if all_versions:
        found: Sequence[Instance] = instances_of_all_versions(
            session.gateway, definition, status=status, started_from=begin, started_to=end, at_most=at_most
        )
    else:
        found = session.gateway.instances(
            definition, version=version, status=status, started_from=begin, started_to=end, at_most=at_most
        )
    more = not everything and len(found) == limit
    if session.json:
        session.show(report.list_json(found, definition_id=definition, more=more))
        return 0
    of = "any version" if all_versions else f"version {version}" if version else "the newest version"
    session.show(report.render_list(found, definition_id=definition, of=of))
    if not found and not all_versions:
        session.say("instances keep the version that they began with: `--all-versions` lists those, too")
    if more:
        session.say(f"the newest {limit}; there may be more: `--all` lists them")
    return 0


@command.command("show")
@one_instance
@global_options
@pass_session
def show_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Show an instance: its steps, what went wrong and what to do about it, its data."""
    definition = owner(session, instance_id, key, definition_id)
    sight = look_at(session.gateway, definition, instance_id)
    session.show(report.instance_json(sight) if session.json else report.render_instance(sight, color=session.color))
    return 0


@command.command("start")
@of_workflow
@click.option("--payload", metavar="FILE", help="The trigger's data, a JSON object; `-` reads it from stdin.")
@click.option("--version", type=click.IntRange(min=1), help="Start this version; default: the newest.")
@click.option("--follow", is_flag=True, help="Follow it to its end.")
@with_reason
@asking
@global_options
@pass_session
def start_command(
    session: Session,
    /,
    *,
    key: str | None,
    definition_id: str | None,
    payload: str | None,
    version: int | None,
    follow: bool,
    reason: str | None,
    yes: bool,
    confirm: str | None,
) -> int:
    """Start an instance of a workflow. On a real account its messages reach real people, so this asks."""
    data = _payload(payload)
    definition = definition_of(session, key, definition_id)
    ask(session, f"Start an instance of {named(key, definition)}", yes=yes, confirm=confirm, terminal=payload != "-")
    of = f"version {version}" if version else "the newest version"
    entry = Entry(action="start", id=definition.lower(), reason=reason)
    try:
        started = session.gateway.start(definition, data, version=version)
    except Indeterminate:
        note_or_warn(session, [replace(entry, note=f"an instance of {of}: the answer was lost, it may run")])
        raise
    note_or_warn(session, [replace(entry, note=f"instance {started or 'without a known id'} of {of}")])
    if started is None:
        raise DeployerError(
            f"an instance of {named(key, definition)} was started, and the server did not say under which id",
            hint="`deployer runs list` shows the newest first.",
        )
    if not session.json:
        session.show(f"started {started} of {named(key, definition)}\n")
    elif not follow:
        session.show(json.dumps({"version": report.VERSION, "instance": started, "definition": definition}) + "\n")
    return _follow(session, definition, started) if follow else 0


@command.command("trigger")
@click.option("--payload", metavar="FILE", help="The event's data, a JSON object; `-` reads it from stdin.")
@click.option("--sub-account", metavar="ID", help="Start what is for this sub-account, too.")
@with_reason
@asking
@global_options
@pass_session
def trigger_command(
    session: Session,
    /,
    *,
    payload: str | None,
    sub_account: str | None,
    reason: str | None,
    yes: bool,
    confirm: str | None,
) -> int:
    """Raise an `http_request` event: every enabled workflow with that trigger starts. On a real account this asks."""
    data = _payload(payload)
    ask(
        session,
        "Start every enabled workflow whose trigger is http_request",
        yes=yes,
        confirm=confirm,
        terminal=payload != "-",
    )
    of = f" for sub-account {sub_account}" if sub_account is not None else ""
    entry = Entry(action="trigger", reason=reason, note=f"an http_request event{of}")
    try:
        session.gateway.trigger(data, sub_account_id=sub_account)
    except Indeterminate:
        note_or_warn(session, [replace(entry, note=f"{entry.note}: the answer was lost, it may have started some")])
        raise
    note_or_warn(session, [entry])
    said = "the event was raised; the server does not say what it started\n"
    session.show(json.dumps({"version": report.VERSION, "raised": True}) + "\n" if session.json else said)
    return 0


@command.command("follow")
@one_instance
@global_options
@pass_session
def follow_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Follow an instance to its end: steps and errors as they come. Exit code 1 if it fails."""
    return _follow(session, owner(session, instance_id, key, definition_id), instance_id)


for _command in (suspend_command, resume_command, terminate_command):
    command.add_command(_command)


def _follow(session: Session, definition: str, instance: str) -> int:
    """Print what happens until the instance ends; 1 if it ended with errors."""
    failed, again = False, f"`deployer runs follow {instance} --id {definition}`"
    try:
        for sight in follow_instance(session.gateway, definition, instance, pause=time.sleep):
            failed = failed or bool(sight.errors)
            text = report.sight_json(sight) if session.json else report.render_sight(sight, color=session.color)
            session.show(text)
            sys.stdout.flush()
    except KeyboardInterrupt:
        session.say(f"the instance goes on; {again} follows it again")
        raise
    except (NotAllowed, Unreachable) as error:
        error.hint = f"The instance is not touched by this; {again} follows it again. {error.hint or ''}".strip()
        raise
    return 1 if failed else 0


def _payload(name: str | None) -> dict[str, object]:
    """The trigger's data. Raises ConfigurationError for what is no JSON object."""
    if name is None:
        return {}
    shown = "stdin" if name == "-" else name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        value = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"--payload {shown}: {error.strerror or 'cannot be read'}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"--payload {shown} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"--payload {shown} holds no JSON object", hint='Like {"payload": {"body": "hi"}}.')
    return value
