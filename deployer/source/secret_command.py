"""Secrets from a program that the user's own configuration names, such as a password manager.

No shell runs, nothing that the program prints is ever shown, and each name is asked for once.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.source.user_config import UserConfig

MAX_OUTPUT: Final = 1_000_000
"""Bytes of the longest secret that is taken."""

_SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")


@record
class Answer:
    """How a program ended and what it printed."""

    code: int
    output: bytes


Run = Callable[[Sequence[str], Path, Mapping[str, str], float], Answer]
"""Runs a program in a folder with an environment and a time limit; raises OSError or TimeoutError."""


class SecretCommand:
    """Asks the user's program for secrets of one environment."""

    def __init__(
        self,
        config: UserConfig,
        *,
        account: str,
        environment: str,
        project: Path | None,
        environ: Mapping[str, str],
        run: Run | None = None,
    ) -> None:
        """Nothing is run yet. `project` is the project's root, where there is one: no program in it is run."""
        self._config = config
        self._words = {"account": account, "environment": environment}
        self._environ = {
            name: value for name, value in environ.items()
            if not name.startswith(("DEPLOYER_API_KEY", "DEPLOYER_SECRET_"))
        }  # fmt: skip
        self._run = run or _run
        self._project = project

    @property
    def origin(self) -> str:
        """Where its secrets come from, for people."""
        return f"`{self._config.secret_command[0]}` of {self._config.path}"

    def __call__(self, name: str) -> str | None:
        """The secret of that name; None when the program has none (it fails, or prints nothing).

        Raises ConfigurationError when the program stands in the project, cannot be run or takes too long, and
        for an account that could lead it astray.
        """
        command = self._command(name)
        try:
            answer = self._run(command, self._config.path.parent, self._environ, self._config.timeout)
        except TimeoutError:
            raise ConfigurationError(
                f"secret {name}: {self.origin} took longer than {self._config.timeout:g} seconds",
                hint="Unlock the password manager first, or raise secrets.timeoutSeconds.",
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be run"
            raise ConfigurationError(f"secret {name}: {self.origin}: {reason}") from None
        if answer.code != 0 or not answer.output.strip():
            return None
        return self._text(name, answer.output)

    def _text(self, name: str, output: bytes) -> str:
        if len(output) > MAX_OUTPUT:
            raise ConfigurationError(f"secret {name}: {self.origin} printed more than {MAX_OUTPUT:,} bytes")
        try:
            text = output.decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigurationError(f"secret {name}: what {self.origin} printed is not UTF-8 text") from None
        return text.removesuffix("\n").removesuffix("\r")

    def _command(self, name: str) -> list[str]:
        words = {**self._words, "name": name}
        program, *arguments = self._config.secret_command
        for key, value in words.items():
            # The account comes from the project: it must not become an option or a path to somebody else's secrets.
            if any(f"{{{key}}}" in item for item in arguments) and not _SAFE.fullmatch(value):
                raise ConfigurationError(
                    f"secret {name}: the {key} `{value[:60]}` cannot stand in the command of {self._config.path}: "
                    "letters, digits, `_`, `.`, `@` and `-` only"
                )
        filled = [re.sub(r"\{(name|account|environment)\}", lambda match: words[match[1]], item) for item in arguments]
        return [self._program(program), *filled]

    def _program(self, name: str) -> str:
        found = shutil.which(name, path=self._environ.get("PATH"))
        if found is None:
            raise ConfigurationError(f"{self._config.path}: secrets.command: there is no program `{name}` here")
        path = Path(found).absolute()
        root = self._project
        if root is not None and (path.is_relative_to(root.absolute()) or path.resolve().is_relative_to(root.resolve())):
            raise ConfigurationError(f"{self._config.path}: secrets.command: `{name}` would run {path}, of the project")
        return str(path)


def _run(command: Sequence[str], folder: Path, environ: Mapping[str, str], timeout: float) -> Answer:
    try:
        done = subprocess.run(
            list(command), cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=timeout,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    return Answer(code=done.returncode, output=done.stdout)
