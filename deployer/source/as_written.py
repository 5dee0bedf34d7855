"""A canonical body in the words of a file: what means the same stays as its author wrote it.

The canonical form drops what a builder leaves behind and what the server owns, and settles spellings.
A file may have all of that, and taking in a change is no reason to tidy it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deployer.source.canonical import canonical, digest

_SPELLINGS = {"subaccountId": "subAccountId"}
"""Keys at top level that the canonical form spells otherwise."""


def as_written(raw: Mapping[str, object], body: Mapping[str, object]) -> dict[str, object]:
    """The file's value `raw`, changed only where its canonical form differs from `body`.

    `metadata`, server fields, leftovers, spellings and the order of keys stay. References count as text
    on both sides.
    """
    return _mapping(raw, canonical(raw), body, _SPELLINGS)


def _mapping(
    raw: Mapping[str, object], old: Mapping[str, object], new: Mapping[str, object], spellings: Mapping[str, str]
) -> dict[str, object]:
    result: dict[str, object] = {}
    covered: set[str] = set()
    for key, item in raw.items():
        name = spellings.get(key, key)
        if name in new:
            result[key] = _value(item, old[name], new[name]) if name in old else new[name]
            covered.add(name)
        elif name not in old:
            result[key] = item
    # What the canonical form fills in by itself, the file need not say.
    filled = {name for name, item in old.items() if name in new and _equal(item, new[name])}
    return result | {name: item for name, item in new.items() if name not in covered | filled}


def _value(raw: object, old: object, new: object) -> object:
    if _equal(old, new):
        return raw
    if isinstance(raw, Mapping) and isinstance(old, Mapping) and isinstance(new, Mapping):
        return _mapping(raw, old, new, {})
    if isinstance(raw, list) and isinstance(old, list) and isinstance(new, list):
        partner = _partner(old)
        pairs = ((partner(index, item), item) for index, item in enumerate(new))
        return [item if index is None else _value(raw[index], old[index], item) for index, item in pairs]
    return new


def _partner(old: list[object]) -> Callable[[int, object], int | None]:
    """Finds the index of the item that an item of another list was: by id where all have one, else by position."""
    ids = {item["id"]: index for index, item in enumerate(old) if isinstance(item, Mapping) and _has_id(item)}
    if old and len(ids) == len(old):
        return lambda _index, item: ids.get(str(item.get("id"))) if isinstance(item, Mapping) else None
    return lambda index, _item: index if index < len(old) else None


def _has_id(item: Mapping[str, object]) -> bool:
    return isinstance(item.get("id"), str)


def _equal(left: object, right: object) -> bool:
    return digest(left) == digest(right)
