"""Which instances a command is about, and the question before it acts on a real account."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from deployer.cli.protection import confirm_option, confirm_protected
from deployer.cli.session import Session
from deployer.cli.stores import state_or_last_seen
from deployer.errors import ConfigurationError, DeployerError, Refused
from deployer.operations.runs import bound_definition, find_instance
from deployer.remote.paths import definition_path
from deployer.report.terminal import safe

Command = TypeVar("Command", bound=Callable[..., object])


def asking(command: Command) -> Command:
    """Add `--yes` and `--confirm`."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(confirm_option(command))


def of_workflow(command: Command) -> Command:
    """Add KEY and `--id`."""
    command = click.option("--id", "definition_id", metavar="UUID", help="A definition, in place of KEY.")(command)
    return click.argument("key", required=False)(command)


def in_workflow(command: Command) -> Command:
    """Add `--key` and `--id`."""
    command = click.option("--id", "definition_id", metavar="UUID", help="Of this definition.")(command)
    return click.option("--key", metavar="KEY", help="Of this workflow; unless it is given, all are asked.")(command)


def one_instance(command: Command) -> Command:
    """Add INSTANCE, and where to look for it."""
    return click.argument("instance_id", metavar="INSTANCE")(in_workflow(command))


def definition_of(session: Session, key: str | None, definition_id: str | None) -> str:
    """The definition that the user means. Raises ConfigurationError."""
    if (key is None) == (definition_id is None):
        raise ConfigurationError("give the KEY of a workflow, or --id with the id of a definition")
    if definition_id is not None:
        definition_path(definition_id)  # refuses what is no UUID before anything is asked or sent
        return definition_id
    return bound_definition(key or "", state_or_last_seen(session).bindings)


def owner(session: Session, instance_id: str, key: str | None, definition_id: str | None) -> str:
    """The definition of an instance: the one that was named, or the one that has it."""
    if key is not None or definition_id is not None:
        return definition_of(session, key, definition_id)
    return find_instance(session.gateway, instance_id, _bound(session), session.gateway.definitions).definition_id


def _bound(session: Session) -> list[str]:
    """What to ask first; where the state cannot be had, the server's own list will do."""
    try:
        return [binding.id for binding in state_or_last_seen(session).bindings.values()]
    except DeployerError as error:
        session.say(f"warning: {error}; every definition of the account is asked")
        return []


def named(key: str | None, definition: str) -> str:
    """A workflow in a message."""
    return f"definition {safe(definition)}" if key is None else f"`{safe(key)}` (definition {safe(definition)})"


def ask(session: Session, what: str, *, yes: bool, confirm: str | None, terminal: bool = True) -> None:
    """Raise Refused unless it is the emulator or somebody agrees; a protected environment wants its name."""
    environment = session.environment
    if (yes or environment.emulator) and not environment.protect:
        return
    where = f"account {safe(session.gateway.account)} on {session.gateway.host}, environment `{environment.name}`"
    deed = f"{what[0].lower()}{what[1:]} in {where}"
    if confirm_protected(session, deed, confirm, terminal=terminal, left="nothing was done"):
        return
    if not terminal or session.json or not sys.stdin.isatty():
        raise Refused(
            f"this asks before it acts on {where}, and there is no terminal to ask on; nothing was done",
            hint="Give --yes.",
        )
    if not click.confirm(f"{what} in {where}?", err=True):
        raise Refused("not confirmed; nothing was done", hint="Answer y, or give --yes.")
