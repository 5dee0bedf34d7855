"""A lock that dies with its process: the kernel holds it, so `kill -9` frees it."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import ConfigurationError
from deployer.state.disk import Disk
from deployer.state.failures import Locked, LockLost, StateNotSaved

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NOTE_LIMIT = 4096


def this_process() -> str:
    """Who runs: `user@host, process 123`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        user = "somebody"
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"


class HeldLock:
    """The lock while this process holds it."""

    def __init__(self, note: Path, token: str) -> None:
        self._note, self._token = note, token

    def check(self) -> None:
        """Raises `LockLost` when somebody removed the lock's files: then a second run could hold it too."""
        if _read(self._note).get("token") != self._token:
            raise LockLost(f"the lock beside {self._note} was removed while this run worked")


@contextmanager
def process_lock(path: Path, *, inside: Path, holder: str, timeout: float) -> Iterator[HeldLock]:
    """Hold the lock file `path`, waiting up to `timeout` seconds for it.

    The lock's folder is made when it is missing, and must lie in the folder `inside`: a
    checked-out symbolic link must not make this program write elsewhere. A note beside the
    lock says who holds it.

    Raises `Locked` with the holder's name, `StateNotSaved` when the folder can't be written, and
    `ConfigurationError` when it leads elsewhere.
    """
    note = path.with_suffix(".holder")
    token = secrets.token_hex(8)
    lock = _acquire(path, inside=inside, note=note, timeout=timeout)
    try:
        _write(note, {"holder": holder, "token": token})
        yield HeldLock(note, token)
    finally:
        if _read(note).get("token") == token:
            Disk().remove(note)
        lock.release()


def _acquire(path: Path, *, inside: Path, note: Path, timeout: float) -> BaseFileLock:
    # Imported late: commands that only read need no lock.
    from filelock import FileLock, Timeout

    try:
        make_folder(path.parent, inside)
        # Not thread-local: an interpreter that shuts down may release it from another thread.
        lock = FileLock(path, thread_local=False)
        lock.acquire(timeout=max(timeout, 0))
    except Timeout as error:
        raise Locked(f"the state is locked by {_read(note).get('holder') or 'another run'}") from error
    except OSError as error:
        raise StateNotSaved(
            f"can't take the state's lock {path}: {error.strerror or error}",
            hint=f"{path.parent} must be a folder that you may write to.",
        ) from error
    return lock


def make_folder(folder: Path, inside: Path) -> None:
    """Make `folder` unless it is there. Raises `ConfigurationError` when it leads out of `inside`, or `OSError`."""
    if not folder.resolve().is_relative_to(inside.resolve()):
        message = f"{folder} leads out of {inside} through a symbolic link"
        raise ConfigurationError(message, hint="Replace the symbolic link by a plain folder.")
    folder.mkdir(parents=True, exist_ok=True)


def _read(note: Path) -> dict[str, str]:
    """What the note says; nothing when it is missing, half written or not ours."""
    try:
        values = json.loads(Disk().read(note, limit=_NOTE_LIMIT) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {str(name): value for name, value in values.items() if isinstance(value, str)}


def _write(note: Path, values: dict[str, str]) -> None:
    disk = Disk()
    disk.remove(note)  # a killed run's, or a symbolic link that must not be written through
    handle = disk.create(note)
    try:
        disk.write(handle, json.dumps(values).encode())
    finally:
        disk.close(handle)
