"""Real repositories to try the Git back end on, and a `git` that fails on demand."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deployer.state.git import GitStore
from deployer.state.log import Author, Pen
from deployer.state.program import LOCAL_SECONDS, Answer, Git, GitProgram

from .states import ACCOUNT

REF = "refs/deployer/state/prod"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
"""A machine where nobody told Git a name."""
WHEN = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user would."""
    user = ("-c", "user.name=Anna", "-c", "user.email=anna@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *user, *arguments], cwd=folder, env=ENVIRON, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_remote(folder: Path) -> Path:
    """A bare repository with two commits on its main branch."""
    work = folder / "seed"
    work.mkdir(parents=True)
    git(work, "init", "--quiet")
    for text in ("one", "two"):
        (work / "file.txt").write_text(text)
        git(work, "add", "file.txt")
        git(work, "commit", "--quiet", "-m", text)
    remote = folder / "remote.git"
    git(folder, "clone", "--quiet", "--bare", str(work), str(remote))
    return remote


def commits(project: Path) -> list[tuple[str, str]]:
    """Author and message of each commit on the remote's ref, the newest first."""
    if not git(project, "ls-remote", "origin", REF):
        return []
    git(project, "fetch", "--quiet", "origin", f"+{REF}:refs/test/log")
    written = git(project, "log", "-z", "--format=%an%x1f%B", "refs/test/log").removesuffix("\0").split("\0")
    git(project, "update-ref", "-d", "refs/test/log")
    return [(author, message) for author, _, message in (each.partition("\x1f") for each in written)]


def clone(remote: Path, folder: Path, *options: str) -> Path:
    """A checkout of the remote."""
    git(remote, "clone", "--quiet", *options, remote.as_uri() if options else str(remote), str(folder))
    return folder


@dataclass
class FakeClock:
    """Time passes when somebody sleeps, or when a test says so."""

    time: float = 1000.0
    while_asleep: list[Callable[[], None]] = field(default_factory=list)
    """What others do during the next sleeps, one each."""

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.while_asleep:
            self.while_asleep.pop(0)()


@dataclass
class FlakyGit:
    """Passes commands on and counts them; `faults` decides the fate of the next commands of a name."""

    inner: Git
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By command: `fail` (never sent), `lose` (done, the answer is lost), `pass`."""
    ran: list[str] = field(default_factory=list)
    after: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What others do right after the next command of a name."""

    def run(self, *arguments: str, given: bytes = b"", seconds: float = LOCAL_SECONDS) -> Answer:
        command = next((each for each in ("push", "fetch", "ls-remote") if each in arguments), "local")
        self.ran.append(command)
        waiting = self.faults.get(command, [])
        fate = waiting.pop(0) if waiting else "pass"
        if fate == "fail":
            return Answer(code=128, error="fatal: unable to access: Could not resolve host")
        answer = self.inner.run(*arguments, given=given, seconds=seconds)
        self.after.pop(command, lambda: None)()
        if fate == "lose":
            return Answer(code=128, error="fatal: the remote end hung up unexpectedly")
        return answer

    def count(self, command: str) -> int:
        return self.ran.count(command)


def store(
    project: Path,
    *,
    holder: str = "anna",
    account: str = ACCOUNT,
    clock: FakeClock | None = None,
    program: Git | None = None,
    author: Author | None = None,
    tick: float | None = None,
) -> GitStore:
    """The state of environment `prod` as the checkout at `project` sees it."""
    return GitStore(
        project,
        account,
        remote="origin",
        ref=REF,
        local=project / ".deployer" / "prod",
        holder=holder,
        pen=None if author is None else Pen(lambda: author, now=WHEN.timestamp),
        git=program or GitProgram(project, ENVIRON),
        clock=clock or FakeClock(),
        tick=tick,
    )
