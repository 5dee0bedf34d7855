"""The flags of a plan, for `plan` and `apply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from deployer.cli.markdown import IN_MARKDOWN, in_markdown
from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from deployer.cli.session import Session
    from deployer.operations.prepare import Wishes
    from deployer.operations.validation import InvalidFiles, Validation

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


def show_findings(session: Session, error: InvalidFiles) -> None:
    """Print the findings that stopped a plan."""
    session.deliver(partial(findings_rendered, session, error.validation))
    if session.options.format not in {"json", "markdown"}:
        session.say(f"error: {error}\n  hint: {error.hint}")


def findings_rendered(
    session: Session, validation: Validation, output: str, color: bool, *, environment: str | None = None
) -> str:
    """Findings in one of the formats that every report has; `environment` is not the session's where it is given."""
    if output in IN_MARKDOWN:
        from deployer.report.markdown.findings import document

        return in_markdown(
            session, document(session.masked_data(validation.findings), validation.files), output, environment
        )
    from deployer.report import findings as report

    if output == "json":
        return report.render_json(validation.findings, validation.files)
    return report.render_text(validation.findings, files=validation.files, color=color)
