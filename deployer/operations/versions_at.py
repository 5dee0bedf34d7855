"""Which version each definition had at a commit of the project, as the state's log tells it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deployer.errors import Refused
from deployer.record import record
from deployer.state.log import Entry

FROM_FILES = frozenset({"create", "update", "disable", "adopt", "pull", "rebind", "settle", "resolve"})
"""What brings a definition to what a commit's files say. Rollbacks and hands in emergencies do not."""


@record
class Snapshot:
    """All versions after the last run from a commit."""

    commit: str
    """The commit that the run was made from: the one asked for, or the last one before it that was applied."""
    at: str
    versions: dict[str, int]
    """By definition id."""
    clean: bool
    """Whether that run's files were the commit's."""


def versions_at(entries: Sequence[Entry], commit: str, ancestors: Collection[str]) -> Snapshot:
    """The versions after the last run from `commit`, or from the latest of its `ancestors` that was applied.

    Raises Refused where no run was made from any of them.
    """
    applied = [index for index, entry in enumerate(entries) if entry.action in FROM_FILES and entry.version]
    own = [index for index in applied if _plain(entries[index]) == commit]
    until = max(own or [index for index in applied if _plain(entries[index]) in ancestors], default=None)
    if until is None:
        raise Refused(
            f"the state's log knows no run from commit {commit[:12]} or any before it",
            hint="`deployer log` lists what was applied from where; `rollback KEY --to N` restores one version.",
        )
    versions: dict[str, int] = {}
    for entry in entries[: until + 1]:
        if entry.id is not None and entry.action == "delete":
            versions.pop(entry.id, None)
        if entry.id is not None and entry.version is not None and entry.action in FROM_FILES:
            versions[entry.id] = entry.version
    last = entries[until]
    return Snapshot(
        commit=_plain(last) or "", at=last.at, versions=versions, clean=not (last.commit or "").endswith("+")
    )  # fmt: skip


def _plain(entry: Entry) -> str | None:
    return entry.commit.removesuffix("+") if entry.commit else None
