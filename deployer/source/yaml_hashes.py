"""Texts that an unquoted `#` cuts off."""

from __future__ import annotations

from yaml.nodes import Node, ScalarNode

from deployer.regex import regex
from deployer.source import scalars
from deployer.source.problems import Problem, Problems, shown
from deployer.source.scalars import quoted
from deployer.source.yaml_nodes import children

_CUT = regex(r"[ \t]#(?=[^\s#!])")
_LINE_END = regex(r"[\r\n]|$")


def hash_problems(root: Node, text: str, problems: Problems) -> None:
    """Note each unquoted text that ends before `#` and a character, as in `Call us #1`.

    `# ` with a blank is how people write comments, and after a number or `true` any comment is one.
    """
    if (" #" not in text and "\t#" not in text) or not _CUT.search(text):
        return
    values = {node.end_mark.index: node for node in _plain_values(root)}
    for match in _CUT.finditer(text):
        node = values.get(_value_end(text, match.start()))
        if node is not None and isinstance(scalars.plain(node.value)[0], str | None):
            problems.add(_cut_off(node, text, match.end() - 1))


def _cut_off(node: ScalarNode, text: str, hash_at: int) -> Problem:
    end = _LINE_END.search(text, hash_at)
    line_end = end.start() if end else len(text)
    start = node.start_mark.index if node.value else hash_at
    whole = text[start:line_end].rstrip()
    message = f"`{shown(text[hash_at:line_end])}` is a comment and no part of the text; write {shown(quoted(whole))}"
    return Problem(
        rule="text-after-hash",
        start=start,
        end=start + len(whole),
        message=message,
        suggestion=quoted(whole),
        about=node.start_mark.index,
    )


def _value_end(text: str, blank: int) -> int:
    """Where the text before a run of blanks ends."""
    while blank > 0 and text[blank - 1] in " \t":
        blank -= 1
    return blank


def _plain_values(root: Node) -> list[ScalarNode]:
    """Every unquoted scalar, each node once."""
    found: list[ScalarNode] = []
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode) and not node.style:
            found.append(node)
        waiting.extend(children(node))
    return found
