"""What a whole project wants, told file by file: each is read, checked, digested and dropped, and remembered.

Thousands of documents at once take hundreds of megabytes, and a plan needs of nearly all of them a digest. So what a
file wants is kept by the digest of its content, and only files that are new or changed are read and checked. What
rules compare between files (key, name, trigger, sub-account, status) is kept of each, too: where any of it changed,
or a file came or went, these rules look at all of them again.

Whatever is not plain (an error, an ignore comment, a smoke test, text taken in from other files, files that rules
object to together) makes the caller read everything together, which tells it in full.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from deployer.cache import Cache, question
from deployer.operations.file_wants import FileWants, content_of, digest_of, takes_in_text, wants_of_file
from deployer.operations.wants import Wants
from deployer.record import record
from deployer.source.project import CONFIG_NAME, Environment, Project, workflow_files

if TYPE_CHECKING:
    from deployer.finding import Finding
    from deployer.source.workflow import Workflow

_SMALL = 20
"""A second entry holds no more than such a part of all files."""

Folders = Mapping[str, Sequence[str]]
"""Every folder that files are looked for in, with its names."""


@record
class _Known:
    """What an earlier run kept."""

    folders: Folders | None = None
    """None where names came or went since, or nothing was kept."""
    files: Mapping[str, FileWants] = field(default_factory=dict)
    """By path."""
    entry: str = ""
    """The entry that most of them are from."""
    since: Mapping[str, FileWants] = field(default_factory=dict)
    """Those that changed since it was made: a second, small entry, as writing all of them takes longer than a plan."""


class FileByFile:
    """The files of one project, for one environment."""

    def __init__(self, project: Project, environment: Environment, cache: Cache | None) -> None:
        self._project, self._environment = project, environment
        facts = _circumstances(project, environment)
        # A variable that takes in a text file makes every file depend on it.
        self._cache = None if "${file." in facts else cache
        self._asked = question("wants", str(project.root), os.getcwd(), facts) if self._cache is not None else ""
        self._asked_since = f"{self._asked}-since"

    def wants(self, meanwhile: Callable[[], None] | None = None) -> Wants | None:
        """What the files want; None where they have to be read together.

        `meanwhile` is what else there is to do where another process reads some of them.

        Its findings are the warnings about the files that were read now.
        """
        known = self._recalled()
        folders, paths = known.folders, list(known.files)
        if folders is None:
            folders = _folders(self._project)
            paths = [str(path) for path in workflow_files(self._project)] if folders is not None else []
        new = [path for path in paths if path not in known.files]
        if not paths or folders is None or any(not _is_direct(path, folders) for path in new):
            return None
        changed = [path for path in paths if not _is_as_it_was(path, known.files.get(path))]
        findings: tuple[Finding, ...] = ()
        files = known.files
        if changed or known.folders is None:
            from deployer.operations.batches import Batches

            batches = Batches(self._project, self._environment)
            read = batches.read(changed, meanwhile)
            if read is None:
                return None
            files, findings = {path: read.files.get(path) or known.files[path] for path in paths}, read.findings
            if not _alike(known.files, files) and batches.object_to(files.values()):
                return None
            self._keep_read(known, folders, files, read.files)
        return self._wants(files.values(), findings)

    def remember(self, workflows: Sequence[Workflow], absent: Sequence[Workflow]) -> None:
        """Keep what files want that were read together and have no errors."""
        folders = _folders(self._project) if self._cache is not None else None
        if folders is None:
            return
        lives = {id(workflow) for workflow in workflows}
        known: list[FileWants] = []
        for workflow in (*workflows, *absent):
            path = os.path.abspath(workflow.file)
            if not _is_direct(path, folders) or takes_in_text(workflow):
                return
            content = digest_of(workflow.document.text.encode())
            known.append(wants_of_file(path, content, workflow, lives=id(workflow) in lives))
        self._keep(folders, known)

    def _recalled(self) -> _Known:
        known = self._cache.recall_facts(self._asked) if self._cache is not None else None
        if self._cache is None or known is None:
            return _Known()
        entry, folders, rows = known
        of, changed = self._cache.recall_facts(self._asked_since) or (None, ())
        since = {row[0]: FileWants(*row) for row in changed} if of == entry else {}
        same = all(_names(folder) == names for folder, names in folders.items())
        files = {row[0]: FileWants(*row) for row in rows} | since
        return _Known(folders=folders if same else None, files=files, entry=entry, since=since)

    def _keep_read(
        self, known: _Known, folders: Folders, files: Mapping[str, FileWants], read: Mapping[str, FileWants]
    ) -> None:
        """Keep what was read now: beside what was kept, unless that is of other files, or much is new."""
        since = {**known.since, **read}
        if self._cache is None or folders is not known.folders or len(since) * _SMALL > len(files):
            self._keep(folders, files.values())
        else:
            self._cache.remember_facts(self._asked_since, (known.entry, [*map(tuple, since.values())]))

    def _keep(self, folders: Folders, files: Collection[FileWants]) -> None:
        if self._cache is not None:
            self._cache.remember_facts(self._asked, (os.urandom(8).hex(), folders, [*map(tuple, files)]))

    def _wants(self, files: Collection[FileWants], findings: tuple[Finding, ...]) -> Wants:
        return Wants(
            findings=findings,
            desired={one.key: one.desired(self._workflow) for one in files if one.lives},
            selected=lambda _key, _file: True,
            whole=True,
            keys={one.file: one.key for one in files},
        )

    def _workflow(self, path: str, file: str) -> Workflow | None:
        """One file by itself; None where it cannot be read, or is not of this environment."""
        from deployer.source.document import parse_bytes
        from deployer.source.load import assemble

        data = content_of(path)
        if data is None:
            return None
        loaded = assemble(self._project, self._environment, [parse_bytes(data, file)])
        return loaded.workflows[0] if loaded.workflows and loaded.documents[0].ok else None


def _is_as_it_was(path: str, known: FileWants | None) -> bool:
    data = content_of(path) if known is not None else None
    return known is not None and data is not None and digest_of(data) == known.content


def _is_direct(path: str, folders: Folders) -> bool:
    """Whether a path leads to a file of these folders, and not by a symbolic link to another one."""
    return os.path.dirname(path) in folders and not os.path.islink(path)


def _alike(before: Mapping[str, FileWants], now: Mapping[str, FileWants]) -> bool:
    """Whether rules that compare files see what they saw. Both are of files that they had nothing to say of."""
    return before.keys() == now.keys() and all(
        one is before[path]
        or (one.lives, one.compared) == (before[path].lives, before[path].compared)
        for path, one in now.items()
    )  # fmt: skip


def _circumstances(project: Project, environment: Environment) -> str:
    """What besides the files decides what they want."""
    config = content_of(str(project.root / CONFIG_NAME)) if project.document is not None else b""
    beside = [name for name in (project.functions_file, project.time_zones_file) if name is not None]
    contents = [content_of(str(project.root / name)) for name in beside]
    facts = {
        "config": digest_of(config or b""),
        "beside": [digest_of(data or b"") for data in contents],
        "environment": environment.name,
        "variables": environment.variables,
        "overrides": {key: dict(value) for key, value in environment.overrides.items()},
    }
    return json.dumps(facts, sort_keys=True, default=repr)


def _folders(project: Project) -> Folders | None:
    """Every folder that workflow files are looked for in, with its names; None where that cannot be told."""
    found: dict[str, list[str]] = {}
    for entry in project.workflows:
        top = project.root / entry
        if any(character in entry for character in "*?[") or not top.is_dir() or os.path.realpath(top) != str(top):
            return None
        for base, folders, _files in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found[base] = _names(base) or []
    return found


def _names(folder: str) -> list[str] | None:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None
