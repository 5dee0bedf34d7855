"""How many instances an account started, by month of the UTC calendar."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from deployer.emulator.exactjson import Json

ALLOWED_WORKFLOWS = 10_000
OVERAGE_PRICE = 0.01


def count_execution(db: sqlite3.Connection, account: str, now: datetime, *, row_id: str) -> None:
    """Count one started instance; `row_id` names the month's row if this is its first."""
    month = now.astimezone(UTC)
    db.execute(
        "INSERT INTO usage (account, year, month, id, executed) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT (account, year, month) DO UPDATE SET executed = executed + 1",
        (account, month.year, month.month, row_id),
    )


def current(db: sqlite3.Connection, account: str, now: datetime) -> dict[str, Json]:
    """This month's count beside what the account may use: the schema's field and those of the example."""
    month = now.astimezone(UTC)
    query = "SELECT executed FROM usage WHERE account = ? AND year = ? AND month = ?"
    row = db.execute(query, (account, month.year, month.month)).fetchone()
    return {
        "accountId": account,
        "allowedWorkflowCount": ALLOWED_WORKFLOWS,
        "allowedOverage": True,
        "overagePrice": OVERAGE_PRICE,
        "executedWorkflowCount": 0 if row is None else row[0],
        "countStartedMonth": month.month,
        "countStartedYear": month.year,
    }


def by_month(db: sqlite3.Connection, account: str) -> list[Json]:
    """Every month in which an instance started, newest first."""
    query = "SELECT id, executed, month, year FROM usage WHERE account = ? ORDER BY year DESC, month DESC"
    return [
        {"id": row_id, "accountId": account, "executedWorkflowCount": executed, "month": month, "year": year}
        for row_id, executed, month, year in db.execute(query, (account,))
    ]
