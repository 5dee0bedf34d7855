"""A `git` in memory: the commands that a state needs, and a remote that many machines share.

What real git does with these commands is tested in tests/state; here it has to be quick and to fail on demand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from deployer.state.program import LOCAL_SECONDS, Answer

T = TypeVar("T")

Fate = Callable[[str], str]
"""What becomes of a command to the remote: `done`, `lost` (done, nobody is told) or `unsent`."""


@dataclass
class MemoryRemote:
    """Objects and refs; every machine sees the same."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)
    commits: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Commit -> tree and parent."""
    refs: dict[str, str] = field(default_factory=dict)

    def contains(self, ancestor: str, tip: str | None) -> bool:
        while tip is not None:
            if tip == ancestor:
                return True
            tip = self.commits[tip][1]
        return False


@dataclass
class MemoryGit:
    """One machine's git. Implements `Git`."""

    remote: MemoryRemote
    fate: Fate = lambda _command: "done"
    compares: bool = True
    """A remote that does not compare before it swaps is a planted bug."""

    def run(self, *arguments: str, given: bytes = b"", seconds: float = LOCAL_SECONDS) -> Answer:
        words = list(arguments)
        while words[0] in {"-C", "-c"}:
            words = words[2:]
        handler = {
            "rev-parse": lambda: Answer(code=0, out=b"/memory\n"),
            "config": lambda: Answer(code=1),
            "hash-object": lambda: self._keep(self.remote.blobs, given, given),
            "mktree": lambda: self._keep(self.remote.trees, given, given.split()[2].decode()),
            "commit-tree": lambda: self._commit(words, given),
            "cat-file": lambda: self._show(words),
            "merge-base": lambda: Answer(code=0 if self.remote.contains(words[2], words[3]) else 1),
            "remote": lambda: Answer(code=0, out=b"/remote.git\n" if "get-url" in words else b"origin\n"),
        }.get(words[0])
        return handler() if handler is not None else self._travel(words)

    def _keep(self, store: dict[str, T], content: bytes, value: T) -> Answer:
        sha = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        store[sha] = value
        return Answer(code=0, out=sha.encode())

    def _commit(self, words: list[str], given: bytes) -> Answer:
        parent = words[words.index("-p") + 1] if "-p" in words else None
        content = f"{words[1]} {parent} {len(self.remote.commits)}".encode() + given
        return self._keep(self.remote.commits, content, (words[1], parent))

    def _show(self, words: list[str]) -> Answer:
        tip, _, name = words[-1].partition(":")
        if not name:
            return Answer(code=0 if tip.removesuffix("^{tree}") in self.remote.commits else 1)
        blob = self.remote.blobs[self.remote.trees[self.remote.commits[tip][0]]]
        return Answer(code=0, out=str(len(blob)).encode() if "-s" in words else blob)

    def _travel(self, words: list[str]) -> Answer:
        fate = self.fate(words[0])
        if fate == "unsent":
            return Answer(code=128, error="fatal: unable to access: Could not resolve host")
        answer = {"ls-remote": self._tip, "fetch": lambda _words: Answer(code=0), "push": self._push}[words[0]](words)
        self.fate(f"after {words[0]}")
        return Answer(code=128, error="fatal: the remote end hung up unexpectedly") if fate == "lost" else answer

    def _tip(self, words: list[str]) -> Answer:
        sha = self.remote.refs.get(words[-1])
        return Answer(code=0, out=f"{sha}\t{words[-1]}\n".encode() if sha else b"")

    def _push(self, words: list[str]) -> Answer:
        new, _, ref = words[-1].partition(":")
        lease = next(word for word in words if word.startswith("--force-with-lease="))
        old = lease.removeprefix("--force-with-lease=").partition(":")[2] or None
        if self.compares and self.remote.refs.get(ref) != old:
            return Answer(code=1, error="! [rejected] (stale info)")
        self.remote.refs[ref] = new
        return Answer(code=0)
