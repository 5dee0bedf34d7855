"""`data.a['b']?.c`: chains of names in a syntax tree, and what a script does with what they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.lint.expressions.expression import Use
from deployer.lint.expressions.literals import string_value

if TYPE_CHECKING:
    from tree_sitter import Node

_EQUALITY = frozenset({"==", "!=", "===", "!=="})
_NOTHING = frozenset({"null", "undefined"})


@dataclass(slots=True)
class Chain:
    """A chain from its root to the last name that is written out."""

    root: Node
    top: Node
    """The outermost node of the chain, computed and called names included."""
    path: tuple[str, ...] = ()
    links: tuple[Node, ...] = ()
    """The node that ends with each name of `path`."""
    computed: list[Node] = field(default_factory=list)
    """Expressions within `[...]`, first to last."""
    optional: bool = False
    """Whether `?.` follows the first name."""
    deep: bool = False
    """Whether something other than `?.` follows the first name."""


def text_of(node: Node, text: bytes) -> str:
    """What stands at a node."""
    return text[node.start_byte : node.end_byte].decode("utf-8")


def chain_of(top: Node, text: bytes) -> Chain:
    """Follow a member or subscript expression down to its root."""
    nodes = []
    node = top
    while node.type in ("member_expression", "subscript_expression"):
        nodes.append(node)
        inner = node.child_by_field_name("object")
        if inner is None:
            break
        node = inner
    nodes.reverse()
    chain = Chain(root=node, top=top)
    called = _is_callee(top)
    path: list[str] = []
    links: list[Node] = []
    for place, link in enumerate(nodes):
        name = _name(link, text)
        index = link.child_by_field_name("index") if name is None else None
        if index is not None:
            chain.computed.append(index)
        if place == 1:
            chain.optional = link.child_by_field_name("optional_chain") is not None
            chain.deep = not chain.optional
        if name is None or (called and link is nodes[-1]) or len(links) < place:
            continue
        path.append(name)
        links.append(link)
    chain.path, chain.links = tuple(path), tuple(links)
    return chain


def _name(link: Node, text: bytes) -> str | None:
    """The name that a link adds; None when it is computed."""
    if link.type == "member_expression":
        name = link.child_by_field_name("property")
        return None if name is None else text_of(name, text)
    index = link.child_by_field_name("index")
    if index is None or index.type not in ("string", "number"):
        return None
    return string_value(text_of(index, text)) if index.type == "string" else text_of(index, text)


def _is_callee(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node


def use_of(chain: Chain) -> Use:
    """What the script does with the value at the end of a chain."""
    if chain.optional:
        return Use.TESTED
    node = chain.top
    parent = node.parent
    while parent is not None and parent.type == "parenthesized_expression":
        node, parent = parent, parent.parent
    if parent is None:
        return Use.VALUE
    if parent.type == "unary_expression":
        return Use.TESTED if parent.children[0].type in ("!", "typeof") else Use.VALUE
    if parent.type == "ternary_expression":
        return Use.TESTED if parent.child_by_field_name("condition") == node else Use.VALUE
    return _use_in_binary(node, parent) if parent.type == "binary_expression" else Use.VALUE


def _use_in_binary(node: Node, parent: Node) -> Use:
    left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
    sign = parent.child_by_field_name("operator")
    if left is None or right is None or sign is None:
        return Use.VALUE
    if sign.type in ("&&", "||", "??"):
        return Use.TESTED if node == left else Use.VALUE
    if sign.type in _EQUALITY:
        other = right if node == left else left
        return Use.TESTED if other.type in _NOTHING else Use.COMPARED
    return Use.VALUE
