"""Values that a script writes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.regex import regex

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = regex(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_KINDS = {
    "string": "string",
    "template_string": "string",
    "number": "number",
    "true": "boolean",
    "false": "boolean",
    "null": "null",
    "undefined": "undefined",
    "object": "object",
    "regex": "object",
    "new_expression": "object",
    "array": "array",
    "arrow_function": "function",
    "function_expression": "function",
}
_BOOLEAN_SIGNS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"})
_NUMBER_SIGNS = frozenset({"-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>"})
RETURNS = {
    "isCountryCode": "boolean",
    "stringContains": "boolean",
    "isTimeOfDayBetween": "boolean",
    "isDayOfWeek": "boolean",
    "isNaN": "boolean",
    "isFinite": "boolean",
    "Boolean": "boolean",
    "uuid": "string",
    "String": "string",
    "encodeURIComponent": "string",
    "Number": "number",
    "parseInt": "number",
    "parseFloat": "number",
}
"""What functions give."""
_DEEPEST = 40


def string_value(text: str) -> str | None:
    """The value of a string as written, quotes included; None for a template with parts."""
    inner = text[1:-1]
    if text[:1] == "`" and "${" in inner:
        return None
    return _ESCAPE.sub(_unescaped, inner) if "\\" in inner else inner


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is not None:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    letter = match[4]
    return "" if letter in ("\n", "\r\n") else _LETTERS.get(letter, letter)


def kind_of(node: Node, depth: int = 0) -> str:
    """What an expression surely gives, in JavaScript's words; empty when that depends on the data."""
    if depth > _DEEPEST:
        return ""
    if node.type in ("parenthesized_expression", "expression_statement"):
        inner = [child for child in node.named_children if child.type != "comment"]
        return kind_of(inner[0], depth + 1) if len(inner) == 1 else ""
    if node.type == "unary_expression":
        return {"!": "boolean", "typeof": "string", "delete": "boolean", "void": "undefined"}.get(
            node.children[0].type, "number"
        )
    if node.type == "binary_expression":
        return _binary_kind(node, depth)
    if node.type == "ternary_expression":
        return _same(node.child_by_field_name("consequence"), node.child_by_field_name("alternative"), depth)
    if node.type == "call_expression":
        callee = node.child_by_field_name("function")
        name = callee.text if callee is not None and callee.type == "identifier" else None
        return RETURNS.get(name.decode("utf-8"), "") if name is not None else ""
    return _KINDS.get(node.type, "")


def _binary_kind(node: Node, depth: int) -> str:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if sign in _BOOLEAN_SIGNS:
        return "boolean"
    if sign in _NUMBER_SIGNS:
        return "number"
    if sign in ("&&", "||", "??"):
        return _same(left, right, depth)
    if sign == "+" and left is not None and right is not None:
        kinds = {kind_of(left, depth + 1), kind_of(right, depth + 1)}
        return "string" if "string" in kinds else "number" if kinds == {"number"} else ""
    return ""


def _same(one: Node | None, other: Node | None, depth: int) -> str:
    """The kind of either, when it is the same for both."""
    if one is None or other is None:
        return ""
    kind = kind_of(one, depth + 1)
    return kind if kind and kind == kind_of(other, depth + 1) else ""
