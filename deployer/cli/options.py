"""Global options: they work before and after the command; the one after the command wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

FORMATS = ("text", "json")


@dataclass(slots=True)
class Globals:
    """What the global options say. Filled by click while it reads the command line."""

    directory: str | None = None
    env: str | None = None
    format: str = "text"
    no_color: bool = False
    debug: bool = False
    quiet: bool = False
    verbose: int = 0


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> object:
    given = context.get_parameter_source(parameter.name or "")
    if given is not None and given.name in {"COMMANDLINE", "ENVIRONMENT"}:
        setattr(context.ensure_object(Globals), (parameter.name or "").removeprefix("global_"), value)
    return value


_option = partial(click.option, expose_value=False, callback=_keep, is_eager=True)


def global_options(command: Command) -> Command:
    """Add the global options to a command or group."""
    options = [
        _option("-C", "global_directory", metavar="DIR", help="Work in DIR."),
        _option("--env", "global_env", metavar="NAME", envvar="DEPLOYER_ENV", help="The environment."),
        _option(
            "--format", "global_format", type=click.Choice(FORMATS), envvar="DEPLOYER_FORMAT", help="How to print it."
        ),
        _option("--no-color", "global_no_color", is_flag=True, help="No colours (NO_COLOR does the same)."),
        _option("--debug", "global_debug", is_flag=True, envvar="DEPLOYER_DEBUG", help="Requests and tracebacks."),
        _option("-q", "--quiet", "global_quiet", is_flag=True, help="Results only."),
        _option("-v", "--verbose", "global_verbose", count=True, help="Say more."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
