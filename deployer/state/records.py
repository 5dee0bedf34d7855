"""The records of a state as JSON objects and back, each distrusted when it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import NoReturn, TypeVar

from deployer.state.failures import CorruptState
from deployer.state.json_text import as_text, quoted
from deployer.state.model import Binding, Facts, Hold, Intent, JSONObject, Tombstone

_Record = TypeVar("_Record")
_Word = TypeVar("_Word", bound=str)


def record_as_json(record: Binding | Hold | Tombstone | Intent) -> dict[str, object]:
    """The fields by name; what most records leave at its default is left out."""
    if isinstance(record, Binding):
        found: dict[str, object] = {
            "id": record.id, "version": record.version, "sent": record.sent, "stored": record.stored,
            "protect": record.protect,
        }  # fmt: skip
        # Most workflows have no secret, and a line about it in each block is noise in a diff.
        return {**found, "secret_paths": record.secret_paths} if record.secret_paths else found
    found = {each.name: getattr(record, each.name) for each in fields(record)}
    if isinstance(record, Intent) and record.maybe_sent:
        del found["maybe_sent"]
    if isinstance(record, Intent) and record.run is None:
        del found["run"]
    if isinstance(record, Intent) and record.source is None and record.status is None:
        del found["source"], found["status"]
    return found


def facts_as_json(facts: Facts) -> dict[str, object]:
    """What is known of a key; nothing stands for nothing."""
    return {name: record_as_json(record) for name, record in facts.parts() if record is not None}


def facts_as_text(facts: Facts) -> str:
    """What `facts_as_json` gives, as compact text. Raises `Refused` for a body that can't be recorded.

    A binding alone is what nearly every outcome leaves, and the way over an encoder takes ten times as long. A
    test holds both beside each other.
    """
    binding = facts.binding
    if binding is None or binding.secret_paths or facts.hold or facts.tombstone or facts.intent:
        return as_text(facts_as_json(facts), compact=True)
    return (
        f'{{"binding":{{"id":{quoted(binding.id)},"version":{binding.version},"sent":{quoted(binding.sent)},'
        f'"stored":{quoted(binding.stored)},"protect":{"true" if binding.protect else "false"}}}}}'
    )


def read_facts(value: object, *, key: str, place: str) -> Facts:
    """Raises `CorruptState`."""
    node = Node(value=value, path=f"{key[:100]}.", place=place)

    def part(name: str, read: Callable[[Node], _Record]) -> _Record | None:
        found = node.object_or_none(name)
        return None if found is None else read(Node(value=found, path=f"{key[:100]}.{name}.", place=place))

    intent = part("intent", read_intent)
    if intent is not None and intent.key != key:
        raise CorruptState(f"{place} is not a state: the intent of {key[:100]} is that of {intent.key[:100]}")
    return Facts(
        binding=part("binding", read_binding),
        hold=part("hold", read_hold),
        tombstone=part("tombstone", read_tombstone),
        intent=intent,
    )


class Node:
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

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.get(name, bool, "true or false") if name in self._record else default

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

    def records(self, name: str, read: Callable[[Node], _Record], *, optional: bool = False) -> dict[str, _Record]:
        if optional and name not in self._record:
            return {}
        section = self.get(name, dict, "an object")
        return {
            key: read(Node(value=value, path=f"{self.path}{name}.{key[:100]}.", place=self.place))
            for key, value in section.items()
        }

    def intents(self) -> dict[str, Intent]:
        intents = self.records("intents", read_intent, optional=True)
        for key, intent in intents.items():
            if intent.key != key:
                self._fail(f"intents.{key[:100]}.key", "the key that it stands under")
        return intents


def read_binding(node: Node) -> Binding:
    return Binding(
        id=node.text("id"),
        version=node.whole("version"),
        sent=node.text("sent"),
        stored=node.text("stored"),
        protect=node.flag("protect"),
        secret_paths=tuple(node.path_of(path) for path in node.all_of("secret_paths", list, "a list of paths")),
    )


def read_hold(node: Node) -> Hold:
    return Hold(
        kind=_one_of(node, "kind", "rollback", "disable", "enable"),
        reason=node.text("reason"),
        version=node.whole("version"),
        sent=node.text("sent"),
        bad_versions=node.all_of("bad_versions", int, "a list of whole numbers"),
    )


def read_tombstone(node: Node) -> Tombstone:
    return Tombstone(id=node.text("id"), version=node.whole("version"))


def read_intent(node: Node) -> Intent:
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
        maybe_sent=node.flag("maybe_sent", default=True),
        run=node.text_or_none("run"),
    )


def _one_of(node: Node, name: str, *legal: _Word) -> _Word:
    value = node.text(name)
    for word in legal:
        if value == word:
            return word
    choices = ", ".join(legal)
    raise CorruptState(f"{node.place} is not a state: {node.path}{name} should be one of {choices}")
