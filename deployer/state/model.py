"""What a run remembers of an environment: bindings, holds, tombstones, open intents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from typing import Literal, Protocol, TypeVar

from deployer.record import record
from deployer.state.log import Entry

JSONObject = Mapping[str, object]
_Value = TypeVar("_Value")


@record
class Binding:
    """Which definition a key stands for, and what both sides looked like after the last write."""

    id: str
    version: int
    """The server-side version that our last write or adoption saw."""
    sent: str
    """Digest of our body: variables resolved, secrets as references."""
    stored: str
    """Digest of the server's answer to it, secret positions blanked."""
    protect: bool = False
    """Blocks disable and delete even after the file is gone."""
    secret_paths: tuple[tuple[str | int, ...], ...] = ()
    """Where the server's answer holds secrets: the places that `stored` leaves out."""


@record
class Hold:
    """Apply leaves this key alone."""

    kind: Literal["rollback", "disable", "enable"]
    reason: str
    version: int
    """The version that the hold keeps in place."""
    sent: str
    """Digest of the file's body when the hold was put; a changed file lifts any hold but a disable's."""
    bad_versions: tuple[int, ...] = ()
    """Versions that were rolled back from and must not be restored by default."""


@record
class Tombstone:
    """A delete that the server accepted and may not have finished."""

    id: str
    version: int


@record
class Intent:
    """What a run was about to write, recorded before it wrote."""

    key: str
    action: Literal["create", "update", "disable", "delete", "rollback", "enable"]
    id: str | None
    """The definition to change; None when creating."""
    base: int | None
    """The version the write builds on; None when creating."""
    body: JSONObject | None = field(repr=False)
    """The frozen body, secrets as references; None when deleting, and where the server's own goes back to it."""
    sent: str | None
    """Digest of `body`."""
    known_ids: tuple[str, ...] = ()
    """Ids already listed under that name before a create."""
    protect: bool = False
    source: int | None = None
    """The version whose content is written; None: the base's. Its body may hold secrets, so it is not kept here."""
    status: str | None = None
    """The status that is written with that content; None: its own."""
    maybe_sent: bool = True
    """False as long as it is certain that no request has left: see `StateSession.sending`."""
    run: str | None = field(default=None, compare=False)
    """Which run opened it, where several machines write the state: two may be about to send the very same."""


@record
class Facts:
    """All that a state says about one key."""

    binding: Binding | None = None
    hold: Hold | None = None
    tombstone: Tombstone | None = None
    intent: Intent | None = None

    def parts(self) -> tuple[tuple[str, Binding | Hold | Tombstone | Intent | None], ...]:
        """Each with its name."""
        return (
            ("binding", self.binding), ("hold", self.hold), ("tombstone", self.tombstone), ("intent", self.intent)
        )  # fmt: skip


@record
class State:
    """All that is remembered of one environment."""

    account: str
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    tombstones: Mapping[str, Tombstone] = field(default_factory=dict)
    intents: Mapping[str, Intent] = field(default_factory=dict)
    """Open intents by key."""
    lock: JSONObject | None = None
    """Who holds the lease, for back ends that keep it here."""

    @property
    def empty(self) -> bool:
        """Whether nothing is known of any key."""
        return not (self.bindings or self.holds or self.tombstones or self.intents)

    def facts(self, key: str) -> Facts:
        """What is known of `key`."""
        return Facts(
            binding=self.bindings.get(key),
            hold=self.holds.get(key),
            tombstone=self.tombstones.get(key),
            intent=self.intents.get(key),
        )

    def with_facts(self, changed: Mapping[str, Facts]) -> State:
        """These keys as told, all others as they are."""
        if not changed:
            return self
        return replace(
            self,
            bindings=_merged(self.bindings, {key: facts.binding for key, facts in changed.items()}),
            holds=_merged(self.holds, {key: facts.hold for key, facts in changed.items()}),
            tombstones=_merged(self.tombstones, {key: facts.tombstone for key, facts in changed.items()}),
            intents=_merged(self.intents, {key: facts.intent for key, facts in changed.items()}),
        )

    def changed_since(self, before: State) -> Mapping[str, tuple[Facts, Facts]]:
        """Key -> what was known of it before, and is now; only keys of which that differs."""
        pairs = (
            (self.bindings, before.bindings), (self.holds, before.holds),
            (self.tombstones, before.tombstones), (self.intents, before.intents),
        )  # fmt: skip
        keys = {key for now, then in pairs if now is not then for key in _differing(now, then)}
        return {key: (before.facts(key), self.facts(key)) for key in sorted(keys)}

    def bind(self, key: str, binding: Binding) -> State:
        """`key` stands for that definition from now on."""
        return replace(self, bindings={**self.bindings, key: binding})

    def unbind(self, key: str) -> State:
        """Forget which definition `key` stands for; its hold goes with it."""
        return replace(self, bindings=_without(self.bindings, key), holds=_without(self.holds, key))

    def move(self, old: str, new: str) -> State:
        """`new` takes over the binding and the hold of `old`. Raises `ValueError` when `new` is taken."""
        if new in self.bindings or new in self.holds:
            raise ValueError(f"{new} is bound already")
        return replace(self, bindings=_renamed(self.bindings, old, new), holds=_renamed(self.holds, old, new))

    def hold(self, key: str, hold: Hold) -> State:
        """Leave `key` alone."""
        return replace(self, holds={**self.holds, key: hold})

    def release(self, key: str) -> State:
        """End the hold of `key`, if there is one."""
        return replace(self, holds=_without(self.holds, key))

    def open(self, intents: Iterable[Intent]) -> State:
        """What this run is about to write; an earlier intent of the same key is replaced."""
        return replace(self, intents={**self.intents, **{intent.key: intent for intent in intents}})

    def close(self, *keys: str) -> State:
        """The outcome of these intents is known."""
        return replace(self, intents=_without(self.intents, *keys))

    def mark_deleting(self, key: str, tombstone: Tombstone) -> State:
        """The server accepted the delete of `key` and may not have finished it."""
        return replace(self, tombstones={**self.tombstones, key: tombstone})

    def mark_gone(self, key: str) -> State:
        """The server finished the delete of `key`."""
        return replace(self, tombstones=_without(self.tombstones, key))


def _without(section: Mapping[str, _Value], *keys: str) -> Mapping[str, _Value]:
    return {key: value for key, value in section.items() if key not in keys}


def _merged(section: Mapping[str, _Value], changed: Mapping[str, _Value | None]) -> Mapping[str, _Value]:
    merged = dict(section)
    for key, value in changed.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _differing(now: Mapping[str, object], then: Mapping[str, object]) -> set[str]:
    return {key for key in now.keys() | then.keys() if now.get(key) != then.get(key)}


def _renamed(section: Mapping[str, _Value], old: str, new: str) -> Mapping[str, _Value]:
    return {new if key == old else key: value for key, value in section.items()}


class StateSession(Protocol):
    """The state while this run may write it.

    A run opens its intents with `save`, tells `sending` right before each create leaves, and `record`s what came of
    each write. Whatever one of these took is found by the next run, wherever this one ends.
    """

    @property
    def state(self) -> State:
        """The state as this run last saved it, or as it was when the session opened."""

    @property
    def taken_over_from(self) -> str | None:
        """The run that held the lock and is dead or silent; its open intents are this run's to settle."""

    def facts(self, key: str) -> Facts:
        """What `state` says about one key, without putting the whole together."""

    def check(self) -> None:
        """Make sure that this run holds the lock; called right before a POST.

        Raises `Refused` when the lock was lost: then somebody else may be writing.
        """

    def confirm(self) -> None:
        """Make sure that nobody replaced the state since it was read. Raises `StateMoved`."""

    def save(self, state: State, *, note: str, urgent: bool = True, entries: Sequence[Entry] = ()) -> None:
        """Replace the state. Raises a `DeployerError` when it can't be kept; then do not write to the server.

        When `urgent`, it has reached the disk (or the remote) before the call returns; else a
        back end may gather several saves into one write. `note` is one line for people who look at
        Git's log; `entries` go into the state's own log, signed, together with the state.
        """

    def sending(self, key: str) -> None:
        """The open intent of `key` may be on its way from now on: on disk before the call returns.

        Raises `StateNotSaved`; then do not send it.
        """

    def record(self, changed: Mapping[str, Facts], *, note: str, entries: Sequence[Entry] = ()) -> None:
        """What came of writes: on this machine's disk before the call returns, at the cost of one append.

        `note` has a line for each of them; `entries` are as in `save`.

        Raises `StateNotSaved`; the session goes on and saves at its end what it was told all the same.
        """


class StateStore(Protocol):
    """Where an environment's state lives."""

    @property
    def place(self) -> str:
        """For messages: the file's relative name, or remote and ref."""

    @property
    def dies_with_the_runner(self) -> bool:
        """True where the state would be lost with a CI machine (a file that nobody commits)."""

    def read(self) -> State:
        """The state now, without a lock; an empty one when there is none yet.

        Raises a `DeployerError` when it is corrupt, from a newer version, or of another account.
        """

    def entries(self) -> Sequence[Entry]:
        """The state's log, oldest first, without a lock. Raises what `read` raises."""

    def session(self, *, timeout: float = 0.0) -> AbstractContextManager[StateSession]:
        """Take the lock (waiting up to `timeout` seconds) and open the state for writing.

        Raises `Refused` with the holder's name when somebody else holds it. A back end may
        take the lock as late as the first save; when another run was faster, that save raises
        `StateMoved`, and the caller may open a new session and plan anew.
        """
