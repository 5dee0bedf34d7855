"""Check files, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deployer.errors import DeployerError
from deployer.finding import Finding, Severity
from deployer.lint.account import read_functions, read_time_zones
from deployer.lint.check import LintSettings, check, lint_settings
from deployer.operations.selection import Chosen
from deployer.source.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What was found in how many files."""

    findings: tuple[Finding, ...]
    files: int

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(1 for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    def exit_code(self, *, strict: bool = False) -> int:
        """1 when there is an error, or with `strict` a warning."""
        return 1 if self.errors or (strict and self.findings) else 0


class InvalidFiles(DeployerError):
    """Files have errors, so nothing is planned or sent."""

    hint = "Mend these first; `deployer explain RULE` says more about a rule."

    def __init__(self, validation: Validation) -> None:
        count = validation.errors
        super().__init__(f"{count} error{'s' if count != 1 else ''} in the workflow files; nothing was sent")
        self.validation = validation


def settings_of(project: Project) -> LintSettings:
    """The rules as the project configures them. Raises ConfigurationError for an unknown rule."""
    functions = time_zones = None
    if project.functions_file is not None:
        functions = read_functions(project.root / project.functions_file, project.functions_file)
    if project.time_zones_file is not None:
        time_zones = read_time_zones(project.root / project.time_zones_file, project.time_zones_file)
    return lint_settings(project.rules, project.allow_step_types, functions=functions, time_zones=time_zones)


def validate(project: Project, chosen: Chosen) -> Validation:
    """Check the chosen files; the rest of the project is known to rules that compare files."""
    documents = chosen.documents
    findings = check(
        chosen.loaded.workflows,
        chosen.loaded.documents,
        settings=settings_of(project),
        selected={document.file for document in documents},
    )
    return Validation(findings=findings, files=len(documents))


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
