"""`deployer compare`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from deployer.cli.markdown import in_markdown
from deployer.cli.options import IN_MARKDOWN, global_options_with_reports
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import state_or_last_seen
from deployer.cli.versions import names_version, read_version
from deployer.errors import ConfigurationError
from deployer.operations.compare_environments import Comparison, Side, compare
from deployer.operations.diff import StepChange
from deployer.operations.drift import changes_between
from deployer.operations.remote_view import read_remote
from deployer.operations.selection import choose
from deployer.report import compare as report


@click.command("compare")
@click.argument("left", metavar="ENV|KEY@N")
@click.argument("right", metavar="ENV|KEY@M")
@click.argument("selectors", metavar="[SEL]...", nargs=-1)
@global_options_with_reports
@pass_session
def command(session: Session, /, *, left: str, right: str, selectors: tuple[str, ...]) -> int:
    """Show what differs between the servers of two environments, variables aside.

    With KEY@N and KEY@M: between two versions of one workflow; KEY alone is the newest. Exit code 2 when something
    differs.
    """
    if names_version(left) or names_version(right):
        return _versions(session, left, right, selectors)
    if left == right:
        raise ConfigurationError(f"compare `{left}` with what? Name two environments")
    sides: list[Side] = []
    others = [Session(options=session.options.elsewhere(name), selectors=session.selectors)
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


def _versions(session: Session, left: str, right: str, selectors: tuple[str, ...]) -> int:
    if selectors:
        raise ConfigurationError(f"two versions are compared as a whole; what is {selectors[0]}?")
    session.learn_secrets()
    state = state_or_last_seen(session)
    one, other = (read_version(session, state, side) for side in (left, right))
    names = (f"{one.key}@{one.definition.version}", f"{other.key}@{other.definition.version}")
    changes = changes_between(one.definition, other.definition, state.bindings.get(other.key or ""))
    session.deliver(partial(_versions_rendered, session, names, changes))
    return 2 if changes else 0


def _versions_rendered(
    session: Session, names: tuple[str, str], changes: Sequence[StepChange], output: str, color: bool
) -> str:
    if output in IN_MARKDOWN:
        from deployer.report.markdown.compare import versions

        return in_markdown(session, versions(*names, session.masked_data(changes)), output, " and ".join(names))
    if output == "json":
        return report.versions_json(*names, changes)
    return report.versions_text(*names, changes, color=color)


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
