"""What many files want, without holding them: read, checked, digested and dropped, some at a time, by two processes.

Thousands of documents at once take hundreds of megabytes, and a plan needs of nearly all of them a digest. What rules
compare between files is kept of each, so these rules see the whole project, too. Whatever is not plain (an error, an
ignore comment, a smoke test, text taken in from other files, files that rules object to together) makes the caller
read everything the ordinary way, which tells it in full.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

from deployer.finding import Finding, Severity
from deployer.lint.check import LintSettings, check, objects_to_some
from deployer.lint.environments import unknown_environments
from deployer.lint.ignores import Ignores
from deployer.operations.remembered_wants import FileWants, digest_of, folders_of, takes_in_text, wants_of_file
from deployer.operations.validate import settings_of
from deployer.record import record
from deployer.source.document import parse_bytes, plain, read_bytes
from deployer.source.load import Loaded, assemble
from deployer.source.project import Environment, Project, relative_name, workflow_files
from deployer.source.workflow import Workflow
from deployer.workers import FEWEST, spread

_BATCH = 25
"""Files held at a time."""


@record
class Lean:
    """What is kept of files without errors."""

    files: tuple[FileWants, ...]
    findings: tuple[Finding, ...]
    """Warnings, in the order of a validation."""
    folders: Mapping[str, Sequence[str]]
    """Names in every folder that files were looked for in, from before they were read."""


def read_lean(project: Project, environment: Environment) -> Lean | None:
    """All files of a project; None where they are few, or not plain. Raises as reading them one by one does."""
    folders = folders_of(project)
    paths = workflow_files(project)
    if folders is None or len(paths) < FEWEST:
        return None
    if any(str(path.parent) not in folders or path.is_symlink() for path in paths):
        return None
    reader = _Reader(project, environment, settings_of(project))
    batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
    first = reader.read(batches[0])  # by one process: what it takes to begin with is then there for both
    if first is None:
        return None
    read = [first, *spread(reader.read, batches[1:], fewest=2)]
    files: list[FileWants] = []
    findings: list[Finding] = []
    for batch in read:
        if batch is None:
            return None
        files += batch[0]
        findings += batch[1]
    if objects_to_some([_stub(one) for one in files if one.lives], reader.settings):
        return None
    findings.sort(key=lambda finding: (finding.file, finding.span, finding.rule, finding.message))
    return Lean(files=tuple(files), findings=tuple(findings), folders=folders)


class _Reader:
    def __init__(self, project: Project, environment: Environment, settings: LintSettings) -> None:
        self.project, self.environment, self.settings = project, environment, settings
        self._given_up = False

    def read(self, paths: Sequence[FilePath]) -> tuple[list[FileWants], tuple[Finding, ...]] | None:
        """A batch; None where a file is not plain."""
        found = None if self._given_up else self._read(paths)
        self._given_up = found is None
        return found

    def _read(self, paths: Sequence[FilePath]) -> tuple[list[FileWants], tuple[Finding, ...]] | None:
        texts = [(path, name, read_bytes(path, name)) for path, name in ((path, relative_name(path)) for path in paths)]
        documents = [parse_bytes(data, name) for _, name, data in texts]
        loaded = assemble(self.project, self.environment, documents)
        workflows = (*loaded.workflows, *loaded.absent.values())
        by_file = {workflow.file: workflow for workflow in workflows}
        if len(by_file) != len(paths) or not all(_is_plain(workflow) for workflow in workflows):
            return None
        findings = self._findings(loaded)
        if any(finding.severity is Severity.ERROR for finding in findings):
            return None
        lives = {workflow.file for workflow in loaded.workflows}
        files = [
            wants_of_file(os.path.abspath(path), digest_of(data), by_file[name], lives=name in lives)
            for path, name, data in texts
        ]
        return files, findings

    def _findings(self, loaded: Loaded) -> tuple[Finding, ...]:
        """As a validation of these files alone has them."""
        everything = (*loaded.workflows, *loaded.absent.values())
        names = list(self.project.environments)
        further = tuple(unknown_environments(everything, names)) if names else ()
        return check(loaded.workflows, loaded.documents, settings=self.settings, further=further)


def _is_plain(workflow: Workflow) -> bool:
    return (
        workflow.document.ok
        and not takes_in_text(workflow)
        and "smoke" not in workflow.metadata
        and Ignores(workflow.document).none
    )


def _stub(one: FileWants) -> Workflow:
    """A workflow with nothing in it but what rules compare between files."""
    key, name, trigger, sub_account, enabled = one.compared
    body = {
        "trigger": trigger, "subAccountId": sub_account, "status": "enabled" if enabled else "disabled",
        "definition": {"name": name},
    }  # fmt: skip
    return Workflow(
        key=str(key), document=plain("", one.file), body=body, metadata={}, secrets={}, variables=frozenset(),
        problems=(), steps=(), by_id={},
    )  # fmt: skip
