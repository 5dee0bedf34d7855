"""Check test files without running them: for `validate`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.finding import Finding
from deployer.operations.selection import Chosen
from deployer.record import record
from deployer.source.case_files import case_file_of, case_files, case_files_below, is_case_file, open_case_file
from deployer.source.document import Document
from deployer.source.project import CONFIG_NAME, Environment, Project, matches, relative_name

if TYPE_CHECKING:
    from deployer.lint.cases import Surroundings
    from deployer.source.case_file import CaseFile


@record
class Apart:
    """Selectors by what they mean."""

    workflows: tuple[str, ...]
    tests: tuple[str, ...]
    """Paths of test files, and globs that mean nothing else."""


def apart(project: Project, selectors: Sequence[str]) -> Apart:
    """Take the selectors of test files out of the others, which `choose` then understands."""
    tests = tuple(selector for selector in selectors if _is_of_tests(project, selector))
    return Apart(workflows=tuple(selector for selector in selectors if selector not in tests), tests=tests)


def _is_of_tests(project: Project, selector: str) -> bool:
    path = Path(selector)
    if path.is_file():
        return is_case_file(path)
    globs = ".test." in selector and any(mark in selector for mark in "*?[")
    return globs and any(matches(selector, "", relative_name(file)) for file in case_files(project))


def check_cases(
    project: Project,
    environment: Environment,
    chosen: Chosen,
    selectors: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    changed: Collection[Path] | None = None,
) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """The test files that belong to the chosen workflows, or that `selectors` name, and what is wrong with them.

    A file that names no workflow of the project belongs to all of them. With `selectors` and no selector for
    workflows, the named ones are all. Of `changed` (absolute paths) those count that changed themselves, or whose
    workflow did, or a file that they include. Raises ConfigurationError for a file that cannot be opened.
    """
    candidates = _candidates(project, (*chosen.selectors, *selectors))
    if not candidates:
        return (), ()
    from deployer.lint.cases import check_case_file  # not every project has tests

    around = _around(project, environment, chosen)
    changes = None if changed is None else _Changes.of(project, chosen, changed)
    keys = frozenset() if selectors and not chosen.selectors else _keys(chosen)
    everyone = chosen.whole and not selectors
    files: list[Path] = []
    findings: list[Finding] = []
    for path in candidates:
        file = open_case_file(project, path)
        name = relative_name(path)
        named = _match((*chosen.selectors, *selectors), "", name)
        meant = named or file.workflow in keys or (everyone and file.workflow not in around.workflows)
        if not meant or _match(exclude, file.workflow, name) or (changes and not changes.concern(file, path)):
            continue
        files.append(path)
        findings += check_case_file(file, around)
    return tuple(files), tuple(findings)


def check_cases_of(
    project: Project, environment: Environment, chosen: Chosen, document: Document
) -> tuple[Finding, ...]:
    """What is wrong with a test file that is only a document yet, among the chosen workflows; its name says where
    it will be."""
    from deployer.lint.cases import check_case_file

    file = case_file_of(project, document, Path(document.file))
    return check_case_file(file, _around(project, environment, chosen))


def _around(project: Project, environment: Environment, chosen: Chosen) -> Surroundings:
    from deployer.lint.cases import Surroundings

    workflows = {item.key: item for item in (*chosen.loaded.workflows, *chosen.loaded.absent.values())}
    return Surroundings(workflows=workflows, environments=frozenset((*project.environments, environment.name)))


def _candidates(project: Project, selectors: Sequence[str]) -> list[Path]:
    """The project's test files, and those that a selector names beside them."""
    found = set(case_files(project))
    for path in map(Path, selectors):
        if path.is_dir():
            found.update(file.resolve() for file in case_files_below(path))
        elif is_case_file(path) and path.is_file():
            found.add(path.resolve())
    return sorted(found)


def _match(selectors: Sequence[str], key: str, name: str) -> bool:
    return any(matches(selector, key, name) for selector in selectors)


def _keys(chosen: Chosen) -> frozenset[str]:
    return frozenset(chosen.keys[document.file] for document in chosen.documents)


@record
class _Changes:
    """What changed, and whom that concerns."""

    paths: frozenset[Path]
    keys: frozenset[str]
    """Of the workflows that are concerned."""
    everything: bool

    @classmethod
    def of(cls, project: Project, chosen: Chosen, changed: Collection[Path]) -> _Changes:
        """The changes as they concern the chosen workflows."""
        paths = frozenset(path.resolve() for path in changed)
        from deployer.operations.changed import concerned

        few = concerned(project, chosen, paths)
        return cls(
            paths=paths,
            keys=_keys(few) if few is not None else frozenset(),
            everything=(project.root / CONFIG_NAME).resolve() in paths,
        )

    def concern(self, file: CaseFile, path: Path) -> bool:
        """Whether the test file may say something else than before, or mean something else."""
        if self.everything or file.workflow in self.keys or path.resolve() in self.paths:
            return True
        value = file.document.value
        names = value.get("include") if isinstance(value, Mapping) else None
        included = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        return any((path.parent / name).resolve() in self.paths for name in included if "\0" not in name)
