"""`deployer render`."""

from __future__ import annotations

import json

import click

from deployer.cli.choosing import selection
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.operations.desired import desired
from deployer.operations.saved_plan import shown_value
from deployer.operations.selection import choose
from deployer.operations.validate import InvalidFiles, must_be_valid


@click.command("render")
@selection
@global_options
@pass_session
def command(session: Session, /, *, selectors: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """Print the body as it would be sent, secrets masked.

    As text each body is YAML; with --format json all of them are one object, by key.
    """
    from deployer.source.writer import write

    chosen = choose(session.project, session.environment, selectors, exclude=exclude, need_files=True)
    try:
        must_be_valid(session.project, chosen)
    except InvalidFiles as error:
        from deployer.cli.planning import show_findings

        show_findings(session, error)
        return 1
    bodies = {
        item.key: shown_value(item.template, "")
        for workflow in chosen.loaded.workflows
        if chosen.selected(workflow.key, workflow.file)
        for item in (desired(workflow),)
    }
    if session.json:
        session.show(json.dumps({"version": 1, "bodies": bodies}, indent=2, ensure_ascii=False) + "\n")
        return 0
    for key, body in bodies.items():
        if len(bodies) > 1:
            session.show(f"# {key}\n")
        session.show(write(body) if isinstance(body, dict) else "")
    return 0
