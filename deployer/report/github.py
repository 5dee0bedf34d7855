"""Findings as workflow commands of GitHub Actions, which become annotations on a pull request.

Format and escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions and
the `command` module of https://github.com/actions/toolkit.
"""

from __future__ import annotations

from collections.abc import Sequence

from deployer.finding import Finding, Severity
from deployer.report.findings import help_for, printable, summary


def render(findings: Sequence[Finding], *, files: int) -> str:
    """A command a finding, then a line for the log. File names start at the repository's top."""
    lines = [_command(finding) for finding in findings]
    return "\n".join((*lines, summary(findings, files))) + "\n"


def _command(finding: Finding) -> str:
    span = finding.span
    places = [("file", finding.file), ("line", str(span.line))]
    if span.line == span.end_line:
        # GitHub takes columns for one line only.
        places += [("col", str(span.column)), ("endLine", str(span.line)), ("endColumn", str(span.end_column))]
    else:
        places += [("endLine", str(span.end_line))]
    properties = [*places, ("title", finding.rule)]
    name = "error" if finding.severity is Severity.ERROR else "warning"
    written = ",".join(f"{key}={_property(value)}" for key, value in properties)
    return f"::{name} {written}::{command_data(_message(finding))}"


def _message(finding: Finding) -> str:
    # The log shows the message alone, so it says the place again.
    place = f"{printable(finding.file)}:{finding.span.line}:{finding.span.column}"
    lines = [f"{place}: {printable(finding.message)} [{finding.rule}]"]
    if finding.suggestion is not None:
        lines.append(f"suggestion: {printable(finding.suggestion)}")
    lines.append(f"help: {help_for(finding.rule)}")
    return "\n".join(lines)


def command_data(text: str) -> str:
    """A message of a workflow command, so that it stays one command whatever it holds.

    The runner's older syntax, `##[command]`, is looked for anywhere in a line, so it is broken up.
    """
    text = text.replace("##[", "## [")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return command_data(printable(text)).replace(":", "%3A").replace(",", "%2C")
