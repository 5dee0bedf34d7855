"""What an account may use and has used."""

from __future__ import annotations

import json

from deployer.operations.usage import Month, Usage
from deployer.report.table import table

VERSION = 1


def render_text(usage: Usage) -> str:
    """This month, then earlier ones."""
    lines = [
        f"allowed:  {_count(usage.allowed)}",
        f"used:     {_count(usage.executed)}" + (f" since {_month(*usage.since)}" if usage.since else ""),
        f"left:     {_count(usage.left)}",
        f"overage:  {_overage(usage)}",
    ]
    if usage.history:
        rows = [(_month(one.year, one.month), _count(one.executed)) for one in usage.history]
        lines += ["", *table(("month", "instances"), rows)]
    return "\n".join(lines) + "\n"


def render_json(usage: Usage) -> str:
    """A versioned contract; null stands for what the server does not say."""
    value = {
        "version": VERSION,
        "allowed": usage.allowed,
        "used": usage.executed,
        "left": usage.left,
        "mayExceed": usage.may_exceed,
        "overagePrice": usage.overage_price,
        "since": None if usage.since is None else _month(*usage.since),
        "history": [_past(one) for one in usage.history],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _overage(usage: Usage) -> str:
    if usage.may_exceed is False:
        return "not allowed: no instance starts above that number"
    price = "" if usage.overage_price is None else f"{usage.overage_price:g} an instance above that number"
    return price or ("allowed" if usage.may_exceed else "the server does not say")


def _count(number: int | None) -> str:
    return "the server does not say" if number is None else f"{number:,}"


def _month(year: int | None, month: int | None) -> str:
    return f"{'????' if year is None else f'{year:04d}'}-{'??' if month is None else f'{month:02d}'}"


def _past(one: Month) -> dict[str, object]:
    return {"year": one.year, "month": one.month, "used": one.executed}
