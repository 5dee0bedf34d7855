"""The checks before an apply, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.operations.checkup import Check, Checkup, Verdict
from deployer.report.markdown.document import Block, block, table
from deployer.report.markdown.escape import prose


def table_block(checkup: Checkup) -> Block:
    """A table of what is wrong or could not be found out, or one line where all is well."""
    told = [check for check in checkup.checks if check.verdict is not Verdict.OK]
    if not told:
        return block([f"Preflight: {len(checkup.checks)} checks, all well."])
    return block(["Preflight:", "", *table(("check", "", "what", "remedy"), _rows(told))])


def _rows(checks: list[Check]) -> Iterator[tuple[str, str, str, str]]:
    for check in checks:
        yield check.name, check.verdict.value, prose(check.message, cell=True), prose(check.remedy or "", cell=True)
