"""Which versions of a definition were rolled back from, as the state's log tells it, long after their hold ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deployer.operations.compare import as_template
from deployer.remote.gateway import Definition
from deployer.source.canonical import digest
from deployer.state.log import Entry


def tried_versions(entries: Sequence[Entry], history: Sequence[Definition]) -> frozenset[int]:
    """The versions that somebody rolled back from, or stopped and then rolled back from.

    Whoever writes the same content again on purpose (a file, `--to N`) thinks better of it: then it is none of them.
    """
    contents = {version.version: digest(as_template(version.body)) for version in history}
    if not contents:
        return frozenset()
    tried: set[int] = set()
    stopped: dict[int, int] = {}
    """The version that a disable by hand made, to the one that it stopped."""
    for entry in (_plain(entry) for entry in entries):
        made = entry.version
        if entry.id != history[0].id.lower() or made is None:
            continue
        if entry.action == "disable" and entry.plan is None and entry.base is not None:
            stopped[made] = entry.base
            continue
        if entry.action == "rollback":
            version = entry.base
            while version is not None and version not in tried:
                tried.add(version)
                version = stopped.get(version)
        tried = {bad for bad in tried if bad == entry.base or contents.get(bad) != contents.get(made, "")}
    return frozenset(tried)


def _plain(entry: Entry) -> Entry:
    return replace(entry, id=entry.id.lower()) if entry.id else entry
