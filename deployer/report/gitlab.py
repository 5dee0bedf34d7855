"""Findings as a Code Quality report of GitLab.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from deployer.finding import Finding, Severity
from deployer.lint.baseline import fingerprints

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}
"""Of `info`, `minor`, `major`, `critical` and `blocker`."""


def render(findings: Sequence[Finding]) -> str:
    """One list. File names start at the repository's top."""
    report = [
        {
            "description": _description(finding),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": finding.file,
                "lines": {"begin": finding.span.line, "end": finding.span.end_line},
            },
        }
        for finding, fingerprint in zip(findings, fingerprints(findings), strict=True)
    ]
    return json.dumps(report, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _description(finding: Finding) -> str:
    if finding.suggestion is None:
        return finding.message
    return f"{finding.message} (suggestion: {finding.suggestion})"
