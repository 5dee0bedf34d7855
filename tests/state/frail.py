"""A file system that stops at any chosen step and then shows what a kill or a power cut would leave."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path


class Crash(BaseException):
    """The process ends here; no handler of ordinary errors sees it."""


@dataclass
class Inode:
    """A file: what programs read, and what the platter holds."""

    data: bytes = b""
    durable: bytes = b""


@dataclass
class FrailDisk:
    """Keeps files in memory. `crash_at` counts the steps that change something, from 1."""

    names: dict[Path, Inode] = field(default_factory=dict)
    durable_names: dict[Path, Inode] = field(default_factory=dict)
    crash_at: int | None = None
    fail_at: int | None = None
    steps: list[str] = field(default_factory=list)
    handles: dict[int, Inode] = field(default_factory=dict)

    def _step(self, name: str) -> None:
        if self.crash_at is not None and len(self.steps) >= self.crash_at:
            raise Crash  # the dead do nothing
        self.steps.append(name)
        if len(self.steps) == self.fail_at:
            raise OSError(errno.ENOSPC, "No space left on device")

    def _end(self) -> None:
        if len(self.steps) == self.crash_at:
            raise Crash

    def read(self, path: Path, *, limit: int) -> bytes | None:
        found = self.names.get(path)
        return None if found is None else found.data[:limit]

    def create(self, path: Path) -> int:
        self._step("create")
        if path in self.names:
            raise FileExistsError(path)
        self.names[path] = Inode()
        handle = len(self.handles) + 1
        self.handles[handle] = self.names[path]
        self._end()
        return handle

    def write(self, handle: int, data: bytes) -> None:
        self._step("write")
        self.handles[handle].data += data[: len(data) // 2]
        self._end()  # a torn write
        self.handles[handle].data += data[len(data) // 2 :]

    def truncate(self, handle: int, size: int) -> None:
        self._step("truncate")
        self.handles[handle].data = self.handles[handle].data[:size]
        self._end()

    def fsync(self, handle: int) -> None:
        self._step("fsync")
        self.handles[handle].durable = self.handles[handle].data
        self._end()

    def close(self, handle: int) -> None:
        self._step("close")
        self._end()

    def rename(self, source: Path, target: Path) -> None:
        self._step("rename")
        self.names[target] = self.names.pop(source)
        self._end()

    def fsync_folder(self, folder: Path) -> None:
        self._step("fsync folder")
        elsewhere = {path: inode for path, inode in self.durable_names.items() if path.parent != folder}
        self.durable_names = elsewhere | {path: inode for path, inode in self.names.items() if path.parent == folder}
        self._end()

    def remove(self, path: Path) -> None:
        self._step("remove")
        self.names.pop(path, None)
        self._end()

    def append(self, path: Path, data: bytes) -> None:
        self._step("append")
        inode = self.names.setdefault(path, Inode())
        inode.data += data[: len(data) // 2]
        self._end()  # a torn write
        inode.data += data[len(data) // 2 :]
        inode.durable = inode.data
        self.durable_names[path] = inode

    def after_kill(self) -> FrailDisk:
        """The process died, the machine runs on."""
        return FrailDisk(names=dict(self.names), durable_names=dict(self.durable_names))

    def after_power_cuts(self) -> list[FrailDisk]:
        """The machine died; names may or may not have reached the platter, contents only where asked to."""
        return [_from_platter(names) for names in (self.durable_names, self.names)]


def _from_platter(names: dict[Path, Inode]) -> FrailDisk:
    kept = {path: Inode(data=inode.durable, durable=inode.durable) for path, inode in names.items()}
    return FrailDisk(names=dict(kept), durable_names=dict(kept))
