"""Instances (runs of a definition) in the database, as the API shows them; `runs` keeps what the engine needs."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from deployer.emulator.exactjson import Json, Verbatim
from deployer.emulator.moments import documented, moment

STATUSES = ("Runnable", "Suspended", "Complete", "Terminated")
ENDED = ("Complete", "Terminated")
COLUMNS = "i.id, i.definition, i.version, i.status, i.data, i.started_at, i.completed_at"
Row = tuple[str, str, int, str, str, int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One run of one version."""

    id: str
    """24 hexadecimal digits."""
    definition: str
    version: int
    status: str
    """One of STATUSES. A fault terminates."""
    data: str
    """The workflow context as JSON text."""
    started_at: int
    """Microseconds since 1970."""
    completed_at: int | None = None

    def answered(self) -> dict[str, Json]:
        """As the API shows it."""
        return {
            "workflowId": self.id,
            "data": Verbatim(self.data),
            "definitionId": self.definition,
            "version": self.version,
            "status": self.status,
            "startedAt": documented(moment(self.started_at)),
            "completedAt": _time_or_null(self.completed_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which instances of a definition a list shows."""

    version: int | None
    """None: the newest."""
    status: str | None
    started_from: int | None
    started_to: int | None
    limit: int
    skip: int


def add(db: sqlite3.Connection, instance: Instance) -> None:
    """Store a new instance."""
    db.execute(
        "INSERT INTO instance (id, definition, version, status, data, started_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            instance.id,
            instance.definition,
            instance.version,
            instance.status,
            instance.data,
            instance.started_at,
        ),
    )


def find(db: sqlite3.Connection, definition: str, instance: str) -> Instance | None:
    """One instance of a definition."""
    query = f"SELECT {COLUMNS} FROM instance AS i WHERE i.definition = ? AND i.id = ?"  # noqa: S608  # constants
    row: Row | None = db.execute(query, (definition, instance)).fetchone()
    return None if row is None else _instance(row)


def select(db: sqlite3.Connection, definition: str, wanted: Selection) -> list[Instance]:
    """The instances of one version, the youngest first."""
    rows: list[Row] = db.execute(
        f"SELECT {COLUMNS} FROM instance AS i JOIN definition AS d ON d.id = i.definition"  # noqa: S608  # constants
        " WHERE i.definition = :definition AND i.version = COALESCE(:version, d.newest)"
        " AND (:status IS NULL OR i.status = :status)"
        " AND (:from IS NULL OR i.started_at >= :from) AND (:to IS NULL OR i.started_at <= :to)"
        " ORDER BY i.seq DESC LIMIT :limit OFFSET :skip",
        {
            "definition": definition,
            "version": wanted.version,
            "status": wanted.status,
            "from": wanted.started_from,
            "to": wanted.started_to,
            "limit": wanted.limit,
            "skip": wanted.skip,
        },
    ).fetchall()
    return [_instance(row) for row in rows]


def set_status(db: sqlite3.Connection, instance: str, status: str, *, now: int) -> None:
    """Change an instance's status; the time of its end is kept when it ends."""
    completed_at = now if status in ENDED else None
    db.execute("UPDATE instance SET status = ?, completed_at = ? WHERE id = ?", (status, completed_at, instance))


def set_data(db: sqlite3.Connection, instance: str, data: str) -> None:
    """Change an instance's context; `data` is JSON text."""
    db.execute("UPDATE instance SET data = ? WHERE id = ?", (data, instance))


def cancel_steps(db: sqlite3.Connection, instance: str, *, now: int) -> None:
    """End the steps that have not ended, in the log."""
    db.execute(
        "UPDATE step_log SET status = 'Cancelled', completed_at = ? WHERE instance = ? AND completed_at IS NULL",
        (now, instance),
    )


def end_instances(db: sqlite3.Connection, definition: str, version: int, *, now: int) -> None:
    """Terminate the instances of a version that has gone and delete their logs, as documented for DELETE."""
    of_version = "SELECT id FROM instance WHERE definition = ? AND version = ?"
    for table in ("step_log", "step_error", "run"):
        db.execute(f"DELETE FROM {table} WHERE instance IN ({of_version})", (definition, version))  # noqa: S608
    db.execute(
        "UPDATE instance SET status = 'Terminated', completed_at = ?"
        " WHERE definition = ? AND version = ? AND status IN ('Runnable', 'Suspended')",
        (now, definition, version),
    )


def record_step(
    db: sqlite3.Connection,
    instance: str,
    *,
    log_id: str,
    step: str,
    status: str,
    started_at: int,
    completed_at: int | None,
) -> None:
    """Write a step's line in the instance's log, or rewrite it: `log_id` is one execution of the step."""
    step = storable(step)
    db.execute(
        "INSERT INTO step_log (id, instance, step, status, started_at, completed_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET status = excluded.status, completed_at = excluded.completed_at",
        (log_id, instance, step, status, started_at, completed_at),
    )


def record_error(db: sqlite3.Connection, instance: str, *, step: str, message: str, now: int) -> None:
    """Write down why a step failed."""
    db.execute(
        "INSERT INTO step_error (instance, step, message, occurred_at) VALUES (?, ?, ?, ?)",
        (instance, storable(step), storable(message), now),
    )


def logs(db: sqlite3.Connection, instance: str) -> list[Json]:
    """The steps that ran, in the order of their start, as the API shows them."""
    query = "SELECT id, step, started_at, completed_at, status FROM step_log WHERE instance = ? ORDER BY seq"
    return [
        {
            "id": log_id,
            "stepName": step,
            "startedAt": documented(moment(started_at)),
            "completedAt": _time_or_null(completed_at),
            "status": status,
        }
        for log_id, step, started_at, completed_at, status in db.execute(query, (instance,))
    ]


def errors(db: sqlite3.Connection, instance: str) -> list[Json]:
    """The steps that failed, in the order of time, as the API shows them."""
    query = "SELECT step, message, occurred_at FROM step_error WHERE instance = ? ORDER BY seq"
    return [
        {
            "workflowId": instance,
            "step": step,
            "message": message,
            "errorTime": documented(moment(occurred_at)),
        }
        for step, message, occurred_at in db.execute(query, (instance,))
    ]


def storable(text: str) -> str:
    """A text as the database can hold it: JSON may hold half a character, UTF-8 may not."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _time_or_null(value: int | None) -> str | None:
    return None if value is None else documented(moment(value))


def _instance(row: Row) -> Instance:
    instance, definition, version, status, data, started_at, completed_at = row
    return Instance(
        id=instance,
        definition=definition,
        version=version,
        status=status,
        data=data,
        started_at=started_at,
        completed_at=completed_at,
    )
