"""Findings in Markdown: a sentence, a table, and the lines of the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deployer.finding import Finding, Severity
from deployer.report.findings import described, summary
from deployer.report.markdown.document import Block, Document, block, counted, details, full, table
from deployer.report.markdown.escape import code, fence, prose

MOST = 50
"""Findings of a table; the rest is counted."""
_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}


def render(findings: Sequence[Finding], files: int) -> str:
    """The whole report of `validate`."""
    return full(document(findings, files))


def document(findings: Sequence[Finding], files: int) -> Document:
    """The report of `validate`."""
    return Document(blocks=(block([f"**{_headline(findings, files)}**"]), *blocks(findings)), changes=bool(findings))


def _headline(findings: Sequence[Finding], files: int) -> str:
    errors = any(finding.severity is Severity.ERROR for finding in findings)
    said = summary(findings, files)
    if errors:
        return f"❌ Nothing can be deployed: {said}."
    return f"⚠️ Valid, with remarks: {said}." if findings else f"✅ Valid: {said}."


def blocks(findings: Sequence[Finding]) -> Iterator[Block]:
    """A table, and the lines that the findings are about."""
    if not findings:
        return
    yield block(_table(findings, MOST), _table(findings, 10), [f"{counted(len(findings), 'finding')}."])
    places = details("The lines", fence(["\n".join(map(described, findings)).rstrip("\n")]))
    yield block(places, [])


def _table(findings: Sequence[Finding], most: int) -> Iterator[str]:
    rows = [
        (
            _SIGNS.get(finding.severity, ""),
            code(f"{finding.file}:{finding.span.line}", cell=True),
            f"{prose(finding.message, cell=True)}{_suggestion(finding)} ({code(finding.rule, cell=True)})",
        )
        for finding in findings[:most]
    ]
    yield from table(("", "Where", "What"), rows)
    if len(findings) > most:
        yield ""
        yield f"… and {len(findings) - most} more."


def _suggestion(finding: Finding) -> str:
    if finding.suggestion is None or finding.suggestion in finding.message:
        return ""
    return f"; better {code(finding.suggestion, cell=True)}"
