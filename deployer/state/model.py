"""What a run remembers of an environment: bindings, holds, tombstones, open intents."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

JSONObject = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Apply leaves this key alone."""

    kind: Literal["rollback", "disable"]
    reason: str
    version: int
    """The version that the hold keeps in place."""
    sent: str
    """Digest of the file's body when the hold was put; a changed file lifts a rollback's hold."""
    bad_versions: tuple[int, ...] = ()
    """Versions that were rolled back from and must not be restored by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A delete that the server accepted and may not have finished."""

    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a run was about to write, recorded before it wrote."""

    key: str
    action: Literal["create", "update", "disable", "delete"]
    id: str | None
    """The definition to change; None when creating."""
    base: int | None
    """The version the write builds on; None when creating."""
    body: JSONObject | None = field(repr=False)
    """The frozen body, secrets as references; None when deleting."""
    sent: str | None
    """Digest of `body`."""
    known_ids: tuple[str, ...] = ()
    """Ids already listed under that name before a create."""
    protect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
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


class StateSession(Protocol):
    """The state while this run holds its lock."""

    @property
    def state(self) -> State:
        """The state as this run last saved it."""

    def save(self, state: State, *, note: str, urgent: bool = True) -> None:
        """Replace the state.

        When `urgent`, it has reached the disk (or the remote) before the call returns; else a
        back end may gather several saves into one write. `note` is one line for the audit trail.
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

    def session(self, *, timeout: float = 0.0) -> AbstractContextManager[StateSession]:
        """Take the lock (waiting up to `timeout` seconds) and open the state for writing.

        Raises `Refused` with the holder's name when somebody else holds it.
        """
