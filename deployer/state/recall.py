"""The state as this machine saw it last: for whoever must act while the remote cannot be reached."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from deployer.errors import DeployerError
from deployer.state.codec import LARGEST, decode, encode
from deployer.state.disk import Disk
from deployer.state.journal import JournalFile
from deployer.state.merging import merge
from deployer.state.model import State

JOURNAL = "journal.jsonl"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Recall:
    """`.deployer/<env>/seen.json`: bindings and holds of the state that was read last. No intents, no lock.

    It is never handed to a writer of the state: it may be old. The folder has to be there, and no symbolic link.
    """

    def __init__(self, folder: Path, *, account: str) -> None:
        self._path = folder / "seen.json"
        self._tip = folder / "seen.tip"
        self._journal = folder / JOURNAL
        self._account = account

    def keep(self, state: State, tip: str | None = None) -> None:
        """Remember a state that was just read, and the commit that it was in.

        Failing to is no reason to stop whoever reads.
        """
        content = encode(State(account=state.account, bindings=state.bindings, holds=state.holds)).encode("ascii")
        with suppress(OSError):
            _replace(self._path, content)
            if tip is not None:
                _replace(self._tip, tip.encode("ascii"))

    def tip(self) -> str | None:
        """The commit of what was kept; None when there is none."""
        try:
            content = Disk().read(self._tip, limit=100)
        except OSError:
            return None
        text = (content or b"").decode("ascii", "replace")
        return text if _COMMIT.fullmatch(text) else None

    def read(self) -> State | None:
        """What was kept, newer outcomes of a run that could not push them included; None when there is nothing."""
        try:
            content = Disk().read(self._path, limit=LARGEST)
            seen = None if content is None else decode(content, place=str(self._path), account=self._account)
        except (OSError, DeployerError):
            return None  # half a file, another account's: as good as nothing, and the caller says what is missing
        with suppress(DeployerError):
            waiting = JournalFile(self._journal, place=JOURNAL, account=self._account, files=Disk()).read()
            if waiting is not None and waiting.points:
                return merge(waiting, seen or State(account=self._account), shared=True)[0]
        return seen


def _replace(path: Path, content: bytes) -> None:
    if Disk().read(path, limit=LARGEST) == content:
        return
    handle, name = tempfile.mkstemp(prefix=".seen.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
