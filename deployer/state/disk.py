"""The file-system steps that a state's safety rests on, one method each."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class FileSystem(Protocol):
    """Steps, not conveniences: a process may die between any two of them. All raise `OSError`."""

    def read(self, path: Path, *, limit: int) -> bytes | None:
        """At most `limit` bytes of a plain file; None when nothing is there. Follows no symbolic link."""

    def create(self, path: Path) -> int:
        """Make a file that must not exist yet, and open it for writing."""

    def write(self, handle: int, data: bytes) -> None:
        """Write all of `data`."""

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file to `size` bytes; the next write goes there."""

    def fsync(self, handle: int) -> None:
        """Return when the file's content survives a power cut."""

    def close(self, handle: int) -> None:
        """Give the handle back."""

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`, in one step."""

    def fsync_folder(self, folder: Path) -> None:
        """Return when the folder's names survive a power cut."""

    def remove(self, path: Path) -> None:
        """Remove a file, or nothing when it is not there."""

    def append(self, path: Path, data: bytes) -> None:
        """Add to the end of a plain file, made when it is missing; returns when it survives a power cut."""


class Disk:
    """The file system of this machine."""

    def read(self, path: Path, *, limit: int) -> bytes | None:
        """See `FileSystem.read`."""
        if path.is_symlink():  # Windows has no O_NOFOLLOW
            raise OSError(errno.ELOOP, "it is a symbolic link")
        # O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(path, flags)
        except FileNotFoundError:
            return None
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is not a plain file")
            return file.read(limit)

    def create(self, path: Path) -> int:
        """See `FileSystem.create`."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, handle: int, data: bytes) -> None:
        """See `FileSystem.write`."""
        done = os.write(handle, data)
        while done < len(data):  # a signal, or a disk that fills up
            done += os.write(handle, memoryview(data)[done:])

    def truncate(self, handle: int, size: int) -> None:
        """See `FileSystem.truncate`."""
        os.ftruncate(handle, size)
        os.lseek(handle, size, os.SEEK_SET)

    def fsync(self, handle: int) -> None:
        """See `FileSystem.fsync`."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """See `FileSystem.close`."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """See `FileSystem.rename`."""
        source.replace(target)

    def fsync_folder(self, folder: Path) -> None:
        """See `FileSystem.fsync_folder`. Windows can't, and needs no such step."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """See `FileSystem.remove`."""
        path.unlink(missing_ok=True)

    def append(self, path: Path, data: bytes) -> None:
        """See `FileSystem.append`."""
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link")
        made = not path.exists()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is not a plain file")
            self.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        if made:
            self.fsync_folder(path.parent)


def replace_file(files: FileSystem, path: Path, data: bytes) -> None:
    """Give `path` a new content: whoever reads it, whenever this dies, sees the old or the new, never half.

    The caller holds a lock: the name of the temporary file beside it is always the same,
    so what a killed run left behind is swept by the next one. Raises `OSError`.
    """
    fresh = leftover(path)
    files.remove(fresh)
    try:
        handle = files.create(fresh)
        try:
            files.write(handle, data)
            files.fsync(handle)
        finally:
            files.close(handle)
        files.rename(fresh, path)
    except OSError:
        with suppress(OSError):  # the first error says what is wrong
            files.remove(fresh)
        raise
    files.fsync_folder(path.parent)


def append_line(files: FileSystem, handle: int, data: bytes) -> None:
    """Add to an open file; it survives a power cut when this returns. Raises `OSError`."""
    files.write(handle, data)
    files.fsync(handle)


def leftover(path: Path) -> Path:
    """Where the next content of `path` is prepared."""
    return path.with_name(f".{path.name}.new")
