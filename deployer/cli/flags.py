"""Flags that several commands share, and the flags of a run as one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.cli.session import Session
    from deployer.remote.limits import Limits

Command = TypeVar("Command", bound=Callable[..., object])
Flags = TypeVar("Flags")


def selection(command: Command) -> Command:
    """Add `SEL...` and `--exclude SEL`."""
    command = click.argument("selectors", metavar="[SEL]...", nargs=-1)(command)
    return click.option("--exclude", multiple=True, metavar="SEL", help="Leave these out.")(command)


def speed(command: Command) -> Command:
    """Add `--parallelism` and `--max-rps`."""
    command = click.option(
        "--parallelism", type=click.IntRange(1, 64), default=4, show_default=True, envvar="DEPLOYER_PARALLELISM",
        help="Requests at once.",
    )(command)  # fmt: skip
    return click.option(
        "--max-rps", type=click.FloatRange(min=0.01), envvar="DEPLOYER_MAX_RPS",
        help="Requests a second, at most; 10 unless it is the emulator.",
    )(command)  # fmt: skip


def with_reason(command: Command) -> Command:
    """Add `--reason`."""
    return click.option("--reason", metavar="TEXT", help="Why, for the state's log.")(command)


def remembering(command: Command) -> Command:
    """Add `--no-cache`."""
    return click.option(
        "--no-cache", is_flag=True, envvar="DEPLOYER_NO_CACHE", help="Neither use nor keep what an earlier run found."
    )(command)


def read_flags(kind: Callable[..., Flags], flags: Mapping[str, object]) -> Flags:
    """A command's flags as one value: click has filled in what the options declare, under the names of its fields."""
    return kind(**flags)


def limits(session: Session, parallelism: int, max_rps: float | None) -> Limits:
    """The limits that the flags ask for."""
    from deployer.remote.limits import Limits

    usual = None if session.environment.emulator else Limits().max_rps
    return Limits(parallelism=parallelism, max_rps=max_rps or usual)
