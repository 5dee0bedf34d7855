"""The quick answer to most files: this value is valid, and nothing need be asked further.

Checks are generated from the same JSON Schemas that jsonschema reads: a schema becomes a plain function
that says yes or no and looks at each key once. A yes is final. After a no, jsonschema is imported and
says what is wrong and where (`faults.py`); so a file without faults never pays for it. A keyword that is
not known here makes its schema say no to everything: slow, never wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from deployer.regex import regex
from deployer.steps import Schema

Test = Callable[[Any], bool]
"""Whether a value of JSON is valid."""

Path = tuple[str, ...]

LONGEST_MATCHED = 2_000
"""Characters of a text that a pattern sees: patterns look for `{{...}}`, which a long hostile text makes slow."""

_ANNOTATIONS = frozenset(
    {
        *("$schema", "$comment", "title", "description", "default", "examples", "definitions", "readOnly"),
        *("x-deployer", "doNotSuggest", "enumDescriptions", "patternErrorMessage"),
    }
)
_CLASSES: Mapping[str, type] = {
    "string": str, "object": dict, "array": list, "boolean": bool, "null": type(None), "integer": int,
}  # fmt: skip


def _exactly(only: type) -> Test:
    return lambda value: value.__class__ is only


def exactly(only: type) -> Test:
    """The test that asks for nothing but a class of JSON, a boolean being no integer."""
    return _EXACTLY[only]


_EXACTLY: Mapping[type, Test] = {only: _exactly(only) for only in _CLASSES.values()}
_ONLY: Mapping[Test, type] = {test: only for only, test in _EXACTLY.items()}

_ANYWHERE: Path = ("*",)
"""Where no path of keys leads: into lists and alternatives."""

_built: dict[int, tuple[Schema, Test]] = {}


def passes(schema: Schema, value: object) -> bool:
    """Whether a value is certainly valid. The schema is one of those that live as long as the program."""
    found = _built.get(id(schema))
    if found is None:
        # The schema is kept beside its test, so its id stays its own.
        found = _built[id(schema)] = (schema, compile_test(schema))
    return found[1](value)


def compile_test(schema: Schema, instead: Mapping[Path, Test] | None = None) -> Test:
    """The test that a schema describes.

    `instead` are tests that stand in place of what the schema says of the value at a path of keys. Each says yes
    to nothing that the schema objects to, and no to whatever else there may be.
    """
    return _Compiler(schema, instead or {}).test(schema)


class _Unknown(Exception):  # not an error of the program: this schema is left to jsonschema
    """A schema says what is not known here."""


class _Compiler:
    """Turns a schema, and those that it refers to, into tests."""

    def __init__(self, root: Schema, instead: Mapping[Path, Test]) -> None:
        self._root = root
        self._instead = instead
        self._used: set[Path] = set()

    def test(self, schema: Schema) -> Test:
        try:
            test = self._test(schema, ())
        except _Unknown:
            return _never
        return test if self._used == self._instead.keys() else _never

    def _test(self, schema: Schema, at: Path = _ANYWHERE) -> Test:
        if at in self._instead:
            self._used.add(at)
            return self._instead[at]
        if "$ref" in schema:
            return self._test(self._target(schema["$ref"]), at)  # in draft-07 what stands beside it does not count
        tests = [self._keyword(name, schema) for name in schema if name not in _ANNOTATIONS and name not in _TOGETHER]
        mapping = not _OF_OBJECTS.isdisjoint(schema)
        if "type" in schema and not (mapping and schema["type"] == "object"):
            tests.insert(0, _types(schema["type"]))
        if schema.get("type") == "string" and schema.keys() - _ANNOTATIONS == {"type", "anyOf"}:
            return self._choice(schema["anyOf"])
        if mapping:
            tests.append(self._object(schema, at))
        return _all([test for test in tests if test is not _always])

    def _target(self, reference: str) -> Schema:
        value: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            if not isinstance(value, Mapping) or part not in value:
                raise _Unknown
            value = value[part]
        found: Schema = value
        return found

    def _keyword(self, name: str, schema: Schema) -> Test:
        wanted = schema[name]
        if name == "anyOf":
            return _any([self._test(option) for option in wanted])
        if name == "allOf":
            return _all([self._test(part) for part in wanted])
        if name == "items" and isinstance(wanted, Mapping):
            return _items(self._test(wanted))
        make = _KEYWORDS.get(name)
        if make is None:
            raise _Unknown
        return make(wanted)

    def _choice(self, options: Sequence[Schema]) -> Test:
        """A text that is one of a list, or fits what else is said: the list is asked first, and mostly enough."""
        tests = [self._test(option) for option in options]
        known = frozenset(
            value for option in options if "enum" in option and option.keys() <= _LIST for value in option["enum"]
        )
        other = _any(tests)
        return lambda value: value.__class__ is str and (value in known or other(value))

    def _object(self, schema: Schema, at: Path) -> Test:
        properties = {name: self._test(inner, (*at, name)) for name, inner in schema.get("properties", {}).items()}
        beside = schema.get("additionalProperties", True)
        other = self._test(beside) if isinstance(beside, Mapping) else _always if beside else _never
        only = schema.get("type") == "object"
        if other is _always and not properties and "required" not in schema:
            return _EXACTLY[dict] if only else _always
        return _object(properties, frozenset(schema.get("required", ())), other, unlike=not only)


def _always(_: object) -> bool:
    return True


def _never(_: object) -> bool:
    return False


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) < 2:
        return tests[0] if tests else _always
    if len(tests) == 2:
        one, other = tests
        return lambda value: one(value) and other(value)
    return lambda value: all(test(value) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    def one_passes(value: object) -> bool:
        for test in tests:  # noqa: SIM110  # a generator costs more than the tests
            if test(value):
                return True
        return False

    return one_passes


def _types(names: str | list[str]) -> Test:
    wanted = [names] if isinstance(names, str) else names
    if not all(name in _CLASSES or name == "number" for name in wanted):
        raise _Unknown
    classes = frozenset(_CLASSES[name] for name in wanted if name in _CLASSES)
    if "number" in wanted:
        classes |= {int, float}
    if len(classes) == 1 and classes != {int}:
        return _EXACTLY[next(iter(classes))]
    whole = "integer" in wanted  # 1.0 is an integer in JSON
    return lambda value: value.__class__ in classes or (whole and value.__class__ is float and value.is_integer())


def _object(properties: Mapping[str, Test], required: frozenset[str], other: Test, *, unlike: bool) -> Test:
    """The test of an object's keys; `unlike` is the answer for what is no object."""
    # A class stands for the test that asks for nothing but that class: the commonest test, asked without a call.
    known: Mapping[str, type | Test] = {name: _ONLY.get(test, test) for name, test in properties.items()}
    has_all = _has_all(sorted(required))

    def valid(value: Any) -> bool:  # noqa: ANN401  # JSON
        if value.__class__ is not dict:
            return unlike
        for key, item in value.items():
            test = known.get(key, other)
            if test is not item.__class__ and (test.__class__ is type or not test(item)):
                return False
        return has_all is None or has_all(value)

    return valid


def _has_all(keys: Sequence[str]) -> Test | None:
    """Whether an object has these keys: three are looked up faster than two sets are compared."""
    if not keys or len(keys) > 3:
        return frozenset(keys).issubset if keys else None
    one, two, three = (*keys, keys[0], keys[0])[:3]
    return lambda value: one in value and two in value and three in value


def _items(test: Test) -> Test:
    return lambda value: value.__class__ is not list or all(map(test, value))


def _enum(values: Sequence[object]) -> Test:
    if not all(isinstance(value, str) for value in values):
        raise _Unknown  # 1, 1.0 and True are one for Python
    known = frozenset(values)
    return lambda value: value.__class__ is str and value in known


def _pattern(pattern: str) -> Test:
    form = regex(pattern)
    return lambda value: value.__class__ is not str or form.search(value[:LONGEST_MATCHED]) is not None


def _unique(wanted: bool) -> Test:
    if not wanted:
        return _always
    return lambda value: value.__class__ is not list or not repeats(value)


def repeats(items: list[object]) -> bool:
    """Whether an item occurs twice, in linear time, whatever the items are."""
    return len({json.dumps(item, sort_keys=True) for item in items}) < len(items)


def _length(kind: type[Sized], least: int, most: float) -> Test:
    return lambda value: not isinstance(value, kind) or least <= len(value) <= most


def _number(least: float, most: float) -> Test:
    return lambda value: value.__class__ not in (int, float) or least <= value <= most


_INFINITE = float("inf")
_LIST = frozenset({"enum", "enumDescriptions"})
_TOGETHER = frozenset({"type", "properties", "required", "additionalProperties"})
_OF_OBJECTS = frozenset({"properties", "required", "additionalProperties"})
_KEYWORDS: Mapping[str, Callable[[Any], Test]] = {
    "enum": _enum,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minLength": lambda least: _length(str, least, _INFINITE),
    "maxLength": lambda most: _length(str, 0, most),
    "minItems": lambda least: _length(list, least, _INFINITE),
    "maxItems": lambda most: _length(list, 0, most),
    "minProperties": lambda least: _length(dict, least, _INFINITE),
    "minimum": lambda least: _number(least, _INFINITE),
    "maximum": lambda most: _number(-_INFINITE, most),
}
