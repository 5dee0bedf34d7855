"""The names that a script binds itself: parameters, and declarations, which are reported but no mystery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.lint.expressions.syntax import walk

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_WHERE = {"variable_declarator": "name", "catch_clause": "parameter", "for_in_statement": "left"}


def bound(pattern: Node, defaults: list[Node]) -> Iterator[str]:
    """The names that parameters bind; their default values are added to `defaults`."""
    waiting = [pattern]
    while waiting:
        node = waiting.pop()
        if node.type in _NAMES:
            yield _text(node)
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            waiting += [left] if left is not None else []
            defaults += [right] if right is not None else []
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            waiting += [value] if value is not None else []
        else:
            waiting += node.named_children


def declared(root: Node) -> Iterator[str]:
    """Every name that a declaration at or below a node binds, whatever its scope."""
    for node in walk(root):
        where = _WHERE.get(node.type, "name" if node.type.endswith("_declaration") else None)
        pattern = node.child_by_field_name(where) if where is not None else None
        if pattern is not None:
            yield from bound(pattern, [])


def _text(node: Node) -> str:
    return node.text.decode("utf-8") if node.text is not None else ""
