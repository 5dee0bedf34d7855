"""Checks of the state, its lock, and Git."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.checkup import Check, ok, skipped, warning, wrong
from deployer.state.lease import lease_of
from deployer.state.model import State, StateStore
from deployer.state.program import Git

SECONDS_FOR_GIT = 20.0
_NOTE_LIMIT = 4096


def state(store: Callable[[], StateStore], read: Callable[[], State], *, ci: bool) -> Iterator[Check]:
    """Whether the state can be read, and is this account's."""
    place, found = store().place, read()
    counts = [f"{len(found.bindings)} workflow{'' if len(found.bindings) == 1 else 's'} bound"]
    if found.holds:
        counts.append(f"{len(found.holds)} held")
    yield ok("state", f"{place}: version 1, account {found.account}, {', '.join(counts)}")
    if found.intents:
        keys = ", ".join(sorted(found.intents)[:5]) + ("…" if len(found.intents) > 5 else "")
        yield warning(
            "state", f"an earlier run did not learn what became of {keys}",
            "The next `deployer apply` finds out by looking; nothing is lost.",
        )  # fmt: skip
    if ci and store().dies_with_the_runner:
        yield wrong(
            "state", f"the state is a file ({place}), and this machine ends with the CI job",
            "Use the `git` back end: `deployer state move --to git` once.", exit_code=6,
        )  # fmt: skip


def lock(folder: Path, read: Callable[[], State], *, now: datetime) -> Iterator[Check]:
    """Who holds the state, here or elsewhere, and since when. No lock is taken to find out."""
    note = _note(folder / "state.holder")
    if note is not None:
        holder, since = note
        age = _age(now - since)
        if _is_dead(holder):
            yield ok("lock", f"{holder} left its lock here {age} ago and is dead; the next run takes it over")
        else:
            yield warning("lock", f"held on this machine by {holder} for {age}", "Wait for that run to end.")
    try:
        found = read()
    except DeployerError as error:
        yield skipped("lock", f"not known: {error}")
        return
    lease = lease_of(found, place="the state")
    if lease is not None:
        yield warning(
            "lock", f"held by {lease.holder} (heart beat {lease.beat}, one every 30 s: about {_beats(lease.beat)})",
            "Wait for that run. If it is dead, the next one takes the lock over after two minutes, "
            "`deployer state unlock --force` at once.",
        )  # fmt: skip
    elif note is None:
        yield ok("lock", "nobody holds it")


def git(program: Git, *, needed: bool, remote: str | None) -> Iterator[Check]:
    """Whether Git is there, and its remote answers."""
    try:
        version = program.run("--version")
    except ConfigurationError as error:
        if needed:
            raise
        yield skipped("git", f"{error}; the state is a file, so only commits are not recorded")
        return
    yield ok("git", re.sub(r"^git version ", "version ", version.text) or "version unknown")
    if program.run("rev-parse", "--git-dir").code:
        yield _missing("this folder is no Git repository", "Run `git init`, or clone the project.", needed=needed)
        return
    remotes = program.run("remote").text.split()
    name = remote or ("origin" if "origin" in remotes else remotes[0] if remotes else None)
    if name is None:
        yield _missing("the repository has no remote", "Run `git remote add origin URL`.", needed=needed)
        return
    answer = program.run("ls-remote", "--quiet", "--", name, "HEAD", seconds=SECONDS_FOR_GIT)
    if answer.code == 0:
        yield ok("git", f"remote {name} answers")
        return
    said = f"remote {name} does not answer: {answer.error or f'exit code {answer.code}'}"
    remedy = "Check the network, `git remote -v`, and the credentials that Git uses."
    if needed:
        yield wrong("git", said, remedy, exit_code=5)
    else:
        yield warning("git", said, remedy)


def _missing(said: str, remedy: str, *, needed: bool) -> Check:
    if needed:
        return wrong("git", f"{said}, and the state lives in Git", remedy, exit_code=ConfigurationError.exit_code)
    return skipped("git", f"{said}; the state is a file, so that does no harm")


def _note(path: Path) -> tuple[str, datetime] | None:
    """Who left the note, and when; None without one."""
    try:
        if path.is_symlink() or path.stat().st_size > _NOTE_LIMIT:
            return None
        values = json.loads(path.read_bytes() or b"{}")
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError, RecursionError):
        return None
    holder = values.get("holder") if isinstance(values, dict) else None
    return (holder, since) if isinstance(holder, str) else None


def _is_dead(holder: str) -> bool:
    """Whether a holder of this machine certainly runs no more."""
    match = re.fullmatch(r"[^@]*@(.+), process ([0-9]{1,9})", holder)
    if match is None or match[1] != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(int(match[2]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _age(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return f"{seconds} seconds"


def _beats(beat: int) -> str:
    return "just begun" if beat == 0 else f"{beat * 30 // 60} minutes" if beat >= 4 else f"{beat * 30} seconds"
