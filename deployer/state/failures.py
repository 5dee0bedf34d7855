"""What can go wrong with a state. All but `StateNotSaved` stop a run before it writes."""

from __future__ import annotations

from collections.abc import Callable

from deployer.errors import DeployerError, Refused


class UnusableState(Refused):
    """There is a state, and this run must neither trust nor replace it."""


class CorruptState(UnusableState):
    """Not a state: bad JSON, a wrong type, a merge conflict."""

    hint = "Restore it from Git's history, or repair it by hand; nothing overwrites it until it reads well."


class NewerState(UnusableState):
    """Written by a version of the program that knows more than this one."""

    hint = "Update deployer on this machine."


class ForeignState(UnusableState):
    """The state of another account."""

    hint = "Check `accountId` of this environment in deployer.yaml, and which environment you named with `--env`."


class Locked(Refused):
    """Another run holds the state's lock."""

    hint = "Wait for that run to end, or give `--lock-timeout SECONDS` to wait for it here."


class StateMoved(Refused):
    """Another writer replaced the state after this session read it, so this run's plan is stale.

    Raised before this session recorded anything. A caller that may wait opens a new session and plans anew.
    """

    hint = "Nothing was written by this run. Run the command again to plan from the new state."


class LockLost(Refused):
    """The lock was taken from this run while it worked."""

    hint = "Run `deployer plan` to see where things stand."


class StateNotSaved(DeployerError):
    """The disk or the remote did not take the new state."""


def end_after(error: Exception, end: Callable[[], None]) -> None:
    """End a session whose run failed: its error is what the user has to know; what the end runs into stands below."""
    try:
        end()
    except DeployerError as second:
        if second is not error:
            error.add_note(f"{second}" + (f" ({second.hint})" if second.hint else ""))
