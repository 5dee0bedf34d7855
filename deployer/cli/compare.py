"""`deployer compare`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import click

from deployer.cli.markdown import IN_MARKDOWN, in_markdown
from deployer.cli.options import global_options_with_reports
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.compare_environments import Comparison, Side, compare
from deployer.operations.planner import read_remote
from deployer.operations.selection import choose
from deployer.report import compare as report


@click.command("compare")
@click.argument("left", metavar="ENV")
@click.argument("right", metavar="ENV")
@click.argument("selectors", metavar="[SEL]...", nargs=-1)
@global_options_with_reports
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
    for other in others:
        found = other.masked_data(found)
    session.deliver(partial(_rendered, session, found))
    return 2 if found.differing else 0


def _rendered(session: Session, found: Comparison, output: str, color: bool) -> str:
    if output in IN_MARKDOWN:
        from deployer.report.markdown.compare import document

        return in_markdown(session, document(found), output, f"{found.left} and {found.right}")
    return report.render_json(found) if output == "json" else report.render_text(found, color=color)


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
