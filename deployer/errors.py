"""Everything that ends a run: one tree of exceptions, each with an exit code and the way out.

Invalid input is not here: that is a `Finding`, a value. The exit codes are a contract with
scripts and CI systems, so each class fixes one of them.
"""

from __future__ import annotations

from typing import ClassVar


class DeployerError(Exception):
    """Base of every error that a user may see."""

    exit_code: ClassVar[int] = 1
    hint: str | None = None
    """What the user can do next; printed below the message."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class ConfigurationError(DeployerError):
    """A flag, an environment variable or `deployer.yaml` asks for something impossible."""

    exit_code = 3


class NotAllowed(DeployerError):
    """The server does not accept the API key, or the key may not do this (401, 403)."""

    exit_code = 4


class Unreachable(DeployerError):
    """No answer from the server, or its rate limit outlasted the run's budget."""

    exit_code = 5


class Refused(DeployerError):
    """Stopped for safety; nothing was written."""

    exit_code = 6


class NotApproved(DeployerError):
    """The server moved between plan and apply, or a change is not in the saved plan."""

    exit_code = 7
    hint = "Run `deployer plan` again and review the new plan."


class Interrupted(DeployerError):
    """The user stopped the run."""

    exit_code = 130
