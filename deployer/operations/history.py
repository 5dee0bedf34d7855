"""Who changed what, and when: the state's log and the server's versions, joined.

The server keeps every version and says of none who made it; its `createdAt` is documented to repeat, so it is not
trusted. What the log does not know somebody made in the web builder: no later than its first instance ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta

from deployer.operations.compare import with_text
from deployer.operations.saved_plan import shown_value
from deployer.record import record
from deployer.remote.gateway import Body, Definition, Gateway, Instance
from deployer.source.canonical import canonical
from deployer.state.log import Entry
from deployer.state.model import Binding, State

MADE = frozenset({"create", "update", "disable", "enable", "rollback", "settle"})
"""Actions that make the version that their entry names; the others find it there."""
_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
_PAGE = 500


@record
class Saying:
    """Where a version says a text."""

    path: str
    text: str
    """The whole text there."""


@record
class Row:
    """One line of the history: something that was done, or a version that nobody owned up to."""

    key: str | None
    id: str | None
    version: int | None
    entry: Entry | None
    """None: made in the web builder, or by some other program."""
    name: str = ""
    at: datetime | None = None
    at_most: bool = False
    """`at` is when the first instance of that version ran; it was made before."""
    current: bool = False
    """The version that new instances get."""
    says: tuple[Saying, ...] = ()


@record
class Subject:
    """One definition, as far as the question needs it."""

    key: str | None
    id: str
    name: str = ""
    latest: int | None = None
    versions: Mapping[int, Definition | None] = field(default_factory=dict, repr=False)
    """The versions that there are; None where the body was not needed."""


def subjects(
    gateway: Gateway, state: State, entries: Sequence[Entry], *, keys: Sequence[str], bodies: bool
) -> Iterator[Subject]:
    """The definitions that keys are bound to, with their versions.

    Where the log knows every version up to the newest, and nobody asks for `bodies`, the server is not asked again.
    """
    known: dict[str, set[int]] = {}
    for entry in entries:
        if entry.id is not None and entry.version is not None and entry.action in MADE:
            known.setdefault(entry.id, set()).add(entry.version)
    ids = {key: state.bindings[key].id for key in keys if key in state.bindings}
    listed = {one.id: one for one in gateway.definitions()} if len(ids) > 1 else {}
    missing = [definition_id for definition_id in ids.values() if definition_id not in listed]
    latest: dict[str, Definition | None] = {**listed, **(gateway.latest_of(missing) if missing else {})}
    for key, definition_id in ids.items():
        now = latest.get(definition_id)
        if now is None:
            yield Subject(key=key, id=definition_id)
            continue
        told = known.get(definition_id, set())
        versions: dict[int, Definition | None] = dict.fromkeys(told)
        if bodies or not told.issuperset(range(1, now.version + 1)):
            versions = {one.version: one for one in gateway.history(definition_id)}
        yield Subject(key=key, id=definition_id, name=now.name, latest=now.version, versions=versions)


def rows_of(subject: Subject, entries: Sequence[Entry]) -> list[Row]:
    """The history of one definition, oldest first: what was done to it, and the versions that nobody owned up to.

    `entries` are those of this definition, and of its key.
    """
    ours = {entry.version for entry in entries if entry.action in MADE and entry.id == subject.id}
    foreign = sorted(version for version in subject.versions if version not in ours)
    rows = [
        Row(key=entry.key or subject.key, id=entry.id, version=entry.version, entry=entry, at=entry.moment,
            current=_is_current(entry, subject), name=subject.name)
        for entry in entries
    ]  # fmt: skip
    for version in foreign:
        row = Row(key=subject.key, id=subject.id, version=version, entry=None, name=subject.name,
                  current=version == subject.latest)  # fmt: skip
        rows.insert(_place(rows, version), row)
    return rows


def _is_current(entry: Entry, subject: Subject) -> bool:
    return entry.action in MADE and entry.id == subject.id and entry.version == subject.latest


def _place(rows: Sequence[Row], version: int) -> int:
    """Before the first row that stands for a later version, or finds this one there."""
    for index, row in enumerate(rows):
        if row.version is not None and (row.version > version or (row.version == version and row.entry is not None)):
            return index
    return len(rows)


def with_bounds(rows: Sequence[Row]) -> list[tuple[datetime, Row]]:
    """Each row with the moment to sort it by: its own, or that of the next row of its definition, or the one before."""
    keyed: list[tuple[datetime, Row]] = []
    later: datetime | None = None
    for row in reversed(rows):
        later = row.at or later
        keyed.append((later or datetime.max.replace(tzinfo=UTC), row))
    return keyed[::-1]


def dated(gateway: Gateway, row: Row, *, after: datetime | None) -> Row:
    """A version that nobody owned up to, with the moment of its first instance, if there was any."""
    if row.entry is not None or row.id is None or row.version is None:
        return row
    first = first_run(gateway, row.id, row.version, after=after)
    return row if first is None else replace(row, at=first, at_most=True)


def first_run(gateway: Gateway, definition_id: str, version: int, *, after: datetime | None) -> datetime | None:
    """When the first instance of a version started; None when none did.

    The server lists the newest first, so where there are many the time is halved until one page holds the rest.
    """
    page = gateway.instances(definition_id, version=version, at_most=_PAGE)
    low, high = after or _LONG_AGO, _oldest(page)
    while len(page) == _PAGE and high is not None and high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        page = gateway.instances(definition_id, version=version, started_to=_written(middle), at_most=_PAGE)
        if page:
            high = _oldest(page) or middle
        else:
            low = middle
            page = gateway.instances(definition_id, version=version, started_to=_written(high), at_most=_PAGE)
    return high


def _oldest(page: Sequence[Instance]) -> datetime | None:
    return min((moment for one in page if (moment := _moment(one.started_at)) is not None), default=None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def saying(body: Body, text: str, binding: Binding | None = None) -> tuple[Saying, ...]:
    """Where a definition says a text, upper and lower case alike; nothing of a secret."""
    wanted = text.casefold()
    shown = visible(body, binding)
    definition = shown.get("definition")
    steps = definition.get("steps") if isinstance(definition, Mapping) else None
    return tuple(found for found in _texts(shown, "", steps) if wanted in found.text.casefold())


def _texts(value: object, path: str, steps: object) -> Iterator[Saying]:
    if isinstance(value, str):
        yield Saying(path=path, text=value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{path}.{name}" if path else str(name), steps)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            own = value is steps and isinstance(item, Mapping) and isinstance(item.get("id"), str)
            yield from _texts(item, f"step {item['id']}" if own else f"{path}[{index}]", steps)


def visible(body: Body, binding: Binding | None = None) -> dict[str, object]:
    """A definition's content as anybody may see it: without server fields, credentials and known places of secrets."""
    value: object = canonical(body)
    for path in binding.secret_paths if binding is not None else ():
        value = with_text(value, path, "(secret)")
    shown = shown_value(value, "")
    return shown if isinstance(shown, dict) else {}


def recent(
    histories: Sequence[Sequence[Row]], *, since: datetime | None, keep: Callable[[Row], bool] = lambda _row: True
) -> list[tuple[datetime, Row]]:
    """The rows of all definitions in one order, oldest first, without those that are certainly older than `since`."""
    merged = [
        (moment, row)
        for rows in histories
        for moment, row in with_bounds(rows)
        if (since is None or moment >= since) and keep(row)
    ]
    return sorted(merged, key=lambda pair: pair[0])
