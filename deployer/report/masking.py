"""Takes secrets out of data before a report cuts, wraps and escapes its texts: afterwards nobody would know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar, cast

Data = TypeVar("Data")


def masked(value: Data, mask: Callable[[str], str]) -> Data:
    """The same data with every text in it masked: dataclasses, mappings, lists and tuples are gone through."""
    return cast("Data", _masked(value, mask))


def _masked(value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {_masked(key, mask): _masked(item, mask) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [_masked(item, mask) for item in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        kept = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        new = {name: changed for name, item in kept.items() if (changed := _masked(item, mask)) is not item}
        return replace(value, **new) if new else value
    return value
