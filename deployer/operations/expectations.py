"""What a case expects, held against what its run did."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import SequenceMatcher

from deployer.engine.clock import parse_duration, write_duration
from deployer.engine.instance import InstanceStatus
from deployer.engine.trace import Sent, Trace
from deployer.record import record

Body = Mapping[str, object]
Search = Callable[[str, str], bool]
"""Whether a regular expression is found in a text; raises BadPattern."""

EXPECTATIONS = ("path", "sent", "requests", "data", "status", "duration", "errors")
"""What a case can expect."""

ABSENT = "(nothing)"
_PLAIN = re.compile(r"[^\\^$.*+?()\[\]{}|/]*")


class BadPattern(Exception):  # no error of the program: the case that holds it fails
    """A regular expression that cannot be searched for."""


@record
class Difference:
    """One thing that is not as expected, in lines to be shown side by side."""

    what: str
    """Where in `expect`: `path`, `sent[0].text`, `data.answer`."""
    expected: tuple[str, ...]
    got: tuple[str, ...]


def differences(expect: Body, trace: Trace, search: Search) -> tuple[Difference, ...]:
    """Everything that is not as expected; without an expectation of errors, every error is one."""
    return tuple(_Comparison(search).all(expect, trace))


def is_plain(pattern: str) -> bool:
    """Whether a regular expression is nothing but the text that it looks for."""
    return _PLAIN.fullmatch(pattern) is not None


class _Comparison:
    """One run beside one expectation."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def all(self, expect: Body, trace: Trace) -> Iterator[Difference]:
        if "path" in expect:
            yield from _lines("path", _texts(expect["path"]), list(trace.path))
        if "sent" in expect:
            yield from self.sent(_items(expect["sent"]), trace.sent)
        if "requests" in expect:
            asked = [_request(record.step, record.value) for record in trace.requests]
            yield from self.listed("requests", _items(expect["requests"]), asked, _request_line)
        if "data" in expect:
            yield from self.subset("data", expect["data"], dict(trace.instance.data))
        if "status" in expect:
            yield from _same("status", str(expect["status"]), trace.status.value)
        if "duration" in expect:
            yield from _duration(str(expect["duration"]), trace.duration)
        yield from self.errors(expect, trace)

    def sent(self, expected: Sequence[object], sent: Sequence[Sent]) -> Iterator[Difference]:
        got = [{"step": item.step, "type": item.type, "to": item.to, "text": item.text, "request": dict(item.request)}
               for item in sent]  # fmt: skip
        yield from self.listed("sent", expected, got, _sent_line)

    def errors(self, expect: Body, trace: Trace) -> Iterator[Difference]:
        got = [{"step": item.step, "message": item.message} for item in trace.instance.errors]
        if "errors" in expect:
            yield from self.listed("errors", _items(expect["errors"]), got, _error_line)
        elif got and expect.get("status") != InstanceStatus.TERMINATED.value:
            yield Difference(what="errors", expected=(ABSENT,), got=tuple(map(_error_line, got)))

    def listed(
        self, what: str, expected: Sequence[object], got: Sequence[Body], line: Callable[[Body], str]
    ) -> Iterator[Difference]:
        """Lists item by item; those of another length as a whole."""
        if len(expected) != len(got):
            wanted = [line(item) if isinstance(item, Mapping) else _shown(item) for item in expected]
            yield from _lines(what, wanted, [line(item) for item in got])
            return
        for index, (want, have) in enumerate(zip(expected, got, strict=True)):
            yield from self.subset(f"{what}[{index}]", want, have)

    def subset(self, what: str, expected: object, got: object) -> Iterator[Difference]:
        """Values: of mappings only the keys that are expected, of lists and all else the whole."""
        pattern = _pattern(expected)
        if pattern is not None:
            yield from self.matching(what, pattern, got)
        elif isinstance(expected, Mapping):
            if not isinstance(got, Mapping):
                yield _difference(what, expected, got)
                return
            for key, want in expected.items():
                yield from self.subset(f"{what}.{key}", want, got.get(key))
        elif isinstance(expected, list):
            if not isinstance(got, list) or len(got) != len(expected):
                yield _difference(what, expected, got)
                return
            for index, (want, have) in enumerate(zip(expected, got, strict=True)):
                yield from self.subset(f"{what}[{index}]", want, have)
        elif not _equal(expected, got):
            yield _difference(what, expected, got)

    def matching(self, what: str, pattern: str, got: object) -> Iterator[Difference]:
        try:
            found = isinstance(got, str) and self._search(pattern, got)
        except BadPattern as error:
            yield Difference(what=what, expected=(f"/{pattern}/",), got=(f"not compared: {error}",))
            return
        if not found:
            yield Difference(what=what, expected=(f"/{pattern}/",), got=_shown_lines(got))


def _pattern(expected: object) -> str | None:
    if isinstance(expected, Mapping) and list(expected) == ["match"] and isinstance(expected["match"], str):
        return expected["match"]
    return None


def _equal(expected: object, got: object) -> bool:
    """JSON's equality: true is not 1, and 1 is 1.0."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return expected == got


def _lines(what: str, expected: Sequence[str], got: Sequence[str]) -> Iterator[Difference]:
    """Two lists beside each other, with gaps where one of them has something more."""
    if list(expected) == list(got):
        return
    expected, got = expected or (ABSENT,), got or (ABSENT,)
    left: list[str] = []
    right: list[str] = []
    # Beyond some hundred lines the alignment costs more than it shows.
    if max(len(expected), len(got)) > 400:
        yield Difference(what=what, expected=tuple(expected[:400]), got=tuple(got[:400]))
        return
    for _, a, b, c, d in SequenceMatcher(None, expected, got, autojunk=False).get_opcodes():
        height = max(b - a, d - c)
        left += [*expected[a:b], *[""] * (height - (b - a))]
        right += [*got[c:d], *[""] * (height - (d - c))]
    yield Difference(what=what, expected=tuple(left), got=tuple(right))


def _same(what: str, expected: str, got: str) -> Iterator[Difference]:
    if expected != got:
        yield Difference(what=what, expected=(expected,), got=(got,))


def _duration(expected: str, got: timedelta) -> Iterator[Difference]:
    try:
        wanted = parse_duration(expected)
    except ValueError as error:
        yield Difference(what="duration", expected=(str(error),), got=(write_duration(got),))
        return
    if wanted != got:
        yield Difference(what="duration", expected=(write_duration(wanted),), got=(write_duration(got),))


def _difference(what: str, expected: object, got: object) -> Difference:
    return Difference(what=what, expected=_shown_lines(expected), got=_shown_lines(got))


def _shown_lines(value: object) -> tuple[str, ...]:
    if isinstance(value, Mapping | list):
        return tuple(json.dumps(value, ensure_ascii=False, indent=2, default=str).split("\n"))
    return tuple(_shown(value).split("\n"))


def _shown(value: object) -> str:
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _texts(value: object) -> list[str]:
    return [str(item) for item in _items(value)]


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]


def _request(step: str, value: object) -> Body:
    return {**(value if isinstance(value, Mapping) else {}), "step": step}


def _sent_line(item: Body) -> str:
    return f"{_part(item, 'step')} to {_part(item, 'to')}: {_part(item, 'text')}"


def _request_line(item: Body) -> str:
    return f"{_part(item, 'step')}: {_part(item, 'method')} {_part(item, 'url')}"


def _error_line(item: Body) -> str:
    return f"{_part(item, 'step')}: {_part(item, 'message')}"


def _part(item: Body, key: str) -> str:
    """A part of a line; `…` for what an expectation leaves open."""
    value = item.get(key, "…")
    pattern = _pattern(value)
    return (f"/{pattern}/" if pattern is not None else _shown(value)).replace("\n", " ")


def exactly(what: str, expected: object, got: object) -> Iterator[Difference]:
    """Where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in dict.fromkeys((*expected, *got)):
            if key not in expected or key not in got:
                yield _difference(f"{what}.{key}", expected.get(key), got.get(key))
            else:
                yield from exactly(f"{what}.{key}", expected[key], got[key])
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (want, have) in enumerate(zip(expected, got, strict=True)):
            yield from exactly(f"{what}[{index}]", want, have)
    elif isinstance(expected, list) and isinstance(got, list):
        yield from _lines(what, [_compact(item) for item in expected], [_compact(item) for item in got])
    elif not _equal(expected, got):
        yield _difference(what, expected, got)


def _compact(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
