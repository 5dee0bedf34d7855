"""From files to workflows: everything a command works on, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from deployer.cache import note_doubt, note_file
from deployer.errors import ConfigurationError
from deployer.finding import Path
from deployer.record import record
from deployer.source.document import Document, parse_bytes, read_bytes
from deployer.source.project import (
    Environment,
    Project,
    find_root,
    is_workflow_file,
    leads_out,
    relative_name,
)
from deployer.source.root import stays_inside
from deployer.source.workflow import Body, Workflow, read_steps

if TYPE_CHECKING:
    from deployer.source.references import ReadFile, Resolved

Spread = Callable[[Callable[[tuple[bytes, str]], Document], Sequence[tuple[bytes, str]]], Iterable[Document]]

MAX_TEXT_FILE = 1_000_000
"""Bytes of a text file that `${file.PATH}` may take in."""


@record
class Loaded:
    """Files as read: every document, and a workflow for each that could be read as one."""

    documents: tuple[Document, ...] = field(repr=False)
    workflows: tuple[Workflow, ...]
    absent: Mapping[str, Workflow] = field(default_factory=dict)
    """Workflows that `metadata.environments` keeps out of this environment."""

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Files that are no workflow: their keys are not known."""
        known = {workflow.file for workflow in (*self.workflows, *self.absent.values())}
        return tuple(document.file for document in self.documents if document.file not in known)


def load(
    project: Project, environment: Environment | None, files: Sequence[FilePath], *, spread: Spread = map
) -> Loaded:
    """Read files and resolve them for an environment. Unreadable content is a finding in its document.

    `spread` does the same work for many files: `map`, or several processes.
    """
    texts = [(read_bytes(path, name), name) for path, name in zip(files, map(relative_name, files), strict=True)]
    documents = tuple(spread(_parse, texts))
    return assemble(project, environment, documents)


def _parse(text: tuple[bytes, str]) -> Document:
    return parse_bytes(*text)


def assemble(project: Project, environment: Environment | None, documents: Sequence[Document]) -> Loaded:
    """Make workflows of documents."""
    variables = environment.variables if environment is not None else {}
    read_file = text_reader(project)
    workflows: list[Workflow] = []
    absent: dict[str, Workflow] = {}
    for document in documents:
        # A file whose trouble is in one place (a phone number that lost its plus) is checked to its end all the same.
        if not isinstance(document.value, dict):
            continue
        workflow = load_workflow(document, variables=variables, read_file=read_file, environment=environment)
        if lives_in(workflow, environment):
            workflows.append(workflow)
        else:
            absent[workflow.key] = workflow
    return Loaded(documents=tuple(documents), workflows=tuple(workflows), absent=absent)


def load_workflow(
    document: Document,
    *,
    variables: Mapping[str, object] | None = None,
    read_file: ReadFile | None = None,
    key: str | None = None,
    environment: Environment | None = None,
) -> Workflow:
    """A document as a workflow; its value must be a mapping."""
    value = document.value if isinstance(document.value, dict) else {}
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    sent = {name: item for name, item in value.items() if name != "metadata"}
    resolved = _resolved(document, sent, variables or {}, read_file)
    smoke = _smoke_test(document, metadata, variables or {}, read_file)
    borrowing = [found for found in (resolved, smoke) if found is not None]
    body = sent if resolved is None else resolved.template
    body = body if isinstance(body, dict) else {}
    declared = metadata.get("key")
    key = key or (declared if isinstance(declared, str) and declared else stem(document.file))
    override = environment.overrides.get(key, {}) if environment is not None else {}
    if "status" in override:
        body = {**body, "status": override["status"]}
    return Workflow(
        key=key,
        document=document,
        body=body,
        metadata={
            **metadata,
            **({"protect": override["protect"]} if "protect" in override else {}),
            **({"smoke": smoke.template} if smoke is not None else {}),
        },
        secrets={} if resolved is None else resolved.secrets,
        variables=frozenset().union(*(found.variables for found in borrowing)),
        problems=tuple(problem for found in borrowing for problem in found.problems),
        steps=(steps := read_steps(document, body)),
        by_id={step.id: step for step in reversed(steps) if step.id is not None},
    )


def _resolved(
    document: Document,
    value: object,
    variables: Mapping[str, object],
    read_file: ReadFile | None,
    place: Path = (),
) -> Resolved | None:
    """A value of a document with its references resolved; None where it cannot hold any."""
    # A reference is written out, or spelled with escapes.
    if "${" not in document.text and "\\" not in document.text:
        return None
    from deployer.source.references import resolve  # most files refer to nothing

    return resolve(value, variables, read_file, place)


def _smoke_test(
    document: Document, metadata: Body, variables: Mapping[str, object], read_file: ReadFile | None
) -> Resolved | None:
    """`metadata.smoke` with the references in its payload resolved; None where it holds none."""
    smoke = metadata.get("smoke")
    if not isinstance(smoke, dict) or "payload" not in smoke:
        return None
    place: Path = ("metadata", "smoke", "payload")
    resolved = _resolved(document, smoke["payload"], variables, read_file, place)
    if resolved is None:
        return None
    from deployer.source.references import ReferenceProblem, shown

    # What starts an instance stays with it, for everybody to see who may look.
    told = tuple(
        ReferenceProblem(
            rule="invalid-reference", path=path, key=False, part=None,
            message=f"secret `{name}` cannot stand in the payload of a smoke test: its instance shows it to everybody",
        )
        for name, paths in resolved.secrets.items() for path in paths
    )  # fmt: skip
    template = {**smoke, "payload": shown(resolved.template)}
    return replace(resolved, template=template, problems=(*resolved.problems, *told))


def stem(file: str) -> str:
    """A file's name without folder and suffix."""
    name = file.rsplit("/", 1)[-1]
    head, dot, _ = name.rpartition(".")
    return head if dot and head else name


def lives_in(workflow: Workflow, environment: Environment | None) -> bool:
    """Whether `metadata.environments` admits this environment; absent means all."""
    names = workflow.metadata.get("environments")
    return environment is None or not isinstance(names, list) or environment.name in names


def text_reader(project: Project) -> ReadFile | None:
    """Reads `${file.PATH}` of a project; None without a project."""
    if project.document is None:
        return None

    def read_text(name: str) -> str:
        path = project.root / name
        if FilePath(name).is_absolute() or ".." in FilePath(name).parts or not stays_inside(path, project.root):
            note_doubt()
            raise ValueError(f"`{name}` leads out of the project")
        if any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(project.root)):
            note_doubt()
            raise ValueError(f"`{name}` is reached by a symbolic link; name the text file itself")
        try:
            data = path.read_bytes()
        except OSError:
            note_doubt()
            raise ValueError(f"no readable file `{name}` in the project (paths start at deployer.yaml)") from None
        note_file(path, data)
        if len(data) > MAX_TEXT_FILE:
            raise ValueError(f"`{name}` is larger than {MAX_TEXT_FILE:,} bytes")
        from deployer.source.references import TextFile

        try:
            return TextFile(data.decode("utf-8-sig"), relative_name(path))
        except UnicodeDecodeError:
            raise ValueError(f"`{name}` is not UTF-8 text") from None

    return read_text


def check_file(path: FilePath) -> None:
    """Raise ConfigurationError for a path that a user named and that cannot be a workflow file."""
    if not path.exists():
        raise ConfigurationError(f"{relative_name(path)}: no such file or folder")
    root = find_root(path.absolute().parent)
    if root is not None and path.is_symlink() and not stays_inside(path, root):
        raise leads_out(path)
    if path.is_file() and not is_workflow_file(path):
        raise ConfigurationError(
            f"{relative_name(path)}: not a workflow file (yaml, yml or json; `*.test.*` and hidden files never are)"
        )
