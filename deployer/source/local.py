"""Files that we write: the workflow files of a project, and `.deployer/<env>`, which Git ignores."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from deployer.errors import ConfigurationError


def make_local_folder(folder: Path) -> None:
    """Make `.deployer/<env>` with a `.gitignore` above it.

    Raises ConfigurationError where it would be a symbolic link: a repository could so lead secrets
    and state to where Git does not ignore them.
    """
    for part in (folder.parent, folder):
        if part.is_symlink():
            raise ConfigurationError(f"{part} is a symbolic link; it has to be an ordinary folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError), (folder.parent / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("*\n")
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be made: {error.strerror}") from None


def write_file(path: Path, text: str, *, inside: Path) -> None:
    """Replace a file of the project as a whole: a reader sees the old text or the new one.

    Raises ConfigurationError where the path, symbolic links followed, leaves `inside`, or cannot be written.
    """
    target = path.resolve()
    if not target.is_relative_to(inside.resolve()):
        raise ConfigurationError(f"{path} leads out of the project; nothing was written there")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
