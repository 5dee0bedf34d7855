"""`.deployer/<env>`: local things of an environment, kept out of Git."""

from __future__ import annotations

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
