"""Pulling many definitions at once: which of them, into which files, and writing those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from deployer.errors import Refused
from deployer.operations.compare import KnownSecret
from deployer.operations.pull import CannotPull, Pulled, Puller, Took, new_key
from deployer.operations.remote_view import Remote
from deployer.operations.selection import Chosen
from deployer.remote.gateway import Definition
from deployer.source.local import write_file
from deployer.source.project import SUFFIXES, Environment, Project, is_workflow_file
from deployer.source.secrets_file import write_secrets
from deployer.state.model import State


def pull_bound(chosen: Chosen, state: State, remote: Remote, puller: Puller) -> list[Pulled]:
    """Bound definitions into their files. Raises Refused for a selected workflow that is bound to nothing."""
    pulled: list[Pulled] = []
    unbound: list[str] = []
    for workflow in chosen.loaded.workflows:
        if not chosen.selected(workflow.key, workflow.file):
            continue
        binding = state.bindings.get(workflow.key)
        if binding is not None:
            now, hold = remote.by_id.get(binding.id), state.holds.get(workflow.key)
            item = _tried(workflow.key, now, partial(puller.into_file, workflow, binding, now, hold))
            pulled.append(item)
            puller = _knowing(puller, item)
        elif chosen.selectors:
            unbound.append(workflow.key)
    if unbound:
        raise Refused(
            f"not bound to any definition: {', '.join(unbound)}", hint=f"`deployer adopt {unbound[0]} ID` binds it."
        )
    return pulled


def pull_unbound(chosen: Chosen, state: State, remote: Remote, puller: Puller) -> list[Pulled]:
    """Definitions without a file into new ones; bound ones whose file is gone among them."""
    folder = new_files_folder(puller.project)
    by_id = {binding.id: key for key, binding in state.bindings.items()}
    ending = {tombstone.id for tombstone in state.tombstones.values()}
    have = {workflow.key for workflow in chosen.loaded.workflows}
    taken = {*chosen.keys.values(), *state.bindings}
    made: list[Pulled] = []
    for definition in sorted((item for item in remote.by_id.values() if item), key=lambda item: (item.name, item.id)):
        key = by_id.get(definition.id)
        if key in have or definition.id in ending:
            continue
        if key is None:
            key = new_key(definition.name, lambda name: name in taken or _file_exists(folder, name))
            taken.add(key)
        elif _file_exists(folder, key):
            continue
        item = _tried(key, definition, partial(puller.into_new_file, key, folder / f"{key}.yaml", definition))
        made.append(item)
        puller = _knowing(puller, item)
    return made


def _tried(key: str, now: Definition | None, pull: Callable[[], Pulled]) -> Pulled:
    """One definition that no file can hold stops only itself."""
    try:
        return pull()
    except CannotPull as error:
        return Pulled(
            key=key, took=Took.UNWRITABLE, id=now.id if now else "", version=now.version if now else None,
            name=now.name if now else "", problem=str(error),
        )  # fmt: skip


def _knowing(puller: Puller, item: Pulled) -> Puller:
    """The names of an item's secrets mean its values from now on: keys `a-b` and `a_b` make the same name."""
    if not item.secrets:
        return puller
    return replace(puller, taken_secrets=[*puller.taken_secrets, *item.secrets])


def write_pulled(
    project: Project, environment: Environment, pulled: Sequence[Pulled], known_secret: KnownSecret
) -> None:
    """Write secrets, then files: a file that refers to a secret must find it.

    Raises ConfigurationError for what cannot be written.
    """
    secrets: Mapping[str, str] = {name: value for item in pulled for name, value in item.secrets.items()}
    new = {name: value for name, value in secrets.items() if known_secret(name) != value}
    if new:
        write_secrets(project.folder(environment) / "secrets.env", new)
    for item in pulled:
        if item.path is not None and item.text is not None:
            write_file(item.path, item.text, inside=project.root)


def bound_by(state: State, pulled: Sequence[Pulled]) -> State:
    """The state after a pull."""
    for item in pulled:
        if item.binding is not None:
            state = state.bind(item.key, item.binding)
    return state


def new_files_folder(project: Project) -> Path:
    """The first folder of workflows that the project names; made when it is missing."""
    for entry in project.workflows:
        if not any(character in entry for character in "*?[") and Path(entry).suffix.lower() not in SUFFIXES:
            return project.root / entry
    return project.root / "workflows"


def _file_exists(folder: Path, key: str) -> bool:
    return any((folder / f"{key}{suffix}").exists() for suffix in SUFFIXES) or not is_workflow_file(
        folder / f"{key}.yaml"
    )
