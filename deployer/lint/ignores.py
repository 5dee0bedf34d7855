"""`# deployer: ignore[RULE] reason`: findings that somebody looked at and wants to keep.

At the end of a line it means what is found in that line, on a line of its own what is found in the next
one; several rules stand between commas. No comment fits inside a text of several lines, so what is
found there counts for the line where the text starts. JSON has no comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from deployer.finding import Finding, Severity, Span
from deployer.regex import regex
from deployer.source.document import Document

if TYPE_CHECKING:
    from deployer.lint.registry import Rule
    from deployer.source.comments import Scalars
    from deployer.source.regions import Lines

UNUSED = "unused-ignore"
INVALID = "invalid-ignore"

_MOST = 100
"""Findings about the ignores of one file."""

_HEAD = regex(r"(?:(?<=[ \t])|(?<![^\r\n]))#+[ \t]*deployer[ \t]*:?[ \t]*ign[a-z]*", re.IGNORECASE)
"""What somebody wrote who wanted to ignore something, rightly or not."""
_EXACT = regex(r"#+[ \t]*deployer:[ \t]*ignore\[([^\]\r\n]*)\]")
_NAME = regex(r"[^\s,]+(?:[ \t]+[^\s,]+)*")


class _Ignore:
    """One rule that one comment names; with no rule, a comment that cannot be understood."""

    __slots__ = ("lines", "rule", "span", "used")

    def __init__(self, *, rule: str | None, span: Span, lines: tuple[int, ...]) -> None:
        self.rule = rule
        self.span = span
        self.lines = lines
        """The lines for which it counts."""
        self.used = False


def _mentions_us(text: str) -> bool:
    """Whether some comment may be for us: most files have none, and a search without regard to case is slow."""
    return "deployer" in text.lower() and _HEAD.search(text) is not None


class Ignores:
    """The ignores of one document, and which of them hid something."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._scalars: Scalars | None = None
        self._all: list[_Ignore] = []
        self._by_place: dict[tuple[int, str], list[_Ignore]] = {}
        # What is wrong with a file that cannot be read, nothing may hide.
        if document.value is None or document.file.lower().endswith(".json") or not _mentions_us(document.text):
            return
        from deployer.source.comments import Scalars  # needs yaml, and few files have ignores
        from deployer.source.regions import Lines

        lines = Lines(document.text)
        self._scalars = Scalars(document.text, lines)
        self._all = _ignores(document.text, lines, self._scalars)
        for ignore in self._all:
            if ignore.rule is not None:
                for line in ignore.lines:
                    self._by_place.setdefault((line, ignore.rule), []).append(ignore)

    def __bool__(self) -> bool:
        return bool(self._by_place)

    @property
    def none(self) -> bool:
        """Whether no comment of the document is for us."""
        return not self._all

    def cover(self, finding: Finding) -> bool:
        """Whether a comment is about this finding."""
        return bool(self._about(finding))

    def hide(self, finding: Finding) -> bool:
        """Whether a comment takes this finding away, and so has its use; only for what may be ignored."""
        about = self._about(finding)
        for ignore in about:
            ignore.used = True
        return bool(about)

    def _about(self, finding: Finding) -> list[_Ignore]:
        if self._scalars is None:
            return []
        line = finding.span.line
        lines = {line, self._scalars.first_line(line)}
        return [ignore for at in lines for ignore in self._by_place.get((at, finding.rule), ())]

    def findings(
        self, rules: Mapping[str, Rule], severity: Callable[[str], Severity], *, asked: Container[str]
    ) -> Iterator[Finding]:
        """What is wrong with the comments themselves, once `hide` has seen everything else.

        `asked` are the rules that this run would have reported here, so that an ignore without use is known.
        """
        from deployer.lint.wording import MOST_GUESSES

        guesses = iter(range(MOST_GUESSES))
        problems = ((ignore, _problem(ignore, rules, asked, guesses)) for ignore in self._all)
        wrong = ((ignore, problem) for ignore, problem in problems if problem is not None)
        for ignore, (name, message, suggestion) in islice(wrong, _MOST):
            if severity(name) is not Severity.OFF:
                yield Finding(
                    rule=name,
                    severity=severity(name),
                    message=message,
                    file=self._document.file,
                    span=ignore.span,
                    suggestion=suggestion,
                    excerpt=self._document.line(ignore.span.line),
                )


def _problem(
    ignore: _Ignore, rules: Mapping[str, Rule], asked: Container[str], guesses: Iterator[int]
) -> tuple[str, str, str | None] | None:
    """The finding's rule, its message and what to write instead."""
    from deployer.lint.wording import did_you_mean, nearest, shorten

    name = ignore.rule
    if name is None:
        return INVALID, "this comment ignores nothing; write `# deployer: ignore[RULE] reason`", None
    rule = rules.get(name)
    if rule is None:
        near = nearest(name, rules) if next(guesses, None) is not None else None
        return INVALID, f"unknown rule `{shorten(name)}`{did_you_mean(near)}", near
    if not rule.adjustable:
        return INVALID, f"`{name}` cannot be ignored: nothing could be sent of such a file", None
    if ignore.used or name not in asked:
        return None
    return UNUSED, f"`{name}` finds nothing here; remove it from the comment", None


def _ignores(text: str, lines: Lines, scalars: Scalars) -> list[_Ignore]:
    found: list[_Ignore] = []
    followers: dict[int, int] = {}
    for head in reversed(list(_HEAD.finditer(text))):
        at = head.start()
        if scalars.hold(at):
            continue
        exact = _EXACT.match(text, at)
        names = list(_NAME.finditer(text, *exact.span(1))) if exact else []
        counts = _counts_for(lines.span(at, at), lines, followers)
        found += [_Ignore(rule=name[0], span=lines.span(*name.span()), lines=counts) for name in reversed(names)]
        if not names:
            found.append(_Ignore(rule=None, span=lines.span(at, (exact or head).end()), lines=()))
    return found[::-1]


def _counts_for(place: Span, lines: Lines, followers: dict[int, int]) -> tuple[int, ...]:
    """The lines that a comment is about. `followers` knows what the comments below are about."""
    if lines.line(place.line)[: place.column - 1].strip(" \t"):
        return (place.line,)
    following = place.line + 1
    while following not in followers and lines.line(following).lstrip(" \t").startswith("#"):
        following += 1
    followers[place.line] = followers.get(following, following)
    return place.line, followers[place.line]
