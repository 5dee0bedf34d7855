"""The baseline of `validate`: its file, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from deployer.errors import ConfigurationError
from deployer.finding import Finding
from deployer.lint.baseline import MAX_BYTES, Baseline, Comparison, compare, parse_baseline, render_baseline, renewed
from deployer.lint.registry import documented_rules
from deployer.record import record


@record
class Ledger:
    """A baseline file, and where the names in it start."""

    path: Path
    top: str

    def read(self) -> Baseline:
        """The baseline. Raises ConfigurationError when there is none, or something else."""
        try:
            with self.path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"--baseline {self.path}: no such file", hint="`--write-baseline` beside it writes one."
            ) from error
        except OSError as error:
            raise ConfigurationError(f"--baseline {self.path}: cannot be read: {error.strerror}") from error
        return parse_baseline(data, str(self.path))

    def compare(self, findings: Sequence[Finding], files: Sequence[str]) -> Comparison:
        """Findings beside the baseline; `files` are those that were looked at, named like the findings."""
        baseline = self.read()
        return compare(findings, baseline, checked={*files, *self._vanished(baseline)}, always=_always())

    def write(self, findings: Sequence[Finding], files: Sequence[str]) -> tuple[Baseline, Comparison]:
        """Write the baseline anew; what is left to report are findings that no baseline hides."""
        former = self.read() if self.path.exists() else Baseline()
        checked = {*files, *self._vanished(former)}
        baseline = renewed(findings, former, checked=checked, always=_always())
        try:
            self.path.write_text(render_baseline(baseline), encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigurationError(f"--baseline {self.path}: cannot be written: {error.strerror}") from error
        return baseline, compare(findings, baseline, checked=checked, always=_always())

    def _vanished(self, baseline: Baseline) -> set[str]:
        names = {debt.file for debt in baseline.debts}
        return {name for name in names if "\0" not in name and not os.path.lexists(os.path.join(self.top, name))}


def _always() -> frozenset[str]:
    """Rules whose findings nothing may hide: such a file cannot be sent."""
    return frozenset(name for name, rule in documented_rules().items() if not rule.adjustable)
