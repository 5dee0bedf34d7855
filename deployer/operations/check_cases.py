"""Check test files without running them: for `validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deployer.finding import Finding
from deployer.lint.cases import Surroundings, check_case_file
from deployer.operations.selection import Chosen
from deployer.source.case_files import case_files, is_case_file, open_case_file
from deployer.source.project import Environment, Project


def check_cases(
    project: Project, environment: Environment, chosen: Chosen, selectors: Sequence[str] = ()
) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """The test files that belong to the chosen workflows, or that `selectors` name, and what is wrong with them.

    A file that names no workflow of the project belongs to all of them. Raises ConfigurationError for a file that
    cannot be opened.
    """
    workflows = {item.key: item for item in (*chosen.loaded.workflows, *chosen.loaded.absent.values())}
    around = Surroundings(workflows=workflows, environments=frozenset((*project.environments, environment.name)))
    meant = {chosen.keys[document.file] for document in chosen.documents}
    named = {path.resolve() for selector in selectors if is_case_file(path := Path(selector)) and path.is_file()}
    files: list[Path] = []
    findings: list[Finding] = []
    for path in sorted({*case_files(project), *named}):
        file = open_case_file(project, path)
        if path in named or file.workflow in meant or (chosen.whole and file.workflow not in workflows):
            files.append(path)
            findings += check_case_file(file, around)
    return tuple(files), tuple(findings)
