"""`deployer drift`."""

from __future__ import annotations

from functools import partial

import click

from deployer.cli.flags import selection
from deployer.cli.keys import key_files, key_selection
from deployer.cli.markdown import in_markdown
from deployer.cli.options import IN_MARKDOWN, global_options_with_reports
from deployer.cli.session import Session, pass_session
from deployer.operations.drift import Report, find_drift, unmanaged_overlaps
from deployer.operations.prepare import on_current_state
from deployer.operations.remote_view import read_remote, unmanaged
from deployer.operations.selection import no_files
from deployer.report import standing as report
from deployer.source.project import workflow_files
from deployer.state.model import State


@click.command("drift")
@selection
@global_options_with_reports
@pass_session
def command(session: Session, /, *, selectors: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """Tell whether the server moved since the last apply. Exit code 2 when it did.

    Needs no valid workflow files: the state and the server are enough.
    """
    session.learn_secrets()
    files = key_files(session)

    def look(state: State) -> Report:
        if state.empty and not workflow_files(session.project):
            raise no_files(session.project)
        remote = read_remote(session.gateway, state)
        keys = {binding.id: key for key, binding in state.bindings.items() if key in files}
        return Report(
            environment=session.environment.name,
            account=session.gateway.account,
            host=session.gateway.host,
            stands=find_drift(state, remote, key_selection(session, state, selectors, exclude, files)),
            unmanaged=unmanaged(remote.listed, state, session.project.unmanaged_ignore),
            warnings=unmanaged_overlaps(remote.listed, keys),
        )

    found = on_current_state(session.store.read, look, lambda found: bool(found.drifted))
    session.deliver(partial(_rendered, session, found))
    return 2 if found.drifted else 0


def _rendered(session: Session, found: Report, output: str, color: bool) -> str:
    if output in IN_MARKDOWN:
        from deployer.report.markdown.standing import document

        return in_markdown(session, document(session.masked_data(found)), output)
    if output == "json":
        return report.render_json(found)
    return report.render_drift(found, color=color, verbose=session.options.verbose > 0)
