"""The question before anything is written: in a protected environment its name has to be given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from deployer.cli.protection import confirm_option, confirm_protected
from deployer.cli.session import Session
from deployer.errors import Refused
from deployer.report.terminal import safe

Command = TypeVar("Command", bound=Callable[..., object])


def approval(command: Command) -> Command:
    """Add `--auto-approve` and `--confirm NAME`."""
    return click.option("--auto-approve", is_flag=True, help="Do not ask.")(confirm_option(command))


def approve(
    session: Session, act: str, *, auto_approve: bool, confirm: str | None, hint: str = "Give `--auto-approve`."
) -> None:
    """Raise Refused unless somebody agrees to `act`, like `write 3 changes`. `hint` is for who has no terminal."""
    environment = session.environment
    if confirm_protected(session, act, confirm, left="nothing was written"):
        return
    if auto_approve:
        return
    if not sys.stdin.isatty() or session.json:
        command = click.get_current_context().command_path.removeprefix("deployer ")
        raise Refused(
            f"{command} asks before it writes, and there is no terminal to ask on; nothing was written", hint=hint
        )
    where = f"account {safe(environment.account)}, environment `{environment.name}`"
    if not click.confirm(f"{act[:1].upper()}{act[1:]}, in {where}?", err=True):
        raise Refused("not confirmed; nothing was written", hint="Answer y, or give `--auto-approve`.")
