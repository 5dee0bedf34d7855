"""The vendor's other APIs that workflows call, as declared in `schemas/endpoints/`: one JSON file an endpoint.

A new file there is a new endpoint; nothing here changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from deployer.lint.countries import COUNTRIES
from deployer.record import record
from deployer.regex import regex
from deployer.steps import schemas_folder

HOLE = "\0"
"""Stands in an address for what is only known later: an expression, or an open reference."""

_DATE = regex(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
_CLOSE = 0.8
"""How alike two words are where one is probably a typing error of the other (`exprots`)."""


@record
class Field:
    """A value that an endpoint takes: a place in its path, or a field of its body."""

    name: str
    type: str
    """JSON type: `string`, `integer`, `array`."""
    legal: str
    """What is right, in words that follow `is`."""
    required: bool
    example: object
    """What a workflow would write; None where it would rather leave it out."""
    pattern: re.Pattern[str] | None
    words: tuple[str, ...]
    """The legal values, where they are words; empty: any."""
    format: str | None
    """`date-time`, `ip`, `country`; None: as the pattern says."""
    minimum: int | None
    before: str | None
    """The field that holds a later time."""
    within: str | None
    """How old the message that it names may be: `02:00:00`."""
    needs: tuple[str, re.Pattern[str]] | None
    """Another field, and what this one looks like where it needs that."""
    items: Field | None
    """Of a list."""

    def has_type(self, value: object) -> bool:
        """Whether a value is of the right JSON type."""
        kinds: Mapping[str, type] = {"string": str, "integer": int, "array": list}
        return isinstance(value, kinds[self.type]) and not isinstance(value, bool)

    def admits(self, value: object) -> bool:
        """Whether a value of the right type is a right one."""
        if isinstance(value, int):
            return self.minimum is None or value >= self.minimum
        text = str(value)
        if self.words:
            return text in self.words
        if self.pattern is not None:
            return self.pattern.search(text) is not None
        if self.format == "date-time":
            return moment_of(text) is not None
        if self.format == "country":
            return text.upper() in COUNTRIES
        return self.format != "ip" or _is_address(text)


@record
class Endpoint:
    """One operation of one of the vendor's services."""

    name: str
    purpose: str
    """One sentence."""
    source: str
    """The vendor's page that documents it."""
    method: str
    host: str
    segments: tuple[str, ...]
    """Of its path: words as they are, `{name}` for one place and `{name*}`, last, for all that remains."""
    key_header: str
    """The header with the key: `Authorization` holds it after `Bearer`, another one by itself."""
    places: Mapping[str, Field]
    """What stands in the path, by name."""
    body: Mapping[str, Field]
    """The fields of the body, by name; empty where the docs say nothing of one."""
    elsewhere: frozenset[str]
    """Hosts that have the same path for something of their own."""

    @property
    def url(self) -> str:
        """As the docs would write it."""
        return f"https://{self.host}/{'/'.join(self.segments)}"

    def fit(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """The values in its places where a path is this one's; None where it is another's. Holes fit anywhere."""
        found: dict[str, str] = {}
        last = self.segments[-1]
        if last.endswith("*}"):
            *first, rest = self.segments
            name = rest[1:-2]
            remainder = "/".join(segments[len(first) :])
            legal = self.places[name].pattern
            # Such a host may have other addresses: only what looks like the documented one is meant.
            if HOLE not in remainder and legal is not None and legal.search(remainder) is None:
                return None
            found[name] = remainder
        elif len(segments) != len(self.segments):
            return None
        for declared, given in zip(self.segments, segments, strict=False):
            if declared.startswith("{"):
                found.setdefault(declared.strip("{*}"), given)
            elif declared != given and HOLE not in given:
                return None
        return found

    def words_met(self, segments: Sequence[str]) -> int:
        """How many words of its path a path spells out."""
        return sum(declared == given for declared, given in zip(self.segments, segments, strict=False))

    def spelled(self, segments: Sequence[str]) -> bool:
        """Whether a path is this one's, every word spelled out."""
        words = sum(not declared.startswith("{") for declared in self.segments)
        certain = words > 0 or not any(HOLE in segment for segment in segments)
        return certain and self.fit(segments) is not None and self.words_met(segments) == words

    def mend(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """The path that was probably meant by one that fits nowhere: words spelled right, one added or left out."""
        if self.segments[-1].endswith("*}"):
            return None
        if len(segments) == len(self.segments):
            mended = [_nearer(declared, given) for declared, given in zip(self.segments, segments, strict=True)]
            return None if None in mended else tuple(word for word in mended if word is not None)
        if len(segments) == len(self.segments) - 1:
            return self._added(segments)
        return self._removed(segments) if len(segments) == len(self.segments) + 1 else None

    def _added(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """With the one word that is missing. Only before another word: without one there may be another resource."""
        for index, (word, following) in enumerate(zip(self.segments, self.segments[1:], strict=False)):
            longer = [*segments[:index], word, *segments[index:]]
            if not word.startswith("{") and not following.startswith("{") and self.fit(longer) is not None:
                return tuple(longer)
        return None

    def _removed(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """Without the one segment that is empty or said twice."""
        for index, word in enumerate(segments):
            shorter = [*segments[:index], *segments[index + 1 :]]
            if (word == "" or word in segments[index + 1 : index + 2]) and self.fit(shorter) is not None:
                return tuple(shorter)
        return None


def _nearer(declared: str, given: str) -> str | None:
    """What a segment should be; None where it is something else altogether."""
    if declared.startswith("{") or declared == given or HOLE in given:
        return given
    versions = re.fullmatch(r"v\d+", declared) and re.fullmatch(r"v?\d+", given)
    words = declared.lower(), given.lower()[:40]
    # People get the first letter right: `reports` is another resource than `exports`.
    alike = words[0][:1] == words[1][:1] and SequenceMatcher(None, *words).ratio() >= _CLOSE
    return declared if versions or alike else None


@record
class Catalogue:
    """All endpoints that are declared."""

    endpoints: tuple[Endpoint, ...]
    """By name."""

    def on(self, host: str) -> tuple[Endpoint, ...]:
        """Those of one host; none of a host that nobody declares."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.host == host)


def read_catalogue(folder: Path) -> Catalogue:
    """Every endpoint of a folder. Raises KeyError or ValueError for a file that `endpoint.schema.json` refuses."""
    values = (json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json")))
    return Catalogue(endpoints=tuple(sorted(map(_endpoint, values), key=lambda endpoint: endpoint.name)))


@cache
def catalogue() -> Catalogue:
    """The endpoints that come with the program."""
    return read_catalogue(schemas_folder() / "endpoints")


def _endpoint(value: Mapping[str, Any]) -> Endpoint:
    parts = urlsplit(value["url"])
    return Endpoint(
        name=value["name"],
        purpose=value["purpose"],
        source=value["source"],
        method=value["method"],
        host=parts.netloc,
        segments=tuple(parts.path[1:].split("/")),
        key_header=value["keyHeader"],
        places=_fields(value["path"]),
        body=_fields(value.get("body", {})),
        elsewhere=frozenset(value.get("elsewhere", ())),
    )


def _fields(values: Mapping[str, Any]) -> Mapping[str, Field]:
    return MappingProxyType({name: _field(name, value) for name, value in values.items()})


def _field(name: str, value: Mapping[str, Any]) -> Field:
    needs = value.get("needs")
    return Field(
        name=name,
        type=value["type"],
        legal=value["legal"],
        required=value.get("required", False),
        example=value.get("example"),
        pattern=regex(value["pattern"], re.ASCII) if "pattern" in value else None,
        words=tuple(value.get("enum", ())),
        format=value.get("format"),
        minimum=value.get("minimum"),
        before=value.get("before"),
        within=value.get("within"),
        needs=None if needs is None else (needs["field"], regex(needs["when"], re.ASCII)),
        items=_field(name, value["items"]) if "items" in value else None,
    )


def moment_of(value: object) -> datetime | None:
    """A date, a UTC time or a time with its offset; one without a zone is in UTC. None for anything else."""
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def split_address(text: str, holes: Iterable[tuple[int, int]]) -> tuple[str, tuple[str, ...]] | None:
    """The host and the path's segments of an address, with `HOLE` for each stretch that is only known later.

    None where the host is not known yet, or nobody can read the address.
    """
    pieces, position = [], 0
    for start, end in holes:
        pieces.append(text[position:start])
        position = end
    masked = HOLE.join([*pieces, text[position:]])
    try:
        host = urlsplit(masked.partition(HOLE)[0]).hostname
    except ValueError:
        return None
    found = re.match(r"(?i)https?://[^/?#\0]*(/[^?#]*)?", masked)
    if host is None or found is None or masked[found.end() :][:1] == HOLE:
        return None
    path = found[1] or "/"
    return host.rstrip("."), tuple(unquote(segment) for segment in path[1:].split("/"))
