"""What a simulated run meets: answers of services, what the customer does, when somebody intervenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from deployer.engine.instance import Effect, EventKind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the customer does when the workflow waits: for a message, or for keys."""

    kind: EventKind = "reply"
    after: timedelta = timedelta()
    """From the start of the wait that it belongs to."""
    text: str | None = None
    """The message, or the keys pressed. With `body` None too, the customer stays silent for one wait."""
    body: Mapping[str, object] | None = None
    """The whole webhook, or the whole `dtmfData`, instead of `text`."""
    step: str | None = None
    """The waiting step that it belongs to; None: the next wait of its kind, whichever that is."""

    @property
    def silent(self) -> bool:
        """Whether it uses up a wait without saying anything."""
        return self.text is None and self.body is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Somebody intervenes."""

    action: Literal["suspend", "resume", "terminate"]
    after: timedelta
    """From the start of the instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside one instance."""

    mocks: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    """Outcomes by step id, in order, the last one for all further calls; `*` for every step without its own."""
    replies: tuple[Reply, ...] = ()
    """In order: each wait takes the first that is left and fits."""
    commands: tuple[Command, ...] = ()
    http: Callable[[Effect], Outcome] | None = None
    """Makes HTTP requests that have no mock. None: such a request faults, and the trace shows it."""
