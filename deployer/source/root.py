"""Where a project starts. Asked for by every command, so this needs little else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath

from deployer.cache import note_file

CONFIG_NAME = "deployer.yaml"


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
