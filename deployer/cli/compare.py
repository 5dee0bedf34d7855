"""`deployer compare`."""

from __future__ import annotations

from dataclasses import replace

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.compare_environments import Side, compare
from deployer.operations.planner import read_remote
from deployer.operations.selection import choose
from deployer.report import compare as report


@click.command("compare")
@click.argument("left", metavar="ENV")
@click.argument("right", metavar="ENV")
@click.argument("selectors", metavar="[SEL]...", nargs=-1)
@global_options
@pass_session
def command(session: Session, /, *, left: str, right: str, selectors: tuple[str, ...]) -> int:
    """Show what differs between the servers of two environments, variables aside.

    Exit code 2 when something differs.
    """
    if left == right:
        raise ConfigurationError(f"compare `{left}` with what? Name two environments")
    sides: list[Side] = []
    others = [Session(options=replace(session.options, env=name), selectors=session.selectors)
              for name in (left, right)]  # fmt: skip
    for other in others:
        try:
            sides.append(_side(other, selectors))
        finally:
            other.close()
    found = compare(sides[0], sides[1])
    text = report.render_json(found) if session.json else report.render_text(found, color=session.color)
    for other in others:
        text = other.masked(text)
    session.show(text)
    return 2 if found.differing else 0


def _side(session: Session, selectors: tuple[str, ...]) -> Side:
    state = session.store.read()
    chosen = choose(session.project, session.environment, selectors, known_keys=state.bindings)
    remote = read_remote(session.gateway, state)
    files = {workflow.key: workflow for workflow in chosen.loaded.workflows}
    return Side(
        environment=session.environment.name,
        account=session.environment.account,
        definitions={
            key: remote.by_id.get(binding.id)
            for key, binding in state.bindings.items()
            if chosen.selected(key, files[key].file if key in files else None)
        },
        workflows=files,
        known_secret=session.secrets.get,
    )
