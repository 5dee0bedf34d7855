"""The user's own configuration, outside every repository: where secrets come from on this machine.

A project may come from anybody, so nothing in it may name a program to run. This file may.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from deployer.errors import ConfigurationError
from deployer.finding import Severity
from deployer.record import record
from deployer.source.document import Document, read

TIMEOUT: Final = 60.0
"""Seconds that a password manager gets by default: people may have to unlock it first."""
_POSIX: Final = os.name == "posix"


@record
class UserConfig:
    """What the user's configuration says."""

    path: Path
    secret_command: tuple[str, ...] = ()
    """A program and its arguments; they may hold `{name}`, `{account}` and `{environment}`."""
    timeout: float = TIMEOUT
    """Seconds that the program may take."""


def user_config_path(environ: Mapping[str, str]) -> Path | None:
    """`deployer/config.yaml` in the user's configuration folder; None where there is no such folder.

    `XDG_CONFIG_HOME` counts when it is absolute, as its specification demands; then `APPDATA`, then `~/.config`.
    """
    for name, folder in (("XDG_CONFIG_HOME", ""), ("APPDATA", ""), ("HOME", ".config"), ("USERPROFILE", ".config")):
        value = environ.get(name, "")
        if value and Path(value).is_absolute():
            return Path(value, folder, "deployer", "config.yaml")
    return None


def read_user_config(environ: Mapping[str, str], project: Path | None) -> UserConfig | None:
    """The user's configuration; None when there is none. `project` is the project's root, where there is one.

    Raises ConfigurationError for one that is not right, that others may write, or that stands in the project.
    """
    path = user_config_path(environ)
    if path is None or not path.is_file():
        return None
    if project is not None and path.resolve().is_relative_to(project.resolve()):
        raise ConfigurationError(
            f"{path} is in the project; it names programs to run, so it is read from outside of repositories only",
            hint="Move it to ~/.config/deployer/config.yaml.",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if _POSIX and mode & 0o022:
        raise ConfigurationError(
            f"{path} can be written by others (mode {mode:04o}), and it names programs to run",
            hint=f"Run `chmod go-w {path}`.",
        )
    document = read(path, str(path))
    for finding in document.findings:
        if finding.severity is Severity.ERROR:
            raise ConfigurationError(f"{path}:{finding.span.line}:{finding.span.column}: {finding.message}")
    return _Reader(document, path).config()


class _Reader:
    def __init__(self, document: Document, path: Path) -> None:
        self.document = document
        self.path = path

    def config(self) -> UserConfig:
        secrets = self.mapping(self.document.value, (), ("secrets",)).get("secrets")
        settings = self.mapping(secrets, ("secrets",), ("command", "timeoutSeconds"))
        timeout = settings.get("timeoutSeconds", TIMEOUT)
        right = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        if not right or not isinstance(timeout, int | float) or not 0 < timeout <= 3600 or math.isnan(timeout):
            raise self.wrong(("secrets", "timeoutSeconds"), "a number of seconds above 0, at most 3600")
        return UserConfig(path=self.path, secret_command=self.command(settings.get("command")), timeout=float(timeout))

    def command(self, value: object) -> tuple[str, ...]:
        place = ("secrets", "command")
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(place, 'a list of texts, such as [pass, show, "deployer/{account}/{name}"]; no shell runs')
        command = tuple(str(item) for item in value)
        if not any("{name}" in item for item in command[1:]):
            raise self.wrong(place, "one of the arguments holds {name}, or every secret would be the same")
        return command

    def mapping(self, value: object, path: tuple[str, ...], names: Sequence[str]) -> dict[str, object]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(path, f"a mapping of {' and '.join(names)}")
        for name in value:
            if name not in names:
                near = get_close_matches(name, names, 1)
                raise self.wrong((*path, name), f"`{name}` is unknown; write {near[0] if near else ' or '.join(names)}")
        return dict(value)

    def wrong(self, path: tuple[str, ...], message: str) -> ConfigurationError:
        span = self.document.span(path)
        where = f"{'.'.join(path)}: " if path else ""
        return ConfigurationError(f"{self.path}:{span.line}:{span.column}: {where}{message}")
