"""The `git` program, kept away from everything of the user's but the object store and the credentials."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol

from deployer.errors import ConfigurationError
from deployer.record import record

NETWORK_SECONDS = 60.0
LOCAL_SECONDS = 30.0
TIMED_OUT = 124
"""The exit code that stands for "no answer", as in timeout(1)."""

# A hook calls programs with these set; they would lead our commands to another index or store.
_DROPPED = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
_SET = {
    "GCM_INTERACTIVE": "never",
    # Wins over any configuration, and so keeps `ext::` and other remote helpers from running programs.
    "GIT_ALLOW_PROTOCOL": "file:https:ssh",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "commit.gpgSign=false",
    "fetch.recurseSubmodules=no",
    "gc.auto=0",
    "i18n.commitEncoding=UTF-8",
    "maintenance.auto=false",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.pushOption=",
    "push.recurseSubmodules=no",
)


@record
class Answer:
    """What a git command came back with."""

    code: int
    out: bytes = field(default=b"", repr=False)
    error: str = ""
    """Its complaint, without credentials and control characters."""

    @property
    def text(self) -> str:
        """`out` as text without the line break at its end."""
        return self.out.decode("utf-8", "replace").rstrip("\n")


class Git(Protocol):
    """Runs git commands in one repository."""

    def run(self, *arguments: str, given: bytes = b"", seconds: float = LOCAL_SECONDS) -> Answer:
        """Run `git ARGUMENTS` with `given` on its standard input. A failure is an answer, too."""


class GitProgram:
    """The program that stands on the user's PATH, run in `folder`."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        given = os.environ if environ is None else environ
        self._folder = folder
        self._environ = {name: value for name, value in given.items() if name not in _DROPPED} | _SET

    def run(self, *arguments: str, given: bytes = b"", seconds: float = LOCAL_SECONDS) -> Answer:
        """See `Git.run`. Raises `ConfigurationError` when there is no git program."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        try:
            process = subprocess.Popen(
                ["git", *settings, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                env=self._environ,
                # No terminal to ask for a passphrase at, and Ctrl-C does not cut a push in two.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"can't run git in {self._folder}", hint="Install git, or keep the state in a file."
            ) from error
        with process:
            try:
                out, complaint = process.communicate(given, timeout=seconds)
            except subprocess.TimeoutExpired:
                _kill(process)
                return Answer(code=TIMED_OUT, error=f"no answer within {seconds:.0f} seconds")
            except BaseException:
                _kill(process)
                raise
        return Answer(code=process.returncode, out=out, error=_clean(complaint))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git and the transport that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def _clean(complaint: bytes) -> str:
    text = re.sub(r"(?<=://)[^/@\s]*@", "", complaint.decode("utf-8", "replace"))
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[-600:]
