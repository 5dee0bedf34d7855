"""Time as leases need it: seconds that pass, whatever the wall clock does."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A clock that never goes back."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float) -> None:
        """Come back that much later."""


class SystemClock:
    """This machine's clock."""

    def now(self) -> float:
        """Counts the time that a laptop sleeps where the system can tell: a lease runs on meanwhile."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        time.sleep(seconds)
