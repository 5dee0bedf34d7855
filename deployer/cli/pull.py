"""`deployer pull`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from deployer.cli.choosing import choose_workflows
from deployer.cli.flags import selection, with_reason
from deployer.cli.options import global_options_with_plain_reports
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.pull import Pulled, Puller, Took
from deployer.operations.pull_files import bound_by, pull_bound, pull_unbound, write_pulled
from deployer.operations.remote_view import read_remote
from deployer.operations.selection import Chosen
from deployer.report import pull as report
from deployer.state.log import Entry
from deployer.state.model import State, StateSession


@click.command("pull")
@selection
@click.option("--all", "everything", is_flag=True, help="Also write a file for each definition that has none.")
@click.option("--theirs", is_flag=True, help="Where file and server both changed: take the server's version.")
@click.option("--ours", is_flag=True, help="Where both changed: keep the file, and let the next apply replace the "
              "server's version.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--files-only", is_flag=True, help="Leave the state alone, for a pull request: until it is merged, the "
              "server's version counts as drift.")  # fmt: skip
@with_reason
@global_options_with_plain_reports
@pass_session
def command(
    session: Session,
    /,
    *,
    selectors: tuple[str, ...],
    exclude: tuple[str, ...],
    everything: bool,
    theirs: bool,
    ours: bool,
    dry_run: bool,
    files_only: bool,
    reason: str | None,
) -> int:
    """Take the server's definitions into files.

    SEL names bound workflows. With --all a whole account becomes a project: a file for each
    definition, named after it, and bound to it. Credentials go to .deployer/<env>/secrets.env.
    """
    if theirs and ours:
        raise ConfigurationError("--theirs and --ours exclude each other")
    if not selectors and not everything:
        raise ConfigurationError("pull what? Name workflows, or give --all", hint="`deployer drift` lists what moved.")
    chosen = choose_workflows(session, selectors, exclude)
    prefer = "theirs" if theirs else "ours" if ours else None
    everything = everything and not selectors
    if dry_run or files_only:
        pulled = _pulled(session, chosen, session.store.read(), prefer, everything=everything)
        if files_only and not dry_run:
            write_pulled(session.project, session.environment, pulled, session.secrets.get)
    else:
        with session.store.session() as state:
            pulled = _pulled(session, chosen, state.state, prefer, everything=everything)
            write_pulled(session.project, session.environment, pulled, session.secrets.get)
            _bind(state, pulled, reason)
    session.deliver(partial(_rendered, session, pulled, dry_run=dry_run))
    stuck = any(item.took in {Took.CONFLICT, Took.GONE, Took.UNWRITABLE} for item in pulled)
    wrote = any(item.text is not None for item in pulled)
    return (8 if wrote else 6) if stuck else 0


def _pulled(session: Session, chosen: Chosen, state: State, prefer: str | None, *, everything: bool) -> list[Pulled]:
    remote = read_remote(session.gateway, state)
    puller = open_puller(session, prefer)
    pulled = pull_bound(chosen, state, remote, puller)
    return [*pulled, *pull_unbound(chosen, state, remote, puller)] if everything else pulled


def _bind(state: StateSession, pulled: Sequence[Pulled], reason: str | None) -> None:
    fresh = bound_by(state.state, pulled)
    if fresh != state.state:
        state.save(
            fresh, note=f"pull: {sum(1 for item in pulled if item.binding)} bound",
            entries=[
                Entry(action="pull", key=item.key, id=item.id, version=item.version, reason=reason)
                for item in pulled if item.binding is not None
            ],
        )  # fmt: skip


def _rendered(session: Session, pulled: Sequence[Pulled], output: str, color: bool, *, dry_run: bool) -> str:
    if output == "json":
        return report.render_json(pulled)
    return report.render_text(pulled, color=color, dry_run=dry_run, verbose=session.options.verbose > 0)


def open_puller(session: Session, prefer: str | None = None) -> Puller:
    """What takes definitions of this environment into files."""
    secrets = session.secrets
    return Puller(
        project=session.project,
        environment=session.environment,
        known_secret=secrets.get,
        name_of_secret=secrets.name_of,
        taken_secrets=sorted(secrets.names),
        history=session.gateway.history,
        prefer=prefer,
        others=[
            session.environment_of(session.project, name)
            for name in session.project.environments
            if name != session.environment.name
        ],
    )
