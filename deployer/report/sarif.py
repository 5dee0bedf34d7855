"""Findings as SARIF 2.1.0, which GitHub's code scanning and many editors read.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub asks for beyond it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from deployer import __version__
from deployer.finding import Finding, Severity, dotted
from deployer.lint.baseline import fingerprints
from deployer.lint.registry import Rule
from deployer.report.findings import help_for
from deployer.report.rules import markdown, plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""Stands for the top of the repository. Where that is on this machine is nobody's business."""

FINGERPRINT = "deployerFinding/v1"
"""A name of our own: GitHub's upload action computes `primaryLocationLineHash` and warns of any other value."""

_DRIVE = re.compile(r"[A-Za-z]:/")


def render(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> str:
    """One run. File names start at the repository's top, or are absolute outside it."""
    names = sorted({finding.rule for finding in findings})
    marks = fingerprints(findings)
    run = {
        "tool": {
            "driver": {
                "name": "deployer",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name, rules.get(name)) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The top folder of the repository."}}},
        "results": [
            _result(finding, names.index(finding.rule), mark) for finding, mark in zip(findings, marks, strict=True)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _rule(name: str, rule: Rule | None) -> dict[str, object]:
    if rule is None:
        rule = Rule(name=name, severity=Severity.ERROR, summary=name)
    # SARIF's word for off is `enabled`.
    enabled = rule.severity is not Severity.OFF
    level = rule.severity.value if enabled else Severity.WARNING.value
    described: dict[str, object] = {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why or rule.summary},
        "help": {"text": plain(rule), "markdown": markdown(rule)},
        "defaultConfiguration": {"level": level, **({} if enabled else {"enabled": False})},
        "properties": {"tags": ["workflow"], "precision": "high", "problem.severity": level},
    }
    if rule.source.startswith("https://") and " " not in rule.source:
        described["helpUri"] = rule.source
    return described


def _result(finding: Finding, index: int, mark: str) -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": _artifact(finding.file), "region": _region(finding)}
    }
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": dotted(finding.path)}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": _message(finding)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: mark},
    }


def _message(finding: Finding) -> str:
    text = finding.message if finding.suggestion is None else f"{finding.message} (suggestion: {finding.suggestion})"
    # `[text](target)` would be a link (SARIF 3.11.6), and a file must not be able to write one.
    escaped = text.replace("](", "]\\(")
    return f"{escaped} (`{help_for(finding.rule)}`)"


def _region(finding: Finding) -> dict[str, int]:
    span = finding.span
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(file: str) -> dict[str, str]:
    path = quote(_bytes(file), safe="/")
    if file.startswith("/"):
        return {"uri": f"file://{path}"}
    if _DRIVE.match(file):
        return {"uri": f"file:///{file[0]}:{path[path.index('/') :]}"}
    return {"uri": path, "uriBaseId": ROOT}


def _bytes(file: str) -> bytes:
    """A name as the file system has it; Python shows bytes that are no UTF-8 as lone surrogates."""
    try:
        return file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return file.encode("utf-8", "replace")
