"""Where a project starts, and whether a path stays in it. Asked for by every command, so this needs little else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath

from deployer.cache import note_file

CONFIG_NAME = "deployer.yaml"
_NO_NAMES = frozenset({"", ".", ".."})


def find_root(start: FilePath) -> FilePath | None:
    """The folder with a `deployer.yaml`, at or above `start`."""
    folder = start if start.is_dir() else start.parent
    folder = folder.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / CONFIG_NAME).is_file():
            return candidate
        note_file(candidate / CONFIG_NAME, None)
    return None


def existing(selectors: Iterable[str]) -> Sequence[FilePath]:
    """Those selectors that are paths of something; `-` is standard input."""
    return [FilePath(selector) for selector in selectors if selector != "-" and FilePath(selector).exists()]


def stays_inside(path: FilePath, root: FilePath) -> bool:
    """Whether a path, symbolic links followed, is within the project."""
    return path.resolve().is_relative_to(root.resolve())


class RealPaths:
    """Paths without symbolic links. Of the files in one folder only the first is followed all the way."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._within: dict[tuple[str, FilePath], bool] = {}
        self._plain: dict[str, frozenset[str]] = {}

    def note_plain(self, folder: FilePath, names: Iterable[str]) -> None:
        """A look at a folder showed that these are no links, so nobody has to ask for each of them."""
        self._plain[str(folder)] = frozenset(names)

    def is_link(self, path: FilePath) -> bool:
        """Whether a path is a symbolic link itself."""
        return self._is_link(*os.path.split(path))

    def _is_link(self, folder: str, name: str) -> bool:
        return name not in self._plain.get(folder, ()) and os.path.islink(os.path.join(folder, name))

    def of(self, path: FilePath) -> FilePath:
        """Where a path leads."""
        folder, name = os.path.split(path)
        if name in _NO_NAMES or self._is_link(folder, name):
            return path.resolve()
        real = self._real(folder)
        return path if real == folder else FilePath(real, name)

    def within(self, file: FilePath, folder: FilePath) -> bool:
        """Whether a file, links followed, lies below a folder without links."""
        above, name = os.path.split(file)
        if name in _NO_NAMES or self._is_link(above, name):
            return file.resolve().is_relative_to(folder)
        known = self._within.get((above, folder))
        if known is None:
            known = self._within[above, folder] = FilePath(self._real(above)).is_relative_to(folder)
        return known

    def _real(self, folder: str) -> str:
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        return real
