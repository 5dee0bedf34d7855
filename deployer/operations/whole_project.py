"""Validation of a project of many files: read, checked and dropped some at a time, by two processes.

Most files are plain: they say nothing that another file, another environment or a comment for us has a part in.
Of those no more is kept than their findings and what rules compare between files. The few others are read once
more, and are judged beside what was kept as any files are; so every file is judged once, and in one way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath

from deployer.cache import Notes, note_all, notes_apart
from deployer.errors import ConfigurationError
from deployer.finding import Finding, Severity
from deployer.lint.check import LintSettings, check, files_compared
from deployer.lint.families import OF_PROJECTS
from deployer.lint.ignores import Ignores
from deployer.operations.selection import Chosen
from deployer.operations.validate import judge, settings_of
from deployer.operations.validation import Validation
from deployer.record import record
from deployer.source.document import JSON, Document, parse_bytes, plain, read_bytes
from deployer.source.load import Loaded, assemble, load, stem
from deployer.source.project import Environment, Project, relative_name
from deployer.source.workflow import Workflow
from deployer.tuples import NamedTuple
from deployer.workers import spread

_BATCH = 25
"""Files held at a time."""
_ELSEWHERE = frozenset({"environments", "smoke"})
"""What `metadata` may say that is judged by more than the file."""


@record
class Whole:
    """What was found in which files."""

    validation: Validation
    files: tuple[str, ...]


class _Plain(NamedTuple):
    """What is kept of a plain file. A tuple, since thousands of them go from one process to another."""

    file: str
    key: str
    name: str | None
    trigger: str | None
    sub_account: str | None
    enabled: bool
    variables: tuple[frozenset[str], ...]
    """Those that it uses in each environment; nothing where it uses none at all."""


_Kept = Mapping[FilePath, _Plain | None]
"""By file, in their order; None for a file that is to be read once more."""


class _Passed(NamedTuple):
    """What is kept of some files."""

    kept: Sequence[_Plain | None]
    """In their order; None for a file that is to be read once more."""
    findings: Sequence[Finding]
    """About the plain ones, but for what shows between files."""
    notes: Notes | None
    """What was read, where somebody wants to know."""


def validate_whole(
    project: Project, environments: Sequence[Environment], files: Sequence[FilePath], *, complete: bool
) -> Whole | None:
    """All workflow files of a project, checked for its environments; the first of them is the one they are read for.

    None where too few files are plain: then the ordinary way is shorter. Raises ConfigurationError for a file that
    cannot be opened.
    """
    try:
        settings = settings_of(project)
    except ConfigurationError:
        return None  # the ordinary way comes upon it, too, in its own order
    return _Pass(project, environments, settings).over(files, complete=complete)


class _Pass:
    """One run over all files of a project."""

    def __init__(self, project: Project, environments: Sequence[Environment], settings: LintSettings) -> None:
        self._project = project
        self._environments = environments
        self._settings = settings
        # What shows between files is found in the end, when all are known.
        off = dict.fromkeys(OF_PROJECTS, Severity.OFF)
        self._settings_of_one = replace(settings, severities={**settings.severities, **off})

    def over(self, files: Sequence[FilePath], *, complete: bool) -> Whole | None:
        batches = [files[at : at + _BATCH] for at in range(0, len(files), _BATCH)]
        first = self._pass(batches[0])  # by one process, so that what both need is there for both
        if first.kept.count(None) > len(first.kept) // 2:
            return None
        passed = [first, *spread(self._pass, batches[1:], fewest=2)]
        for each in passed:
            if each.notes is not None:
                note_all(each.notes)
        kept = dict(zip(files, (one for each in passed for one in each.kept), strict=True))
        findings = [finding for each in passed for finding in each.findings]
        return self._judged(kept, findings, complete=complete)

    def _pass(self, files: Sequence[FilePath]) -> _Passed:
        with notes_apart() as notes:
            documents = [parse_bytes(read_bytes(file, name), name) for file in files for name in (relative_name(file),)]
            loaded = [assemble(self._project, each, documents) for each in self._environments]
            seen = [{workflow.file: workflow for workflow in each.workflows} for each in loaded]
            plain_ones: list[Workflow] = []
            kept: list[_Plain | None] = []
            for document in documents:
                here = [workflows.get(document.file) for workflows in seen]
                workflow = here[0]
                if workflow is None or not _is_plain(document, here):
                    kept.append(None)
                else:
                    plain_ones.append(workflow)
                    kept.append(_kept_of(workflow, here))
            findings = check(plain_ones, settings=self._settings_of_one)
        return _Passed(kept, findings, notes)

    def _judged(self, kept: _Kept, findings: Sequence[Finding], *, complete: bool) -> Whole:
        """Everything else that there is to say, once all files were seen."""
        stubs, again = self._read_again(kept)
        told = files_compared(_together(kept, stubs, again).workflows, self._settings)
        if not told.isdisjoint(stubs):
            kept = {file: None if one is not None and one.file in told else one for file, one in kept.items()}
            findings = [finding for finding in findings if finding.file not in told]
            stubs, again = self._read_again(kept)
        loaded = _together(kept, stubs, again)
        others = {
            each.name: _together(kept, _elsewhere(kept, stubs, number), assemble(self._project, each, again.documents))
            for number, each in enumerate(self._environments[1:], 1)
        }
        keys = {document.file: stem(document.file) for document in loaded.documents}
        keys |= {workflow.file: workflow.key for workflow in (*loaded.workflows, *loaded.absent.values())}
        chosen = Chosen(loaded=loaded, keys=keys)
        found = judge(self._project, chosen, self._settings, others, complete=complete, settled=stubs)
        both = sorted((*findings, *found), key=lambda item: (item.file, item.span, item.rule, item.message))
        return Whole(
            validation=Validation(findings=tuple(both), files=len(loaded.documents)),
            files=tuple(document.file for document in loaded.documents),
        )

    def _read_again(self, kept: _Kept) -> tuple[dict[str, Workflow], Loaded]:
        """What stands for the plain files, by their names, and the others as read."""
        files = [file for file, one in kept.items() if one is None]
        stubs = {one.file: _stub(one) for one in kept.values() if one is not None}
        return stubs, load(self._project, self._environments[0], files, spread=spread)


def _is_plain(document: Document, here: Sequence[Workflow | None]) -> bool:
    """Whether nothing but a workflow's own file decides what is found in it, in all environments."""
    return document.ok and Ignores(document).none and all(
        each is not None and not each.problems and _ELSEWHERE.isdisjoint(each.metadata) for each in here
    )  # fmt: skip


def _kept_of(workflow: Workflow, here: Sequence[Workflow | None]) -> _Plain:
    variables = tuple(frozenset[str]() if each is None else each.variables for each in here)
    return _Plain(
        workflow.file, workflow.key, workflow.name, workflow.trigger, workflow.sub_account, workflow.enabled,
        variables if any(variables) else (),
    )  # fmt: skip


def _stub(one: _Plain) -> Workflow:
    """A workflow with nothing in it but what is compared."""
    body: dict[str, JSON] = {
        "trigger": one.trigger, "subAccountId": one.sub_account, "status": "enabled" if one.enabled else "disabled",
        "definition": {"name": one.name},
    }  # fmt: skip
    return Workflow(
        key=one.key, document=replace(plain("", one.file), value=body), body=body, metadata={}, secrets={},
        variables=one.variables[0] if one.variables else frozenset(), problems=(), steps=(), by_id={},
    )  # fmt: skip


def _elsewhere(kept: _Kept, stubs: Mapping[str, Workflow], number: int) -> dict[str, Workflow]:
    """What stands for the plain files in another environment."""
    used = {one.file: one.variables[number] for one in kept.values() if one is not None and one.variables}
    return {**stubs, **{file: replace(stubs[file], variables=variables) for file, variables in used.items()}}


def _together(kept: _Kept, stubs: Mapping[str, Workflow], again: Loaded) -> Loaded:
    """All files in their order."""
    read = iter(again.documents)
    by_file = {**stubs, **{workflow.file: workflow for workflow in again.workflows}}
    documents = tuple(next(read) if one is None else stubs[one.file].document for one in kept.values())
    workflows = tuple(by_file[document.file] for document in documents if document.file in by_file)
    return Loaded(documents=documents, workflows=workflows, absent=again.absent)
