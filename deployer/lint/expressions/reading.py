"""From a script's syntax tree to what rules ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from deployer.lint.expressions.binding import bound, declared
from deployer.lint.expressions.chains import Chain, chain_of, text_of, use_of
from deployer.lint.expressions.expression import Argument, Call, Deed, Expression, Mark, Name, Read, Use
from deployer.lint.expressions.literals import kind_of, string_value
from deployer.lint.expressions.plain import read_plain
from deployer.lint.expressions.plain_reading import expression_of
from deployer.lint.expressions.scanning import LONGEST_READ, placeholder
from deployer.lint.expressions.slips import explain
from deployer.lint.expressions.syntax import Refusal, Tree, is_chain, parse, span, walk

if TYPE_CHECKING:
    from tree_sitter import Node

Scope = frozenset[str]

_ROOTS = frozenset({"data", "step"})
_ALL_OF_DATA = frozenset({"globalThis", "eval", "Function"})
"""With these a script can reach everything unseen."""

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_DECLARATIONS = frozenset(
    {
        *("variable_declaration", "lexical_declaration", "using_declaration", "class_declaration", "class"),
        *("function_declaration", "generator_function_declaration"),
    }
)
_STATEMENTS = frozenset(
    {
        *("if_statement", "switch_statement", "try_statement", "throw_statement", "with_statement"),
        *("labeled_statement", "debugger_statement", "break_statement", "continue_statement"),
    }
)


@lru_cache(maxsize=32768)
def read_expression(source: str) -> Expression:
    """Read one script; the same text is read once. Nothing in it makes this raise."""
    if is_chain(source):
        return _plain_chain(source)
    if len(source) > LONGEST_READ:
        return Expression(source=source, opaque=True)
    plain = read_plain(source)
    return read_tree(source) if plain is None else expression_of(source, plain)


def read_tree(source: str) -> Expression:
    """Read one script by its syntax tree."""
    tree = parse(source)
    if isinstance(tree, Refusal):
        return Expression(source=source, fault=explain(source, tree), opaque=True)
    return _Reader(source, tree).expression()


def _plain_chain(source: str) -> Expression:
    """`data.a.b`, the commonest script of all, without a parser."""
    text = source.rstrip("; \t\r\n\f\v")
    start = len(text) - len(text.lstrip())
    root, *path = text[start:].split(".")
    ends = []
    at = start + len(root)
    for name in path:
        at += 1 + len(name)
        ends.append(at)
    read = Read(
        root="data" if root == "data" else "step",
        path=tuple(path),
        start=start,
        end=len(text),
        ends=tuple(ends),
        deep=len(path) > 1,
        use=Use.VALUE,
        guarded=False,
    )
    return Expression(source=source, opaque=root == "data" and not path, reads=(read,))


@dataclass(slots=True)
class _Reader:
    """Walks one tree, left to right, with the names that are bound where it stands."""

    source: str
    tree: Tree
    reads: list[Read] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    tested: set[tuple[str, str]] = field(default_factory=set)
    opaque: bool = False
    waiting: list[tuple[Node, Scope]] = field(default_factory=list)

    def expression(self) -> Expression:
        root = self.tree.root
        statements = [node for node in root.named_children if node.type not in ("comment", "empty_statement")]
        scope = frozenset(declared(root)) if any(s.type != "expression_statement" for s in statements) else Scope()
        if len(statements) > 1:
            self.mark(Deed.STATEMENT, statements[1], self.text(statements[1]))
        self.waiting = [(node, scope) for node in reversed(statements)]
        while self.waiting:
            node, scope = self.waiting.pop()
            self.visit(node, scope)
        return Expression(
            source=self.source,
            blank=not statements,
            opaque=self.opaque,
            reads=tuple(self.reads),
            names=tuple(self.names),
            calls=tuple(self.calls),
            marks=tuple(self.marks),
            kind=kind_of(statements[0]) if len(statements) == 1 else "",
            tested=frozenset(name for root_name, name in self.tested if root_name == "data"),
        )

    def visit(self, node: Node, scope: Scope) -> None:
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            self.name(node, scope)
        elif kind in ("member_expression", "subscript_expression"):
            self.chain(node, scope)
        elif kind == "call_expression":
            self.call(node, scope)
        elif kind in _FUNCTIONS:
            self.function(node, scope)
        elif kind in ("assignment_expression", "augmented_assignment_expression"):
            self.assignment(node, scope)
        elif kind in _DECLARATIONS:
            self.declaration(node, scope)
        else:
            if kind in _LOOPS:
                self.mark(Deed.LOOP, node, _first_word(self.text(node)))
            elif kind in _STATEMENTS or (kind == "statement_block" and _is_bare_block(node)):
                self.mark(Deed.STATEMENT, node, _first_word(self.text(node)))
            elif kind == "update_expression":
                self.mark(Deed.COUNTING, node, self.text(node))
            elif kind == "new_expression":
                self.mark(Deed.ALLOCATION, node, self.text(node))
            elif kind == "unary_expression" and node.children[0].type == "delete":
                self.mark(Deed.DELETION, node, self.text(node))
            self.later(_inner(node), scope)

    def later(self, nodes: Iterator[Node], scope: Scope) -> None:
        """Visit these next, in their order."""
        self.waiting += reversed([(node, scope) for node in nodes])

    def name(self, node: Node, scope: Scope, *, called: bool = False) -> None:
        name = self.text(node)
        if name in scope or placeholder(name):
            return
        if name in _ROOTS:
            self.read(Chain(root=node, top=node), name)
            return
        start, end = span(self.tree.text, node)
        self.opaque |= name in _ALL_OF_DATA
        if not (_is_typeof(node) or _is_assigned(node)):
            self.names.append(Name(name=name, start=start, end=end, called=called))

    def chain(self, node: Node, scope: Scope) -> None:
        chain = chain_of(node, self.tree.text)
        root = chain.root
        if root.type == "identifier" and self.text(root) in _ROOTS and self.text(root) not in scope:
            if not _is_assigned(node):
                self.read(chain, self.text(root))
        else:
            self.waiting.append((root, scope))
        self.later(iter(chain.computed), scope)

    def read(self, chain: Chain, root: str) -> None:
        text = self.tree.text
        top = chain.top
        use = use_of(chain)
        start, end = span(text, top)
        name = chain.path[0] if chain.path else None
        known: Literal["data", "step"] = "data" if root == "data" else "step"
        guarded = name is not None and (root, name) in self.tested
        if use is Use.TESTED and name is not None and (len(chain.path) == 1 or chain.optional):
            self.tested.add((root, name))
        self.opaque |= root == "data" and name is None
        self.reads.append(
            Read(
                root=known,
                path=chain.path,
                start=start,
                end=end,
                ends=tuple(span(text, link)[1] for link in chain.links),
                deep=chain.deep,
                use=use,
                guarded=guarded or chain.optional,
            )
        )

    def call(self, node: Node, scope: Scope) -> None:
        callee, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or given is None:
            self.later(_inner(node), scope)
            return
        arguments = [child for child in given.named_children if child.type != "comment"]
        self.later(iter([callee, given]) if callee.type != "identifier" else iter([given]), scope)
        if callee.type != "identifier":
            return
        name = self.text(callee)
        if name in scope:
            if given.type == "arguments" and any(self.text(argument) == name for argument in arguments):
                self.mark(Deed.RECURSION, node, name)
            return
        self.name(callee, scope, called=True)
        if given.type == "arguments" and name not in _ROOTS:
            self.called(node, callee, arguments)

    def called(self, node: Node, callee: Node, arguments: list[Node]) -> None:
        start, end = span(self.tree.text, node)
        self.calls.append(
            Call(
                name=self.text(callee),
                start=start,
                end=end,
                name_end=span(self.tree.text, callee)[1],
                arguments=tuple(self.argument(argument) for argument in arguments),
                spread=any(argument.type == "spread_element" for argument in arguments),
            )
        )

    def argument(self, node: Node) -> Argument:
        start, end = span(self.tree.text, node)
        kind = kind_of(node)
        literal = node.type in ("string", "template_string")
        value = string_value(self.text(node)) if kind == "string" and literal else None
        return Argument(start=start, end=end, kind=kind, value=value)

    def function(self, node: Node, scope: Scope) -> None:
        own = node.child_by_field_name("name")
        parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        body = node.child_by_field_name("body")
        known = set(scope)
        defaults: list[Node] = []
        if own is not None:
            known.add(self.text(own))
            self.recursion(node, self.text(own))
        if parameters is not None:
            known.update(bound(parameters, defaults))
        if body is not None and body.type == "statement_block":
            known.update(declared(body))
        inner = frozenset(known)
        self.later(iter([*defaults, *([body] if body is not None else [])]), inner)

    def recursion(self, function: Node, name: str) -> None:
        """A call of a function's own name within it."""
        body = function.child_by_field_name("body") or function
        for node in walk(body):
            callee = node.child_by_field_name("function") if node.type == "call_expression" else None
            if callee is not None and callee.type == "identifier" and self.text(callee) == name:
                self.mark(Deed.RECURSION, node, name)

    def declaration(self, node: Node, scope: Scope) -> None:
        self.mark(Deed.DECLARATION, node, _first_word(self.text(node)))
        for inner in node.named_children:
            if inner.type == "variable_declarator":
                value = inner.child_by_field_name("value")
                name = inner.child_by_field_name("name")
                if value is not None:
                    if name is not None and value.type in _FUNCTIONS:
                        self.recursion(value, self.text(name))
                    self.waiting.append((value, scope))
        if "function" in node.type:
            self.function(node, scope)

    def assignment(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        signs = [child for child in node.children if not child.is_named and child.type.endswith("=")]
        sign = signs[0] if signs else node
        self.mark(Deed.ASSIGNMENT, node, self.text(sign), span(self.tree.text, sign))
        self.later(iter([side for side in (left, right) if side is not None]), scope)

    def mark(self, deed: Deed, node: Node, shown: str, sign: tuple[int, int] | None = None) -> None:
        start, end = span(self.tree.text, node)
        self.marks.append(Mark(deed=deed, start=start, end=end, shown=shown, sign=sign))

    def text(self, node: Node) -> str:
        return text_of(node, self.tree.text)


def _inner(node: Node) -> Iterator[Node]:
    """The parts of a node that are expressions or hold some."""
    if node.type == "pair":
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        return iter([part for part in (key, value) if part is not None and part.type != "property_identifier"])
    return (child for child in node.named_children if child.type not in ("comment", "statement_identifier"))


def _is_bare_block(node: Node) -> bool:
    return node.parent is not None and node.parent.type in ("program", "statement_block")


def _is_typeof(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "unary_expression" and parent.children[0].type == "typeof"


def _is_assigned(node: Node) -> bool:
    """Whether a name stands left of a `=`, which is reported as such."""
    parent = node.parent
    if parent is None or "assignment_expression" not in parent.type:
        return False
    return parent.child_by_field_name("left") == node


def _first_word(text: str) -> str:
    return re.split(r"[\s(]", text, maxsplit=1)[0][:20]
