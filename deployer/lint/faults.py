"""jsonschema's verdicts as plain facts. Nothing of its wording leaves this module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.finding import Path
from deployer.lint.gate import LONGEST_MATCHED, passes, repeats
from deployer.record import record
from deployer.steps import Schema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@record
class Fault:
    """One keyword of a schema that a value does not satisfy."""

    path: Path
    keyword: str
    wanted: Any
    """The keyword's value in the schema: JSON payload."""
    schema: Mapping[str, Any]
    """The schema around the keyword."""
    value: object
    """The value that does not satisfy it."""


def faults(schema: Schema, value: object) -> Iterator[Fault]:
    """Everything that one of the declared schemas objects to."""
    if not passes(schema, value):
        yield from objections(schema, value)


def objections(schema: Schema, value: object) -> Iterator[Fault]:
    """What jsonschema objects to; asked alone, it takes many times as long as the gate before it."""
    for error in _validator(schema).iter_errors(value):
        yield Fault(
            path=tuple(error.absolute_path),
            keyword=str(error.validator),
            wanted=error.validator_value,
            schema=error.schema if isinstance(error.schema, Mapping) else {},
            value=error.instance,
        )


_built: dict[int, tuple[Schema, Any]] = {}


def _validator(schema: Schema) -> Any:  # noqa: ANN401  # jsonschema's own types need jsonschema
    """Built once for each schema, as building is what takes time."""
    from jsonschema import Draft7Validator, validators  # 130 ms that most commands need not spend

    found = _built.get(id(schema))
    if found is None:
        extend: Any = validators.extend
        safe = extend(Draft7Validator, {"pattern": _pattern, "uniqueItems": _unique_items, "type": _type})
        # The schema is kept beside its validator, so its id stays its own.
        found = _built[id(schema)] = (schema, safe(schema))
    return found[1]


def _error() -> ValidationError:
    from jsonschema.exceptions import ValidationError

    return ValidationError("")


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    """In bounded time: the patterns look for `{{...}}`, which a long hostile text can make very slow."""
    if isinstance(value, str) and not re.search(pattern, value[:LONGEST_MATCHED]):
        yield _error()


def _unique_items(_: object, unique: object, value: object, __: object) -> Iterator[ValidationError]:
    """In linear time, whatever the items are."""
    if unique and isinstance(value, list) and repeats(value):
        yield _error()


def _type(checker: Any, types: Any, value: object, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
    """Without a message that would spell out the value, however large it is."""
    if not any(checker.is_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        yield _error()
