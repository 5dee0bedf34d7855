"""Which `#` of a YAML text starts a comment, and which is a character of a value."""

from __future__ import annotations

import re
from bisect import bisect_right

import yaml
from yaml.nodes import Node, ScalarNode

from deployer.source.problems import Unreadable
from deployer.source.regions import Lines
from deployer.source.yaml_compose import compose
from deployer.source.yaml_nodes import children, content

_START = re.compile(r"(?<!\S)#")
"""What starts a comment wherever it is no part of a value."""
_LINE_END = re.compile(r"[\r\n]")


class Scalars:
    """Where the keys and values of a YAML text stand that are no lists or mappings."""

    def __init__(self, text: str, lines: Lines) -> None:
        """Of a text that cannot be read nothing is known."""
        places = sorted(_places(text))
        self._starts = [start for start, _ in places]
        self._ends = [end for _, end in places]
        # Behind `|` and `>` a comment may stand, up to the end of that line.
        self._characters = [_past_header(text, start, end) for start, end in places]
        self._tall: list[tuple[int, int]] = []
        for start, end in places:
            span = lines.span(start, end) if "\n" in text[start:end] or "\r" in text[start:end] else None
            if span is not None:
                self._tall.append((span.line, span.end_line))

    def hold(self, offset: int) -> bool:
        """Whether the character at an offset belongs to a scalar."""
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and self._characters[index] <= offset < self._ends[index]

    def first_line(self, line: int) -> int:
        """Where the scalar of several lines starts that goes on in this line; else the line itself."""
        index = bisect_right(self._tall, (line,)) - 1
        if index >= 0 and self._tall[index][0] < line <= self._tall[index][1]:
            return self._tall[index][0]
        return line


def comments(text: str) -> list[str]:
    """Every comment of a YAML text, with its `#`, in order."""
    lines = Lines(text)
    scalars = Scalars(text, lines)
    found = []
    done = 0
    for match in _START.finditer(text):
        start = match.start()
        if start >= done and not scalars.hold(start):
            end = _LINE_END.search(text, start)
            done = end.start() if end else len(text)
            found.append(text[start:done].rstrip(" \t"))
    return found


def _past_header(text: str, start: int, end: int) -> int:
    if text[start : start + 1] not in ("|", ">"):
        return start
    breaks = [at for at in (text.find("\n", start, end), text.find("\r", start, end)) if at >= 0]
    return min(breaks, default=end)


def _places(text: str) -> list[tuple[int, int]]:
    try:
        root = compose(text)
    except (yaml.YAMLError, UnicodeEncodeError, Unreadable):
        return []
    found: list[tuple[int, int]] = []
    seen: set[int] = set()  # an alias is the node that it names, once more
    waiting: list[Node] = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            found.append(content(node, text))
        waiting.extend(children(node))
    return found
