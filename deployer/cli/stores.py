"""Opens the state of an environment."""

from __future__ import annotations

import os

from deployer.errors import Refused
from deployer.source.project import Environment, Project
from deployer.state.model import StateStore


def open_store(project: Project, environment: Environment) -> StateStore:
    """The back end that the environment asks for, or the one that fits it."""
    from deployer.source.local import make_local_folder
    from deployer.state.file import FileStore

    folder = project.folder(environment)
    name = f"deployer.{environment.name}.lock.json"
    if environment.emulator:
        make_local_folder(folder)
        path, place = folder / "state.json", f".deployer/{environment.name}/state.json"
    else:
        path, place = project.root / name, name
    return FileStore(
        path,
        environment.account,
        place=place,
        dies_with_the_runner=not environment.emulator,
        project=project.root,
        lock=folder / "state.lock",
    )


def must_outlive_the_run(store: StateStore, environment: Environment) -> None:
    """Raise Refused where the state would die with a CI machine and the next run would create everything again."""
    if os.environ.get("CI") and not environment.emulator and store.dies_with_the_runner:
        raise Refused(
            f"the state of `{environment.name}` is a file ({store.place}), and this machine ends with the CI job",
            hint="Use the `git` back end (`state: git` in deployer.yaml), which keeps the state in the repository.",
        )
