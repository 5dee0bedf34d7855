"""Check files, without a network."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence

from deployer.errors import ConfigurationError
from deployer.finding import Finding, Path, Severity
from deployer.lint.check import LintSettings, check
from deployer.lint.registry import Problem
from deployer.operations.selection import Chosen
from deployer.operations.validation import InvalidFiles, Validation
from deployer.source.load import Loaded, assemble
from deployer.source.project import Environment, Project, ProjectError
from deployer.source.workflow import Workflow
from deployer.workers import spread


def settings_of(project: Project) -> LintSettings:
    """The rules as the project configures them. Raises ProjectError with a finding for an unknown rule."""
    functions = time_zones = None
    if project.functions_file is not None or project.time_zones_file is not None:
        from deployer.lint.account import read_functions, read_time_zones
    if project.functions_file is not None:
        functions = read_functions(project.root / project.functions_file, project.functions_file)
    if project.time_zones_file is not None:
        time_zones = read_time_zones(project.root / project.time_zones_file, project.time_zones_file)
    if not project.rules:
        return LintSettings(allow_step_types=project.allow_step_types, functions=functions, time_zones=time_zones)
    from deployer.lint.settings import lint_settings  # most projects leave the rules as they are

    _must_be_known(project)
    return lint_settings(project.rules, project.allow_step_types, functions=functions, time_zones=time_zones)


def _must_be_known(project: Project) -> None:
    """Each rule by itself, so that the wrong ones can be shown at their places."""
    from deployer.lint.settings import lint_settings

    findings = []
    for name, chosen in project.rules.items():
        try:
            lint_settings({name: chosen})
        except ConfigurationError as error:
            if project.document is None:
                raise
            path: Path = ("rules", name)
            span = project.document.span(path, key=True)
            findings.append(Finding(
                rule="project-configuration", severity=Severity.ERROR, message=str(error), file=project.document.file,
                span=span, path=path,
            ))  # fmt: skip
    if findings and project.document is not None:
        from deployer.source.excerpts import with_lines

        raise ProjectError(f"{findings[0].file}: {findings[0].message}", with_lines(project.document, findings))


def validate(
    project: Project, chosen: Chosen, *, environments: Sequence[Environment] = (), complete: bool = False
) -> Validation:
    """Check the chosen files; the rest of the project is known to rules that compare files.

    `environments` are those to check beside the one that the files were read for: what they leave
    undefined, and workflows that live there alone. With them and `complete` (nothing was left out) the
    declared variables that nobody uses are told, too.
    """
    settings = settings_of(project)
    others = {each.name: assemble(project, each, chosen.loaded.documents) for each in environments}
    findings = judge(project, chosen, settings, others, complete=complete)
    return Validation(findings=findings, files=len(chosen.documents))


def judge(
    project: Project,
    chosen: Chosen,
    settings: LintSettings,
    others: Mapping[str, Loaded],
    *,
    complete: bool,
    settled: Container[str] = (),
) -> tuple[Finding, ...]:
    """What `validate` finds, with the files as `others`, the further environments by name, have them.

    Of the files that are `settled` somebody knows already what is wrong with each by itself.
    """
    selected = {document.file for document in chosen.documents}
    findings = check(
        chosen.loaded.workflows,
        chosen.loaded.documents,
        settings=settings,
        selected=selected,
        further=(*_of_environments(project, chosen, others, complete=complete), *_of_smoke_tests(chosen)),
        settled=settled,
        spread=spread,
    )
    if chosen.loaded.absent:
        # The reader's findings come twice.
        found = dict.fromkeys((*findings, *_of_absent(chosen, others, settings, selected)))
        findings = tuple(sorted(found, key=lambda finding: (finding.file, finding.span, finding.rule, finding.message)))
    return findings


def _of_smoke_tests(chosen: Chosen) -> Iterator[tuple[str, Problem]]:
    """What smoke tests would send. The engine is loaded only where there are any."""
    tested = [
        workflow
        for workflow in chosen.loaded.workflows
        if "smoke" in workflow.metadata and chosen.selected(workflow.key, workflow.file)
    ]
    if tested:
        from deployer.operations.check_smoke import check_smokes

        yield from check_smokes(tested, "account")


def _of_environments(
    project: Project, chosen: Chosen, others: Mapping[str, Loaded], *, complete: bool
) -> Iterator[tuple[str, Problem]]:
    if not (project.environments or others):
        return
    from deployer.lint.environments import (
        references_elsewhere,
        unknown_environments,
        unknown_overrides,
        unused_variables,
    )
    from deployer.source.variables import declarations

    def meant(loaded: Loaded) -> list[Workflow]:
        return [workflow for workflow in loaded.workflows if chosen.selected(workflow.key, workflow.file)]

    here = chosen.loaded
    if project.environments:
        everything = (*meant(here), *here.absent.values())
        yield from unknown_environments(everything, list(project.environments))
    checked = {workflow.file for workflow in here.workflows}
    shared = {
        name: [workflow for workflow in meant(loaded) if workflow.file in checked] for name, loaded in others.items()
    }
    yield from references_elsewhere(here.workflows, shared)
    loaded_by_name = {**others, **dict.fromkeys(project.environments.keys() - others.keys(), here)}
    readable = not here.unreadable and all(document.ok for document in here.documents)
    slips = (
        problem.rule == "undefined-variable"
        for loaded in loaded_by_name.values()
        for workflow in loaded.workflows
        for problem in workflow.problems
    )
    if complete and readable and project.document is not None:
        keys = frozenset(chosen.keys.values())
        yield from unknown_overrides(project.document, project.environments.values(), keys)
    # Where a reference is misspelt, the variable that it means is not left over.
    if complete and readable and not any(slips):
        used = {
            name: frozenset(variable for workflow in loaded.workflows for variable in workflow.variables)
            for name, loaded in loaded_by_name.items()
        }
        yield from unused_variables(declarations(project), used)


def _of_absent(
    chosen: Chosen, others: Mapping[str, Loaded], settings: LintSettings, selected: Collection[str]
) -> tuple[Finding, ...]:
    """Workflows that live in other environments only, each checked in the first of those."""
    left = {workflow.file for workflow in chosen.loaded.absent.values()} & set(selected)
    found: tuple[Finding, ...] = ()
    for loaded in others.values():
        now = left & {workflow.file for workflow in loaded.workflows}
        if now:
            documents = [workflow.document for workflow in loaded.workflows if workflow.file in now]
            found += check(loaded.workflows, documents, settings=settings, selected=now)
            left -= now
    return found


def must_be_valid(project: Project, chosen: Chosen) -> Validation:
    """Validate before a plan. Raises InvalidFiles."""
    validation = validate(project, chosen)
    if validation.errors:
        raise InvalidFiles(validation)
    return validation


def merged(validations: Sequence[Validation]) -> Validation:
    """Several projects checked in one run."""
    return Validation(
        findings=tuple(finding for validation in validations for finding in validation.findings),
        files=sum(validation.files for validation in validations),
    )
