"""`deployer enable`."""

from __future__ import annotations

import click

from deployer.cli.flags import read_flags
from deployer.cli.session import Session
from deployer.cli.turning import Order, meant_by, turn, turning
from deployer.operations.turn import Wish


@click.command("enable")
@click.option("--release", is_flag=True, help="Also end the hold: the next apply compares it with its file again.")
@turning
def command(session: Session, /, *, release: bool, **flags: object) -> int:
    """Let disabled workflows start again.

    Needs no workflow files, no lock and no Git remote. A hold stays until `hold release`, or --release.
    """
    order = read_flags(Order, flags)
    wish = Wish(turn="enable", reason=order.reason, protected_too=order.protected_too, release=release)
    return turn(session, order, "enable", lambda state: (meant_by(session, order, state, wish), ()))
