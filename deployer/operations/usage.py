"""How many instances an account may start and has started, as far as the server says."""

from __future__ import annotations

import math
from collections.abc import Sequence

from deployer.record import record
from deployer.remote.gateway import Body


@record
class Month:
    """One month of the past, or the one that goes on."""

    year: int | None
    month: int | None
    executed: int


@record
class Usage:
    """What the account may use and has used. None stands for what the server does not say."""

    allowed: int | None
    """Instances that the month includes."""
    executed: int | None
    """Instances that this month had so far."""
    may_exceed: bool | None
    """Whether more than that may start, for a price."""
    overage_price: float | None
    """Of one instance above what is allowed, in the account's currency."""
    since: tuple[int, int] | None
    """Year and month that the count began with."""
    history: tuple[Month, ...]
    """Newest first."""

    @property
    def left(self) -> int | None:
        """Instances that this month still includes; never below 0."""
        if self.allowed is None or self.executed is None:
            return None
        return max(0, self.allowed - self.executed)


def read_usage(current: Sequence[Body], history: Sequence[Body]) -> Usage:
    """Read both answers. The schema names only `accountId`; the fields are those of the documented examples."""
    now: Body = current[0] if current else {}
    year, month = _whole(now.get("countStartedYear")), _whole(now.get("countStartedMonth"))
    exceed = now.get("allowedOverage")
    months = [
        Month(year=_whole(one.get("year")), month=_whole(one.get("month")), executed=executed)
        for one in history
        if (executed := _whole(one.get("executedWorkflowCount"))) is not None
    ]
    return Usage(
        allowed=_whole(now.get("allowedWorkflowCount")),
        executed=_whole(now.get("executedWorkflowCount")),
        may_exceed=exceed if isinstance(exceed, bool) else None,
        overage_price=_price(now.get("overagePrice")),
        since=(year, month) if year is not None and month is not None else None,
        history=tuple(sorted(months, key=lambda one: (one.year or 0, one.month or 0), reverse=True)),
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15 else None


def _price(value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if number and isinstance(value, int | float) else None
