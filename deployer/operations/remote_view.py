"""What the server holds, read once for all that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase

from deployer.operations.early_list import EarlyList
from deployer.operations.plan import Unmanaged
from deployer.operations.stored_digests import StoredDigests
from deployer.record import record
from deployer.remote.gateway import Definition, Gateway
from deployer.state.model import Hold, State


@record
class Remote:
    """What the server holds, read once."""

    listed: Sequence[Definition]
    by_id: Mapping[str, Definition | None]
    """Every listed definition, and every bound one: None when the server has it no more."""
    history: Callable[[str], Sequence[Definition]]
    stored: StoredDigests = field(default_factory=StoredDigests, repr=False)
    """Digests of what was listed, as far as they are known from before."""


def read_remote(
    gateway: Gateway, state: State, stored: StoredDigests | None = None, early: EarlyList | None = None
) -> Remote:
    """List all definitions; bound ones that the list lacks (it may leave out disabled ones) are read one by one.

    `early` may have the list already.
    """
    listed = early.take(state) if early is not None else None
    if listed is None:
        listed = gateway.definitions(expected=len(state.bindings))
    by_id: dict[str, Definition | None] = {definition.id: definition for definition in listed}
    missing = [binding.id for binding in state.bindings.values() if binding.id not in by_id]
    if missing:
        by_id.update(gateway.latest_of(missing))
    return Remote(listed=listed, by_id=by_id, history=gateway.history, stored=stored or StoredDigests())


def unmanaged(listed: Sequence[Definition], state: State, ignore: Sequence[str]) -> tuple[Unmanaged, ...]:
    """Listed definitions that no key is bound to, without those that `ignore` names by id or name glob."""
    bound = {binding.id for binding in state.bindings.values()}
    ending = {tombstone.id for tombstone in state.tombstones.values()}
    found = [
        Unmanaged(
            id=definition.id,
            name=definition.name,
            version=definition.version,
            status=status_of(definition),
            trigger=str(definition.body.get("trigger", "")),
        )
        for definition in listed
        if definition.id not in bound
        and definition.id not in ending
        and not any(pattern == definition.id or fnmatchcase(definition.name, pattern) for pattern in ignore)
    ]
    return tuple(sorted(found, key=lambda item: (item.name, item.id)))


def status_of(definition: Definition) -> str:
    """`enabled` or `disabled`; the server says other things, too."""
    return "enabled" if definition.body.get("status") == "enabled" else "disabled"


def hold_in_words(key: str, hold: Hold, now: Definition | None) -> str:
    """What keeps a key as it is, beside what the server has of it now, and the way to end that."""
    way = f"deployer hold release {key}"
    stays = f"version {hold.version} stays"
    if now is None or now.version != hold.version:
        there = f"has version {now.version}" if now is not None else "has it no more"
        stays = f"put at version {hold.version}, but the server {there}"
    return f"{hold.kind}: {hold.reason} ({stays}; `{way}` ends the hold)"
