"""What a real account says of itself, saved to files: its functions and time zones in place of the built-in lists.

The files are what `deployer account functions --format json` and `deployer account timezones --format json`
print, or the API's own answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deployer.cache import note_file
from deployer.errors import ConfigurationError
from deployer.lint.expressions.catalogue import FUNCTIONS, Function, Parameter

MAX_BYTES = 1_000_000


def read_functions(path: Path, name: str) -> Mapping[str, Function]:
    """The functions of an account. `name` is the file as the user would say it; raises ConfigurationError."""
    functions: dict[str, Function] = {}
    for entry in _entries(path, name, "functions"):
        given = entry.get("name")
        parameters = entry.get("parameters", [])
        if not isinstance(given, str) or not isinstance(parameters, list):
            raise ConfigurationError(f"{name}: each function has a `name` and `parameters`", hint=_HINT)
        functions[given] = Function(
            name=given,
            example=str(entry.get("example", "")),
            parameters=tuple(_parameter(given, index, item, name) for index, item in enumerate(parameters)),
        )
    return functions


def read_time_zones(path: Path, name: str) -> frozenset[str]:
    """The time zone ids of an account; raises ConfigurationError."""
    ids = [entry.get("id") for entry in _entries(path, name, "timeZones")]
    if not all(isinstance(item, str) for item in ids):
        raise ConfigurationError(f"{name}: each time zone has an `id`", hint=_HINT)
    return frozenset(str(item) for item in ids)


_HINT = "Make it with `deployer account functions --format json` or `deployer account timezones --format json`."


def _parameter(function: str, index: int, entry: object, file: str) -> Parameter:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ConfigurationError(f"{file}: each parameter of `{function}` has a `name`", hint=_HINT)
    known = FUNCTIONS.get(function)
    # The answer says `string` of a time of day and of a country alike; what we know of a documented function stays.
    kind = known.parameters[index].kind if known is not None and index < len(known.parameters) else "anything"
    default = entry.get("default")
    return Parameter(
        name=entry["name"],
        kind=kind,
        required=entry.get("required") is not False,
        default="" if default is None else json.dumps(default),
    )


def _entries(path: Path, name: str, member: str) -> list[dict[str, object]]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        note_file(path, data)
        value = json.loads(data.decode("utf-8-sig")) if len(data) <= MAX_BYTES else None
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}", hint=_HINT) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name}: not JSON", hint=_HINT) from error
    if isinstance(value, dict):
        value = value.get(member)
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise ConfigurationError(f"{name}: not a list of an account's {member}", hint=_HINT)
    return value
