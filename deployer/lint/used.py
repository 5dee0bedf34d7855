"""What of a step counts: empty fields that the web builder leaves behind may as well be absent."""

from __future__ import annotations

from collections.abc import Mapping

_EMPTY: Mapping[str, tuple[object, ...]] = {
    "do": ([],),
    "nextStepId": (None,),
    "inputs": ({},),
    "outputs": ({},),
    "selectNextStep": ({}, None),
    "id": (None, ""),
}


def used(body: Mapping[str, object]) -> Mapping[str, object]:
    """A step without the empty fields that the web builder leaves behind, and without an absent id."""
    if all(body.values()):
        return body
    return {key: value for key, value in body.items() if value or value not in _EMPTY.get(key, ())}
