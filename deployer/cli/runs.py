"""`deployer runs`: instances of workflows."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, DeployerError, Refused
from deployer.operations.runs import bound_definition, find_instance, look_at
from deployer.operations.runs import follow as follow_instance
from deployer.remote.gateway import InstanceCommand
from deployer.report import runs as report
from deployer.report.terminal import safe

Command = TypeVar("Command", bound=Callable[..., object])
STATUSES = ("Runnable", "Suspended", "Complete", "Terminated")
MOST_LISTED = 500


@click.group("runs")
@global_options
def command() -> None:
    """List, start and steer instances of workflows."""


def _of_workflow(command: Command) -> Command:
    command = click.option("--id", "definition_id", metavar="ID", help="A definition, in place of KEY.")(command)
    return click.argument("key", required=False)(command)


def _one_instance(command: Command) -> Command:
    return click.argument("instance_id", metavar="INSTANCE")(_of_workflow(command))


_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@command.command("list")
@_of_workflow
@click.option("--version", type=click.IntRange(min=1), help="Those of this version; default: the newest.")
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Those in this status.")
@click.option("--since", metavar="TIME", help="Those started at or after this time, as ISO 8601.")
@click.option("--until", metavar="TIME", help="Those started at or before this time, as ISO 8601.")
@click.option("--limit", type=click.IntRange(1, MOST_LISTED), default=50, show_default=True, help="How many.")
@global_options
@pass_session
def list_command(
    session: Session,
    /,
    *,
    key: str | None,
    definition_id: str | None,
    version: int | None,
    status: str | None,
    since: str | None,
    until: str | None,
    limit: int,
) -> int:
    """List the instances of a workflow, the newest first."""
    definition = _definition(session, key, definition_id)
    found = session.gateway.instances(
        definition, version=version, status=status, started_from=since, started_to=until, at_most=limit
    )
    show = report.list_json if session.json else report.render_list
    session.show(show(found, definition_id=definition))
    return 0


@command.command("show")
@_one_instance
@global_options
@pass_session
def show_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Show an instance: its steps, what went wrong, its data."""
    definition = _owner(session, instance_id, key, definition_id)
    sight = look_at(session.gateway, definition, instance_id)
    session.show(report.instance_json(sight) if session.json else report.render_instance(sight, color=session.color))
    return 0


@command.command("start")
@_of_workflow
@click.option("--payload", metavar="FILE", help="The trigger's data, a JSON object; `-` reads it from stdin.")
@click.option("--version", type=click.IntRange(min=1), help="Start this version; default: the newest.")
@click.option("--follow", is_flag=True, help="Follow it to its end.")
@_yes
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
    yes: bool,
) -> int:
    """Start an instance of a workflow. On a real account its messages reach real people, so this asks."""
    data = _payload(payload)
    definition = _definition(session, key, definition_id)
    _ask(session, f"Start an instance of {_named(key, definition)}", yes=yes, terminal=payload != "-")
    started = session.gateway.start(definition, data, version=version)
    if started is None:
        raise DeployerError(
            f"an instance of {_named(key, definition)} was started, and the server did not say under which id",
            hint="`deployer runs list` shows the newest first.",
        )
    if not session.json:
        session.show(f"started {started} of {_named(key, definition)}\n")
    elif not follow:
        session.show(json.dumps({"version": report.VERSION, "instance": started, "definition": definition}) + "\n")
    return _follow(session, definition, started) if follow else 0


@command.command("follow")
@_one_instance
@global_options
@pass_session
def follow_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Follow an instance to its end: steps and errors as they come. Exit code 1 if it fails."""
    return _follow(session, _owner(session, instance_id, key, definition_id), instance_id)


@command.command("suspend")
@_one_instance
@global_options
@pass_session
def suspend_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Stop an instance until it is resumed."""
    return _steer(session, "suspend", instance_id, key, definition_id)


@command.command("resume")
@_one_instance
@global_options
@pass_session
def resume_command(session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None) -> int:
    """Let a suspended instance go on."""
    return _steer(session, "resume", instance_id, key, definition_id)


@command.command("terminate")
@_one_instance
@_yes
@global_options
@pass_session
def terminate_command(
    session: Session, /, *, instance_id: str, key: str | None, definition_id: str | None, yes: bool
) -> int:
    """End an instance for good. On a real account this asks."""
    _ask(session, f"Terminate instance {safe(instance_id)}", yes=yes, terminal=True)
    return _steer(session, "terminate", instance_id, key, definition_id)


def _steer(
    session: Session, action: InstanceCommand, instance_id: str, key: str | None, definition_id: str | None
) -> int:
    definition = _owner(session, instance_id, key, definition_id)
    session.gateway.command(definition, instance_id, action)
    now = session.gateway.instance(definition, instance_id)
    if session.json:
        session.show(
            json.dumps({"version": report.VERSION, "instance": now.id, "definition": definition, "status": now.status})
            + "\n"
        )
    else:
        session.show(f"{safe(now.id)}: {safe(now.status)}\n")
    return 0


def _follow(session: Session, definition: str, instance: str) -> int:
    """Print what happens until the instance ends; 1 if it ended with errors."""
    failed = False
    for sight in follow_instance(session.gateway, definition, instance, pause=time.sleep):
        failed = failed or bool(sight.errors)
        text = report.sight_json(sight) if session.json else report.render_sight(sight, color=session.color)
        session.show(text)
        sys.stdout.flush()
    return 1 if failed else 0


def _definition(session: Session, key: str | None, definition_id: str | None) -> str:
    """The definition that the user means. Raises ConfigurationError."""
    if (key is None) == (definition_id is None):
        raise ConfigurationError("give the KEY of a workflow, or --id with the id of a definition")
    return definition_id if definition_id is not None else bound_definition(key or "", session.store.read().bindings)


def _owner(session: Session, instance_id: str, key: str | None, definition_id: str | None) -> str:
    """The definition of an instance: the one that was named, or the one that has it."""
    if key is not None or definition_id is not None:
        return _definition(session, key, definition_id)
    bound = [binding.id for binding in session.store.read().bindings.values()]
    return find_instance(session.gateway, instance_id, bound, session.gateway.definitions).definition_id


def _named(key: str | None, definition: str) -> str:
    return f"definition {safe(definition)}" if key is None else f"`{safe(key)}` (definition {safe(definition)})"


def _ask(session: Session, what: str, *, yes: bool, terminal: bool) -> None:
    """Raise Refused unless it is the emulator or somebody agrees."""
    environment = session.environment
    if yes or environment.emulator:
        return
    where = f"account {safe(session.gateway.account)} on {session.gateway.host}, environment `{environment.name}`"
    if not terminal or session.json or not sys.stdin.isatty():
        raise Refused(
            f"this asks before it acts on {where}, and there is no terminal to ask on; nothing was done",
            hint="Give --yes.",
        )
    if not click.confirm(f"{what} in {where}?", err=True):
        raise Refused("not confirmed; nothing was done", hint="Answer y, or give --yes.")


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
