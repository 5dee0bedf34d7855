"""Where a request's body ends on an HTTP/1.1 connection that stays open."""

from __future__ import annotations

import io
from email.message import Message

MAX_READ = 33_554_432
"""Bytes of a body that the server takes in at all; the application's own limit is lower and answers 413."""


class FramingError(Exception):
    """The body's end is not to be found, or too far away: the connection cannot be used any further."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_body(stream: io.BufferedIOBase, headers: Message) -> bytes:
    """Read a request's whole body, by length or in chunks.

    Raises FramingError where two readers could see two different ends, and ConnectionError when the client
    leaves in the middle.
    """
    lengths = headers.get_all("Content-Length", [])
    codings = headers.get_all("Transfer-Encoding", [])
    if codings:
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise FramingError(400, "The body's length is unclear.")
        return _read_chunks(stream)
    if not lengths:
        return b""
    text = lengths[0]
    if len(lengths) > 1 or len(text) > 18 or not (text.isascii() and text.isdigit()):
        raise FramingError(400, "The body's length is unclear.")
    return _read_exactly(stream, _allowed(int(text)))


def _read_chunks(stream: io.BufferedIOBase) -> bytes:
    body = io.BytesIO()
    while True:
        size_text = stream.readline(1024).partition(b";")[0].strip()
        if not size_text or len(size_text) > 8 or size_text.strip(b"0123456789abcdefABCDEF"):
            raise FramingError(400, "The body's chunks are malformed.")
        size = int(size_text, 16)
        _allowed(body.tell() + size)
        if size == 0:
            _skip_trailers(stream)
            return body.getvalue()
        body.write(_read_exactly(stream, size))
        if _read_exactly(stream, 2) != b"\r\n":
            raise FramingError(400, "The body's chunks are malformed.")


def _skip_trailers(stream: io.BufferedIOBase) -> None:
    for _ in range(100):
        if not stream.readline(8192).strip():
            return
    raise FramingError(400, "The body has too many trailers.")


def _allowed(size: int) -> int:
    if size > MAX_READ:
        raise FramingError(413, f"Request body has more than {MAX_READ} bytes.")
    return size


def _read_exactly(stream: io.BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ConnectionAbortedError("the client left in the middle of its request")
    return data
