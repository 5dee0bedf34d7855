"""What the engine knows of instances that have not ended, in the database, and when each is due.

Every instance has a clock of its own. It starts with the real one and passes as the settings say, so a
Wait of a day may be over in a second and still show a day in the log.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from deployer.emulator.settings import Settings

LAST_MOMENT = 253_402_300_799_000_000
"""The end of the year 9999 in microseconds: no clock goes further."""

COLUMNS = "r.instance, i.definition, i.version, i.status, i.data, r.account, r.state, r.revision, r.real, r.own"
Row = tuple[str, str, int, str, str, str, str | None, int, int, int]
DUE = (
    "i.status = 'Runnable' AND (r.ready"
    " OR r.wake <= r.own + CAST((:now - r.real) * :factor AS INTEGER) OR (:skips AND r.asleep))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An instance that has not ended."""

    instance: str
    definition: str
    version: int
    status: str
    data: str
    """JSON text."""
    account: str
    state: str | None
    """The engine's JSON; None before its first step."""
    revision: int
    real: int
    """When it was last worked on, in microseconds."""
    own: int
    """What its own clock showed then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an instance stands after it was worked on."""

    state: str
    ready: bool
    """Whether there is more to do at once."""
    waiting: bool
    """Whether a step waits for a reply or for keys."""
    real: int
    own: int
    wake: int | None
    """When the next wait ends, by its own clock."""
    asleep: bool
    """Whether that is a Wait, for which nobody is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How an instance's clock passes."""

    factor: float
    skips: bool
    """Whether a Wait is over at once."""

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        """The pace that the settings ask for."""
        speed = settings.speed
        return cls(factor=1.0, skips=True) if speed == "instant" else cls(factor=speed, skips=False)

    def own(self, run: Run, now: int) -> int:
        """What the instance's clock shows at a real moment; it never goes back."""
        # The same arithmetic as in DUE: what is due has come.
        return min(max(run.own, run.own + int((now - run.real) * self.factor)), LAST_MOMENT)


def add(db: sqlite3.Connection, instance: str, account: str, *, now: int) -> None:
    """Let a new instance run."""
    db.execute(
        "INSERT INTO run (instance, account, state, revision, ready, waiting, real, own, wake, asleep)"
        " VALUES (?, ?, NULL, 0, 1, 0, ?, ?, NULL, 0)",
        (instance, account, now, now),
    )


def find(db: sqlite3.Connection, instance: str) -> Run | None:
    """One instance; None when it has ended or is gone."""
    query = f"SELECT {COLUMNS} FROM run AS r JOIN instance AS i ON i.id = r.instance WHERE r.instance = ?"  # noqa: S608
    row: Row | None = db.execute(query, (instance,)).fetchone()
    return None if row is None else _run(row)


def waiting(db: sqlite3.Connection, account: str) -> list[Run]:
    """Those of an account in which a step waits for a reply or for keys, the oldest first."""
    query = (
        f"SELECT {COLUMNS} FROM run AS r JOIN instance AS i ON i.id = r.instance"  # noqa: S608  # constants
        " WHERE r.account = ? AND r.waiting ORDER BY i.seq"
    )
    return [_run(row) for row in db.execute(query, (account,))]


def due(db: sqlite3.Connection, pace: Pace, now: int) -> list[str]:
    """The ids of those with something to do, the oldest first."""
    query = f"SELECT r.instance FROM run AS r JOIN instance AS i ON i.id = r.instance WHERE {DUE} ORDER BY i.seq"  # noqa: S608
    return [row[0] for row in db.execute(query, {"now": now, "factor": pace.factor, "skips": pace.skips})]


def next_due(db: sqlite3.Connection, pace: Pace, now: int) -> int | None:
    """When the next of those that are not due yet will be; None when nobody waits for time to pass."""
    query = (
        "SELECT MIN(r.real + (r.wake - r.own) / :factor) FROM run AS r JOIN instance AS i ON i.id = r.instance"  # noqa: S608
        f" WHERE i.status = 'Runnable' AND r.wake IS NOT NULL AND NOT ({DUE})"
    )
    row = db.execute(query, {"now": now, "factor": pace.factor, "skips": pace.skips}).fetchone()
    return None if row[0] is None else int(row[0]) + 1


def save(db: sqlite3.Connection, run: Run, standing: Standing) -> bool:
    """Write down how an instance stands; False, and nothing written, if it changed since it was read."""
    done = db.execute(
        "UPDATE run SET state = ?, ready = ?, waiting = ?, real = ?, own = ?, wake = ?, asleep = ?,"
        " revision = revision + 1 WHERE instance = ? AND revision = ?",
        (
            standing.state,
            standing.ready,
            standing.waiting,
            standing.real,
            standing.own,
            standing.wake,
            standing.asleep,
            run.instance,
            run.revision,
        ),
    )
    return done.rowcount == 1


def bring(db: sqlite3.Connection, run: Run, state: str) -> bool:
    """Hand an instance something to act on at once; False if it changed since it was read."""
    done = db.execute(
        "UPDATE run SET state = ?, ready = 1, revision = revision + 1 WHERE instance = ? AND revision = ?",
        (state, run.instance, run.revision),
    )
    return done.rowcount == 1


def end(db: sqlite3.Connection, run: Run) -> bool:
    """Forget an instance that has ended; False if it changed since it was read."""
    done = db.execute("DELETE FROM run WHERE instance = ? AND revision = ?", (run.instance, run.revision))
    return done.rowcount == 1


def interrupt(db: sqlite3.Connection, instance: str) -> None:
    """Somebody changed its status: whoever works on it looks again."""
    db.execute("UPDATE run SET revision = revision + 1, ready = 1 WHERE instance = ?", (instance,))


def _run(row: Row) -> Run:
    instance, definition, version, status, data, account, state, revision, real, own = row
    return Run(
        instance=instance,
        definition=definition,
        version=version,
        status=status,
        data=data,
        account=account,
        state=state,
        revision=revision,
        real=real,
        own=own,
    )
