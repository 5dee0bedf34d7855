"""The state as text and back: made to be read in a Git diff, and distrusted when it is read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import NoReturn, TypeVar

from deployer.errors import Refused
from deployer.state.failures import CorruptState, ForeignState, NewerState
from deployer.state.model import Binding, Hold, Intent, JSONObject, State, Tombstone

VERSION = 1
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest state that is written or read."""

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?: .*)?$", re.MULTILINE)
_Record = TypeVar("_Record")
_Word = TypeVar("_Word", bound=str)


def encode(state: State) -> str:
    """The state as JSON: sorted keys, a binding is a block of lines, a value a line, ASCII only.

    Only the body of an intent keeps the order of its keys, since it may be sent again.
    Equal states give equal text: there is no time stamp in it.

    Raises `Refused` when a body can't be recorded (not JSON, nested too deeply, too large).
    """
    try:
        text = _block(
            {
                "version": str(VERSION),
                "account": _flat(state.account),
                "lock": "null" if state.lock is None else _block(_values(state.lock), "  "),
                "bindings": _section(state.bindings),
                "holds": _section(state.holds),
                "tombstones": _section(state.tombstones),
                "intents": _section(state.intents),
            },
            "",
        )
    except (TypeError, ValueError, RecursionError) as error:
        message = f"a workflow's body can't be recorded in the state: {error}"
        raise Refused(message, hint="Bodies hold JSON values only, nested less than a few hundred levels.") from error
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
    root = _Node(value=_parse(text, place), path="", place=place)
    _check_version(root)
    state = State(
        account=root.text("account"),
        bindings=root.records("bindings", _binding),
        holds=root.records("holds", _hold, optional=True),
        tombstones=root.records("tombstones", _tombstone, optional=True),
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
    rendered = {field.name: _flat(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, Binding) and not record.secret_paths:
        # Most workflows have no secret, and a line about it in each block is noise in a diff.
        del rendered["secret_paths"]
    if isinstance(record, Intent) and record.source is None and record.status is None:
        del rendered["source"], rendered["status"]
    return rendered


def _values(record: JSONObject) -> dict[str, str]:
    return {key: _flat(value) for key, value in record.items()}


def _block(rendered: Mapping[str, str], indent: str) -> str:
    if not rendered:
        return "{}"
    lines = (f"{indent}  {_flat(key)}: {rendered[key]}" for key in sorted(rendered))
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _flat(value: object) -> str:
    return json.dumps(value, allow_nan=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


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


def _check_version(root: _Node) -> None:
    version = root.whole("version")
    if version > VERSION:
        raise NewerState(f"{root.place} has version {version}; this deployer knows version {VERSION}")
    if version < VERSION:
        raise CorruptState(f"{root.place} is not a state: there is no version {version}")


class _Node:
    """A JSON object with its path, so that every complaint can say where."""

    def __init__(self, *, value: object, path: str, place: str) -> None:
        self.path, self.place = path, place
        if not isinstance(value, dict):
            self._fail(path.removesuffix("."), "an object")
        self._record: dict[str, object] = value

    def _fail(self, path: str, wanted: str) -> NoReturn:
        raise CorruptState(f"{self.place} is not a state: {path or 'the whole'} should be {wanted}")

    def get(self, name: str, kind: type[_Record], wanted: str) -> _Record:
        value = self._record.get(name)
        # bool is an int in Python, and `true` no version.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._fail(f"{self.path}{name}", wanted)
        return value

    def text(self, name: str) -> str:
        return self.get(name, str, "a string")

    def whole(self, name: str) -> int:
        return self.get(name, int, "a whole number")

    def flag(self, name: str) -> bool:
        return self.get(name, bool, "true or false") if name in self._record else False

    def text_or_none(self, name: str) -> str | None:
        return None if self._record.get(name) is None else self.text(name)

    def whole_or_none(self, name: str) -> int | None:
        return None if self._record.get(name) is None else self.whole(name)

    def object_or_none(self, name: str) -> JSONObject | None:
        return None if self._record.get(name) is None else self.get(name, dict, "an object or null")

    def all_of(self, name: str, kind: type[_Record], wanted: str) -> tuple[_Record, ...]:
        if name not in self._record:
            return ()
        values = self.get(name, list, wanted)
        if not all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
            self._fail(f"{self.path}{name}", wanted)
        return tuple(values)

    def path_of(self, parts: list[object]) -> tuple[str | int, ...]:
        path = tuple(part for part in parts if isinstance(part, str | int) and not isinstance(part, bool))
        if len(path) != len(parts):
            self._fail(f"{self.path}secret_paths", "a list of paths")
        return path

    def records(self, name: str, read: Callable[[_Node], _Record], *, optional: bool = False) -> dict[str, _Record]:
        if optional and name not in self._record:
            return {}
        section = self.get(name, dict, "an object")
        return {
            key: read(_Node(value=value, path=f"{self.path}{name}.{key[:100]}.", place=self.place))
            for key, value in section.items()
        }

    def intents(self) -> dict[str, Intent]:
        intents = self.records("intents", _intent, optional=True)
        for key, intent in intents.items():
            if intent.key != key:
                self._fail(f"intents.{key[:100]}.key", "the key that it stands under")
        return intents


def _binding(node: _Node) -> Binding:
    return Binding(
        id=node.text("id"),
        version=node.whole("version"),
        sent=node.text("sent"),
        stored=node.text("stored"),
        protect=node.flag("protect"),
        secret_paths=tuple(node.path_of(path) for path in node.all_of("secret_paths", list, "a list of paths")),
    )


def _hold(node: _Node) -> Hold:
    return Hold(
        kind=_one_of(node, "kind", "rollback", "disable", "enable"),
        reason=node.text("reason"),
        version=node.whole("version"),
        sent=node.text("sent"),
        bad_versions=node.all_of("bad_versions", int, "a list of whole numbers"),
    )


def _tombstone(node: _Node) -> Tombstone:
    return Tombstone(id=node.text("id"), version=node.whole("version"))


def _intent(node: _Node) -> Intent:
    return Intent(
        key=node.text("key"),
        action=_one_of(node, "action", "create", "update", "disable", "delete", "rollback", "enable"),
        id=node.text_or_none("id"),
        base=node.whole_or_none("base"),
        body=node.object_or_none("body"),
        sent=node.text_or_none("sent"),
        known_ids=node.all_of("known_ids", str, "a list of strings"),
        protect=node.flag("protect"),
        source=node.whole_or_none("source"),
        status=node.text_or_none("status"),
    )


def _one_of(node: _Node, name: str, *legal: _Word) -> _Word:
    value = node.text(name)
    for word in legal:
        if value == word:
            return word
    choices = ", ".join(legal)
    raise CorruptState(f"{node.place} is not a state: {node.path}{name} should be one of {choices}")
