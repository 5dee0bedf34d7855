"""Requests and answers as bytes and JSON, with every size and shape a hostile server may choose."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Literal, NoReturn

from deployer.record import record
from deployer.regex import regex
from deployer.remote.errors import Unsendable
from deployer.remote.gateway import Body
from deployer.remote.outcome import Outcome

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes after decompression; a page of 500 large definitions is far below."""
LARGEST_REFUSAL = 64 * 1024
DEEPEST = 200
"""Levels of nesting in an answer; what later walks it may use recursion."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@record
class Call:
    """One request."""

    method: Method
    path: str
    """Quoted, beginning with a slash, with its query."""
    purpose: str
    """What it is for, after "cannot": `update definition 1f0e...`."""
    content: bytes | None = field(default=None, repr=False)
    repeatable: bool = False
    """A write that does no more when it is sent twice, as one that sets a text."""
    patient: bool = True
    """Whether it is worth waiting for: else it is tried once."""


@record
class Answer:
    """One complete answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    content: bytes = field(repr=False)


@record
class Failure:
    """No answer."""

    outcome: Outcome
    reason: str
    final: bool = False
    """Trying again cannot help, as with a certificate that is not trusted."""
    hint: str | None = None


class UnusableError(Exception):
    """An answer that cannot be what the API sent. The text never quotes it."""

    def __init__(self, reason: str, *, final: bool = True) -> None:
        super().__init__(reason)
        self.final = final
        """The server would say the same again; False for what a cut or a proxy can cause."""


def gather(chunks: Iterable[bytes], *, encoding: str, limit: int) -> bytes:
    """Join and decompress the parts of an answer, at most `limit` bytes. Raises UnusableError."""
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise UnusableError("the answer is compressed in a way that was not asked for")
    inflate = None if encoding in {"", "identity"} else zlib.decompressobj(zlib.MAX_WBITS | 32)
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        try:
            part = chunk if inflate is None else inflate.decompress(chunk, limit + 1 - size)
        except zlib.error:
            raise UnusableError("the answer's compression is broken", final=False) from None
        size += len(part)
        if size > limit:
            raise UnusableError(f"the answer is larger than {limit // 1024 // 1024} MB")
        parts.append(part)
    if inflate is not None and parts and not inflate.eof:
        raise UnusableError("the answer is cut short", final=False)
    return b"".join(parts)


def parse(content: bytes) -> object:
    """Read an answer as JSON: finite numbers, at most 200 levels. Raises UnusableError."""
    with _as_unusable():
        text = _text(content)
        value: object = _JSON.decode(text)
    if not _surely_shallow(text):
        _check_depth(value)
    return value


def parse_list(content: bytes) -> list[tuple[object, bytes]]:
    """Read an answer that is a list: each element, and the bytes that it was read from. Raises UnusableError."""
    found: list[tuple[object, bytes]] = []
    deep: list[object] = []
    with _as_unusable():
        text = _text(content)
        at = _space(text, 0)
        if text[at] != "[":
            parse(content)  # what is no JSON at all is told as such
            raise UnusableError("the answer is not a list")
        at = _space(text, at + 1)
        more = text[at] != "]"
        while more:
            value, end = _JSON.raw_decode(text, at)
            element = text[at:end]
            found.append((value, element.encode()))
            if not _surely_shallow(element):
                deep.append(value)
            at = _space(text, end)
            more = text[at] == ","
            at = _space(text, at + 1) if more else at
        if text[at] != "]" or _space(text, at + 1) != len(text):
            raise ValueError("the list does not end where the answer ends")
    _check_depth(deep)
    return found


def _text(content: bytes) -> str:
    if content.lstrip()[:1] == b"<":
        raise UnusableError("the answer is a web page, not JSON", final=False)
    if not content.strip():
        raise UnusableError("the answer is empty", final=False)
    return content.decode("utf-8-sig")


@contextmanager
def _as_unusable() -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise UnusableError("the answer is nested too deeply") from None
    except (ValueError, IndexError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors too
        raise UnusableError("the answer is not JSON, or cut short", final=False) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_JSON = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_SPACE = regex(r"[ \t\n\r]*")


def _space(text: str, at: int) -> int:
    """Where the white space that begins there ends."""
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _surely_shallow(text: str) -> bool:
    """Whether a JSON text has too few brackets to be nested too deeply, which is quicker to see than how deep it is."""
    return text.count("[") + text.count("{") < DEEPEST


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        # Exact types are enough, since json makes no others, and quick enough for a million values.
        level = [
            item
            for container in level
            if type(container) is dict or type(container) is list
            for item in (container.values() if type(container) is dict else container)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return
    raise UnusableError("the answer is nested too deeply")


def encode(body: Body) -> bytes:
    """Write a body as compact JSON in UTF-8. Raises Unsendable, naming no content."""
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_dict)
        return text.encode()
    except UnicodeEncodeError:
        problem = "a text in it holds half of a surrogate pair, which is no character"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError:
        problem = "it holds a number that JSON has no notation for (NaN or infinity), or contains itself"
    raise Unsendable(f"the body cannot be written as JSON: {problem}")


def _as_dict(value: object) -> dict[object, object]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
