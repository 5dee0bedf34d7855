"""`deployer disable`."""

from __future__ import annotations

import click

from deployer.cli.flags import read_flags
from deployer.cli.session import Session
from deployer.cli.turning import Order, meant_by, turn, turning
from deployer.operations.turn import Wish


@click.command("disable")
@turning
def command(session: Session, /, **flags: object) -> int:
    """Stop workflows from starting anew, and hold them so.

    Needs no workflow files, no lock and no Git remote. Apply leaves the key alone until `hold release`.
    """
    order = read_flags(Order, flags)
    wish = Wish(turn="disable", reason=order.reason, protected_too=order.protected_too)
    return turn(session, order, "disable", lambda state: (meant_by(session, order, state, wish), ()))
