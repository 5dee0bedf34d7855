"""The SQLite database: who may read and write it, and when.

One file, in WAL mode: any number of threads and processes read while one writes. A writer takes the
write lock at its start, so that reading a version number and writing the next one cannot be torn apart.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployer.errors import ConfigurationError

APPLICATION_ID = 0x8E8_0001
"""Marks the file as an emulator's, so that nobody else's database is ever written to."""
BUSY_SECONDS = 30.0
"""How long a request waits for another process's write."""

SCHEMA = """
CREATE TABLE definition (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    newest INTEGER NOT NULL,         -- the highest version that exists
    highest INTEGER NOT NULL,        -- the highest version that ever existed
    listed_from INTEGER NOT NULL     -- microseconds since 1970, as all times here
);
CREATE INDEX definition_of_account ON definition (account, seq);
CREATE TABLE version (
    definition TEXT NOT NULL REFERENCES definition (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    trigger_name TEXT NOT NULL,
    status TEXT NOT NULL,
    sub_account TEXT,
    body TEXT NOT NULL,              -- marked, see stored.py
    PRIMARY KEY (definition, number)
);
CREATE TABLE deletion (
    seq INTEGER PRIMARY KEY,
    definition TEXT NOT NULL REFERENCES definition (id) ON DELETE CASCADE,
    version INTEGER,                 -- null: all
    due INTEGER NOT NULL
);
CREATE INDEX deletion_due ON deletion (due);
CREATE TABLE instance (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL REFERENCES definition (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    data TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    completed_at INTEGER
);
CREATE INDEX instance_of_version ON instance (definition, version, seq);
CREATE TABLE step_log (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    instance TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    completed_at INTEGER
);
CREATE INDEX step_log_of_instance ON step_log (instance, seq);
CREATE TABLE step_error (
    seq INTEGER PRIMARY KEY,
    instance TEXT NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    message TEXT NOT NULL,
    occurred_at INTEGER NOT NULL
);
CREATE INDEX step_error_of_instance ON step_error (instance, seq);
CREATE TABLE usage (
    account TEXT NOT NULL,
    year INTEGER NOT NULL,
    month INTEGER NOT NULL,
    id TEXT NOT NULL,
    executed INTEGER NOT NULL,
    PRIMARY KEY (account, year, month)
);
"""

RUNNING = """
CREATE TABLE run (                   -- what the engine knows of an instance that has not ended
    instance TEXT PRIMARY KEY REFERENCES instance (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    state TEXT,                      -- JSON of the engine, null before its first step
    revision INTEGER NOT NULL,       -- counts the changes: whoever worked on an older one starts again
    ready INTEGER NOT NULL,          -- whether there is something to do at once
    waiting INTEGER NOT NULL,        -- whether a step waits for a reply or for keys
    real INTEGER NOT NULL,           -- when it was last worked on,
    own INTEGER NOT NULL,            -- and what its own clock then showed
    wake INTEGER,                    -- when the next wait ends by its own clock
    asleep INTEGER NOT NULL          -- whether that is a Wait, for which nobody is needed
);
CREATE INDEX run_of_account ON run (account, waiting);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,          -- no reference: what was sent stays sent
    definition TEXT NOT NULL,
    step TEXT NOT NULL,
    type TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    request TEXT NOT NULL,
    sent_at INTEGER NOT NULL
);
CREATE INDEX outbox_of_account ON outbox (account, seq);
CREATE TABLE canned (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    step TEXT,
    method TEXT,
    url TEXT,
    outcome TEXT NOT NULL
);
CREATE INDEX canned_of_account ON canned (account, seq);
"""
"""What came with running instances: the next layout."""

SERVICES = """
CREATE TABLE message (               -- what PII removal and typing indicators may name
    umid TEXT PRIMARY KEY,
    inbound INTEGER NOT NULL,
    at INTEGER NOT NULL              -- by the clock of whoever sent or received it
);
CREATE TABLE export_job (
    id TEXT PRIMARY KEY,
    sub_account TEXT NOT NULL,
    status TEXT NOT NULL
);
"""
"""What came with the vendor's other services."""

FORGETTING = """
ALTER TABLE message ADD COLUMN sent INTEGER;   -- its number in the outbox
"""
"""What PII removal needs: the next layout."""

LAYOUTS = (SCHEMA, RUNNING, SERVICES, FORGETTING)
"""What each layout adds to the one before it; an older database is brought up to date when it is opened."""
SCHEMA_VERSION = len(LAYOUTS)


class Store:
    """An open database. Safe for threads: each transaction has a connection of its own while it lasts."""

    def __init__(self, path: Path) -> None:
        """Open or create the file and its folders. Raises ConfigurationError if it is no emulator's database."""
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        try:
            _create_private(path)
            self._idle.append(self._connect())
            _prepare(self._idle[0], path)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise ConfigurationError(f"the emulator cannot use {path} as its database: {error}") from error
        except ConfigurationError:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the database throughout."""
        with self._borrowed() as db, _transaction(db, "BEGIN"):
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock; committed at its end, undone by any exception."""
        with self._borrowed() as db, _transaction(db, "BEGIN IMMEDIATE"):
            yield db

    def close(self) -> None:
        """Close all connections; those in use are closed when their request ends."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the emulator is closed")
            db = self._idle.pop() if self._idle else None
        db = db or self._connect()
        try:
            yield db
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(db)
            if not keep:
                db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = NORMAL")
        return db


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite has ended the transaction itself where the disk is full.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _create_private(path: Path) -> None:
    """Create the file readable by its owner alone: definitions hold bearer tokens. SQLite's side files inherit that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    _check_owner(db, path)
    _use_wal(db)
    with _transaction(db, "BEGIN IMMEDIATE"):
        # Read again: another process may have created the tables since _check_owner looked.
        has = _pragma(db, "user_version") if _pragma(db, "application_id") else 0
        if has < SCHEMA_VERSION:
            for layout in LAYOUTS[has:]:
                for statement in layout.split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _check_owner(db: sqlite3.Connection, path: Path) -> None:
    with _transaction(db, "BEGIN"):
        owner, schema = _pragma(db, "application_id"), _pragma(db, "user_version")
        tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise ConfigurationError(f"{path} is a database of another program; give the emulator a file of its own")
    if owner == APPLICATION_ID and not 1 <= schema <= SCHEMA_VERSION:
        raise ConfigurationError(
            f"{path} was written by another version of the emulator (layout {schema}, this one has {SCHEMA_VERSION})",
            hint="Delete the file, or name another one; the emulator creates it anew.",
        )


def _pragma(db: sqlite3.Connection, name: str) -> int:
    value: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for other processes here, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
