"""Planted bugs: each is a mistake that somebody could make, and the lab has to notice it.

A bug replaces one name of the program while it is `planted`, or comes in as another argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from deployer.operations import apply as applying
from deployer.operations import ledger
from deployer.operations import settle as settling
from deployer.operations import write as writing
from deployer.operations.plan import Change, Plan
from deployer.remote import calls, exchange, line, paging, wire
from deployer.remote.answer import Call
from deployer.remote.gateway import Definition
from deployer.remote.limits import Clock, Limiter, Limits, Sending
from deployer.remote.setback import Setback
from deployer.state import file as filing
from deployer.state import git_session
from deployer.state import journal as journaling
from deployer.state.disk import FileSystem, leftover
from deployer.state.log import Entry
from deployer.state.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One mistake."""

    name: str
    holder: object
    """The module or class that has the name."""
    attribute: str
    wrong: object
    """What stands there in place of the right thing."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The program has the bug."""
        right = getattr(self.holder, self.attribute)
        setattr(self.holder, self.attribute, self.wrong)
        try:
            yield
        finally:
            setattr(self.holder, self.attribute, right)


def blind_retry(call: Call, setback: Setback) -> bool:
    """Whatever happened, once more."""
    return not setback.final


def without_fsync(files: FileSystem, path: Path, data: bytes) -> None:
    """Write and rename; the disk will see to it some day."""
    fresh = leftover(path)
    files.remove(fresh)
    handle = files.create(fresh)
    files.write(handle, data)
    files.close(handle)
    files.rename(fresh, path)
    files.fsync_folder(path.parent)


def appended_without_fsync(files: FileSystem, handle: int, data: bytes) -> None:
    """A line of the journal is a small thing; it will get there."""
    files.write(handle, data)


def renamed_first(files: FileSystem, path: Path, data: bytes) -> None:
    """The name is there before the content is."""
    fresh = leftover(path)
    files.remove(fresh)
    handle = files.create(fresh)
    files.rename(fresh, path)
    files.write(handle, data)
    files.fsync(handle)
    files.close(handle)
    files.fsync_folder(path.parent)


def unread_base(self: writing.Writer, change: Change) -> Definition:
    """The plan knew the version, so why look again."""
    return Definition(id=change.id or "", version=change.base or 0, body=change.before or {})


def unchecked(
    self: writing.Writer, change: Change, base: Definition, now: Definition, notes: list[str]
) -> tuple[writing.LostUpdate, ...]:
    """The server took it, so all is well."""
    return ()


def by_name(
    template: Mapping[str, object],
    known_ids: Sequence[str],
    bound_ids: frozenset[str],
    listed: Sequence[Definition],
    history: Callable[[str], Sequence[Definition]],
) -> list[Definition]:
    """A definition of that name is there now: it must be ours."""
    definition = template["definition"]
    name = definition["name"] if isinstance(definition, Mapping) else ""
    return [found for found in listed if found.name == name and found.id not in known_ids]


def no_intents(state: State, plan: Plan, pending: Sequence[Change]) -> tuple[State, list[Entry]]:
    """The journal is written when the outcome is known."""
    recorded, entries = _recorded(state, plan, pending)
    return replace(recorded, intents=state.intents), entries


_recorded = ledger.recorded


def never_sending(self: object, key: str) -> None:
    """The intent is in the journal, that is enough."""


def no_look(self: git_session.GitSession) -> None:
    """The lock was ours a moment ago."""


class PerThread:
    """A limiter for each thread."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._own: dict[int, Limiter] = {}

    def _mine(self) -> Limiter:
        import threading

        return self._own.setdefault(threading.get_ident(), Limiter(self._limits, self._clock))

    def wait(self, purpose: str) -> Sending:
        return self._mine().wait(purpose)

    def answered(self, sending: Sending) -> None:
        self._mine().answered(sending)

    def refused(self, sending: Sending) -> None:
        self._mine().refused(sending)

    def pause(self, seconds: float) -> None:
        self._mine().pause(seconds)


def in_items(
    fetch: Callable[[int, int], Sequence[paging.T]],
    key: Callable[[paging.T], object],
    *,
    limit: int = 500,
    **_ahead: object,
) -> paging.Listing[paging.T]:
    """The prose says that offset counts items."""
    found: dict[object, paging.T] = {}
    offset = requests = 0
    while page := fetch(limit, offset):
        found.update((key(entry), entry) for entry in page)
        offset += len(page)
        requests += 1
    return paging.Listing(entries=tuple(found.values()), requests=requests)


BUGS = (
    Bug(name="blind POST retry", holder=exchange, attribute="may_repeat", wrong=blind_retry),
    Bug(
        name="retry on a reused connection",
        holder=wire,
        attribute="NEVER_SENT",
        wrong=(*wire.NEVER_SENT, httpx.RemoteProtocolError),
    ),
    Bug(name="no fsync", holder=filing, attribute="replace_file", wrong=without_fsync),
    Bug(name="no fsync of the journal", holder=journaling, attribute="append_line", wrong=appended_without_fsync),
    Bug(name="rename before fsync", holder=filing, attribute="replace_file", wrong=renamed_first),
    Bug(name="no version read before PUT", holder=writing.Writer, attribute="_base", wrong=unread_base),
    Bug(name="no check after PUT", holder=writing.Writer, attribute="_between", wrong=unchecked),
    Bug(name="adopt by name alone", holder=writing, attribute="created", wrong=by_name),
    Bug(name="adopt by name alone, in the next run", holder=settling, attribute="created", wrong=by_name),
    Bug(name="intent written after the request", holder=applying, attribute="recorded", wrong=no_intents),
    Bug(name="nobody told that a create leaves", holder=filing._FileSession, attribute="sending", wrong=never_sending),
    Bug(name="lease not looked at", holder=git_session.GitSession, attribute="check", wrong=no_look),
    Bug(name="limiter per thread", holder=line, attribute="Limiter", wrong=PerThread),
    Bug(name="pagination that trusts items", holder=calls, attribute="read_pages", wrong=in_items),
)
"""Another one, a remote that does not compare before it swaps, comes in as an argument: `compares=False`."""
