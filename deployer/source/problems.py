"""What can be wrong with a file before anybody asks what it means: the rules, and one problem.

Readers work with offsets into the text. `document.py` turns these into lines and columns, so that
a reader never counts lines for a file that turns out fine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from deployer.finding import Severity
from deployer.record import record

LOAD_RULES: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "file-encoding": (Severity.ERROR, "A file is UTF-8 text; a byte order mark is fine."),
        "file-size": (Severity.ERROR, "A file has at most 4 MB and 100,000 keys and values."),
        "empty-file": (Severity.ERROR, "A file holds something besides blanks and comments."),
        "conflict-marker": (Severity.ERROR, "A file has no conflict markers that Git left in a merge."),
        "yaml-syntax": (Severity.ERROR, "A YAML file can be read by every YAML 1.2 reader."),
        "json-syntax": (Severity.ERROR, "A JSON file is JSON: no comments, no trailing commas, no single quotes."),
        "several-documents": (Severity.ERROR, "A file holds one YAML document; each workflow has a file of its own."),
        "nesting-limit": (Severity.ERROR, "Lists and mappings are nested at most 100 deep."),
        "alias-limit": (
            Severity.ERROR,
            "Aliases neither contain themselves nor grow the file beyond 100,000 keys and values.",
        ),
        "forbidden-tag": (Severity.ERROR, "Only the tags of plain data (`!!str`, `!!int`, ...) are read."),
        "duplicate-mapping-key": (Severity.ERROR, "A mapping names each key once; readers silently keep one of two."),
        "non-string-key": (Severity.ERROR, "Keys are text: a key that reads as a number, true or null needs quotes."),
        "not-json": (Severity.ERROR, "Numbers fit into JSON: no `.nan`, no `.inf`, nothing beyond their range."),
        "expression-needs-quotes": (
            Severity.ERROR,
            "A value that starts with `{{` needs quotes: YAML reads a mapping.",
        ),
        "ambiguous-scalar": (
            Severity.WARNING,
            "A value means the same to every reader; an error where it loses characters (`+65...`, `010`).",
        ),
        "text-after-hash": (Severity.WARNING, "A text is not cut off by an unquoted ` #`, which starts a comment."),
    }
)
"""Every rule that reading a file can report: its default severity and one sentence of documentation."""

FINDINGS_PER_RULE = 100
"""A file with more problems of one kind than this needs no longer list; it would only cost memory."""


@record
class Problem:
    """One problem at one stretch of the text."""

    rule: str
    start: int
    """Offset of the first character, from 0."""
    end: int
    """Offset after the last character."""
    message: str
    suggestion: str | None = None
    fix: str | None = None
    """Source text for the same stretch that says the same and has no such problem."""
    severity: Severity | None = None
    """None: as the rule's default."""
    about: int | None = None
    """Offset of the value that it speaks of, where that is another place than `start`."""

    @property
    def owner(self) -> int:
        """Offset of the value that the problem speaks of."""
        return self.start if self.about is None else self.about

    @property
    def weight(self) -> Severity:
        """The severity that holds for this problem."""
        return self.severity or LOAD_RULES[self.rule][0]


class Unreadable(Exception):  # not an error of the program: it carries a finding to the reader's door
    """Reading ends here, with one problem and no value."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Problems:
    """Collects what a reader finds: each place once, and no more than people can use."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int, int]] = set()
        self._count: Counter[tuple[str, Severity]] = Counter()
        self._found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Note a problem. A value that is used through an alias is reported where it is written, once."""
        place = (problem.rule, problem.start, problem.end)
        kind = (problem.rule, problem.weight)
        if place in self._seen or self._count[kind] >= FINDINGS_PER_RULE:
            return
        self._seen.add(place)
        self._count[kind] += 1
        self._found.append(problem)

    def in_order(self) -> tuple[Problem, ...]:
        """All problems as they stand in the text."""
        return tuple(sorted(self._found, key=lambda problem: (problem.start, problem.end, problem.rule)))


def shown(text: str, limit: int = 60) -> str:
    """A piece of the file as a message quotes it: on one line and not endless."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
