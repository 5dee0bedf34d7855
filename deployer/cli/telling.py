"""What the program says where it fails: the error and the way out, on stderr."""

from __future__ import annotations

import click

from deployer.cli.options import Globals
from deployer.errors import DeployerError


def tell(error: DeployerError, options: Globals) -> None:
    """Print an error and the way out on stderr."""
    from deployer.report.terminal import safe
    from deployer.source.project import ProjectError

    masked = options.mask()
    if isinstance(error, ProjectError):
        from deployer.report.findings import render_text

        click.echo(masked(render_text(error.findings)), err=True, nl=False)
    else:
        lines = [safe(line) for line in str(error).split("\n")]
        click.echo(masked("error: " + "\n       ".join(lines)), err=True)
    if error.hint:
        click.echo(masked(f"  hint: {safe(error.hint)}"), err=True)
    if options.debug:
        click.echo(masked(_traceback(error)), err=True)


def tell_surprise(error: Exception, options: Globals) -> None:
    """Print that the program itself failed."""
    from deployer.report.terminal import safe

    masked = options.mask()
    click.echo(masked(f"error: deployer failed: {type(error).__name__}: {safe(str(error))}"), err=True)
    if options.debug:
        click.echo(masked(_traceback(error)), err=True)
    else:
        click.echo(
            "  hint: this is a mistake in deployer; run it again with --debug and report what it prints", err=True
        )


def _traceback(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
