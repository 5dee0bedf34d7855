"""Opens the state of an environment."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from deployer.errors import ConfigurationError, DeployerError, NotAllowed, Refused, Unreachable
from deployer.source.local import make_local_folder
from deployer.source.project import Environment, Project
from deployer.source.revision import identity, working_commit
from deployer.state.aside import SteadyStore
from deployer.state.failures import Locked, StateMoved, StateNotSaved
from deployer.state.git import GitStore
from deployer.state.log import Author, Entry, Pen
from deployer.state.model import State, StateStore
from deployer.state.program import NETWORK_SECONDS
from deployer.state.stores import Kind, choose

if TYPE_CHECKING:
    from deployer.cli.session import Session

ON_CALL_SECONDS = 15.0
"""How long a command of an emergency waits for a Git remote."""


def open_store(
    project: Project,
    environment: Environment,
    kind: Literal["git", "file"] | None = None,
    *,
    mask: Callable[[str], str] = lambda text: text,
    patience: float = NETWORK_SECONDS,
) -> SteadyStore:
    """The back end that the environment asks for, or the one that fits it; `kind` overrules both.

    `mask` takes secrets out of what goes into the log; `patience` is for a Git remote, in seconds.
    """
    wanted: Kind = kind or ("git" if environment.state == "git" else "file" if environment.state == "file" else "auto")
    if environment.emulator:
        make_local_folder(project.folder(environment))
    pen = Pen(lambda: author(project, os.environ), mask=mask)
    store = choose(
        wanted,
        project=project.root,
        environment=environment.name,
        account=environment.account,
        emulator=environment.emulator,
        pen=pen,
        patience=patience,
    )
    folder = project.folder(environment)
    return SteadyStore(store, account=environment.account, folder=folder, project=project.root, pen=pen)


def state_or_last_seen(session: Session) -> State:
    """The state now; where its remote cannot be asked, as this machine saw it last, with a warning.

    For commands that act on instances and definitions in an emergency and need to know which key is which. Raises
    what `StateStore.read` raises where nothing was ever seen here.
    """
    hurry(session)
    state, trouble = session.store.look()
    if trouble is not None:
        session.say(f"warning: {trouble}; going by the state as this machine saw it last")
    return state


def hurry(session: Session) -> None:
    """For whoever is on call: a remote that does not answer is given up soon, and what is done may be kept here."""
    session.patience = min(session.patience, ON_CALL_SECONDS)
    _make_folder(session)
    damaged = session.store.put_damaged_away()
    if damaged is not None:
        session.say(f"warning: {damaged}")


def state_or_none(session: Session, *, needed: bool) -> State:
    """The same; where it is not `needed`, an empty state stands for one that cannot be had."""
    try:
        return state_or_last_seen(session)
    except DeployerError as error:
        if needed:
            raise
        session.say(f"warning: {error}; going on without the state")
        return State(account=session.environment.account)


def entries_or_none(
    session: Session, *, lacking: str = "nobody can say who made which version"
) -> Sequence[Entry] | None:
    """The state's log, or as this machine saw it last; None, and a warning, where it cannot be had.

    `lacking` says what the command cannot do without it.
    """
    try:
        return session.store.entries()
    except (Unreachable, NotAllowed, ConfigurationError) as error:
        seen = session.store.entries_seen()
        if seen is None:
            session.say(f"warning: {error}; {lacking}")
        return seen


def hand_in(session: Session) -> None:
    """Put what was done aside of the state into it, if that can be done now; else say that it waits."""
    file = session.store.aside
    if file is None:
        return
    try:
        with session.store.session():
            session.say("handed in what was done while the state could not be written")
    except (Locked, StateMoved, StateNotSaved, Unreachable, NotAllowed) as error:
        session.say(f"warning: {error}; what {file.name} holds is handed in by a later run")


def read_state(session: Session) -> State:
    """The state now. What a remote says is kept here, for `state_or_last_seen` on a worse day."""
    state = session.store.read()
    _make_folder(session)
    session.store.remember(state)
    return state


def _make_folder(session: Session) -> None:
    """The folder for what this machine remembers; nothing is remembered of a state file of the project."""
    if isinstance(session.store.inner, GitStore):
        make_local_folder(session.project.folder(session.environment))


def author(project: Project, environ: Mapping[str, str]) -> Author:
    """Who runs this, on which commit and where: for the log of the state."""
    who = environ.get("GITHUB_ACTOR") or environ.get("GITLAB_USER_LOGIN") or identity(project.root) or _login()
    commit = working_commit(project.root) or environ.get("GITHUB_SHA") or environ.get("CI_COMMIT_SHA")
    return Author(who=who, commit=commit or None, run=environ.get("CI_JOB_URL") or _github_run(environ) or None)


def _login() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return f"{user}@{socket.gethostname()}"


def _github_run(environ: Mapping[str, str]) -> str:
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def must_outlive_the_run(store: StateStore, environment: Environment) -> None:
    """Raise Refused where the state would die with a CI machine and the next run would create everything again."""
    if os.environ.get("CI") and not environment.emulator and store.dies_with_the_runner:
        raise Refused(
            f"the state of `{environment.name}` is a file ({store.place}), and this machine ends with the CI job",
            hint="Use the `git` back end: `deployer state move --to git` once, from a checkout with the state file.",
        )
