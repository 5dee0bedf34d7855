"""When conditions are true: comparisons tried out on every value that makes a difference.

A condition is read as comparisons of *terms* (a chain such as `data.key`, or anything else, taken
as written) with constants, joined by `&&`, `||`, `!`, `? :` and parentheses. For each term the
constants that it is compared with, values between them, and one that is none of them are tried in
all combinations. Where that would be too many, or where a term compares with another term, nothing
is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import TYPE_CHECKING

from deployer.lint.expressions.chains import chain_of, text_of
from deployer.lint.expressions.javascript import BY_CHANCE, ELSE, UNDEFINED, Constant, compare, truthy
from deployer.lint.expressions.literals import kind_of, string_value
from deployer.lint.expressions.plain import COMPARISONS, Plain, constant_of, read_plain
from deployer.lint.expressions.scanning import LONGEST_READ, scan
from deployer.lint.expressions.syntax import Tree, parse
from deployer.record import record

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_WORLDS = 2_000
_DEEPEST = 40
_NUMBER_LIMIT = 2.0**53

World = Mapping[str, Constant]
"""A value for each term."""
Test = Callable[[World], bool]


@dataclass(slots=True)
class Term:
    """Something with a value that only the run knows."""

    root: str
    """`data`, `step`, or empty."""
    path: tuple[str, ...]
    """The names after the root, for a plain chain."""
    needs: bool
    """Whether reading it fails when the first value is not there."""
    values: dict[tuple[type, Constant], None] = field(default_factory=dict)
    """The constants it is compared with; with their types, as Python takes 1 for True."""
    ordered: bool = False
    truth: bool = False


@record(eq=False)
class Condition:
    """One condition, read. The same text is the same object, as long as it is remembered."""

    test: Test
    terms: Mapping[str, Term]


@lru_cache(maxsize=32768)
def read_condition(text: str) -> Condition | None:
    """A condition as a field holds it, braces included; None for what is no single, valid script."""
    found = scan(text.strip())
    if len(found.scripts) != 1 or not found.scripts[0].whole or found.scripts[0].dynamic:
        return None
    source = found.scripts[0].source
    plain = read_plain(source) if len(source) <= LONGEST_READ else None
    if plain is not None and not plain.method and (not plain.sign or plain.sign in COMPARISONS):
        return _of_plain(plain)
    return read_condition_tree(source)


def _of_plain(plain: Plain) -> Condition:
    """A chain by itself, or one that is compared with a literal."""
    key = ".".join((plain.root, *plain.path))
    term = Term(root=plain.root, path=plain.path, needs=len(plain.path) > 1)
    if not plain.sign:
        term.truth = True
        return Condition(test=lambda world: truthy(world[key]), terms={key: term})
    sign, value = plain.sign, constant_of(plain)
    term.values[type(value), value] = None
    term.ordered = sign[0] in "<>"
    return Condition(test=lambda world: compare(sign, world[key], value), terms={key: term})


def read_condition_tree(source: str) -> Condition | None:
    """The condition that a script is, by its syntax tree; None for what is no single, valid expression."""
    tree = parse(source) if len(source) <= LONGEST_READ else None
    if not isinstance(tree, Tree):
        return None
    statements = [node for node in tree.root.named_children if node.type not in ("comment", "empty_statement")]
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    reader = _Reader(tree.text)
    return Condition(test=reader.test(statements[0], 0), terms=reader.terms)


def worlds(conditions: Sequence[Condition]) -> Iterator[World] | None:
    """Every combination of values that can make a difference to these conditions; None for too many."""
    terms: dict[str, Term] = {}
    for condition in conditions:
        for key, term in condition.terms.items():
            known = terms.get(key)
            terms[key] = term if known is None else _merged(known, term)
    domains = {key: _domain(term) for key, term in terms.items()}
    if prod(map(len, domains.values())) > MOST_WORLDS:
        return None
    return _consistent(domains, terms)


def _consistent(domains: Mapping[str, Sequence[Constant]], terms: Mapping[str, Term]) -> Iterator[World]:
    """Worlds in which what lies below a missing value is missing too."""
    inner = [
        (outer, key)
        for key, term in terms.items()
        for outer, other in terms.items()
        if term.root and term.root == other.root and len(other.path) < len(term.path)
        and term.path[: len(other.path)] == other.path
    ]  # fmt: skip
    for values in product(*domains.values()):
        world = dict(zip(domains, values, strict=True))
        if all(world[key] is UNDEFINED for outer, key in inner if world[outer] in (None, UNDEFINED)):
            yield world


def _merged(one: Term, other: Term) -> Term:
    return Term(
        root=one.root,
        path=one.path,
        needs=one.needs or other.needs,
        values={**one.values, **other.values},
        ordered=one.ordered or other.ordered,
        truth=one.truth or other.truth,
    )


def _domain(term: Term) -> Sequence[Constant]:
    values: list[Constant] = [value for _, value in term.values]
    if term.values or term.root:
        values = [UNDEFINED, None, ELSE, *(value for value in values if value not in (None, UNDEFINED))]
    if term.truth or not values:
        values += [flag for flag in (True, False) if (bool, flag) not in term.values]
    if term.ordered:
        numbers = sorted(v for _, v in term.values if isinstance(v, float) and abs(v) < _NUMBER_LIMIT)
        steps = [low + (high - low) / 2 for low, high in pairwise(numbers)]
        values += [*steps, numbers[0] - 1, numbers[-1] + 1] if numbers else []
        texts = [v for _, v in term.values if isinstance(v, str)]
        beside = ("", *(f"{text}\0" for text in texts)) if texts else ()  # below them all, and right above each
        values += [text for text in beside if text not in texts]
    return values


class _Reader:
    """Reads a tree into a test and gathers its terms."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.terms: dict[str, Term] = {}
        self.asked: set[tuple[str, str]] = set()
        """First names that were asked for being there, so that reading into them is safe."""
        self.unique = 0

    def test(self, node: Node, depth: int) -> Test:
        """The truth of an expression."""
        if depth > _DEEPEST:
            return self.truth(node)
        if node.type in ("expression_statement", "parenthesized_expression"):
            inner = [child for child in node.named_children if child.type != "comment"]
            return self.test(inner[0], depth + 1) if len(inner) == 1 else self.truth(node)
        if node.type == "unary_expression" and node.children[0].type == "!":
            denied = self.test(node.named_children[-1], depth + 1)
            return lambda world: not denied(world)
        if node.type == "ternary_expression":
            return self.choice(node, depth)
        if node.type == "binary_expression":
            return self.binary(node, depth)
        if node.type == "call_expression" and text_of(node.children[0], self.text) == "Boolean":
            given = node.child_by_field_name("arguments")
            if given is not None and len(given.named_children) == 1:
                return self.test(given.named_children[0], depth + 1)
        return self.truth(node)

    def choice(self, node: Node, depth: int) -> Test:
        parts = [node.child_by_field_name(name) for name in ("condition", "consequence", "alternative")]
        asked, one, other = (self.test(part, depth + 1) for part in parts if part is not None)
        return lambda world: one(world) if asked(world) else other(world)

    def binary(self, node: Node, depth: int) -> Test:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return self.truth(node)
        sign = operator.type
        if sign in ("&&", "||"):
            one, other = self.test(left, depth + 1), self.test(right, depth + 1)
            if sign == "&&":
                return lambda world: one(world) and other(world)
            return lambda world: one(world) or other(world)
        return self.comparison(left, sign, right) if sign in COMPARISONS else self.truth(node)

    def comparison(self, left: Node, sign: str, right: Node) -> Test:
        known, other = self.constant(left), self.constant(right)
        if known is not None and other is not None:
            result = compare(sign, known[0], other[0])
            return lambda _: result
        if known is None and other is None:
            return self.between(left, sign, right)
        key = self.term(left if known is None else right)
        value = (known or other or (None,))[0]
        term = self.terms[key]
        term.values[type(value), value] = None
        if value in (None, UNDEFINED):
            self.ask(key)
        term.ordered |= sign[0] in "<>"
        if known is None:
            return lambda world: compare(sign, world[key], value)
        return lambda world: compare(sign, value, world[key])

    def between(self, left: Node, sign: str, right: Node) -> Test:
        """One term with another: a yes-or-no of its own, the same for `==` and, denied, for `!=`."""
        sides = [" ".join(text_of(side, self.text).split()) for side in (left, right)]
        if sides[0] == sides[1] and sign in ("==", "===", "!=", "!==") and not self.by_chance(sides[0]):
            return lambda _: sign[0] == "="
        key = self.opaque(f"{sides[0]} {sign.replace('!', '=')} {sides[1]}")
        return lambda world: (world[key] is True) is (sign[0] != "!")

    def truth(self, node: Node) -> Test:
        known = self.constant(node)
        if known is not None:
            result = truthy(known[0])
            return lambda _: result
        kind = kind_of(node)
        if kind in ("object", "array", "function"):
            return lambda _: True
        key = self.term(node)
        self.terms[key].truth = True
        self.ask(key)
        return lambda world: truthy(world[key])

    def term(self, node: Node) -> str:
        """The key of a node's term."""
        while node.type == "parenthesized_expression" and len(node.named_children) == 1:
            node = node.named_children[0]
        if node.type in ("member_expression", "subscript_expression"):
            chain = chain_of(node, self.text)
            root = text_of(chain.root, self.text)
            if root in ("data", "step") and chain.links and chain.links[-1] == node:
                key = ".".join((root, *chain.path))
                term = self.terms.setdefault(key, Term(root=root, path=chain.path, needs=False))
                term.needs |= chain.deep and (root, chain.path[0]) not in self.asked
                if chain.optional:
                    self.asked.add((root, chain.path[0]))
                return key
        return self.opaque(" ".join(text_of(node, self.text).split()))

    def ask(self, key: str) -> None:
        """Remember that a condition asks whether a first name is there."""
        term = self.terms[key]
        if len(term.path) == 1:
            self.asked.add((term.root, term.path[0]))

    def opaque(self, key: str) -> str:
        if self.by_chance(key):
            self.unique += 1
            key = f"{key} #{self.unique} {id(self)}"
        self.terms.setdefault(key, Term(root="", path=(), needs=False))
        return key

    @staticmethod
    def by_chance(text: str) -> bool:
        return BY_CHANCE.search(text) is not None

    def constant(self, node: Node) -> tuple[Constant] | None:
        """The value of a literal, in a tuple as `null` is one too."""
        text = text_of(node, self.text)
        if node.type == "parenthesized_expression" and len(node.named_children) == 1:
            return self.constant(node.named_children[0]) if len(text) < 200 else None
        if node.type in ("string", "template_string"):
            value = string_value(text)
            return None if value is None else (value,)
        if node.type == "number":
            return _number(text)
        if node.type == "unary_expression" and text[:1] == "-":
            inner = self.constant(node.named_children[-1])
            return (-inner[0],) if inner is not None and type(inner[0]) is float else None
        words: dict[str, Constant] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
        return (words[node.type],) if node.type in words else None


def _number(text: str) -> tuple[Constant] | None:
    try:
        return (float(int(text, 0)) if text[:2].lower() in ("0x", "0o", "0b") else float(text.replace("_", "")),)
    except (ValueError, OverflowError):
        return None
