"""What a plan goes by, for `plan`, `apply` and `graph`: its flags, and what the server may not show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click

from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from deployer.cli.session import Session
    from deployer.operations.prepare import Wishes

Command = TypeVar("Command", bound=Callable[..., object])


def planning(command: Command) -> Command:
    """Add the flags that decide what a plan contains."""
    options = [
        click.option("--prune", is_flag=True, help="End bound workflows that have no file, by disabling them."),
        click.option("--prune-action", type=click.Choice(["disable", "delete"]), default="disable", show_default=True,
                     help="How --prune ends them. A delete also ends running instances and cannot be undone."),
        click.option("--max-prune", type=click.IntRange(min=0), metavar="N", help="How many --prune may end, whatever "
                     "deployer.yaml says."),
        click.option("--overwrite-drift", multiple=True, metavar="KEY", help="Put the file's version in the place of "
                     "what the server moved to."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def wishes(flags: Mapping[str, object]) -> Wishes:
    """The flags as the operations read them. Raises ConfigurationError where they contradict each other."""
    from deployer.operations.prepare import Wishes

    prune, maximum, overwrite = bool(flags["prune"]), flags["max_prune"], flags["overwrite_drift"]
    if not prune and (maximum is not None or flags["prune_action"] == "delete"):
        raise ConfigurationError("--max-prune and --prune-action need --prune")
    return Wishes(
        prune=prune,
        prune_delete=flags["prune_action"] == "delete",
        max_prune=maximum if isinstance(maximum, int) else None,
        overwrite_drift=tuple(str(key) for key in overwrite) if isinstance(overwrite, tuple) else (),
    )


def may_be_hidden(session: Session) -> Callable[[Mapping[str, object]], bool]:
    """Whether the server may hold a new definition and not list it.

    Of the real service nobody knows; of the emulator in this process its settings say.
    """
    if not session.environment.emulator:
        return lambda _template: True
    from deployer.emulator import Settings

    settings = Settings.parse(session.environment.emulator_settings)

    def hidden(template: Mapping[str, object]) -> bool:
        return settings.list_delay > 0 or (not settings.list_disabled and template.get("status") != "enabled")

    return hidden
