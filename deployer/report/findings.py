"""Findings as text that reads like a compiler's, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from deployer.finding import Finding, Severity, dotted

JSON_VERSION = 1

_WIDTH = 100
"""Columns of a source line that are shown; a longer line is shown around its caret."""
_LEAD = 30
"""Columns kept before the caret then."""
_TAB = 4
_COLORS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def render_text(findings: Sequence[Finding], *, files: int | None = None, color: bool = False) -> str:
    """Each finding with its source line, then a line that counts them.

    `files` is how many files were looked at; without it only those with findings are counted.
    """
    parts = [described(finding, color=color) for finding in findings]
    parts.append(summary(findings, files if files is not None else len({finding.file for finding in findings})) + "\n")
    return "\n".join(parts)


def render_json(findings: Sequence[Finding], files: int) -> str:
    """The contract for programs: lines and columns from 1, the end exclusive, files relative with `/`."""
    document = {
        "version": JSON_VERSION,
        "summary": {
            "files": files,
            "errors": _count(findings, Severity.ERROR),
            "warnings": _count(findings, Severity.WARNING),
        },
        "findings": [finding_json(finding) for finding in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def summary(findings: Sequence[Finding], files: int) -> str:
    """`2 errors, 1 warning in 12 files`, or `no findings in 12 files`."""
    counts = [(_count(findings, Severity.ERROR), "error"), (_count(findings, Severity.WARNING), "warning")]
    named = ", ".join(_counted(count, noun) for count, noun in counts if count)
    return f"{named or 'no findings'} in {_counted(files, 'file')}"


def help_for(rule: str) -> str:
    """The command that tells more about a rule."""
    return f"deployer explain {rule}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _count(findings: Iterable[Finding], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)


def finding_json(finding: Finding) -> dict[str, object]:
    """One finding of the contract."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "file": finding.file,
        "line": finding.span.line,
        "column": finding.span.column,
        "endLine": finding.span.end_line,
        "endColumn": finding.span.end_column,
        "path": dotted(finding.path),
        "suggestion": finding.suggestion,
        "help": help_for(finding.rule),
    }


def described(finding: Finding, *, color: bool = False) -> str:
    """One finding with its source line."""
    mark, bold, dim, reset = (_COLORS.get(finding.severity, ""), _BOLD, _DIM, _RESET) if color else ("", "", "", "")
    place = f"{printable(finding.file)}:{finding.span.line}:{finding.span.column}"
    lines = [
        f"{bold}{place}{reset}: {mark}{finding.severity.value}[{finding.rule}]{reset}: {printable(finding.message)}"
    ]
    gutter = " " * len(str(finding.span.line))
    if finding.excerpt:
        source, carets = _excerpt(finding)
        lines += [
            f"{dim}{gutter} |{reset}",
            f"{dim}{finding.span.line} |{reset} {source}".rstrip(),
            f"{dim}{gutter} |{reset} {mark}{carets}{reset}",
        ]
    notes = [_where(finding)]
    if finding.suggestion is not None and finding.suggestion not in finding.message:
        notes.append(f"suggestion: {printable(finding.suggestion)}")
    notes.append(f"help: {help_for(finding.rule)}")
    lines += [f"{dim}{gutter} ={reset} {note}" for note in notes if note]
    return "\n".join(lines) + "\n"


def _where(finding: Finding) -> str:
    path = printable(dotted(finding.path))
    path = path if len(path) <= _WIDTH else f"…{path[-_WIDTH:]}"
    if finding.step is not None:
        return f"step {_shortened(printable(finding.step))}, at {path}"
    return f"at {path}" if path else ""


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _excerpt(finding: Finding) -> tuple[str, str]:
    """The source line and the carets below it, both cut to the window around the place."""
    span, line = finding.span, finding.excerpt.rstrip("\r\n")
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    before, after = 0, len(line)
    if len(line) > _WIDTH or _columns(line) > _WIDTH:
        if _columns(line[: min(end, _WIDTH)]) > _WIDTH or end > _WIDTH:
            before = _fit_backwards(line, start, _LEAD)
        after = _fit(line, before, _WIDTH)
    head = "…" if before else ""
    tail = "…" if after < len(line) else ""
    indent = _columns(head) + _columns(line[before:start])
    carets = max(1, _columns(line[start : min(end, after)].rstrip()))
    return head + _cells(line[before:after]) + tail, " " * indent + "^" * carets


def _fit_backwards(line: str, position: int, columns: int) -> int:
    while position > 0 and columns > 0:
        position -= 1
        columns -= _columns(line[position])
    return position


def _fit(line: str, position: int, columns: int) -> int:
    while position < len(line) and columns > 0:
        columns -= _columns(line[position])
        position += 1
    return position


def _columns(text: str) -> int:
    return sum(_TAB if char == "\t" else _cell_width(char) for char in text)


def _cells(text: str) -> str:
    return "".join(map(_cell, text))


def _cell(char: str) -> str:
    """One character as the terminal gets it: what would act on it is shown instead."""
    if char == "\t":
        return " " * _TAB
    return char if _harmless(char) else "\N{REPLACEMENT CHARACTER}"


def _cell_width(char: str) -> int:
    if char.isascii() or not _harmless(char):
        return 1
    import unicodedata  # most findings show no line that needs it

    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me") or char in "\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _harmless(char: str) -> bool:
    # Controls drive the terminal, bidirectional marks reorder what people read, lone surrogates cannot be encoded.
    # A zero-width joiner only ties emoji together.
    if char.isprintable():
        return True
    import unicodedata

    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or char == "\u200d"


def printable(text: str) -> str:
    """A text on one line without anything that acts on a terminal."""
    return "".join(char if _harmless(char) else " " for char in text)
