"""A reader of the part of JavaScript in which nearly all scripts are written: what they read, compare and call.

Chains of names, texts, numbers, words, lists, brackets, operators, `? :`, methods, and functions by name. Whatever
else a script has in it, this gives up, and so it does where it is not sure that the script is JavaScript. It tells
what is read and called, and how a condition is put together; of places it knows nothing. Where rules look closer, they
take the syntax tree (reading.py): its reads are the same, as a property test says.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from deployer.lint.expressions.plain import NAME, NUMBER, TEXT, printable
from deployer.regex import regex
from deployer.tuples import NamedTuple

Path = tuple[str, ...]

_DEEPEST = 20
_BLANK = " \t\n\r\f\v"
_TOKEN = regex(
    rf"[{_BLANK}]*((?P<name>{NAME})|(?P<text>{TEXT})|(?P<number>{NUMBER})(?![A-Za-z0-9_$.])"
    r"|(?P<sign>[!=]==?|[<>]=?|\?\?|\?\.(?![0-9])|\|\||&&|[-+*/%!?:.,()\[\];]))",
    re.ASCII,
)
_OPERATORS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">=", "??", "||", "&&", "+", "-", "*", "/", "%"})
_WORDS: Final = {"true": "boolean", "false": "boolean", "null": "null", "undefined": "undefined"}
_LINKS = frozenset({".", "?.", "["})
_ROOTS = frozenset({"data", "step"})
_REACH_ALL = frozenset({"globalThis", "eval", "Function"})
_RESERVED_WORDS = """
    arguments async await break case catch class const continue debugger default delete do else enum export extends
    finally for function if implements import in instanceof interface let new package private protected public return
    static super switch this throw try typeof var void while with yield
    """
_RESERVED = frozenset(_RESERVED_WORDS.split())
"""No names, or none in every place (https://tc39.es/ecma262/#sec-keywords-and-reserved-words)."""


class Part(NamedTuple):
    """A part of a script."""

    kind: Literal["literal", "chain", "call", "not", "operators", "brackets", "list", "choice"]
    text: str
    """As written, blanks joined to one; empty where nobody asks."""
    word: str = ""
    """The kind of a literal, in JavaScript's words; the root of a chain; the name of a function that is called."""
    path: Path = ()
    """Of a chain: the names after its root, up to the first that is called."""
    whole: bool = False
    """Whether a chain is nothing but root and path, without `?.` and brackets."""
    parts: tuple[Part, ...] = ()
    signs: tuple[str, ...] = ()
    """The operators between the parts, whatever binds tighter."""


class Script(NamedTuple):
    """A script of this part of JavaScript."""

    reads: tuple[tuple[str, Path], ...]
    """What it reads of `data` and `step`: the root, and at least one name."""
    calls: tuple[Part, ...]
    """Its calls of functions by their bare name, the global ones that reach everything excepted."""
    objects: frozenset[str]
    """Other objects whose methods it calls, such as `Math`."""
    top: Part


def read_subset(source: str) -> Script | None:
    """The parts of a script; None for one that has others, or may be no JavaScript."""
    tokens: list[re.Match[str]] = []
    at = 0
    while (token := _TOKEN.match(source, at)) is not None:
        tokens.append(token)
        at = token.end()
    if source[at:].strip(_BLANK) or not printable(source):
        return None
    if tokens and tokens[-1]["sign"] == ";":
        tokens.pop()
    reader = _Reader(source, tokens)
    try:
        top = reader.choice(0)
    except _BeyondError:
        return None
    if reader.at < len(tokens):
        return None
    return Script(tuple(reader.reads), tuple(reader.calls), frozenset(reader.objects), top)


class _BeyondError(Exception):
    """The script has something else in it."""


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, source: str, tokens: list[re.Match[str]]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.reads: list[tuple[str, Path]] = []
        self.calls: list[Part] = []
        self.objects: set[str] = set()

    def sign(self) -> str:
        """The sign that stands next; empty for none."""
        return (self.tokens[self.at]["sign"] or "") if self.at < len(self.tokens) else ""

    def take(self, sign: str) -> bool:
        """Go past a sign, if it stands next."""
        found = self.sign() == sign
        self.at += found
        return found

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise _BeyondError

    def text(self, first: int) -> str:
        """What was read since a token."""
        return " ".join(self.source[self.tokens[first].start(1) : self.tokens[self.at - 1].end()].split())

    def choice(self, depth: int) -> Part:
        """`a ? b : c`, or as much of it as there is."""
        if depth > _DEEPEST:
            raise _BeyondError
        asked = self.operators(depth)
        if not self.take("?"):
            return asked
        then = self.choice(depth + 1)
        self.need(":")
        return Part("choice", "", parts=(asked, then, self.choice(depth + 1)))

    def operators(self, depth: int) -> Part:
        parts, signs = [self.denied(depth)], []
        while (sign := self.sign()) in _OPERATORS:
            self.at += 1
            signs.append(sign)
            parts.append(self.denied(depth))
        if "??" in signs and not {"||", "&&"}.isdisjoint(signs):
            raise _BeyondError  # JavaScript wants brackets there
        if not signs:
            return parts[0]
        return Part("operators", "", parts=tuple(parts), signs=tuple(signs))

    def denied(self, depth: int) -> Part:
        if not self.take("!"):
            return self.value(depth)
        if depth > _DEEPEST:
            raise _BeyondError
        return Part("not", "", parts=(self.denied(depth + 1),))

    def value(self, depth: int) -> Part:
        """A literal, a chain, a call, a list or brackets."""
        if self.at == len(self.tokens):
            raise _BeyondError
        first, token = self.at, self.tokens[self.at]
        self.at += 1
        if token["number"] is not None:
            return Part("literal", token["number"], word="number")
        name = token["name"]
        if name is not None and name in _WORDS:
            return Part("literal", name, word=_WORDS[name])
        if token["text"] is not None:
            found = Part("literal", token["text"], word="string")
        elif token["sign"] == "(":
            inner = self.choice(depth + 1)
            self.need(")")
            found = Part("brackets", self.text(first), parts=(inner,))
        elif token["sign"] == "[":
            found = Part("list", "", parts=self.items("]", depth))
        elif name is None or name in _REACH_ALL or name in _RESERVED:
            raise _BeyondError
        elif name not in _ROOTS and self.take("("):
            parts = self.items(")", depth)
            found = Part("call", self.text(first), word=name, parts=parts)
            self.calls.append(found)
        else:
            return self.chain(name, first, depth)
        return self.chain("", first, depth) if self.sign() in _LINKS else found

    def items(self, end: str, depth: int) -> tuple[Part, ...]:
        """Values between commas."""
        if depth > _DEEPEST:
            raise _BeyondError
        found: list[Part] = []
        while not self.take(end):
            if found:
                self.need(",")
            found.append(self.choice(depth + 1))
        return tuple(found)

    def chain(self, root: str, first: int, depth: int) -> Part:
        """What follows a name, or another value: further names, and methods."""
        path: list[str] = []
        whole, called = True, False
        while (link := self.sign()) in _LINKS:
            self.at += 1
            name = self.name(link)
            whole &= link == "."
            if self.take("("):
                if link == "[":
                    raise _BeyondError
                self.items(")", depth)
                called = True
            elif not called:
                path.append(name)
        if root in _ROOTS:
            if not path:
                raise _BeyondError  # all that there is
            self.reads.append((root, tuple(path)))
        elif root:
            self.objects.add(root)
        return Part("chain", self.text(first), word=root, path=tuple(path), whole=whole and not called)

    def name(self, link: str) -> str:
        """The name after `.`, or in `[...]`."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        self.at += 1
        if token is None:
            raise _BeyondError
        if link != "[":
            name = token["name"]
        else:
            name = token["number"] or (token["text"][1:-1] if token["text"] is not None else None)
            self.need("]")
        if name is None:
            raise _BeyondError
        return name
