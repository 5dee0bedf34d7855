"""JSON that comes back as it was sent: key order, `1` against `1.0`, and `null` survive.

Python's own numbers would turn `1.10` into `1.1` and `1e400` into `Infinity`, so numbers stay text.
Written JSON is pure ASCII without control characters: half surrogate pairs survive too, and any
control character is free for use as a marker (see `stored.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Union

MAX_DEPTH = 100
"""Levels of nesting that a body may have; a guard of the emulator's own, far above any real definition."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """JSON text that is written as it stands: a number as it was sent, or a part that was written before."""

    text: str


Json = Union[None, bool, int, float, str, Verbatim, list["Json"], dict[str, "Json"]]  # noqa: UP007  # it is recursive


class JsonError(ValueError):
    """The text is no JSON, or more deeply nested than anything real."""


def read(data: bytes) -> Json:
    """Parse UTF-8 JSON with numbers kept as text; of a repeated key the last counts. Raises JsonError."""
    try:
        value: Json = json.loads(
            data.decode("utf-8-sig"), parse_float=Verbatim, parse_int=Verbatim, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise JsonError(f"nested more than {MAX_DEPTH} levels deep") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg}, at line {error.lineno} column {error.colno}") from error
    _check_depth(value)
    return value


def write(value: Json) -> str:
    """The shortest JSON text of a value, in ASCII."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join([f"{json.dumps(key)}:{write(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([write(item) for item in value]) + "]"
    return json.dumps(value)


def _check_depth(root: Json) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [item for value in level if isinstance(value, (dict, list)) for item in _items(value)]
        if not level:
            return
    raise JsonError(f"nested more than {MAX_DEPTH} levels deep")


def _items(value: dict[str, Json] | list[Json]) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else value


def _refuse_constant(name: str) -> Json:
    raise JsonError(f"{name} is no JSON value")
