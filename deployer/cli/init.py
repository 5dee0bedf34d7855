"""`deployer init`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.init import DEFAULT_SUB_ACCOUNT, Answers, create, must_be_new, project_files


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--account", metavar="ID", help="The production account.")
@click.option("--staging", metavar="ID", help="The account to try things in.")
@click.option("--sub-account", metavar="ID", help="An SMS sub-account for the first workflow.")
@click.option("--action", metavar="OWNER/REPO@COMMIT", help="Your copy of deployer's action; CI uses it.")
@click.option("--yes", is_flag=True, help="Do not ask; take the defaults.")
@global_options
@pass_session
def command(
    session: Session,
    /,
    *,
    folder: str,
    account: str | None,
    staging: str | None,
    sub_account: str | None,
    action: str | None,
    yes: bool,
) -> int:
    """Make a project: configuration, one workflow, editor settings, hooks, CI.

    Asks on a terminal for what no flag says. Files that are there already stay as they are. The CI of --action checks,
    tests and plans each pull request on GitHub (docs/github.md); without it, CI installs this version and validates.
    """
    target = Path(folder)
    must_be_new(target)
    ask = not yes and sys.stdin.isatty() and not session.json
    if account is None and ask:
        account = click.prompt("Production account (empty: later)", default="", show_default=False, err=True)
    if staging is None and ask:
        staging = click.prompt("Account to try things in (empty: none)", default="", show_default=False, err=True)
    if sub_account is None and ask:
        sub_account = click.prompt("SMS sub-account", default=DEFAULT_SUB_ACCOUNT, err=True)
    if action is None and ask:
        action = click.prompt(
            "Your copy of deployer's action, OWNER/REPO@COMMIT (empty: none)", default="", show_default=False, err=True
        )
    answers = Answers(
        account=account or None, staging=staging or None, sub_account=sub_account or DEFAULT_SUB_ACCOUNT,
        action=action or None,
    )  # fmt: skip
    project_files(answers)  # refuses a wrong answer before there is a folder
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be made: {error.strerror}") from error
    written, kept = create(target, answers)
    if session.json:
        session.show(json.dumps({"version": 1, "written": written, "kept": kept}, indent=2) + "\n")
        return 0
    session.show("".join(f"+ {name}\n" for name in written) + "".join(f"  {name} stays as it is\n" for name in kept))
    session.say("Next: `deployer apply` deploys it to the emulator; .vscode/ makes the editor complete and check.")
    return 0
