"""What happened to a request, as far as its end tells: classified, never guessed."""

from __future__ import annotations

from enum import StrEnum

from deployer.errors import DeployerError, NotAllowed, Unreachable
from deployer.remote.errors import NotFound, Rejected, UnusableAnswer


class Outcome(StrEnum):
    """The four things that can have happened."""

    NOT_SENT = "not sent"
    """Nothing reached the server: no address, refused, no connection in time."""
    REFUSED = "refused"
    """The server answered that it did not do it (4xx, 429)."""
    DONE = "done"
    INDETERMINATE = "indeterminate"
    """It may have happened: the answer was lost, cut short, senseless, or came from something in between."""


TIMED_OUT_UPSTREAM = frozenset({408, 499})
"""4xx by number, but gateways answer them while the server behind may still be working."""


def of_status(status: int) -> Outcome:
    """Read an HTTP status. A redirect says nothing about the request, so it is indeterminate too."""
    if 200 <= status < 300:
        return Outcome.DONE
    if 400 <= status < 500 and status not in TIMED_OUT_UPSTREAM:
        return Outcome.REFUSED
    return Outcome.INDETERMINATE


def of_error(error: DeployerError) -> Outcome:
    """What an error of this room says about the write that raised it.

    A journal may record NOT_SENT and REFUSED as "certainly not processed"; everything else
    has to be settled by looking.
    """
    if isinstance(error, UnusableAnswer):
        return Outcome.INDETERMINATE
    if isinstance(error, Unreachable):
        return Outcome.NOT_SENT
    if isinstance(error, NotAllowed | NotFound | Rejected):
        return Outcome.REFUSED
    return Outcome.INDETERMINATE
