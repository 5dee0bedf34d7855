"""Definitions and their versions in the database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from deployer.emulator.instances import end_instances
from deployer.emulator.loader import Loaded
from deployer.emulator.moments import documented, moment
from deployer.emulator.stored import Version

COLUMNS = "d.account, d.id, v.number, v.created_at, v.body"
LATEST = "definition AS d JOIN version AS v ON v.definition = d.id AND v.number = d.newest"
Row = tuple[str, str, int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What starting an instance needs to know of a version."""

    definition: str
    version: int
    status: str
    sub_account: str | None


def create(
    db: sqlite3.Connection, account: str, definition: str, *, loaded: Loaded, body: str, now: int, listed_from: int
) -> Version:
    """Store version 1 of a new definition."""
    db.execute(
        "INSERT INTO definition (id, account, newest, highest, listed_from) VALUES (?, ?, 1, 1, ?)",
        (definition, account, listed_from),
    )
    return _add_version(db, account, definition, number=1, loaded=loaded, body=body, now=now)


def update(
    db: sqlite3.Connection, account: str, definition: str, *, loaded: Loaded, body: str, now: int, reuse_numbers: bool
) -> Version:
    """Store the next version of a definition that exists; older versions never change."""
    newest, highest = db.execute("SELECT newest, highest FROM definition WHERE id = ?", (definition,)).fetchone()
    number = (newest if reuse_numbers else highest) + 1
    db.execute("UPDATE definition SET newest = ?, highest = MAX(highest, ?) WHERE id = ?", (number, number, definition))
    return _add_version(db, account, definition, number=number, loaded=loaded, body=body, now=now)


def exists(db: sqlite3.Connection, account: str, definition: str) -> bool:
    """Whether the account has this definition."""
    query = "SELECT 1 FROM definition WHERE id = ? AND account = ?"
    return db.execute(query, (definition, account)).fetchone() is not None


def latest(
    db: sqlite3.Connection, account: str, *, now: int, disabled_too: bool, limit: int, skip: int
) -> list[Version]:
    """The newest version of each definition, in the order of creation."""
    rows: list[Row] = db.execute(
        f"SELECT {COLUMNS} FROM {LATEST}"  # noqa: S608  # constants
        " WHERE d.account = ? AND d.listed_from <= ? AND (? OR v.status = 'enabled') ORDER BY d.seq LIMIT ? OFFSET ?",
        (account, now, disabled_too, limit, skip),
    ).fetchall()
    return [_version(row) for row in rows]


def history(db: sqlite3.Connection, account: str, definition: str, *, limit: int, skip: int) -> list[Version]:
    """The versions of a definition, newest first; empty for an unknown one."""
    rows: list[Row] = db.execute(
        f"SELECT {COLUMNS} FROM definition AS d JOIN version AS v ON v.definition = d.id"  # noqa: S608  # constants
        " WHERE d.account = ? AND d.id = ? ORDER BY v.number DESC LIMIT ? OFFSET ?",
        (account, definition, limit, skip),
    ).fetchall()
    return [_version(row) for row in rows]


def version(db: sqlite3.Connection, definition: str, number: int) -> Version | None:
    """One version of a definition, whoever owns it; None when it was deleted."""
    row: Row | None = db.execute(
        f"SELECT {COLUMNS} FROM definition AS d JOIN version AS v ON v.definition = d.id"  # noqa: S608  # constants
        " WHERE d.id = ? AND v.number = ?",
        (definition, number),
    ).fetchone()
    return None if row is None else _version(row)


def facts(db: sqlite3.Connection, account: str, definition: str, version: int | None) -> Facts | None:
    """What is known of a version, the newest by default; None when there is none."""
    row = db.execute(
        "SELECT d.id, v.number, v.status, v.sub_account FROM definition AS d JOIN version AS v"
        " ON v.definition = d.id AND v.number = COALESCE(?, d.newest) WHERE d.account = ? AND d.id = ?",
        (version, account, definition),
    ).fetchone()
    return None if row is None else Facts(definition=row[0], version=row[1], status=row[2], sub_account=row[3])


def triggered(db: sqlite3.Connection, account: str, trigger: str, sub_account: str | None) -> list[Facts]:
    """The enabled definitions that a trigger starts: those of the sub-account, and those without one."""
    rows = db.execute(
        f"SELECT d.id, v.number, v.status, v.sub_account FROM {LATEST}"  # noqa: S608  # constants
        " WHERE d.account = ? AND v.trigger_name = ? AND v.status = 'enabled'"
        " AND (v.sub_account IS NULL OR v.sub_account = ?) ORDER BY d.seq",
        (account, trigger, sub_account),
    ).fetchall()
    return [Facts(definition=row[0], version=row[1], status=row[2], sub_account=row[3]) for row in rows]


def schedule_deletion(db: sqlite3.Connection, definition: str, version: int | None, *, due: int) -> None:
    """Remember that a definition, or one version of it, ends at `due`; a second DELETE changes nothing."""
    db.execute(
        "INSERT INTO deletion (definition, version, due) SELECT ?1, ?2, ?3"
        " WHERE NOT EXISTS (SELECT 1 FROM deletion WHERE definition = ?1 AND version IS ?2)",
        (definition, version, due),
    )


def deletions_due(db: sqlite3.Connection, now: int) -> bool:
    """Whether a DELETE has yet to take effect by now."""
    return db.execute("SELECT 1 FROM deletion WHERE due <= ? LIMIT 1", (now,)).fetchone() is not None


def carry_out_deletions(db: sqlite3.Connection, now: int) -> None:
    """Let every DELETE that is due take effect; a definition ends with its last version."""
    due = db.execute("SELECT seq, definition, version FROM deletion WHERE due <= ? ORDER BY seq", (now,)).fetchall()
    for seq, definition, version in due:
        db.execute("DELETE FROM deletion WHERE seq = ?", (seq,))
        if version is not None:
            db.execute("DELETE FROM version WHERE definition = ? AND number = ?", (definition, version))
            end_instances(db, definition, version, now=now)
            left = db.execute("SELECT MAX(number) FROM version WHERE definition = ?", (definition,)).fetchone()[0]
            if left is not None:
                db.execute("UPDATE definition SET newest = ? WHERE id = ?", (left, definition))
                continue
        # Versions, instances, logs and errors go with it.
        db.execute("DELETE FROM definition WHERE id = ?", (definition,))


def _add_version(
    db: sqlite3.Connection, account: str, definition: str, *, number: int, loaded: Loaded, body: str, now: int
) -> Version:
    db.execute(
        "INSERT INTO version (definition, number, created_at, trigger_name, status, sub_account, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (definition, number, now, loaded.trigger, loaded.status, loaded.sub_account, body),
    )
    return _version((account, definition, number, now, body))


def _version(row: Row) -> Version:
    account, definition, number, created_at, body = row
    return Version(account=account, id=definition, number=number, created_at=documented(moment(created_at)), body=body)
