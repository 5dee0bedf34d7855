"""YAML text to a tree of nodes, without letting a file crash or exhaust the process.

libyaml is quick and its marks are exact, but composing nests C calls as deep as the file nests: 50,000
opening brackets end the process. Composing also calls a resolver, which has no other work here (what a
scalar means is decided later), so that it can count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

import yaml
from yaml.composer import Composer
from yaml.error import Mark
from yaml.nodes import Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

from deployer.record import record
from deployer.regex import regex
from deployer.source.reading import MAX_DEPTH, MAX_NODES, too_deep, too_many

_SMALL = 100_000
"""Characters of a file that cannot have too many nodes: each takes at least one."""
_FEW_BRACKETS = 400
_DEEP_PREFIX = regex(r"\n[ \t?:-]{60}")
"""Block nesting needs indentation, or indicators in a row. 60 columns hold at most 120 levels."""

_SURROGATE = regex("[\ud800-\udfff]")
_SURROGATE_ESCAPE = regex(r"\\(?:u|U0000)[dD][89a-fA-F]")

_ignore = "".format
"""Accepts whatever it is called with and returns an empty tag, without running any Python code."""


class Composing(Protocol):
    """What both of PyYAML's parsers offer."""

    def get_single_node(self) -> Node | None: ...


@record
class Composers:
    """The two ways to compose: `quick` for text that cannot nest deeply, `guarded` for any text."""

    quick: Callable[[str], Composing]
    guarded: Callable[[str], Composing]


class _Guard:
    """A resolver that counts levels and nodes, and leaves every implicit tag empty."""

    levels: int = 0
    nodes: int = 0
    depth_limit: ClassVar[int] = MAX_DEPTH + 1  # a scalar inside the innermost list counts too

    resolve = staticmethod(_ignore)

    def descend_resolver(self, current: Node | None, _index: object) -> None:
        self.levels += 1
        self.nodes += 1
        if self.levels > self.depth_limit:
            raise too_deep(*_extent(current))
        if self.nodes > MAX_NODES:
            raise too_many(*_extent(current))

    def ascend_resolver(self) -> None:
        self.levels -= 1


class _PythonComposer(_Guard, Reader, Scanner, Parser, Composer):
    """For machines where PyYAML was built without libyaml."""

    def __init__(self, text: str) -> None:
        self._text = text
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def get_single_node(self) -> Node | None:
        try:
            return super().get_single_node()
        except (ValueError, OverflowError) as error:  # `"\UFFFFFFFF"`, which libyaml refuses by itself
            raise _bad_escape(self.get_mark()) from error

    def compose_scalar_node(self, anchor: dict[object, Node]) -> ScalarNode:
        node = super().compose_scalar_node(anchor)
        if _SURROGATE.search(node.value):
            raise _bad_escape(self._first_surrogate(node))
        return node

    def _first_surrogate(self, node: ScalarNode) -> Mark:
        mark = node.start_mark
        escape = _SURROGATE_ESCAPE.search(self._text, mark.index)
        index = escape.start() if escape else mark.index
        return Mark(mark.name, index, mark.line, mark.column, mark.buffer, mark.pointer)


def _bad_escape(mark: Mark) -> ScannerError:
    return ScannerError("while parsing a quoted scalar", mark, "found invalid Unicode character escape code", mark)


PYTHON = Composers(quick=_PythonComposer, guarded=_PythonComposer)
LIBYAML: Composers | None = None

if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _QuickComposer(CParser):
        resolve = staticmethod(_ignore)
        descend_resolver = staticmethod(_ignore)
        ascend_resolver = staticmethod(_ignore)

    class _GuardedComposer(_Guard, CParser):
        pass

    LIBYAML = Composers(quick=_QuickComposer, guarded=_GuardedComposer)


def compose(text: str, composers: Composers | None = None) -> Node | None:
    """The root node; None for a file without content.

    Raises yaml.YAMLError or UnicodeEncodeError for text that is no YAML, and `Unreadable` beyond the limits.
    """
    chosen = composers or LIBYAML or PYTHON
    make = chosen.quick if _is_harmless(text) else chosen.guarded
    return make(text).get_single_node()


def _is_harmless(text: str) -> bool:
    """Whether the text is small and cannot nest deeper than some hundred levels, judged in microseconds."""
    return (
        len(text) < _SMALL
        and text.count("[") + text.count("{") <= _FEW_BRACKETS
        and not _DEEP_PREFIX.search(text)
        and not _DEEP_PREFIX.match("\n" + text[:60])
        and ("\r" not in text or text.count("\r") == text.count("\r\n"))
    )


def _extent(node: Node | None) -> tuple[int, int]:
    start = 0 if node is None or node.start_mark is None else node.start_mark.index
    return start, start + 1
