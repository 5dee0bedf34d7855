"""The state's log: who did what to which definition, from which commit, by which plan, why and when.

An entry is one line of JSON, whatever the back end: a line of a file that only grows, or a trailer of the
commit that keeps the state. It holds no secret: whoever writes a reason or a note masks it first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter

from deployer.record import record
from deployer.state.json_text import as_text, quoted

VERSION = 1
LONGEST_TEXT = 500
"""Characters of a reason or a note that are kept."""


@record
class Entry:
    """One thing that was done to a definition, or to what is remembered of it."""

    action: str
    """`create`, `update`, `disable`, `enable`, `delete`, `rollback`, `adopt`, `forget`, `pull`, `move`, `rebind`,
    `settle`, `resolve`, `hold`, `release`, `unlock`; of instances `start`, `trigger`, `suspend`, `resume`,
    `terminate`."""
    key: str | None = None
    """None where no key is bound to the definition, or where the whole environment is meant."""
    id: str | None = None
    """The definition."""
    version: int | None = None
    """The version that this made or bound; None where none was made."""
    base: int | None = None
    """The version that was there before."""
    plan: str | None = None
    """Digest of the plan that was carried out."""
    reason: str | None = None
    """Why, in the words of whoever did it."""
    note: str | None = None
    """What else there is to know: a lost update, a failure, the version that was restored."""
    at: str = ""
    """When, ISO 8601 in UTC. The back end fills it in, as it does the next three."""
    who: str = ""
    commit: str | None = None
    """The project's commit; with a `+` where files differed from it."""
    run: str | None = None
    """The CI job."""

    @property
    def moment(self) -> datetime | None:
        """`at` as a moment; None where it cannot be read."""
        try:
            moment = datetime.fromisoformat(self.at)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@record
class Author:
    """Who runs this, and from where."""

    who: str
    commit: str | None = None
    run: str | None = None


class Pen:
    """Signs entries: fills in who, from which commit and when. Whatever is signed already stays as it is."""

    def __init__(
        self,
        author: Callable[[], Author],
        *,
        mask: Callable[[str], str] = lambda text: text,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`author` is asked once, when the first entry is signed: finding out takes a few Git commands.

        `mask` takes secrets out of reasons and notes: a log is read by more people than a terminal. `now` tells the
        seconds since 1970, as `time.time` does.
        """
        self._ask = author
        self._mask = mask
        self._author: Author | None = None
        self._now = now
        self._moment = (-1, "")
        """A second and how entries write it: those of a run come many to a second."""

    @property
    def author(self) -> Author:
        """Who signs."""
        if self._author is None:
            self._author = self._ask()
        return self._author

    def sign(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """The entries as they go into the log."""
        return tuple([entry if entry.at else self._signed(entry) for entry in entries])

    def _signed(self, entry: Entry) -> Entry:
        author, reason, note = self.author, entry.reason, entry.note
        # Field by field: `replace` takes longer than all the rest of keeping an outcome.
        return Entry(
            action=entry.action, key=entry.key, id=entry.id, version=entry.version, base=entry.base, plan=entry.plan,
            reason=self._mask(reason) if reason else None, note=self._mask(note) if note else None,
            at=self._at(), who=author.who, commit=author.commit, run=author.run,
        )  # fmt: skip

    def _at(self) -> str:
        second = int(self._now())
        moment = self._moment
        if moment[0] != second:
            written = datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00") + "Z"
            # In one step: threads sign without waiting for each other.
            self._moment = moment = (second, written)
        return moment[1]


_FIELDS = tuple(field.name for field in fields(Entry))
_values = attrgetter(*_FIELDS)
_HEAD = f'{{"v":{VERSION}'
_BEGINNINGS = tuple(f',"{name}":' for name in _FIELDS)


def as_json(entry: Entry) -> dict[str, object]:
    """An entry as a JSON object; what it does not say is left out."""
    said = [(name, item) for name, item in zip(_FIELDS, _values(entry), strict=True) if item is not None and item != ""]
    return {"v": VERSION, **{name: _short(item) if isinstance(item, str) else item for name, item in said}}


def write_line(entry: Entry) -> str:
    """An entry as one line of compact ASCII, without the line break: what `as_json` gives.

    Field by field: each outcome of a run waits for its line, and the way over an object and an encoder takes
    three times as long. A test holds both beside each other.
    """
    text = _HEAD
    for beginning, item in zip(_BEGINNINGS, _values(entry), strict=True):
        if item is not None and item != "":
            text += beginning + (quoted(item) if isinstance(item, str) else str(item))
    # Only in a line that is longer than that can there be a text to shorten.
    return text + "}" if len(text) <= LONGEST_TEXT else as_text(as_json(entry), compact=True)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def read_line(line: str) -> Entry | None:
    """The entry of a line; None for anything else: half a line, a merge conflict's, a later version's."""
    try:
        return entry_of(json.loads(line))
    except (ValueError, RecursionError):
        return None


def entry_of(value: object) -> Entry | None:
    """The entry that a JSON object stands for; None for anything else."""
    if not isinstance(value, dict) or value.get("v") != VERSION or not isinstance(value.get("action"), str):
        return None
    return Entry(
        action=value["action"],
        key=_text(value, "key"),
        id=_text(value, "id"),
        version=_whole(value, "version"),
        base=_whole(value, "base"),
        plan=_text(value, "plan"),
        reason=_text(value, "reason"),
        note=_text(value, "note"),
        at=_text(value, "at") or "",
        who=_text(value, "who") or "",
        commit=_text(value, "commit"),
        run=_text(value, "run"),
    )


def _text(value: Mapping[str, object], name: str) -> str | None:
    item = value.get(name)
    return item if isinstance(item, str) else None


def _whole(value: Mapping[str, object], name: str) -> int | None:
    item = value.get(name)
    return item if isinstance(item, int) and not isinstance(item, bool) else None


def read_lines(content: bytes) -> list[Entry]:
    """Every entry of a log file, oldest first. A torn last line, and whatever else is no entry, is passed over."""
    lines = content.decode("utf-8", "replace").split("\n")
    return [entry for line in lines if line and (entry := read_line(line)) is not None]


def without_repeats(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Each entry once: a write whose answer was lost may have put it down twice."""
    return tuple(dict.fromkeys(entries))
