"""What happened in a run, one line each: for traces, coverage, transcripts and `runs follow`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from deployer.tuples import NamedTuple


class RecordKind(StrEnum):
    """What a record tells; `name`, `source` and `value` of the record mean what is said here."""

    STARTED = "started"
    """A step begins. name: its type."""
    EVALUATED = "evaluated"
    """A script ran. name: its place in the step, `inputs.text`; source: the script; value: what it gave."""
    DECIDED = "decided"
    """A condition of `selectNextStep`, or of an If. name: the step it leads to (of an If: `do`); source: the
    condition, empty for a default; value: whether it was chosen."""
    ASKED = "asked"
    """Something is to be done outside. name: the step's type; value: the request."""
    ANSWERED = "answered"
    """It was done. value: what the step then offers."""
    SLEEPING = "sleeping"
    """A Wait begins. value: until when."""
    WAITING = "waiting"
    """A wait for an event begins. name: `reply` or `dtmf`; source: the key; value: until when."""
    RECEIVED = "received"
    """The event came. name: `reply` or `dtmf`; value: its body."""
    TIMED_OUT = "timed-out"
    """The event did not come. name: `reply` or `dtmf`."""
    ASSIGNED = "assigned"
    """An output. name: in `data`; value."""
    ENDED = "ended"
    """A step ends. name: its status."""
    FAULTED = "faulted"
    """The instance ends with an error. value: the message."""
    UNCLAIMED = "unclaimed"
    """A reply or keys came and no step waited for them. name: `reply` or `dtmf`; value: the body."""
    FINISHED = "finished"
    """The instance has a new status: suspended, resumed, complete, terminated. name: the status."""


class Record(NamedTuple):
    """One thing that happened. A tuple, because a run makes dozens and nothing is as cheap."""

    kind: RecordKind
    at: datetime
    step: str = ""
    """Id of the step; empty where the instance is meant."""
    pointer: str = ""
    """Id of the step's run."""
    name: str = ""
    source: str = ""
    value: object = None


Recorder = Callable[[Record], None]
