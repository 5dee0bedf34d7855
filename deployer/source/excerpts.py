"""Source lines as a report may show them: the credentials in them are starred out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from deployer.finding import Finding
from deployer.source.credentials import find_all
from deployer.source.detection import parts
from deployer.source.document import Document

_STAR = "*"


@dataclass(eq=False)
class Excerpts:
    """The lines of one document.

    A star stands for each character of a credential, so that columns still point at what they pointed at.
    """

    document: Document
    _lines: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    def line(self, number: int) -> str:
        """The source line with this number, from 1; empty where there is none."""
        known = self._lines.get(number)  # a JSON file is often one very long line
        if known is None:
            known = self._lines[number] = self._starred(number)
        return known

    def _starred(self, number: int) -> str:
        line = self.document.line(number)
        # A file that could not be read has no values; what looks like a credential by itself is hidden all the same.
        by_shape = [(start, end) for start, end, _ in parts("", line)]
        return _star_out(line, [*self._credentials.get(number, ()), *by_shape])

    @cached_property
    def _credentials(self) -> dict[int, list[tuple[int, int]]]:
        """By line, the stretches of it that are part of a credential."""
        found: dict[int, list[tuple[int, int]]] = {}
        for credential in find_all(self.document.value):
            span = self.document.span(credential.path, part=credential.part)
            for number in range(span.line, span.end_line + 1):
                start = span.column - 1 if number == span.line else 0
                end = span.end_column - 1 if number == span.end_line else len(self.document.line(number))
                found.setdefault(number, []).append((start, end))
        return found


def with_lines(document: Document, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of a document, each with its line."""
    excerpts = Excerpts(document)
    return tuple(replace(finding, excerpt=excerpts.line(finding.span.line)) for finding in findings)


def _star_out(line: str, stretches: Sequence[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in sorted(stretches):
        first, last = max(start, at), min(end, len(line.rstrip("\r\n")))
        if last > first:
            pieces += [line[at:first], _STAR * (last - first)]
            at = last
    return "".join((*pieces, line[at:]))
