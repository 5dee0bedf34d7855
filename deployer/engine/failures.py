"""How running a definition can go wrong."""

from __future__ import annotations

from deployer.errors import DeployerError


class LoadError(DeployerError):
    """The platform's loader would refuse this definition, so no instance of it can start."""

    hint = "Run `deployer validate`: it names the line."


class ScriptError(Exception):
    """One script failed: refused before it ran, stopped at a limit, or its own exception.

    Ends the instance that runs it, never the program: the message becomes that instance's error.
    """


class StepError(Exception):
    """One step cannot be run: an input is missing, a duration makes no sense, a call fails."""


class TransitionError(DeployerError):
    """Suspend, resume or terminate from a status that does not allow it."""
