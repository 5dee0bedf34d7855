"""Bind files to definitions that exist already."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.operations.compare import KnownSecret, align, as_template, stored_digest
from deployer.operations.desired import Desired, secret_paths
from deployer.operations.diff import StepChange, differences
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.state.model import Binding


@record
class Pair:
    """A file and the definition it is to stand for."""

    key: str
    id: str
    name: str
    version: int
    binding: Binding
    changes: tuple[StepChange, ...]
    """What the next apply would change; empty when both agree."""


@record
class Ambiguous:
    """A name that more than one file or definition has."""

    name: str
    keys: tuple[str, ...]
    ids: tuple[str, ...]


@record
class Pairing:
    """Files and definitions, brought together by exact name."""

    paired: tuple[Pair, ...]
    ambiguous: tuple[Ambiguous, ...]
    only_files: tuple[str, ...]
    only_server: tuple[Definition, ...]


def pair(item: Desired, now: Definition, known_secret: KnownSecret) -> Pair:
    """The binding of a file to a definition, whose content the next plan may find different."""
    aligned = align(canonical(now.body), item.template, known_secret)
    same = digest(aligned.body) == item.digest
    paths = tuple(secret_paths(item.template))
    binding = Binding(
        id=now.id,
        version=now.version,
        # Where they differ, the state must not claim that the file was applied.
        sent=item.digest if same else digest(as_template(now.body)),
        stored=stored_digest(now.body, paths),
        protect=item.protect,
        secret_paths=paths,
    )
    server = aligned.body if isinstance(aligned.body, dict) else {}
    return Pair(
        key=item.key, id=now.id, name=now.name, version=now.version, binding=binding,
        changes=() if same else differences(server, item.template),
    )  # fmt: skip


def pair_by_name(items: Sequence[Desired], definitions: Sequence[Definition], known_secret: KnownSecret) -> Pairing:
    """Pair unbound files with unbound definitions where a name stands exactly once on each side."""
    files: dict[str, list[Desired]] = {}
    remote: dict[str, list[Definition]] = {}
    for item in items:
        files.setdefault(item.name, []).append(item)
    for definition in definitions:
        remote.setdefault(definition.name, []).append(definition)
    paired: list[Pair] = []
    ambiguous: list[Ambiguous] = []
    for name in sorted(files.keys() & remote.keys()):
        ours, theirs = files[name], remote[name]
        if len(ours) == len(theirs) == 1 and name:
            paired.append(pair(ours[0], theirs[0], known_secret))
        else:
            ambiguous.append(Ambiguous(
                name=name, keys=tuple(item.key for item in ours), ids=tuple(item.id for item in theirs)
            ))  # fmt: skip
    return Pairing(
        paired=tuple(paired),
        ambiguous=tuple(ambiguous),
        only_files=tuple(sorted(item.key for item in items if item.name not in remote)),
        only_server=tuple(definition for definition in definitions if definition.name not in files),
    )
