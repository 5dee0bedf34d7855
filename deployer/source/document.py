"""Text to a document: plain data, findings about how it is written, and the place of every value."""

from __future__ import annotations

import codecs
import gc
import pathlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from deployer.cache import note_file
from deployer.errors import ConfigurationError
from deployer.finding import Finding, Path, Respell, Severity, Span
from deployer.record import record
from deployer.regex import regex
from deployer.source.problems import LOAD_RULES, Problem
from deployer.source.scalars import JSON

if TYPE_CHECKING:
    from deployer.source.pieces import Trace
    from deployer.source.reading import Reading
    from deployer.source.regions import Lines, Region

__all__ = ["JSON", "LOAD_RULES", "MAX_BYTES", "Document", "Format", "parse", "read"]

Format = Literal["yaml", "json"]

MAX_BYTES = 4_000_000
"""Bytes of a file. The platform's definitions have some kilobytes."""

_CONFLICT = regex(r"^(?:<{7}|>{7})(?=[ \r\n]|\Z)", re.MULTILINE)


@record
class Document:
    """One file as it was read. Places are worked out when somebody asks for the first one."""

    file: str
    """As the user would name it: relative, with `/`."""
    text: str
    """Without a byte order mark."""
    value: JSON
    """Plain data; None when the file could not be read."""
    findings: tuple[Finding, ...]
    """What is wrong with how the file is written, in its order."""
    _places: _Places = field(repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def span(self, path: Path, *, key: bool = False, part: tuple[int, int] | None = None) -> Span:
        """Where the value at a path stands, or its key, or `part` of its decoded text (from, to before).

        The part of a text is followed through quotes, escapes, indentation and folded lines. For a path
        that does not exist: a small span that stands for the nearest value above it, such as its key.
        """
        return self._places.span(path, key=key, part=part)

    def line(self, number: int) -> str:
        """The source line with this number, from 1; empty where there is none."""
        return self._places.lines.line(number)


class _Places:
    """The lazy half of a document."""

    def __init__(self, text: str, locate: Callable[[str], Region | None] | None) -> None:
        self._text = text
        self._locate = locate
        self._traces: dict[int, Trace] = {}

    def __reduce__(self) -> tuple[type[_Places], tuple[str, Callable[[str], Region | None] | None]]:
        return type(self), (self._text, self._locate)  # another process works its places out anew

    @cached_property
    def lines(self) -> Lines:
        from deployer.source.regions import Lines  # like all that places need, not for a file without findings

        return Lines(self._text)

    @cached_property
    def _root(self) -> Region | None:
        return self._locate(self._text) if self._locate is not None else None

    def span(self, path: Path, *, key: bool, part: tuple[int, int] | None) -> Span:
        if self._root is None:
            return self.lines.span(0, len(self.lines.line(1)))
        from deployer.source.regions import find, landmark

        entry, exact = find(self._root, path)
        region = entry.key if key else entry.value
        if not exact or region is None:
            return self.lines.span(*landmark(entry, self._text))
        if part is None:
            return self.lines.span(region.start, region.end)
        trace = self._traces.get(region.start)
        if trace is None:
            from deployer.source.pieces import Trace

            trace = self._traces[region.start] = Trace(self._text, region)
        return self.lines.span(*trace.stretch(*part))


class _TextPlaces(_Places):
    """Places in a text that has no structure: only its parts."""

    def span(self, path: Path, *, key: bool, part: tuple[int, int] | None) -> Span:  # noqa: ARG002  # as above
        return self.lines.span(*(part or (0, len(self.lines.line(1)))))


def plain(text: str, file: str) -> Document:
    """A text that is no YAML or JSON: its own characters are its places."""
    return Document(file=file, text=text, value=None, findings=(), _places=_TextPlaces(text, None))


def parse(text: str, file: str, *, format: Format | None = None) -> Document:  # noqa: A002  # the word users know
    """A text as a document. Without `format`, a name that ends in `.json` is JSON and any other is YAML.

    Whatever is wrong with the text is a finding; nothing in it makes this raise.
    """
    text = text.removeprefix("\ufeff")
    chosen = format or ("json" if file.lower().endswith(".json") else "yaml")
    problem = _too_large() if len(text) > MAX_BYTES else _conflict(text)
    if problem is not None:
        return _unread(text, file, problem)
    with _collector_paused():
        if chosen == "json":
            from deployer.source.json_reader import json_regions, read_json

            return _document(text, file, read_json(text), json_regions)
        from deployer.source.plain_yaml import read_plain_yaml

        value = read_plain_yaml(text)
        if value is not None:
            return Document(file=file, text=text, value=value, findings=(), _places=_Places(text, _yaml_regions))
        from deployer.source.yaml_reader import read_yaml

        return _document(text, file, read_yaml(text), _yaml_regions)


def read(path: pathlib.Path, file: str) -> Document:
    """A file as a document named `file`. Raises ConfigurationError if it cannot be opened or read."""
    return parse_bytes(read_bytes(path, file), file)


def read_bytes(path: pathlib.Path, file: str) -> bytes:
    """The content of a file that is to become a document, or enough of it to see that it is too large."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{file}: cannot be read: {reason}") from error
    note_file(path, data)
    return data


def parse_bytes(data: bytes, file: str) -> Document:
    """The content of a file, or of a pipe, as a document named `file`."""
    if len(data) > MAX_BYTES:
        return _unread("", file, _too_large())
    try:
        return parse(data.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
        return _unread(text, file, _not_utf_8(data, error))


def _document(text: str, file: str, reading: Reading, locate: Callable[[str], Region | None] | None) -> Document:
    places = _Places(text, locate if reading.readable else None)
    excerpts: dict[int, str] = {}
    findings = []
    for problem in reading.problems:
        span = places.lines.span(problem.start, problem.end)
        if span.line not in excerpts:
            excerpts[span.line] = places.lines.line(span.line)
        findings.append(
            Finding(
                rule=problem.rule,
                severity=problem.weight,
                message=problem.message,
                file=file,
                span=span,
                path=reading.paths.get(problem.owner, ()),
                suggestion=problem.suggestion,
                fix=None if problem.fix is None else Respell(source=problem.fix),
                excerpt=excerpts[span.line],
            )
        )
    return Document(file=file, text=text, value=reading.value, findings=tuple(findings), _places=places)


def _yaml_regions(text: str) -> Region | None:
    # yaml takes 20 ms to import, and a command that reads plain YAML and finds nothing should not wait for it
    from deployer.source.yaml_reader import yaml_regions

    return yaml_regions(text)


def _unread(text: str, file: str, problem: Problem) -> Document:
    from deployer.source.reading import Reading  # plain YAML needs none

    return _document(text, file, Reading(value=None, problems=(problem,)), None)


def _too_large() -> Problem:
    message = f"the file is larger than {MAX_BYTES:,} bytes; is it a workflow?"
    return Problem(rule="file-size", start=0, end=0, message=message)


def _not_utf_8(data: bytes, error: UnicodeDecodeError) -> Problem:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Problem(rule="file-encoding", start=0, end=0, message="the file is UTF-16; save it as UTF-8")
    at = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
    message = f"the byte 0x{data[error.start]:02X} is not UTF-8 here; save the file as UTF-8"
    return Problem(rule="file-encoding", start=at, end=at + 1, message=message)


def _conflict(text: str) -> Problem | None:
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return None
    marker = _CONFLICT.search(text)
    if marker is None:
        return None
    message = "a conflict marker of Git is left here; choose one side and remove the markers"
    return Problem(rule="conflict-marker", start=marker.start(), end=marker.start() + 7, message=message)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the garbage collector, which would look at each new node many times and find nothing to free."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
