"""The messages that went out and came in, by their unique id: `umid`."""

from __future__ import annotations

import re
import sqlite3

_UMID = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)


def keep(db: sqlite3.Connection, umid: object, *, at: int, inbound: bool, sent: int | None = None) -> None:
    """Remember a message, one that went out with its number in the outbox; what is no id is passed over."""
    if isinstance(umid, str) and _UMID.fullmatch(umid):
        db.execute(
            "INSERT INTO message (umid, inbound, at, sent) VALUES (?, ?, ?, ?) ON CONFLICT (umid) DO NOTHING",
            (umid.lower(), inbound, at, sent),
        )


def known(db: sqlite3.Connection, umid: str) -> bool:
    """Whether a message of this id went out or came in."""
    return db.execute("SELECT 1 FROM message WHERE umid = ?", (umid.lower(),)).fetchone() is not None


def forget(db: sqlite3.Connection, umid: str) -> None:
    """Take the personal data out of a message that went out: its recipient, its text, the request."""
    db.execute(
        "UPDATE outbox SET recipient = '', text = '', request = '{}'"
        " WHERE seq = (SELECT sent FROM message WHERE umid = ?)",
        (umid.lower(),),
    )


def received_at(db: sqlite3.Connection, umid: str) -> int | None:
    """When a message came in, in microseconds; None where none with this id did."""
    row = db.execute("SELECT at FROM message WHERE umid = ? AND inbound", (umid.lower(),)).fetchone()
    return None if row is None else int(row[0])
