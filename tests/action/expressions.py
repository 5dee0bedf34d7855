"""Expressions of GitHub Actions, `${{ ... }}`, as the runner evaluates them.

https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Function = Callable[..., object]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|[!<>()\[\].,*]))"
)
_WHOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def text(value: object) -> str:
    """A value where a string belongs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value)
    return str(value)


def truth(value: object) -> bool:
    """Whether a value counts as true."""
    return value not in (None, False, 0, "")


def fill(template: str, contexts: Mapping[str, object], functions: Mapping[str, Function]) -> str:
    """A text of a workflow with each of its expressions replaced by its value."""
    return _WHOLE.sub(lambda found: text(evaluate(found[1], contexts, functions)), template)


def condition(source: object, contexts: Mapping[str, object], functions: Mapping[str, Function]) -> bool:
    """The value of an `if`, with or without `${{ }}`; it is `success()` where no status function occurs."""
    written = text(source)
    found = _WHOLE.fullmatch(written.strip())
    inner = found[1] if found else written
    if not re.search(r"\b(always|success|failure|cancelled)\(", inner):
        inner = f"success() && ({inner})"
    return truth(evaluate(inner, contexts, functions))


def evaluate(source: str, contexts: Mapping[str, object], functions: Mapping[str, Function]) -> object:
    """The value of one expression. Raises SyntaxError for what the runner would refuse."""
    reader = _Reader(tokens=_tokens(source), contexts=contexts, functions={**_FUNCTIONS, **functions})
    value = reader.either()
    if reader.at < len(reader.tokens):
        raise SyntaxError(f"unexpected {reader.tokens[reader.at]} in {source}")
    return value


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while source[at:].strip():
        found = _TOKEN.match(source, at)
        if found is None:
            raise SyntaxError(f"cannot read {source[at:]!r}")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        at = found.end()
    return tokens


def _equal(left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return _number(left) == _number(right)


def _number(value: object) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number is not a number
    except (TypeError, ValueError):
        return float("nan")


def _format(template: object, *values: object) -> str:
    return text(template).format(*map(text, values))


def _contains(where: object, what: object) -> bool:
    if isinstance(where, Sequence) and not isinstance(where, str):
        return any(_equal(item, what) for item in where)
    return text(what).lower() in text(where).lower()


_COMPARISONS: Mapping[str, Callable[[object, object], bool]] = {
    "==": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "<": lambda a, b: _number(a) < _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
}
_FUNCTIONS: Mapping[str, Function] = {
    "format": _format,
    "contains": _contains,
    "startsWith": lambda value, start: text(value).lower().startswith(text(start).lower()),
    "fromJSON": lambda value: json.loads(text(value)),
    "toJSON": json.dumps,
}


@dataclass
class _Reader:
    """Recursive descent, evaluating as it reads; what short circuits skip has no effects anyway."""

    tokens: list[tuple[str, str]]
    contexts: Mapping[str, object]
    functions: Mapping[str, Function]
    at: int = field(default=0)

    def _next(self, *signs: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] in {("sign", sign) for sign in signs}:
            self.at += 1
            return True
        return False

    def _must(self, sign: str) -> None:
        if not self._next(sign):
            raise SyntaxError(f"{sign} expected in {self.tokens}")

    def either(self) -> object:
        value = self._both()
        while self._next("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def _both(self) -> object:
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = other if truth(value) else value
        return value

    def _compared(self) -> object:
        value = self._not()
        while self.at < len(self.tokens) and self.tokens[self.at][1] in _COMPARISONS:
            sign = self.tokens[self.at][1]
            self.at += 1
            other = self._not()
            value = _COMPARISONS[sign](value, other)
        return value

    def _not(self) -> object:
        return not truth(self._not()) if self._next("!") else self._path()

    def _path(self) -> object:
        value = self._atom()
        while True:
            if self._next("."):
                name = self.tokens[self.at][1]
                self.at += 1
                value = value.get(name) if isinstance(value, Mapping) else None
            elif self._next("["):
                index = self.either()
                self._must("]")
                if isinstance(value, Mapping):
                    value = value.get(text(index))
                elif isinstance(value, list) and _number(index) < len(value):
                    value = value[int(_number(index))]
                else:
                    value = None
            else:
                return value

    def _atom(self) -> object:
        if self._next("("):
            value = self.either()
            self._must(")")
            return value
        kind, written = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return written[1:-1].replace("''", "'")
        if kind == "number":
            return float(written) if "." in written else int(written)
        if kind != "name":
            raise SyntaxError(f"unexpected {written}")
        if self._next("("):
            return self._called(written)
        if written in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[written]
        if written not in self.contexts:
            raise SyntaxError(f"no context `{written}` here")
        return self.contexts[written]

    def _called(self, name: str) -> object:
        values: list[object] = []
        while not self._next(")"):
            values.append(self.either())
            self._next(",")
        if name not in self.functions:
            raise SyntaxError(f"no function `{name}`")
        return self.functions[name](*values)
