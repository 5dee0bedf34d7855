"""`deployer doctor`."""

from __future__ import annotations

import click

from deployer.cli.checking import checkup
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.report import checkup as report


@click.command("doctor")
@global_options
@pass_session
def command(session: Session, /) -> int:
    """Check what every run depends on, and change nothing: key, host, clock, state, Git, numbers, usage.

    Each check stands by itself: one that fails stops no other. The exit code is that of the first error.
    """
    found = checkup(session)
    session.show(
        report.render_json(found, environment=session.environment.name, account=session.environment.account)
        if session.json
        else report.render_text(found, color=session.color)
    )
    return found.exit_code
