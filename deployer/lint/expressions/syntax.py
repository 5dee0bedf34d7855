"""Whether a script is JavaScript: tree-sitter's tree, with quickjs-ng's compiler as second opinion.

Neither is enough alone: tree-sitter mends what it can and so lets slips pass, and a compiler gives
no tree. The compiler only compiles; nothing of a script is ever run.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deployer.lint.expressions.plain import read_plain
from deployer.record import record
from deployer.regex import regex

if TYPE_CHECKING:
    from tree_sitter import Node

_CHAIN = regex(r"\s*(?:data|step)(?:\.[A-Za-z_$][A-Za-z0-9_$]*)*\s*;?\s*", re.ASCII)
_POSITION = regex(r"at <input>:(\d+):(\d+)")
_FIRST_LINE = 3
"""On which line `new Function` puts the first line of its body."""


@record
class Refusal:
    """A script that does not parse. `slips` says it in words."""

    at: int
    """Where reading stopped, in characters of the script."""
    complaint: str
    """What the compiler said; empty when it has no opinion."""

    returns: int | None = None
    """Where a `return` stands that makes all the trouble."""

    @property
    def in_pattern(self) -> bool:
        """Whether it is a regular expression that the compiler minds: those have no position."""
        return self.complaint.startswith("SyntaxError") and _POSITION.search(self.complaint) is None


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A script that parses."""

    root: Node
    text: bytes


@dataclass(slots=True)
class _Tools:
    parse: Callable[[bytes], Node]
    compile: Callable[[str], str | None]
    """Says what is wrong, as the compiler does; None when it compiles."""


_here = threading.local()


def is_chain(source: str) -> bool:
    """Whether a script only names a value of `data` or `step`: most do, and they need no parser."""
    return _CHAIN.fullmatch(source) is not None


def parses(source: str) -> bool:
    """Whether JavaScript accepts a script. A blank one it does."""
    return is_chain(source) or read_plain(source) is not None or not isinstance(parse(source), Refusal)


@lru_cache(maxsize=4096)
def parse(source: str) -> Tree | Refusal:
    """The tree of a script, or where it stops making sense."""
    if "\0" in source:
        return Refusal(at=source.index("\0"), complaint="")
    tools = _tools()
    text = source.encode("utf-8", "replace")  # half of a surrogate pair is no character
    root = tools.parse(text)
    broken = _broken(root)
    returned = _astray(root, "return_statement") if broken is None and "return" in source else None
    yielded = _astray(root, "yield_expression") if broken is None and "yield" in source else None
    complaint = tools.compile(text.decode("utf-8"))
    if complaint is not None:
        return Refusal(at=_said_at(source, complaint), complaint=complaint)
    if returned is not None:
        at = span(text, returned)[0]
        return Refusal(at=at, complaint="", returns=at)
    if yielded is not None and yielded.child_count > 1:
        return Refusal(at=span(text, yielded)[0], complaint="")  # the compiler lets some of these pass
    return Tree(root, text) if broken is None else Refusal(at=span(text, broken)[0], complaint="")


def span(text: bytes, node: Node) -> tuple[int, int]:
    """Where a node stands, in characters."""
    start, end = node.start_byte, node.end_byte
    if text.isascii():
        return start, end
    first = len(text[:start].decode("utf-8"))
    return first, first + len(text[start:end].decode("utf-8"))


def walk(root: Node) -> Iterator[Node]:
    """All nodes, parents first; without recursion, as a script may be nested at will."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _broken(root: Node) -> Node | None:
    if not root.has_error:
        return None
    return next((node for node in walk(root) if node.is_error or node.is_missing), root)


_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function_declaration", "method_definition",
                        "generator_function", "generator_function_declaration"})  # fmt: skip


def _astray(root: Node, kind: str) -> Node | None:
    """A node of that kind outside of functions: a function's body may have it, so the compiler minds it little."""
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        if node.type == kind:
            return node
        if node.type not in _FUNCTIONS:
            waiting += node.children
    return None


def _tools() -> _Tools:
    tools: _Tools | None = getattr(_here, "tools", None)
    if tools is None:
        tools = _here.tools = _Tools(parse=_parser(), compile=_compiler())
    return tools


def _parser() -> Callable[[bytes], Node]:
    import tree_sitter_javascript  # 20 ms, and only files with more than plain chains need it
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_javascript.language()))
    return lambda text: parser.parse(text).root_node


def _compiler() -> Callable[[str], str | None]:
    """quickjs-ng's compiler; one that has no opinion where the package has no wheel."""
    try:
        import _quickjs  # type: ignore[import-not-found, unused-ignore]  # the extension itself: its wrapper starts a thread
    except ImportError:
        return lambda _: None
    context: Any = _quickjs.Context()
    context.set_memory_limit(64 * 1024 * 1024)
    function: Any = context.eval("text => { new Function(text) }")

    def compiled(text: str) -> str | None:
        try:
            function(text)
        except (_quickjs.JSException, _quickjs.StackOverflow) as error:
            return str(error) or "SyntaxError"
        return None

    return compiled


def _said_at(source: str, complaint: str) -> int:
    """Where the compiler stopped, in characters of the script."""
    position = _POSITION.search(complaint)
    if position is None:
        return 0
    line, column = int(position[1]) - _FIRST_LINE, int(position[2])
    lines = source.splitlines(keepends=True)
    if not 0 <= line < len(lines):
        return len(source)
    return min(sum(map(len, lines[:line])) + column - 1, len(source))
