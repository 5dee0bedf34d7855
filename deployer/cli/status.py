"""`deployer status`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import click

from deployer.cli.flags import selection
from deployer.cli.keys import key_files, key_selection
from deployer.cli.options import global_options_with_plain_reports
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import state_or_last_seen
from deployer.operations.drift import Report, Stand, Standing, find_drift, unmanaged_overlaps
from deployer.operations.remote_view import read_remote, unmanaged
from deployer.operations.runs import running
from deployer.report import standing as report
from deployer.state.model import State


@click.command("status")
@selection
@global_options_with_plain_reports
@pass_session
def command(session: Session, /, *, selectors: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """Show id, version, status, hold and running instances of each workflow."""
    session.learn_secrets()
    state = state_or_last_seen(session)
    remote = read_remote(session.gateway, state)
    files = key_files(session)
    selected = key_selection(session, state, selectors, exclude, files)
    stands = [*find_drift(state, remote, selected), *_unbound(files, state, selected)]
    keys = {binding.id: key for key, binding in state.bindings.items() if key in files}
    found = Report(
        environment=session.environment.name,
        account=session.gateway.account,
        host=session.gateway.host,
        stands=tuple(sorted(_completed(session, stands, files), key=lambda stand: stand.key)),
        unmanaged=unmanaged(remote.listed, state, session.project.unmanaged_ignore),
        warnings=unmanaged_overlaps(remote.listed, keys),
    )
    session.deliver(partial(_rendered, found))
    return 0


def _rendered(found: Report, output: str, color: bool) -> str:
    return report.render_json(found) if output == "json" else report.render_status(found, color=color)


def _unbound(files: Mapping[str, str], state: State, selected: Callable[[str], bool]) -> list[Stand]:
    return [
        Stand(
            key=key, standing=Standing.UNBOUND, id="", name="", applied_version=None, version=None, status="", file=file
        )
        for key, file in files.items()
        if key not in state.bindings and selected(key)
    ]


def _completed(session: Session, stands: Sequence[Stand], files: Mapping[str, str]) -> list[Stand]:
    """With the file of each key, and how many instances run."""

    counts = running(session.gateway, {stand.id: stand.version for stand in stands if stand.version is not None})

    def completed(stand: Stand) -> Stand:
        stand = replace(stand, file=files.get(stand.key))
        count = counts.get(stand.id)
        return stand if count is None else replace(stand, running=count.count, running_more=count.more)

    return [completed(stand) for stand in stands]
