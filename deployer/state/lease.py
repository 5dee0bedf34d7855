"""The lock of a state that many machines write: a lease with a heart beat, kept in the state itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from deployer.record import record
from deployer.state.clock import Clock
from deployer.state.disk import FileSystem, replace_file
from deployer.state.failures import CorruptState, Locked, StateNotSaved
from deployer.state.model import JSONObject, State

RENEW_SECONDS = 30.0
"""A holder moves its beat this often, and saves gathered outcomes with it."""
TRUST_SECONDS = 60.0
"""So long after the start of its last renewal a holder may send a request without renewing first."""
EXPIRE_SECONDS = 120.0
"""A lease that does not change for so long, by the watcher's own clock, may be taken over.

A request may take `EXPIRE_SECONDS - TRUST_SECONDS` and still ends before anybody takes over.
"""
LOOK_SECONDS = 10.0
"""How old a look at the remote may be before a request that can't be repeated."""
POLL_SECONDS = 5.0
"""How often a waiting run looks."""


@record
class Lease:
    """Who holds the state: as text for people, as a token for programs."""

    holder: str
    token: str
    beat: int = 0

    def next(self) -> Lease:
        """The lease one heart beat later."""
        return Lease(holder=self.holder, token=self.token, beat=self.beat + 1)

    def as_json(self) -> JSONObject:
        """As `State.lock` keeps it."""
        return {"holder": self.holder, "token": self.token, "beat": self.beat}


def new_lease(holder: str) -> Lease:
    """A lease that no other run has."""
    return Lease(holder=holder, token=secrets.token_hex(8))


def lease_of(state: State, *, place: str) -> Lease | None:
    """The lease in the state; None when nobody holds it. Raises `CorruptState`."""
    if state.lock is None:
        return None
    holder, token, beat = (state.lock.get(name) for name in ("holder", "token", "beat"))
    if not isinstance(holder, str) or not isinstance(token, str) or not isinstance(beat, int):
        raise CorruptState(f"{place} has a lock that names no holder, token and beat")
    return Lease(holder=holder, token=token, beat=beat)


@record
class Reading:
    """The state at one moment."""

    tip: str | None
    state: State
    lease: Lease | None


def wait_for_lease(read: Callable[[], Reading], *, clock: Clock, timeout: float, dead: str | None) -> Reading:
    """Read until nobody holds the state, or the holder must be taken for dead: then `lease` says who it was.

    `dead` is the token of a run that certainly ended. Raises `Locked` after `timeout` seconds.
    """
    started = clock.now()
    seen: Lease | None = None
    since = started
    while True:
        asked = clock.now()
        reading = read()
        if reading.lease is None or reading.lease.token == dead:
            return reading
        if reading.lease != seen:
            seen, since = reading.lease, clock.now()
        # From the end of the look that saw it first to the start of this one: never too long.
        elif asked - since >= EXPIRE_SECONDS:
            return reading
        left = timeout - (clock.now() - started)
        if left <= 0:
            raise Locked(
                f"the state is locked by {seen.holder if seen else 'another run'}",
                hint=f"Wait for that run with `--lock-timeout SECONDS`. If it is dead, more than {EXPIRE_SECONDS:.0f} "
                "seconds take its lock over; so does `deployer state unlock --force` at once.",
            )
        clock.sleep(min(POLL_SECONDS, left))


class LeaseMark:
    """The token of the lease that a run of this checkout holds, kept where `kill -9` does not reach.

    Whoever holds the checkout's process lock and finds a mark knows that its run is dead.
    """

    def __init__(self, path: Path, *, files: FileSystem) -> None:
        self._path, self._files = path, files

    def token(self) -> str | None:
        """The token, if a run left one behind."""
        try:
            content = self._files.read(self._path, limit=256)
        except OSError as error:
            raise StateNotSaved(f"{self._path} can't be read: {error.strerror or error}") from error
        return None if content is None else content.decode("ascii", "replace").strip()

    def leave(self, token: str) -> None:
        """Before the lease is taken. Raises `StateNotSaved`."""
        try:
            replace_file(self._files, self._path, f"{token}\n".encode())
        except OSError as error:
            raise StateNotSaved(f"{self._path} can't be written: {error.strerror or error}") from error

    def clear(self) -> None:
        """After the lease was given back. Raises `StateNotSaved`."""
        try:
            self._files.remove(self._path)
        except OSError as error:
            raise StateNotSaved(f"{self._path} can't be removed: {error.strerror or error}") from error
