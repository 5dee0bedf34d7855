"""A project: `deployer.yaml`, its environments, and the workflow files it names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path as FilePath

from deployer.cache import note_doubt, note_file, note_folder
from deployer.errors import ConfigurationError
from deployer.finding import Finding
from deployer.record import record
from deployer.source.document import Document, read
from deployer.source.root import CONFIG_NAME, RealPaths, find_root

__all__ = [
    "CONFIG_NAME",
    "DEFAULT_BASE_URL",
    "DEFAULT_WORKFLOWS",
    "SUFFIXES",
    "Environment",
    "Project",
    "ProjectError",
    "PruneLimits",
    "entry_means",
    "files_below",
    "find_root",
    "is_workflow_file",
    "matches",
    "open_project",
    "read_project",
    "relative_name",
    "workflow_files",
]  # fmt: skip

DEFAULT_BASE_URL = "https://automation.8x8.com"
DEFAULT_WORKFLOWS = ("workflows",)
SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_ENDINGS = tuple(SUFFIXES)


class ProjectError(ConfigurationError):
    """`deployer.yaml` says something impossible. Every problem is a finding with a place."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


@record
class Environment:
    """A named target."""

    name: str
    account: str
    base_url: str = DEFAULT_BASE_URL
    emulator: bool = False
    """The API runs in this process and needs no key."""
    emulator_settings: tuple[str, ...] = ()
    """`name=value` settings of that emulator."""
    api_key_env: str = "DEPLOYER_API_KEY"
    variables: Mapping[str, object] = field(default_factory=dict)
    """By name; a mapping holds variables with a dot in their name."""
    variable_files: tuple[str, ...] = ()
    """Files of the project with further variables, weaker than `variables`; later ones win."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each variable's value comes from, by dotted name."""
    protect: bool = False
    """Writing needs the environment's name typed."""
    state: str = "auto"
    """`auto`, `git` or `file`."""
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Per key: `status` and `protect` in this environment."""


@record
class PruneLimits:
    """How much a run may end before it stops."""

    max_share: float = 0.2
    """Share of the bound definitions, from 0 to 1."""
    max_count: int = 5


@record
class Project:
    """Where a project stands and what its `deployer.yaml` says."""

    root: FilePath
    document: Document | None = field(repr=False)
    """`deployer.yaml`; None without a project."""
    workflows: tuple[str, ...] = DEFAULT_WORKFLOWS
    default_environment: str = "local"
    environments: Mapping[str, Environment] = field(default_factory=dict)
    rules: Mapping[str, object] = field(default_factory=dict)
    allow_step_types: frozenset[str] = frozenset()
    functions_file: str | None = None
    """A real account's functions, saved: in place of the built-in list."""
    time_zones_file: str | None = None
    """A real account's time zones, saved."""
    unmanaged_ignore: tuple[str, ...] = ()
    """Ids or name globs of definitions that are known to live without a file."""
    prune: PruneLimits = PruneLimits()

    def environment(self, name: str | None) -> Environment:
        """The environment of that name, or the default one.

        Raises ConfigurationError that names the known ones.
        """
        wanted = name or self.default_environment
        found = self.environments.get(wanted)
        if found is not None:
            return found
        if not self.environments and wanted == "local":
            return Environment(name="local", account="local", emulator=True)
        known = ", ".join(sorted(self.environments)) or "none"
        if name is None:
            raise ConfigurationError(
                f"which environment? {CONFIG_NAME} declares: {known}",
                hint=f"Give `--env NAME`, or set `defaultEnvironment` in {CONFIG_NAME}.",
            )
        from difflib import get_close_matches

        near = get_close_matches(wanted, self.environments, 1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Declare it under `environments` in {CONFIG_NAME}."
        raise ConfigurationError(f"unknown environment `{wanted}`; {CONFIG_NAME} declares: {known}", hint=hint)

    def folder(self, environment: Environment) -> FilePath:
        """`.deployer/<env>`, where local things of an environment live; ignored by Git."""
        return self.root / ".deployer" / environment.name


def open_project(start: FilePath) -> Project:
    """Read the project around `start`; without one, defaults apply with `start` as the root.

    Raises ProjectError with findings when `deployer.yaml` is not right.
    """
    root = find_root(start)
    if root is None:
        return Project(root=(start if start.is_dir() else start.parent).resolve(), document=None)
    path = root / CONFIG_NAME
    return read_project(read(path, relative_name(path)), root)


def read_project(document: Document, root: FilePath) -> Project:
    """What a `deployer.yaml` says, read from anywhere. Raises ProjectError with findings when it is not right."""
    from deployer.source.project_reader import ProjectReader  # not needed without a `deployer.yaml`

    return ProjectReader(document).project(root)


def relative_name(path: FilePath) -> str:
    """A file as the user would name it from where they stand, with `/`."""
    here = os.getcwd() + os.sep
    whole = str(path)
    if whole.startswith(here) and ".." not in whole:
        return whole[len(here) :].replace(os.sep, "/")
    try:
        name = os.path.relpath(path)
    except ValueError:  # another drive on Windows
        name = str(path)
    return FilePath(name).as_posix()


def workflow_files(project: Project, real: RealPaths | None = None) -> list[FilePath]:
    """Every workflow file that the project names, each once, sorted. `real` learns of links on the way.

    Raises ConfigurationError for an entry that leads out of the project or finds nothing.
    """
    real = RealPaths() if real is None else real
    found: dict[FilePath, None] = {}
    for entry in project.workflows:
        files = list(_entry_files(project, entry, real))
        explicit = project.document is not None and project.workflows != DEFAULT_WORKFLOWS
        if not files and explicit and not (project.root / entry).is_dir():
            raise ConfigurationError(
                f"{relative_name(project.root / CONFIG_NAME)}: workflows: `{entry}` matches no file or folder"
            )
        for file in files:
            found[file] = None
    return sorted(found)


def _entry_files(project: Project, entry: str, real: RealPaths) -> Iterator[FilePath]:
    root = project.root
    pattern = FilePath(entry)
    if pattern.is_absolute() or ".." in pattern.parts:
        raise ConfigurationError(f"{CONFIG_NAME}: workflows: `{entry}` leads out of the project")
    target = root / entry
    if any(character in entry for character in "*?["):
        note_doubt()  # what a pattern went through is not noted
        there = sorted(path for path in root.glob(entry) if path.is_file() and not _is_hidden(path, root))
        candidates = [path for path in there if is_workflow_file(path)]
    elif target.is_dir():
        candidates = list(files_below(target, real))
    elif target.is_file():
        candidates = [target] if is_workflow_file(target) else []
    else:
        candidates = []
        note_file(target, None)
    inside = real.of(root)
    for path in candidates:
        if not real.within(path, inside):
            raise leads_out(path)
        yield path


def _is_hidden(path: FilePath, root: FilePath) -> bool:
    """Whether a folder on the way begins with a dot: `**/*.yaml` does not mean `.github` and `.venv`."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def entry_means(entry: str, name: str) -> bool:
    """Whether an entry of `workflows` means a file, by its path in the project; for files that are not on the disk."""
    parts = FilePath(entry).parts
    if any(character in entry for character in "*?["):
        return _glob_means(parts, FilePath(name).parts)
    return FilePath(name).parts[: len(parts)] == parts


def _glob_means(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """As `Path.glob` reads a pattern: `**` is any number of folders, `*` stays within one name."""
    if not pattern or not parts:
        return not pattern and not parts
    if pattern[0] == "**":
        return _glob_means(pattern[1:], parts) or _glob_means(pattern, parts[1:])
    return fnmatchcase(parts[0], pattern[0]) and _glob_means(pattern[1:], parts[1:])


def files_below(folder: FilePath, real: RealPaths | None = None) -> Iterator[FilePath]:
    """Workflow files in a folder and the folders in it, hidden ones left out. `real` learns which are no links.

    Raises ConfigurationError for a folder in it that is a symbolic link.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        note_doubt()
        return
    note_folder(folder, [entry.name for entry in entries])
    if real is not None:
        real.note_plain(folder, (entry.name for entry in entries if not entry.is_symlink()))
    folders = [entry for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]
    for entry in folders:
        if entry.is_symlink():
            raise _linked_folder(folder / entry.name)
    yield from (folder / entry.name for entry in entries if _is_workflow_name(entry.name) and not _is_folder(entry))
    for entry in folders:
        yield from files_below(folder / entry.name, real)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere we may look
        return False


def is_workflow_file(path: FilePath) -> bool:
    """yaml, yml and json count; hidden files, tests, our own configuration and state do not."""
    return _is_workflow_name(path.name)


def _is_workflow_name(name: str) -> bool:
    return (
        name.lower().endswith(_ENDINGS)
        and not name.startswith(".")
        and ".test." not in name
        and name != CONFIG_NAME
        and not (name.startswith("deployer.") and name.endswith(".lock.json"))
    )


def leads_out(path: FilePath) -> ConfigurationError:
    """A checked-out link may name any file of the machine that reads it, and what is read gets printed."""
    return ConfigurationError(
        f"{relative_name(path)} is a symbolic link that leads out of the project",
        hint="Put the file itself there, or remove the link.",
    )


def _linked_folder(path: FilePath) -> ConfigurationError:
    """Followed, it may lead out of the project or in a circle; skipped in silence, its workflows lose their file."""
    return ConfigurationError(
        f"{relative_name(path)} is a symbolic link to a folder, and such links are not followed",
        hint="Put the folder itself there, or name it under `workflows` in deployer.yaml.",
    )


def matches(selector: str, key: str, file: str) -> bool:
    """Whether a SEL (a key, a path or a glob of either) means this workflow."""
    return _fits(key, selector) or any(_means(name, file) for name in _names(selector))


def _names(selector: str) -> set[str]:
    """A selector's path as written, and as files are named: users and editors give absolute paths and links, too."""
    path = FilePath(selector)
    return {path.as_posix(), relative_name(path.resolve())} if path.exists() else {path.as_posix()}


def _means(path: str, file: str) -> bool:
    return path in {file, "."} or file.startswith(f"{path.rstrip('/')}/") or _fits(file, path)


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or (any(mark in pattern for mark in "*?[") and fnmatchcase(name, pattern))
