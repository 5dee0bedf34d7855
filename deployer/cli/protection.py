"""The name of a protected environment, before anything happens in it."""

from __future__ import annotations

import sys

import click

from deployer.cli.session import Session
from deployer.errors import Refused
from deployer.report.terminal import safe

confirm_option = click.option(
    "--confirm", metavar="NAME", help="The name of a protected environment, in place of typing it."
)


def confirm_protected(session: Session, what: str, confirm: str | None, *, terminal: bool = True, left: str) -> bool:
    """Whether the environment is protected; then Refused unless its name is given or typed.

    `what` completes "Type its name to ..."; `left` is what is so far: "nothing was written". Without `terminal`,
    stdin has another use and nobody is asked.
    """
    environment = session.environment
    if not environment.protect:
        return False
    if confirm is None and terminal and sys.stdin.isatty() and not session.json:
        confirm = click.prompt(
            f"`{environment.name}` (account {safe(environment.account)}) is protected. Type its name to {what}",
            err=True,
        )
    if confirm != environment.name:
        raise Refused(
            f"environment `{environment.name}` is protected and its name was not given; {left}",
            hint=f"Type the name when asked, or give `--confirm {environment.name}`.",
        )
    return True
