"""The checks of `doctor` and of `plan --preflight`, put together for a session."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Generic, TypeVar

from deployer.cli.session import Session
from deployer.errors import DeployerError
from deployer.operations import number_checks, server_checks, state_checks
from deployer.operations.checkup import Check, Checkup, examine, ok
from deployer.remote.limits import Limits
from deployer.source.load import Loaded, load
from deployer.source.project import workflow_files
from deployer.state.program import GitProgram

T = TypeVar("T")

QUICK = Limits(max_rps=None, attempts=2, budget_seconds=5.0, connect_seconds=5.0, silence_seconds=20.0)
"""A check is asked for by somebody who waits: it gives up sooner than a run."""


class _Once(Generic[T]):
    """What several checks need, made by the first; where it cannot be had, each hears why."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._value: tuple[T] | None = None
        self._error: DeployerError | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._value is None:
                try:
                    self._value = (self._make(),)
                except DeployerError as error:
                    self._error = error
                    raise
            return self._value[0]


def checkup(session: Session, *, keys: Collection[str] | None = None) -> Checkup:
    """Check everything; of the workflows those with a key in `keys`, or all. Raises for an unusable project only."""
    if session.limits is None:
        session.limits = QUICK
    environment, project = session.environment, session.project
    opener = _Once(lambda: session.opener)
    gateway = _Once(lambda: (opener(), session.gateway)[1])
    services = _Once(lambda: (opener(), session.services)[1])
    probe = _Once(lambda: gateway().probe())
    store = _Once(lambda: session.store)
    read = _Once(lambda: store().read())
    loaded = _Once(lambda: load(project, environment, workflow_files(project)))

    def git() -> Iterator[Check]:
        needed = environment.state == "git" or not (environment.emulator or store().dies_with_the_runner)
        yield from state_checks.git(GitProgram(project.root), needed=needed, remote=None)

    def numbers() -> Iterator[Check]:
        found = loaded()
        yield from number_checks.numbers(_named(found, keys), services, found.unreadable)

    return examine(
        [
            ("key", lambda: server_checks.key(environment, os.environ)),
            ("host", lambda: server_checks.host(environment, os.environ, probe)),
            ("account", lambda: server_checks.account(environment, probe)),
            ("clock", lambda: server_checks.clock(probe)),
            ("state", lambda: state_checks.state(store, read, ci=bool(os.environ.get("CI")))),
            ("lock", lambda: state_checks.lock(project.folder(environment), read, now=datetime.now(UTC))),
            ("git", git),
            ("secrets", lambda: _secrets(session)),
            ("balance", lambda: server_checks.balance(environment, services)),
            ("numbers", numbers),
            ("usage", lambda: server_checks.usage(gateway)),
        ]
    )  # fmt: skip


def _secrets(session: Session) -> Iterator[Check]:
    """Whether the file of secrets can be read; from then on nothing that is printed holds one."""
    session.learn_secrets()
    yield ok("secrets", "can be read")


def _named(loaded: Loaded, keys: Collection[str] | None) -> list[number_checks.NamedNumber]:
    return number_checks.named_numbers(
        workflow for workflow in loaded.workflows if keys is None or workflow.key in keys
    )
