"""Changes in the middle of values, for tests that break what is right."""

from __future__ import annotations

import copy
from typing import Any, TypeAlias

JSON: TypeAlias = Any


def places(value: JSON, path: tuple[JSON, ...] = ()) -> list[tuple[JSON, ...]]:
    """Every path in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def put(value: JSON, path: tuple[JSON, ...], new: JSON) -> JSON:
    """A copy with another value at a path."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = new
    return changed


def drop(value: JSON, path: tuple[JSON, ...]) -> JSON:
    """A copy without what stands at a path."""
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return changed
