"""What the files wanted when they were last found to be right: told again without reading YAML while they are the same.

A file that is the same to the byte, in an environment that is the same, wants the same. So each file is remembered by
itself, by a digest of its content, and only what changed is read and checked again. What rules compare between files
(key, name, trigger, sub-account, status) is remembered too: where one of these changed, or a file came or went, all
files are read as if nothing were remembered. Whatever cannot be told for certain counts as changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from hashlib import blake2b
from typing import TYPE_CHECKING

from deployer.cache import Answer, Cache, Notes, question
from deployer.errors import ConfigurationError
from deployer.finding import Finding, Severity
from deployer.operations.desired import Desired, Listening, desired
from deployer.operations.wants import Wants
from deployer.record import record
from deployer.source.project import CONFIG_NAME, Environment, Project, files_below
from deployer.source.workflow import Workflow

if TYPE_CHECKING:
    from deployer.operations.lean_wants import Lean

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@record
class FileWants:
    """One file without errors, and what it wants."""

    path: str
    content: str
    """Digest."""
    file: str
    key: str
    lives: bool
    """Whether it is of this environment."""
    compared: tuple[str | bool | None, ...]
    """What rules compare between files."""
    want: Mapping[str, object]
    """A `Desired`; its template only where it has secrets, which are compared each time."""


class FileTemplate(Mapping[str, object]):
    """The body that a file declares, read when somebody looks. Raises ConfigurationError if the file changed since."""

    def __init__(self, project: Project, environment: Environment, path: str, file: str, digest: str) -> None:
        self._project, self._environment = project, environment
        self._path, self._file, self._digest = path, file, digest
        self._read: Mapping[str, object] | None = None

    def _body(self) -> Mapping[str, object]:
        if self._read is None:
            data = content_of(self._path)
            workflow = _workflow(self._project, self._environment, self._file, data) if data is not None else None
            item = desired(workflow) if workflow is not None else None
            if item is None or item.digest != self._digest:
                raise ConfigurationError(f"{self._file} changed while it was planned", hint="Run the command again.")
            self._read = item.template
        return self._read

    def __getitem__(self, key: str) -> object:
        return self._body()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._body())

    def __len__(self) -> int:
        return len(self._body())


@dataclass(slots=True)
class Memory:
    """What is remembered of one project and environment."""

    project: Project
    environment: Environment
    cache: Cache | None
    _asked: str | None = field(init=False)

    def __post_init__(self) -> None:
        facts = _circumstances(self.project, self.environment)
        # A variable that takes in a text file makes every file depend on it.
        asked = None if "${file." in facts else question("wants", str(self.project.root), os.getcwd(), facts)
        self._asked = asked

    def recall(self) -> Wants | None:
        """What the files want; None where all of them have to be read."""
        answer = None if self.cache is None or self._asked is None else self.cache.recall(self._asked)
        if answer is None:
            return None
        entry = json.loads(answer.text)
        if any(_names(folder) != names for folder, names in entry["folders"].items()):
            return None
        known = [FileWants(**{**one, "compared": tuple(one["compared"])}) for one in entry["files"]]
        changed: list[tuple[FileWants, bytes]] = []
        for one in known:
            data = content_of(one.path)
            if data is None:
                return None
            if digest_of(data) != one.content:
                changed.append((one, data))
        if changed:
            again = self._checked(changed)
            if again is None:
                return None
            known = [again.get(one.path, one) for one in known]
            self._keep(entry["folders"], known)
        return self._wants(known)

    def remember(self, workflows: Sequence[Workflow], absent: Sequence[Workflow]) -> None:
        """Keep what files without errors want, where their number and content can be told again."""
        folders = folders_of(self.project)
        if folders is None:
            return
        lives = {id(workflow): True for workflow in workflows}
        known: list[FileWants] = []
        for workflow in (*workflows, *absent):
            path = os.path.abspath(workflow.file)
            if os.path.dirname(path) not in folders or os.path.islink(path) or takes_in_text(workflow):
                return
            content = digest_of(workflow.document.text.encode())
            known.append(wants_of_file(path, content, workflow, lives=id(workflow) in lives))
        self._keep(folders, known)

    def _checked(self, changed: Sequence[tuple[FileWants, bytes]]) -> dict[str, FileWants] | None:
        """The changed files anew; None where one has an error, or changed in what is compared with others."""
        from deployer.lint.check import check
        from deployer.operations.validate import settings_of

        again: dict[str, FileWants] = {}
        workflows: list[Workflow] = []
        for one, data in changed:
            workflow = _workflow(self.project, self.environment, one.file, data)
            if workflow is None or takes_in_text(workflow) or "smoke" in workflow.metadata:
                return None
            now = wants_of_file(one.path, digest_of(data), workflow, lives=True)
            if not one.lives or (now.key, now.compared) != (one.key, one.compared):
                return None
            again[one.path] = now
            workflows.append(workflow)
        findings = check(workflows, settings=settings_of(self.project))
        return None if any(finding.severity is Severity.ERROR for finding in findings) else again

    def _keep(self, folders: Mapping[str, Sequence[str]], known: Sequence[FileWants]) -> None:
        if self.cache is not None and self._asked is not None:
            text = json.dumps({"folders": folders, "files": [_fields(one) for one in known]})
            self.cache.remember(self._asked, Answer(0, text), Notes())

    def keep(self, lean: Lean) -> Wants:
        """What files want that were read just now, and kept for the next time."""
        self._keep(lean.folders, lean.files)
        return self._wants(lean.files, lean.findings)

    def _wants(self, known: Sequence[FileWants], findings: tuple[Finding, ...] = ()) -> Wants:
        return Wants(
            findings=findings,
            desired={one.key: self._desired(one) for one in known if one.lives},
            selected=lambda _key, _file: True,
            whole=True,
            keys={one.file: one.key for one in known},
        )

    def _desired(self, one: FileWants) -> Desired:
        want = dict(one.want)
        template = want.pop("template")
        digest, listening = str(want["digest"]), want.pop("listening")
        return Desired(
            template=template if isinstance(template, dict) else FileTemplate(
                self.project, self.environment, one.path, one.file, digest
            ),
            listening=Listening(**listening) if isinstance(listening, dict) else None,
            secrets=frozenset(_texts(want.pop("secrets"))),
            moved_from=tuple(_texts(want.pop("moved_from"))),
            **want,  # type: ignore[arg-type]  # as `wants_of_file` wrote it
        )  # fmt: skip


def _fields(one: FileWants) -> dict[str, object]:
    return {each.name: getattr(one, each.name) for each in fields(FileWants)}


def wants_of_file(path: str, content: str, workflow: Workflow, *, lives: bool) -> FileWants:
    """What is kept of a file with that content."""
    item = desired(workflow)
    want = {
        "key": item.key, "digest": item.digest, "secrets": sorted(item.secrets), "name": item.name, "file": item.file,
        "protect": item.protect, "moved_from": list(item.moved_from),
        "listening": None if item.listening is None else asdict(item.listening),
        "template": item.template if item.secrets else None,
    }  # fmt: skip
    compared = (workflow.key, workflow.name, workflow.trigger, workflow.sub_account, workflow.enabled)
    return FileWants(
        path=path, content=content, file=workflow.file, key=workflow.key, lives=lives, compared=compared, want=want
    )


def _workflow(project: Project, environment: Environment, file: str, data: bytes) -> Workflow | None:
    """One file by itself; None where it cannot be read, or is not of this environment."""
    from deployer.source.document import parse_bytes
    from deployer.source.load import assemble

    loaded = assemble(project, environment, [parse_bytes(data, file)])
    return loaded.workflows[0] if loaded.workflows and loaded.documents[0].ok else None


def takes_in_text(workflow: Workflow) -> bool:
    """Whether other files than its own decide what it wants."""
    return "${file." in workflow.document.text


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


def folders_of(project: Project) -> dict[str, list[str]] | None:
    """Every folder that workflow files are looked for in, with its names; None where that cannot be told."""
    found: dict[str, list[str]] = {}
    for entry in project.workflows:
        top = project.root / entry
        if any(character in entry for character in "*?[") or not top.is_dir() or os.path.realpath(top) != str(top):
            return None
        for base in (str(top), *{str(path.parent) for path in files_below(top)}):
            found[base] = _names(base) or []
        for base, folders, _files in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found[base] = _names(base) or []
    return found


def _names(folder: str) -> list[str] | None:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None


def content_of(path: str) -> bytes | None:
    """A file's content, symbolic links not followed; None where it cannot be read."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size + 1)
        return data if len(data) == size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def digest_of(data: bytes) -> str:
    """Of a text file's content, a byte order mark aside."""
    return blake2b(data.removeprefix(b"\xef\xbb\xbf"), digest_size=16).hexdigest()


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
