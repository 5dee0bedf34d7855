"""What a script may be, and how much care it needs: decided from its syntax tree, before it runs.

The platform documents that scripts may not assign, allocate or declare. A script here is one
expression without any of these. Every node kind that is not named below is refused, so whatever
the language gains later is refused until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from tree_sitter import Language, Node, Parser

from deployer.engine.functions import FUNCTIONS
from deployer.engine.plain import Plain, read_plain

_DEEPEST = 100
"""Levels of a syntax tree. Ours: a thousand nested brackets are an attack, not a condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One `{{ ... }}`, read but not run."""

    source: str
    """What stands between the braces, as written."""
    code: str
    """The expression alone: no blanks, comments or semicolon around it."""
    refused: str | None
    """Why it must not run; None when it may."""
    light: bool
    """Whether it can only look at its data and compare: no loop, call-back, growth or mutation.

    Such a script's cost is bounded by the size of what it reads, so it may run in this process.
    """
    reads: int
    """How often it names `data`, `step` or a text: an upper bound of what it can put together."""
    uses_step: bool
    """Whether it names `step`."""
    searches: bool
    """Whether it looks for one text in another, which costs the square of their size."""
    plain: Plain | None = field(default=None, repr=False, compare=False)
    """Its short way, without JavaScript; None when it has none."""


_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "assignment_expression": "a script may not assign",
        "augmented_assignment_expression": "a script may not assign",
        "update_expression": "a script may not assign (`++`, `--`)",
        "new_expression": "a script may not allocate (`new`)",
        "variable_declaration": "a script may not declare variables",
        "lexical_declaration": "a script may not declare variables",
        "using_declaration": "a script may not declare variables",
        "function_declaration": "a script may not declare functions",
        "generator_function_declaration": "a script may not declare functions",
        "class_declaration": "a script may not declare classes",
        "function_expression": "a script may not declare functions; an arrow function such as `x => x.id` is fine",
        "generator_function": "a script may not declare functions",
        "method_definition": "a script may not declare functions",
        "class": "a script may not declare classes",
        "return_statement": "a script is one expression, without `return`",
        "statement_block": "a script is one expression, without statements",
        "import": "a script may not import",
        "this": "a script has no `this`; use `data` or `step`",
    }
)

_ALLOWED: Final = frozenset(
    {
        *("program", "expression_statement", "parenthesized_expression", "comment", "identifier"),
        *("member_expression", "subscript_expression", "optional_chain", "property_identifier"),
        *("string", "string_fragment", "escape_sequence", "template_string", "template_substitution"),
        *("number", "true", "false", "null", "undefined", "regex", "regex_pattern", "regex_flags"),
        *("unary_expression", "binary_expression", "ternary_expression", "sequence_expression"),
        *("call_expression", "arguments", "spread_element", "array", "object", "pair", "computed_property_name"),
        *("shorthand_property_identifier", "arrow_function", "formal_parameters", "object_pattern", "array_pattern"),
        *("assignment_pattern", "object_assignment_pattern", "pair_pattern", "rest_pattern"),
        "shorthand_property_identifier_pattern",
    }
)
_REFUSED_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "delete": "a script may not delete",
        "async": "a script may not be `async`",
    }
)

_LIGHT: Final = _ALLOWED - {
    *("regex", "spread_element", "arrow_function", "object", "pair", "computed_property_name"),
    *("shorthand_property_identifier", "rest_pattern"),
}
_SEARCHES: Final = frozenset({"includes", "indexOf", "lastIndexOf"})
_LIGHT_METHODS: Final = _SEARCHES | {
    *("toLowerCase", "toUpperCase", "trim", "trimStart", "trimEnd", "startsWith", "endsWith"),
    *("slice", "substring", "charAt", "at", "charCodeAt", "codePointAt", "concat", "localeCompare"),
}
"""Methods of texts and lists that read what they are called on, in linear time (searches: in its square).

Not here: what repeats (`repeat`, `padStart`, `join`, `split` with its way back to text), what
replaces, what takes a function, and what changes a list in place.
"""
_LIGHT_VALUES: Final = frozenset({"data", "step", "undefined", "NaN", "Infinity"})
_LIGHT_CALLS: Final = frozenset({*FUNCTIONS, "uuid", "String", "Number", "Boolean", "parseInt", "parseFloat", "isNaN"})
_LIGHT_MATH: Final = frozenset({"abs", "ceil", "floor", "max", "min", "round", "sign", "trunc"})


@cache
def _language() -> Language:
    import tree_sitter_javascript  # the grammar is 400 kB; only scripts need it

    return Language(tree_sitter_javascript.language())


def _parse(text: str) -> Node:
    # A parser is cheap, and one that threads share is not safe.
    return Parser(_language()).parse(text.encode("utf-8", "replace")).root_node


@lru_cache(maxsize=1024)
def is_expression(text: str) -> bool:
    """Whether a text is one whole JavaScript expression, allowed or not."""
    root = _parse(text)
    return not root.has_error and _expression(root) is not None


def _expression(root: Node) -> Node | None:
    statements = [node for node in root.named_children if node.type not in ("comment", "empty_statement")]
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    inside = [node for node in statements[0].named_children if node.type != "comment"]
    return inside[0] if len(inside) == 1 else None


@lru_cache(maxsize=4096)
def read_script(source: str) -> Script:
    """Read one script. It is not run, and reading never fails: see `Script.refused`."""
    if len(source) > 4000:
        # No platform takes this; not worth a syntax tree.
        return _refused(source, f"a script of {len(source)} characters is too long")
    root = _parse(source)
    reason = _objection(root)
    expression = _expression(root)
    if reason is not None or expression is None or expression.text is None:
        return _refused(source, reason or "a script is one expression")
    names = list(_walk(expression))
    return Script(
        source=source,
        code=expression.text.decode("utf-8"),
        refused=None,
        light=all(_is_light(node) for node, _ in names),
        reads=sum(node.type in ("identifier", "string", "template_string") for node, _ in names),
        uses_step=any(node.type == "identifier" and _word(node) == "step" for node, _ in names),
        searches=any(node.type == "property_identifier" and _word(node) in _SEARCHES for node, _ in names),
        plain=read_plain(expression),
    )


def _refused(source: str, reason: str) -> Script:
    return Script(source=source, code="", refused=reason, light=False, reads=0, uses_step=True, searches=False)


def _walk(root: Node) -> Iterator[tuple[Node, int]]:
    """All nodes with their depth, without recursion: the text may be hostile."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in reversed(node.children)]


def _objection(root: Node) -> str | None:
    if not root.named_children:
        return "the script is empty"
    broken = root.has_error
    for node, depth in _walk(root):
        if depth > _DEEPEST:
            return f"the script is nested deeper than {_DEEPEST} levels"
        if node.is_named and node.type in _REFUSED:
            return _REFUSED[node.type]
        if not node.is_named and node.type in _REFUSED_WORDS and node.parent is not None:
            return _REFUSED_WORDS[node.type]
        if not broken and node.is_named and node.type not in _ALLOWED and node.type != "empty_statement":
            return f"a script may not hold a {node.type.replace('_', ' ')}"
    return f"syntax error{_near(root)}" if broken else None


def _near(root: Node) -> str:
    """Where the first error stands, in the script's own characters."""
    for node, _ in _walk(root):
        if node.is_error or node.is_missing:
            word = f' at "{_word(node)[:20]}"' if node.text else ""
            return f"{word}, column {node.start_point.column + 1}"
    return ""


def _word(node: Node) -> str:
    return node.text.decode("utf-8") if node.text is not None else ""


def _is_light(node: Node) -> bool:
    if not node.is_named:
        # `**` and `<<` on big integers are the only costly operators, and those need a literal with `n`.
        return True
    if node.type == "identifier":
        return _word(node) in _LIGHT_VALUES or _is_called(node, _LIGHT_CALLS) or _is_math(node)
    if node.type == "number":
        return not _word(node).endswith("n")
    if node.type == "call_expression":
        return _is_light_call(node)
    return node.type in _LIGHT


def _is_called(node: Node, names: frozenset[str]) -> bool:
    call = node.parent
    return (
        _word(node) in names
        and call is not None
        and call.type == "call_expression"
        and call.child_by_field_name("function") == node
    )


def _is_math(node: Node) -> bool:
    member = node.parent
    if _word(node) != "Math" or member is None or member.type != "member_expression":
        return False
    name = member.child_by_field_name("property")
    return name is not None and _word(name) in _LIGHT_MATH and member.child_by_field_name("object") == node


def _is_light_call(node: Node) -> bool:
    callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if callee is None or arguments is None or arguments.type != "arguments":
        return False  # a tagged template
    if callee.type == "identifier":
        return _word(callee) in _LIGHT_CALLS
    if callee.type != "member_expression":
        return False
    name, owner = callee.child_by_field_name("property"), callee.child_by_field_name("object")
    if name is None or owner is None:
        return False
    if owner.type == "identifier" and _word(owner) == "Math":
        return _word(name) in _LIGHT_MATH
    return _word(name) in _LIGHT_METHODS
