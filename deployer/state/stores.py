"""Which back end an environment's state has."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

from deployer.errors import ConfigurationError
from deployer.state.file import FileStore
from deployer.state.git import GitStore
from deployer.state.log import Pen
from deployer.state.model import StateStore
from deployer.state.program import NETWORK_SECONDS, Git, GitProgram

Kind = Literal["auto", "git", "file"]

# A part of a file's and of a ref's name; `.lock` and double dots mean something to Git.
_ENVIRONMENT = re.compile(r"(?!.*(\.\.|\.lock$|\.$))[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def choose(
    kind: Kind,
    *,
    project: Path,
    environment: str,
    account: str,
    emulator: bool,
    remote: str | None = None,
    pen: Pen | None = None,
    patience: float = NETWORK_SECONDS,
    git: Git | None = None,
) -> StateStore:
    """The store of an environment's state.

    `auto` is Git where the project has a remote and the target is no emulator, else the file.
    A state file that is there already stays in use: changing the back end is `deployer state
    move`, never a side effect of adding a remote. `remote` defaults to `origin`, or to the only
    one there is.

    Raises `ConfigurationError`.
    """
    if not _ENVIRONMENT.fullmatch(environment):
        raise ConfigurationError(
            f"{environment!r} can't name an environment", hint="Use letters, digits, `-`, `_` and single dots inside."
        )
    local = project / ".deployer" / environment
    file = local / "state.json" if emulator else project / f"deployer.{environment}.lock.json"
    git = git or GitProgram(project)
    if kind == "git" or (kind == "auto" and not emulator and not file.exists() and _has_remote(git)):
        return GitStore(
            project,
            account,
            remote=remote or _only_remote(git),
            ref=_ref(git, environment),
            local=local,
            pen=pen,
            git=git,
            patience=patience,
        )
    return FileStore(
        file,
        account,
        place=file.relative_to(project).as_posix(),
        # An emulator's account dies with the machine, too.
        dies_with_the_runner=not emulator,
        project=project,
        lock=local / "state.lock",
        log=file.with_name(f"deployer.{environment}.log.jsonl"),
        pen=pen,
    )


def _ref(git: Git, environment: str) -> str:
    """One for each project of a repository: those in folders below its top have the folder in the ref's name.

    The folder's name is for people; its digest tells `a/b` from `a-b`, and keeps a ref from lying within another.
    """
    folder = git.run("rev-parse", "--show-prefix").text.strip("/")
    if not folder:
        return f"refs/deployer/state/{environment}"
    name = re.sub(r"[^A-Za-z0-9]+", "-", folder).strip("-")[-60:].strip("-") or "project"
    digest = hashlib.sha256(folder.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"refs/deployer/projects/{name}-{digest}/{environment}"


def _has_remote(git: Git) -> bool:
    try:
        return bool(_remotes(git))
    except ConfigurationError:
        return False  # without a git program there is no remote either


def _remotes(git: Git) -> list[str]:
    return git.run("remote").text.split()


def _only_remote(git: Git) -> str:
    remotes = _remotes(git)
    if "origin" in remotes:
        return "origin"
    if len(remotes) == 1:
        return remotes[0]
    has = f"has {', '.join(remotes)}" if remotes else "has none"
    raise ConfigurationError(
        f"the state needs one Git remote, and this project {has}",
        hint="Name it in deployer.yaml, add one with `git remote add origin URL`, or keep the state in a file.",
    )
