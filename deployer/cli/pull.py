"""`deployer pull`."""

from __future__ import annotations

import click

from deployer.cli.choosing import choose_workflows, selection, with_reason
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.planner import read_remote
from deployer.operations.pull import Puller, Took
from deployer.operations.pull_files import bound_by, pull_bound, pull_unbound, write_pulled
from deployer.report import pull as report
from deployer.state.log import Entry


@click.command("pull")
@selection
@click.option("--all", "everything", is_flag=True, help="Also write a file for each definition that has none.")
@click.option("--theirs", is_flag=True, help="Where file and server both changed: take the server's version.")
@click.option("--ours", is_flag=True, help="Where both changed: keep the file, and let the next apply replace the "
              "server's version.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@with_reason
@global_options
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
    with session.store.session() as state:
        remote = read_remote(session.gateway, state.state)
        puller = _puller(session, "theirs" if theirs else "ours" if ours else None)
        pulled = pull_bound(chosen, state.state, remote, puller)
        if everything and not selectors:
            pulled += pull_unbound(chosen, state.state, remote, puller)
        if not dry_run:
            write_pulled(session.project, session.environment, pulled, session.secrets.get)
            fresh = bound_by(state.state, pulled)
            if fresh != state.state:
                state.save(
                    fresh, note=f"pull: {sum(1 for item in pulled if item.binding)} bound",
                    entries=[
                        Entry(action="pull", key=item.key, id=item.id, version=item.version, reason=reason)
                        for item in pulled if item.binding is not None
                    ],
                )  # fmt: skip
    session.show(report.render_json(pulled) if session.json else report.render_text(
        pulled, color=session.color, dry_run=dry_run, verbose=session.options.verbose > 0))  # fmt: skip
    stuck = any(item.took in {Took.CONFLICT, Took.GONE, Took.UNWRITABLE} for item in pulled)
    wrote = any(item.text is not None for item in pulled)
    return (8 if wrote else 6) if stuck else 0


def _puller(session: Session, prefer: str | None) -> Puller:
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
