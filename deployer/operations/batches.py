"""Files read, checked, digested and dropped, some at a time, by two processes where they are many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path as FilePath

from deployer.finding import Finding, Severity
from deployer.lint.check import LintSettings, check, objects_to_some, surely_apart
from deployer.lint.environments import unknown_environments
from deployer.lint.ignores import Ignores
from deployer.operations.file_wants import Compared, FileWants, content_of, digest_of, takes_in_text, wants_of_file
from deployer.operations.validate import settings_of
from deployer.record import record
from deployer.source.document import parse_bytes, plain
from deployer.source.load import Loaded, assemble
from deployer.source.project import Environment, Project, relative_name
from deployer.source.workflow import Workflow
from deployer.workers import spread

_BATCH = 25
"""Files held at a time."""


@record
class ReadFiles:
    """What is kept of files without errors."""

    files: Mapping[str, FileWants]
    """By path."""
    findings: tuple[Finding, ...]
    """Warnings, in the order of a validation."""


class Batches:
    """Reads files of a project for an environment."""

    def __init__(self, project: Project, environment: Environment) -> None:
        self._project, self._environment = project, environment
        self._settings: LintSettings = settings_of(project)
        self._given_up = False

    def read(self, paths: Sequence[str], meanwhile: Callable[[], None] | None = None) -> ReadFiles | None:
        """These files; None where one of them is not plain. `meanwhile` is done while another process reads some."""
        batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
        first = [self._batch(batch) for batch in batches[:1]]  # by one: what both need is then there for both
        files: dict[str, FileWants] = {}
        findings: list[Finding] = []
        others = () if None in first else spread(self._batch, batches[1:], fewest=2, meanwhile=meanwhile)
        for batch in (*first, *others):
            if batch is None:
                return None
            files.update((one.path, one) for one in batch[0])
            findings += batch[1]
        findings.sort(key=lambda finding: (finding.file, finding.span, finding.rule, finding.message))
        return ReadFiles(files=files, findings=tuple(findings))

    def object_to(self, files: Collection[FileWants]) -> bool:
        """Whether a rule that compares files has something to say of these."""
        compared = [Compared(*one.compared) for one in files if one.lives]
        return not surely_apart(compared) and objects_to_some(
            [_stub(one) for one in files if one.lives], self._settings
        )

    def _batch(self, paths: Sequence[str]) -> tuple[list[FileWants], tuple[Finding, ...]] | None:
        found = None if self._given_up else self._read(paths)
        self._given_up = found is None
        return found

    def _read(self, paths: Sequence[str]) -> tuple[list[FileWants], tuple[Finding, ...]] | None:
        contents = [content_of(path) for path in paths]
        texts = [
            (path, relative_name(FilePath(path)), data)
            for path, data in zip(paths, contents, strict=True)
            if data is not None
        ]
        loaded = assemble(self._project, self._environment, [parse_bytes(data, name) for _, name, data in texts])
        workflows = (*loaded.workflows, *loaded.absent.values())
        by_file = {workflow.file: workflow for workflow in workflows}
        if len(by_file) != len(paths) or not all(_is_plain(workflow) for workflow in workflows):
            return None
        findings = self._findings(loaded)
        if any(finding.severity is Severity.ERROR for finding in findings):
            return None
        lives = {workflow.file for workflow in loaded.workflows}
        files = [wants_of_file(path, digest_of(data), by_file[name], lives=name in lives) for path, name, data in texts]
        return files, findings

    def _findings(self, loaded: Loaded) -> tuple[Finding, ...]:
        """As a validation of these files alone has them."""
        everything = (*loaded.workflows, *loaded.absent.values())
        names = list(self._project.environments)
        further = tuple(unknown_environments(everything, names)) if names else ()
        return check(loaded.workflows, loaded.documents, settings=self._settings, further=further)


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
