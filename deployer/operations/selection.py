"""SEL: keys, paths or globs of either, the same for every command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path as FilePath

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.source.document import Document
from deployer.source.load import Loaded, check_file, load, stem
from deployer.source.project import (
    Environment,
    Project,
    files_below,
    matches,
    open_project,
    relative_name,
    workflow_files,
)
from deployer.source.root import RealPaths, existing, find_root
from deployer.workers import spread


@record
class Chosen:
    """What a command works on: all files of the project, and which of them are meant."""

    loaded: Loaded
    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """File -> key, for every document."""

    @property
    def whole(self) -> bool:
        """Nothing was left out, so a command may speak of the whole environment."""
        return not self.selectors and not self.exclude

    def selected(self, key: str, file: str | None) -> bool:
        """Whether this workflow (or this bound key, without a file) is meant."""
        name = file or ""
        wanted = not self.selectors or any(matches(selector, key, name) for selector in self.selectors)
        return wanted and not any(matches(selector, key, name) for selector in self.exclude)

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that are meant, readable or not."""
        return tuple(
            document for document in self.loaded.documents if self.selected(self.keys[document.file], document.file)
        )


def by_project(selectors: Sequence[str]) -> Iterator[tuple[Project, Sequence[str]]]:
    """Selectors by the project that their path stands in; keys and globs mean the project around the user."""
    here = find_root(FilePath())
    roots = {str(path): find_root(path) for path in existing(selectors)}
    parts: dict[FilePath | None, list[str]] = {}
    for selector in selectors:
        root = roots.get(str(FilePath(selector)), here) if FilePath(selector).exists() else here
        parts.setdefault(root, []).append(selector)
    for root, part in (parts or {here: []}).items():
        yield open_project(root or FilePath()), part


def choose(
    project: Project,
    environment: Environment | None,
    selectors: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    known_keys: Collection[str] = (),
    need_files: bool = False,
) -> Chosen:
    """Read the project's files and those that `selectors` name beside them.

    `known_keys` are keys without a file that a selector may mean too. With `need_files`, finding no
    file at all is an error. Raises ConfigurationError for a selector that means nothing, and where
    `exclude` leaves nothing: an empty selection must not pass for success.
    """
    real = RealPaths()
    files = dict.fromkeys(files_of(project, real))
    for selector in selectors:
        files |= dict.fromkeys(_whole(path, real) for path in _named(selector))
    loaded = load(project, environment, list(files), spread=spread)
    keys = {document.file: stem(document.file) for document in loaded.documents}
    keys |= {workflow.file: workflow.key for workflow in (*loaded.workflows, *loaded.absent.values())}
    chosen = Chosen(loaded=loaded, selectors=tuple(selectors), exclude=tuple(exclude), keys=keys)
    for selector in (*selectors, *exclude):
        _must_mean_something(selector, keys, known_keys)
    if exclude and not chosen.documents and not any(chosen.selected(key, None) for key in known_keys):
        raise all_excluded(selectors)
    if need_files and not chosen.documents:
        raise no_files(project)
    return chosen


def no_files(project: Project) -> ConfigurationError:
    """The error for a project without any workflow: nothing to do must not pass for nothing wrong."""
    where = ", ".join(relative_name(project.root / entry) for entry in project.workflows)
    return ConfigurationError(
        f"no workflow files found in {where}",
        hint="Name files, or declare `workflows` in deployer.yaml; "
        "`deployer pull --all` makes files of what the account has.",
    )


def files_of(project: Project, real: RealPaths | None = None) -> list[FilePath]:
    """Every workflow file of a project once, links followed. Raises ConfigurationError as `workflow_files` does."""
    known = RealPaths() if real is None else real
    return followed(workflow_files(project, known), known)


def followed(files: Sequence[FilePath], real: RealPaths) -> list[FilePath]:
    """Files by one path each, links followed."""
    return list(dict.fromkeys(_whole(path, real) for path in files))


def _whole(path: FilePath, real: RealPaths) -> FilePath:
    """One path for one file; a link that leads nowhere keeps its own name, so that the error can tell it."""
    return path.absolute() if real.is_link(path) and not path.exists() else real.of(path)


def _named(selector: str) -> Iterable[FilePath]:
    path = FilePath(selector)
    if path.is_dir():
        return files_below(path)
    if path.is_file():
        check_file(path)
        return (path,)
    return ()


def _must_mean_something(selector: str, keys: Mapping[str, str], known_keys: Collection[str]) -> None:
    if any(matches(selector, key, file) for file, key in keys.items()):
        return
    if any(matches(selector, key, "") for key in known_keys):
        return
    path = FilePath(selector)
    if path.is_dir():
        raise ConfigurationError(f"{relative_name(path)}: no workflow files in this folder (yaml, yml or json)")
    if path.exists():
        check_file(path)
    raise nothing_means(selector, [*keys.values(), *keys, *known_keys])


def must_be_keys(keys: Collection[str], of_files: Collection[str], known_keys: Collection[str]) -> None:
    """Raise ConfigurationError for a key that no file and no binding has: a slip must not pass for a decision."""
    known = [*of_files, *known_keys]
    for key in keys:
        if key not in known:
            raise nothing_means(key, known)


def nothing_means(selector: str, names: Sequence[str]) -> ConfigurationError:
    """The error for a selector that means nothing; `names` are the keys and files there are."""
    from difflib import get_close_matches

    near = get_close_matches(selector, names, 1)
    hint = f"Did you mean `{near[0]}`?" if near else "A selector is a workflow's key, a path, or a glob of either."
    return ConfigurationError(f"`{selector}` is no workflow, file or folder here", hint=hint)


def all_excluded(selectors: Sequence[str]) -> ConfigurationError:
    """The error for a selection that `--exclude` leaves empty."""
    meant = "".join(f" {selector}" for selector in selectors)
    return ConfigurationError(
        f"nothing left to do: everything{meant} is excluded", hint="Take something out of --exclude."
    )
