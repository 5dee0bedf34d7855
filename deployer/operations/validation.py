"""What `validate` found, as data: apart from the rules, which are heavy and not needed where nothing changed."""

from __future__ import annotations

from deployer.errors import DeployerError
from deployer.finding import Finding, Severity
from deployer.record import record


@record
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
