"""`deployer pull`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from deployer.cli.choosing import choose_workflows, selection
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, Refused
from deployer.operations.plan import Remote, read_remote
from deployer.operations.pull import Pulled, Puller, Took, new_key
from deployer.operations.selection import Chosen
from deployer.report import pull as report
from deployer.source.local import write_file
from deployer.source.project import SUFFIXES, is_workflow_file
from deployer.source.secrets_file import write_secrets
from deployer.state.model import State


@click.command("pull")
@selection
@click.option("--all", "everything", is_flag=True, help="Also write a file for each definition that has none.")
@click.option("--theirs", is_flag=True, help="Where file and server both changed: take the server's version.")
@click.option("--ours", is_flag=True, help="Where both changed: keep the file, and let the next apply replace the "
              "server's version.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
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
        pulled = [*_bound(chosen, state.state, remote, puller)]
        if everything and not selectors:
            pulled += _unbound(session, chosen, state.state, remote, puller, [item.key for item in pulled])
        if not dry_run:
            _write(session, pulled)
            fresh = state.state
            for item in pulled:
                if item.binding is not None:
                    fresh = fresh.bind(item.key, item.binding)
            if fresh != state.state:
                state.save(fresh, note=f"pull: {sum(1 for item in pulled if item.binding)} bound")
    session.show(report.render_json(pulled) if session.json else report.render_text(
        pulled, color=session.color, dry_run=dry_run, verbose=session.options.verbose > 0))  # fmt: skip
    stuck = any(item.took in {Took.CONFLICT, Took.GONE} for item in pulled)
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
    )


def _bound(chosen: Chosen, state: State, remote: Remote, puller: Puller) -> list[Pulled]:
    pulled: list[Pulled] = []
    unbound: list[str] = []
    for workflow in chosen.loaded.workflows:
        if not chosen.selected(workflow.key, workflow.file):
            continue
        binding = state.bindings.get(workflow.key)
        if binding is not None:
            pulled.append(puller.into_file(workflow, binding, remote.by_id.get(binding.id)))
        elif chosen.selectors:
            unbound.append(workflow.key)
    if unbound:
        raise Refused(
            f"not bound to any definition: {', '.join(unbound)}", hint=f"`deployer adopt {unbound[0]} ID` binds it."
        )
    return pulled


def _unbound(
    session: Session, chosen: Chosen, state: State, remote: Remote, puller: Puller, done: Sequence[str]
) -> list[Pulled]:
    """Definitions without a file; bound ones whose file is gone among them."""
    folder = _folder(session)
    keys = {*chosen.keys.values(), *state.bindings, *done}
    by_id = {binding.id: key for key, binding in state.bindings.items()}
    have = {workflow.key for workflow in chosen.loaded.workflows}
    made: list[Pulled] = []
    taken = set(keys)
    for definition in sorted((item for item in remote.by_id.values() if item), key=lambda item: (item.name, item.id)):
        key = by_id.get(definition.id)
        if key in have or definition.id in {item.id for item in state.tombstones.values()}:
            continue
        if key is None:
            key = new_key(definition.name, lambda name: name in taken or _file_exists(folder, name))
            taken.add(key)
        elif _file_exists(folder, key):
            continue
        made.append(puller.into_new_file(key, folder / f"{key}.yaml", definition))
    return made


def _folder(session: Session) -> Path:
    """The first folder of workflows that the project names; made when it is missing."""
    for entry in session.project.workflows:
        if not any(character in entry for character in "*?[") and Path(entry).suffix.lower() not in SUFFIXES:
            return session.project.root / entry
    return session.project.root / "workflows"


def _file_exists(folder: Path, key: str) -> bool:
    return any((folder / f"{key}{suffix}").exists() for suffix in SUFFIXES) or not is_workflow_file(
        folder / f"{key}.yaml"
    )


def _write(session: Session, pulled: Sequence[Pulled]) -> None:
    """Secrets first: a file that refers to one must find it."""
    secrets: Mapping[str, str] = {name: value for item in pulled for name, value in item.secrets.items()}
    new = {name: value for name, value in secrets.items() if session.secrets.get(name) != value}
    if new:
        write_secrets(session.project.folder(session.environment) / "secrets.env", new)
    for item in pulled:
        if item.path is not None and item.text is not None:
            write_file(item.path, item.text, inside=session.project.root)
