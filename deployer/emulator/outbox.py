"""What instances sent, and what the world answers them, in the database."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from deployer.emulator.exactjson import Json, Verbatim, write
from deployer.emulator.instances import storable
from deployer.emulator.moments import documented, moment

Kind = Literal["response", "fault", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, call or hand-over that left an instance."""

    step: str
    type: str
    """The step's type."""
    recipient: str
    text: str
    request: str
    """All of it, JSON text."""
    at: int
    """By the instance's own clock."""
    umid: object = None
    """What the service called it, as its answer says; None where it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """What a step's request is answered with, instead of what the emulator would do."""

    step: str | None
    """Id of the step; None: any."""
    method: str | None
    """Of an HTTP request; None: any."""
    url: str | None
    """Glob over an HTTP request's whole URL; None: any step that `step` names."""
    kind: Kind
    content: str
    """JSON text: the response as the step offers it, or a message."""

    def fits(self, *, step: str, method: str, url: str | None) -> bool:
        """Whether this is the answer; `url` is None for anything but an HTTP request."""
        if self.step is not None and self.step != step:
            return False
        if self.method is not None and (url is None or self.method.upper() != method.upper()):
            return False
        return self.url is None or (url is not None and fnmatchcase(url, self.url))

    def answered(self) -> dict[str, Json]:
        """As the control endpoint shows it."""
        place = {"step": self.step, "method": self.method, "url": self.url}
        return {
            **{name: value for name, value in place.items() if value is not None},
            self.kind: Verbatim(self.content),
        }


def send(db: sqlite3.Connection, account: str, instance: str, definition: str, message: Message) -> int | None:
    """Keep a message; its number."""
    kept = db.execute(
        "INSERT INTO outbox (account, instance, definition, step, type, recipient, text, request, sent_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account,
            instance,
            definition,
            storable(message.step),
            storable(message.type),
            storable(message.recipient),
            storable(message.text),
            message.request,
            message.at,
        ),
    )
    return kept.lastrowid


def sent(db: sqlite3.Connection, account: str, *, after: int, limit: int) -> list[Json]:
    """Messages of an account in the order in which they were sent, those after a number only."""
    rows = db.execute(
        "SELECT seq, instance, definition, step, type, recipient, text, request, sent_at FROM outbox"
        " WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?",
        (account, after, limit),
    )
    return [
        {
            "number": seq,
            "workflowId": instance,
            "definitionId": definition,
            "step": step,
            "type": kind,
            "to": recipient,
            "text": text,
            "request": Verbatim(request),
            "sentAt": documented(moment(sent_at)),
        }
        for seq, instance, definition, step, kind, recipient, text, request, sent_at in rows
    ]


def clear_sent(db: sqlite3.Connection, account: str) -> None:
    """Forget an account's messages."""
    db.execute("DELETE FROM outbox WHERE account = ?", (account,))


def teach(db: sqlite3.Connection, account: str, canned: Canned) -> None:
    """Remember an answer; it comes before those that are there."""
    db.execute(
        "INSERT INTO canned (account, step, method, url, outcome) VALUES (?, ?, ?, ?, ?)",
        (
            account,
            canned.step,
            canned.method,
            canned.url,
            write({"kind": canned.kind, "content": canned.content}),
        ),
    )


def canned(db: sqlite3.Connection, account: str) -> tuple[Canned, ...]:
    """An account's answers, the latest first: the first that fits counts."""
    rows = db.execute("SELECT step, method, url, outcome FROM canned WHERE account = ? ORDER BY seq DESC", (account,))
    return tuple(
        Canned(step=step, method=method, url=url, **json.loads(outcome)) for step, method, url, outcome in rows
    )


def clear_canned(db: sqlite3.Connection, account: str) -> None:
    """Forget an account's answers."""
    db.execute("DELETE FROM canned WHERE account = ?", (account,))
