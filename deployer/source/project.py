"""A project: `deployer.yaml`, its environments, and the workflow files it names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from deployer.cache import note_doubt, note_file, note_folder
from deployer.errors import ConfigurationError
from deployer.finding import Finding, Path, Severity, dotted
from deployer.record import record
from deployer.regex import regex
from deployer.source.document import Document, read
from deployer.source.root import CONFIG_NAME, find_root
from deployer.steps import project_schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = [
    "CONFIG_NAME",
    "DEFAULT_BASE_URL",
    "DEFAULT_WORKFLOWS",
    "SUFFIXES",
    "Environment",
    "Project",
    "ProjectError",
    "PruneLimits",
    "RealPaths",
    "entry_means",
    "files_below",
    "find_root",
    "is_workflow_file",
    "matches",
    "open_project",
    "read_project",
    "relative_name",
    "stays_inside",
    "workflow_files",
]  # fmt: skip

DEFAULT_BASE_URL = "https://automation.8x8.com"
DEFAULT_WORKFLOWS = ("workflows",)
SUFFIXES = frozenset({".yaml", ".yml", ".json"})

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_VARIABLE_PART = regex(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_ENVIRONMENT_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


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
    return _Reader(document).project(root)


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


def workflow_files(project: Project) -> list[FilePath]:
    """Every workflow file that the project names, each once, sorted.

    Raises ConfigurationError for an entry that leads out of the project or finds nothing.
    """
    found: dict[FilePath, None] = {}
    for entry in project.workflows:
        files = list(_entry_files(project, entry))
        explicit = project.document is not None and project.workflows != DEFAULT_WORKFLOWS
        if not files and explicit and not (project.root / entry).is_dir():
            raise ConfigurationError(
                f"{relative_name(project.root / CONFIG_NAME)}: workflows: `{entry}` matches no file or folder"
            )
        for file in files:
            found[file] = None
    return sorted(found)


def _entry_files(project: Project, entry: str) -> Iterator[FilePath]:
    root = project.root
    pattern = FilePath(entry)
    if pattern.is_absolute() or ".." in pattern.parts:
        raise ConfigurationError(f"{CONFIG_NAME}: workflows: `{entry}` leads out of the project")
    target = root / entry
    if any(character in entry for character in "*?["):
        note_doubt()  # what a pattern went through is not noted
        candidates = sorted(path for path in root.glob(entry) if path.is_file() and not _is_hidden(path, root))
    elif target.is_dir():
        candidates = list(files_below(target))
    else:
        candidates = [target] if target.is_file() else []
        if not candidates:
            note_file(target, None)
    real = RealPaths()
    inside = real.of(root)
    for path in candidates:
        if not is_workflow_file(path):
            continue
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


def files_below(folder: FilePath) -> Iterator[FilePath]:
    """Workflow files in a folder and the folders in it, hidden ones left out.

    Raises ConfigurationError for a folder in it that is a symbolic link.
    """
    for base, folders, files in os.walk(folder, onerror=lambda _: note_doubt()):
        note_folder(base, [*folders, *files])
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if os.path.islink(os.path.join(base, name)):
                raise _linked_folder(FilePath(base, name))
        yield from (FilePath(base, name) for name in sorted(files) if _is_workflow_name(name))


def is_workflow_file(path: FilePath) -> bool:
    """yaml, yml and json count; hidden files, tests, our own configuration and state do not."""
    return _is_workflow_name(path.name)


def _is_workflow_name(name: str) -> bool:
    return (
        os.path.splitext(name)[1].lower() in SUFFIXES
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


def stays_inside(path: FilePath, root: FilePath) -> bool:
    """Whether a path, symbolic links followed, is within the project."""
    return path.resolve().is_relative_to(root.resolve())


class RealPaths:
    """Paths without symbolic links. Of the files in one folder only the first is followed all the way."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._within: dict[tuple[str, FilePath], bool] = {}

    def of(self, path: FilePath) -> FilePath:
        """Where a path leads."""
        folder, name = os.path.split(path)
        if name in {"", ".", ".."} or os.path.islink(path):
            return path.resolve()
        real = self._real(folder)
        return path if real == folder else FilePath(real, name)

    def within(self, file: FilePath, folder: FilePath) -> bool:
        """Whether a file, links followed, lies below a folder without links."""
        above, name = os.path.split(file)
        if name in {"", ".", ".."} or os.path.islink(file):
            return file.resolve().is_relative_to(folder)
        known = self._within.get((above, folder))
        if known is None:
            known = self._within[above, folder] = FilePath(self._real(above)).is_relative_to(folder)
        return known

    def _real(self, folder: str) -> str:
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        return real


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


class _Reader:
    """Turns the document into a Project; gathers every problem before it gives up."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = [item for item in document.findings if item.severity is Severity.ERROR]

    def project(self, root: FilePath) -> Project:
        value = self.document.value
        if not self.findings and not isinstance(value, dict):
            self.report((), "deployer.yaml is a mapping with `version: 1` and `environments`")
        self.stop_on_findings()
        assert isinstance(value, dict)  # noqa: S101  (for the type checker; reported above)
        self.known(
            value, (), ("version", "workflows", "defaultEnvironment", "environments", "rules", "validation",
                        "unmanaged", "prune"),
        )  # fmt: skip
        version = value.get("version", 1)
        if isinstance(version, bool) or version != 1:
            self.report(("version",), f"version {version!r} is not known here; this program reads version 1")
        environments = self.environments(value.get("environments"))
        default = self.text(value, ("defaultEnvironment",)) or self.default(environments)
        if "defaultEnvironment" in value and environments and default not in environments:
            self.report(
                ("defaultEnvironment",), f"`{default}` is not among the environments: {', '.join(environments)}"
            )
        workflows = self.texts(value, ("workflows",))
        validation = self.mapping(value, ("validation",))
        self.known(validation, ("validation",), ("allowStepTypes", "functions", "timeZones"))
        unmanaged = self.mapping(value, ("unmanaged",))
        self.known(unmanaged, ("unmanaged",), ("ignore",))
        project = Project(
            root=root,
            document=self.document,
            workflows=workflows or DEFAULT_WORKFLOWS,
            default_environment=default,
            environments=environments,
            rules=self.rules(value),
            allow_step_types=frozenset(self.texts(validation, ("validation", "allowStepTypes"))),
            functions_file=self.text(validation, ("validation", "functions")),
            time_zones_file=self.text(validation, ("validation", "timeZones")),
            unmanaged_ignore=self.texts(unmanaged, ("unmanaged", "ignore")),
            prune=self.prune(self.mapping(value, ("prune",))),
        )
        self.stop_on_findings()
        return project

    def default(self, environments: Mapping[str, Environment]) -> str:
        return next(iter(environments)) if len(environments) == 1 else "local"

    def prune(self, value: Mapping[str, object]) -> PruneLimits:
        self.known(value, ("prune",), ("maxShare", "maxCount"))
        share, count = value.get("maxShare", 0.2), value.get("maxCount", 5)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            self.report(("prune", "maxShare"), "maxShare is a number from 0 to 1")
            share = 0.0
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            self.report(("prune", "maxCount"), "maxCount is a whole number from 0")
            count = 0
        return PruneLimits(max_share=float(share), max_count=count)

    def environments(self, value: object) -> dict[str, Environment]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report(("environments",), "environments is a mapping: a name, then its settings")
            return {}
        result: dict[str, Environment] = {}
        for name, settings in value.items():
            path: Path = ("environments", name)
            if not name or any(character not in _ENVIRONMENT_NAME for character in name) or len(name) > 64:
                self.report(
                    path, f"`{name}` cannot name an environment: letters, digits, `_` and `-`, at most 64", key=True
                )
            elif settings is not None and not isinstance(settings, dict):
                self.report(path, f"environment `{name}` is a mapping, such as {{ emulator: true }}")
            else:
                result[name] = self.environment(name, settings or {}, path)
        return result

    def environment(self, name: str, value: Mapping[str, object], path: Path) -> Environment:
        self.known(
            value, path, ("accountId", "baseUrl", "emulator", "apiKeyEnv", "vars", "varFiles", "protect", "state",
                          "overrides"),
        )  # fmt: skip
        emulator, settings = self.emulator(value.get("emulator", False), (*path, "emulator"))
        account = self.text(value, (*path, "accountId"))
        if not emulator and value.get("accountId") is None:
            self.report(path, f"environment `{name}` needs an accountId (or `emulator: true`)", key=True)
        if emulator and "baseUrl" in value:
            self.report((*path, "baseUrl"), "an emulator environment runs in this process and has no baseUrl")
        key_env = self.text(value, (*path, "apiKeyEnv")) or "DEPLOYER_API_KEY"
        if not key_env.startswith("DEPLOYER_API_KEY"):
            # A configuration from a fork must not be able to send some other variable's value.
            self.report((*path, "apiKeyEnv"), f"`{key_env}`: the variable's name must begin with DEPLOYER_API_KEY")
        state = self.text(value, (*path, "state")) or "auto"
        if state not in {"auto", "git", "file"}:
            self.report((*path, "state"), f"`{state}` is no back end; write auto, git or file")
        self.variables(value.get("vars"), (*path, "vars"))
        return Environment(
            name=name,
            account=account or name,
            base_url=self.text(value, (*path, "baseUrl")) or DEFAULT_BASE_URL,
            emulator=emulator,
            emulator_settings=settings,
            api_key_env=key_env,
            variables=self.mapping(value, (*path, "vars")),
            variable_files=self.texts(value, (*path, "varFiles")),
            protect=self.flag(value, (*path, "protect")),
            state=state,
            overrides=self.overrides(value, path),
        )

    def emulator(self, value: object, path: Path) -> tuple[bool, tuple[str, ...]]:
        if isinstance(value, bool):
            return value, ()
        if isinstance(value, dict):
            self.emulator_settings(value, path)
            return True, tuple(f"{name}={_setting(setting)}" for name, setting in value.items())
        self.report(path, "emulator is true, false, or a mapping of emulator settings")
        return True, ()

    def emulator_settings(self, value: Mapping[str, object], path: Path) -> None:
        """The emulator's own room reads them; what they may be stands in the schema of this file."""
        if not value:
            return
        from jsonschema import Draft7Validator  # heavy, and few projects set anything here

        schema = project_schema()
        settings = schema["definitions"]["emulator"]["properties"]
        self.known(value, path, tuple(settings))
        for name, setting in value.items():
            checker = Draft7Validator({**settings.get(name, {}), "definitions": schema["definitions"]})
            for error in checker.iter_errors(setting):
                self.report((*path, name), f"{name} cannot be {setting!r}: {_legal(error)}")
                break

    def rules(self, value: Mapping[str, object]) -> dict[str, object]:
        found = self.mapping(value, ("rules",))
        for name, chosen in found.items():
            word = chosen.get("severity", "off") if isinstance(chosen, dict) else chosen
            # A YAML 1.1 writer may have turned a bare `off` into false.
            if word is not False and (not isinstance(word, str) or word not in tuple(Severity)):
                place = ("rules", name, "severity") if isinstance(chosen, dict) else ("rules", name)
                self.report(place, "write off, warning or error")
        return found

    def variables(self, value: object, path: Path) -> None:
        """Names that a reference can spell; a name below another one may begin with a digit."""
        if isinstance(value, dict):
            for name, item in value.items():
                if not (_VARIABLE if path[-1] == "vars" else _VARIABLE_PART).fullmatch(name):
                    self.report((*path, name), f"`{name}` cannot name a variable: letters, digits, `_` and `-`",
                                key=True)  # fmt: skip
                self.variables(item, (*path, name))

    def overrides(self, value: Mapping[str, object], path: Path) -> dict[str, Mapping[str, object]]:
        result: dict[str, Mapping[str, object]] = {}
        for key, settings in self.mapping(value, (*path, "overrides")).items():
            place = (*path, "overrides", key)
            if not isinstance(settings, dict):
                self.report(place, f"overrides of `{key}` are a mapping of status and protect")
                continue
            self.known(settings, place, ("status", "protect"))
            if settings.get("status", "enabled") not in {"enabled", "disabled"}:
                self.report((*place, "status"), "status is enabled or disabled")
            self.flag(settings, (*place, "protect"))
            result[key] = settings
        return result

    def known(self, value: Mapping[str, object], path: Path, names: Sequence[str]) -> None:
        for name in value:
            if name not in names:
                from difflib import get_close_matches

                near = get_close_matches(name, names, 1)
                meant = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}"
                self.report(
                    (*path, name), f"unknown setting `{name}`{meant}", key=True, suggestion=near[0] if near else None
                )

    def text(self, value: Mapping[str, object], path: Path) -> str | None:
        item = value.get(str(path[-1]))
        if item is not None and (not isinstance(item, str) or not item):
            self.report(path, f"{path[-1]} is a text")
            return None
        return item

    def flag(self, value: Mapping[str, object], path: Path) -> bool:
        item = value.get(str(path[-1]), False)
        if not isinstance(item, bool):
            self.report(path, f"{path[-1]} is true or false")
            return True
        return item

    def texts(self, value: Mapping[str, object], path: Path) -> tuple[str, ...]:
        item = value.get(str(path[-1]))
        if item is None:
            return ()
        if not isinstance(item, list) or not all(isinstance(entry, str) and entry for entry in item):
            self.report(path, f"{path[-1]} is a list of texts")
            return ()
        return tuple(str(entry) for entry in item)

    def mapping(self, value: Mapping[str, object], path: Path) -> dict[str, object]:
        item = value.get(str(path[-1]))
        if item is None:
            return {}
        if not isinstance(item, dict):
            self.report(path, f"{path[-1]} is a mapping")
            return {}
        return dict(item)

    def report(self, path: Path, message: str, *, key: bool = False, suggestion: str | None = None) -> None:
        span = self.document.span(path, key=key)
        self.findings.append(
            Finding(
                rule="project-configuration",
                severity=Severity.ERROR,
                message=f"{dotted(path)}: {message}" if path and not key else message,
                file=self.document.file,
                span=span,
                path=path,
                suggestion=suggestion,
            )
        )

    def stop_on_findings(self) -> None:
        if self.findings:
            from deployer.source.excerpts import with_lines  # whoever makes no mistakes does not pay for it

            shown, count = with_lines(self.document, self.findings), len(self.findings)
            raise ProjectError(f"{self.document.file}: {count} error{'s' if count > 1 else ''}", shown)


_TYPES = {"boolean": "true or false", "number": "a number", "integer": "a whole number"}


def _legal(error: ValidationError) -> str:
    """What would be right, by the word of the schema that is not met."""
    legal = error.validator_value
    if error.validator == "enum" and isinstance(legal, list):
        return "write " + " or ".join(map(str, legal))
    if error.validator == "type":
        return f"write {_TYPES.get(str(legal), legal)}"
    limits = {"minimum": f"at least {legal}", "maximum": f"at most {legal}"}
    return limits.get(str(error.validator), "write a whole number from 1, or none")


def _setting(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
