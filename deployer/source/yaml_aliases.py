"""Limits on aliases, checked before anything is copied.

380 bytes of aliases can stand for gigabytes ("billion laughs"), and an anchor may contain itself.
"""

from __future__ import annotations

from yaml.nodes import Node, ScalarNode

from deployer.source.problems import Problem, Unreadable
from deployer.source.reading import MAX_DEPTH, MAX_NODES, too_deep
from deployer.source.yaml_nodes import children, content
from deployer.tuples import NamedTuple

MAX_EXPANDED_TEXT = 10_000_000
"""Characters of a file with every alias replaced by what it stands for."""


class _Size(NamedTuple):
    nodes: int
    characters: int


def check_aliases(root: Node, text: str) -> None:
    """Raise `Unreadable` for a node that contains itself, or that grows beyond the limits when aliases are replaced."""
    if "&" in text and "*" in text:
        _Sizes(text).measure(root, 0)


class _Sizes:
    """Measures each node once; `_open` are the nodes around the present one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, _Size] = {}
        self._open: set[int] = set()

    def measure(self, node: Node, depth: int) -> _Size:
        if isinstance(node, ScalarNode):
            return _Size(1, len(node.value))
        if (known := self._known.get(id(node))) is not None:
            return known
        if id(node) in self._open:
            self._refuse(node, "the value contains itself through an alias; write it out or remove the alias")
        if depth > MAX_DEPTH:
            raise too_deep(*content(node, self._text))
        self._open.add(id(node))
        nodes, characters = 1, 0
        for child in children(node):
            size = self.measure(child, depth + 1)
            nodes, characters = nodes + size.nodes, characters + size.characters
            if nodes > MAX_NODES or characters > MAX_EXPANDED_TEXT:
                self._refuse(child, "aliases make the file grow beyond all use here; write out what is needed")
        self._open.discard(id(node))
        self._known[id(node)] = _Size(nodes, characters)
        return self._known[id(node)]

    def _refuse(self, node: Node, message: str) -> None:
        start, end = content(node, self._text)
        raise Unreadable(Problem(rule="alias-limit", start=start, end=end, message=message))
