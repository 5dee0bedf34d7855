"""JSON as the state writes it: on one line, ASCII only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from deployer.errors import Refused

quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii
"""A text as JSON has it, quotes and all: what an encoder does with one, without its way there."""


def as_text(value: object, *, compact: bool = False) -> str:
    """Any JSON value. Raises `Refused` for what can't be recorded (no JSON, nested too deeply)."""
    try:
        return (_COMPACT if compact else _SPACED).encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"a workflow's body can't be recorded in the state: {error}"
        raise Refused(message, hint="Bodies hold JSON values only, nested less than a few hundred levels.") from error


def _plain(value: object) -> object:
    # Bodies may be mappings of any kind, and paths are tuples.
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_SPACED = json.JSONEncoder(allow_nan=False, default=_plain)
_COMPACT = json.JSONEncoder(allow_nan=False, default=_plain, separators=(",", ":"))
"""Made once: a new encoder for each line of a journal would cost as much as the line."""
