"""The state as text and back: made to be read in a Git diff, and distrusted when it is read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from deployer.errors import Refused
from deployer.state.failures import CorruptState, ForeignState, NewerState
from deployer.state.json_text import as_text
from deployer.state.model import Binding, Hold, Intent, JSONObject, State, Tombstone
from deployer.state.records import (
    Node,
    read_binding,
    read_hold,
    read_tombstone,
    record_as_json,
)

VERSION = 1
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest state that is written or read."""

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?: .*)?$", re.MULTILINE)


def encode(state: State) -> str:
    """The state as JSON: sorted keys, a binding is a block of lines, a value a line, ASCII only.

    Only the body of an intent keeps the order of its keys, since it may be sent again.
    Equal states give equal text: there is no time stamp in it.

    Raises `Refused` when a body can't be recorded (not JSON, nested too deeply, too large).
    """
    text = _block(
        {
            "version": str(VERSION),
            "account": as_text(state.account),
            "lock": "null" if state.lock is None else _block(_values(state.lock), "  "),
            "bindings": _section(state.bindings),
            "holds": _section(state.holds),
            "tombstones": _section(state.tombstones),
            "intents": _section(state.intents),
        },
        "",
    )
    if len(text) > LARGEST:
        raise Refused(
            f"the state would grow to {len(text)} bytes; {LARGEST} is the most that is kept",
            hint="Apply fewer workflows at a time: `deployer apply SEL`.",
        )
    return text + "\n"


def decode(text: str | bytes, *, place: str, account: str) -> State:
    """The state that `text` holds; `place` names it in messages, `account` is whose it has to be.

    Fields that version 1 does not have are ignored, and gone after the next write.

    Raises `CorruptState`, `NewerState` or `ForeignState`.
    """
    root = Node(value=_parse(text, place), path="", place=place)
    _check_version(root)
    state = State(
        account=root.text("account"),
        bindings=root.records("bindings", read_binding),
        holds=root.records("holds", read_hold, optional=True),
        tombstones=root.records("tombstones", read_tombstone, optional=True),
        intents=root.intents(),
        lock=root.object_or_none("lock"),
    )
    if state.account != account:
        raise ForeignState(f"{place} belongs to account {state.account!r}, this environment to {account!r}")
    return state


def _section(
    records: Mapping[str, Binding] | Mapping[str, Hold] | Mapping[str, Tombstone] | Mapping[str, Intent],
) -> str:
    return _block({key: _block(_fields(record), "    ") for key, record in records.items()}, "  ")


def _fields(record: Binding | Hold | Tombstone | Intent) -> dict[str, str]:
    return {name: as_text(value) for name, value in record_as_json(record).items()}


def _values(record: JSONObject) -> dict[str, str]:
    return {key: as_text(value) for key, value in record.items()}


def _block(rendered: Mapping[str, str], indent: str) -> str:
    if not rendered:
        return "{}"
    lines = (f"{indent}  {as_text(key)}: {rendered[key]}" for key in sorted(rendered))
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _parse(text: str | bytes, place: str) -> object:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        text = text.removeprefix("\ufeff")
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise CorruptState(f"{place} is not a state: nested too deeply") from error
    except UnicodeDecodeError as error:
        raise CorruptState(f"{place} is not a state: byte {error.start} is not UTF-8") from error
    except ValueError as error:
        if conflict := _CONFLICT.search(str(text)):
            line = str(text).count("\n", 0, conflict.start()) + 1
            raise CorruptState(
                f"{place}:{line}: holds a Git merge conflict",
                hint="Keep each binding that either side has, once; then run `deployer plan`.",
            ) from error
        what = str(error) if str(text).strip() else "it is empty"
        raise CorruptState(f"{place} is not a state: {what}") from error


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A merge that kept both sides leaves one key twice; JSON readers silently take the last."""
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:100]!r} stands there twice")
    return result


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:100]} is too large a number")
    return number


def _check_version(root: Node) -> None:
    version = root.whole("version")
    if version > VERSION:
        raise NewerState(f"{root.place} has version {version}; this deployer knows version {VERSION}")
    if version < VERSION:
        raise CorruptState(f"{root.place} is not a state: there is no version {version}")
