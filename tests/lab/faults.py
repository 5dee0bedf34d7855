"""What can happen to a request on its way there and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

import httpx


class Fault(Enum):
    """One misfortune. `BEFORE`: the server never did it; `AFTER`: it did, and nobody was told."""

    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect time-out"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    READ_TIMEOUT_BEFORE = "read time-out before"
    READ_TIMEOUT_AFTER = "read time-out after"
    CUT_AFTER = "body cut short"
    BROKEN_JSON_AFTER = "broken JSON"
    HTML_BEFORE = "a proxy's page in place of the server"
    HTML_AFTER = "a proxy's page in place of the answer"
    THROTTLED = "429"
    THROTTLED_WITH_HEADER = "429 with Retry-After"
    ERROR_BEFORE = "500 before"
    ERROR_AFTER = "500 after"
    BAD_GATEWAY_AFTER = "502 after"
    HIDDEN = "the list does not show it yet"

    @property
    def fits_reads(self) -> bool:
        """A read has nothing to commit, so before and after are one."""
        return self not in {
            Fault.CONNECT_TIMEOUT,
            Fault.RESET_BEFORE,
            Fault.READ_TIMEOUT_BEFORE,
            Fault.HTML_BEFORE,
            Fault.ERROR_BEFORE,
            Fault.BAD_GATEWAY_AFTER,
        }


_NEVER_SENT = {Fault.REFUSED: httpx.ConnectError, Fault.CONNECT_TIMEOUT: httpx.ConnectTimeout}
_LOST = {
    Fault.RESET_BEFORE: httpx.ReadError,
    Fault.RESET_AFTER: httpx.RemoteProtocolError,
    Fault.READ_TIMEOUT_BEFORE: httpx.ReadTimeout,
    Fault.READ_TIMEOUT_AFTER: httpx.ReadTimeout,
}
_INSTEAD: Mapping[Fault, tuple[int, str, Mapping[str, str]]] = {
    Fault.HTML_BEFORE: (200, "<html><body>Please log in</body></html>", {}),
    Fault.HTML_AFTER: (200, "<html><body>Please log in</body></html>", {}),
    Fault.BROKEN_JSON_AFTER: (200, '{"id": "', {}),
    Fault.THROTTLED: (429, '{"code": 429, "message": "Quota exceeded. Please try again in 2 second(s)."}', {}),
    Fault.THROTTLED_WITH_HEADER: (429, "", {"Retry-After": "7"}),
    Fault.ERROR_BEFORE: (500, '{"code": 2000, "message": "Internal server error."}', {}),
    Fault.ERROR_AFTER: (500, '{"code": 2000, "message": "Internal server error."}', {}),
    Fault.BAD_GATEWAY_AFTER: (502, "<html>Bad gateway</html>", {}),
}
_BEFORE = {
    Fault.REFUSED,
    Fault.CONNECT_TIMEOUT,
    Fault.RESET_BEFORE,
    Fault.READ_TIMEOUT_BEFORE,
    Fault.HTML_BEFORE,
    Fault.THROTTLED,
    Fault.THROTTLED_WITH_HEADER,
    Fault.ERROR_BEFORE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A write that the server carried out."""

    by: str
    method: str
    id: str
    version: int | None
    at: int
    """The place among all requests of everybody."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """All that reached the server, in its order, whoever sent it: the truth that reports are held against."""

    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Who, method, path."""
    commits: list[Commit] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


class Cut(httpx.SyncByteStream):
    """An answer that breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


Gate = Callable[[str, httpx.Request], None]
"""Told `before` and `after` each request; may let others go first, or end the process."""


class Line(httpx.BaseTransport):
    """The network between one client and the server. `faults` are by the client's own count of requests."""

    def __init__(
        self,
        server: httpx.BaseTransport,
        ledger: Ledger,
        *,
        who: str,
        faults: Mapping[int, Fault] | None = None,
        gate: Gate = lambda _moment, _request: None,
    ) -> None:
        self._server, self._ledger, self._who, self._gate = server, ledger, who, gate
        self.faults = dict(faults or {})
        self.sent: list[tuple[str, str]] = []
        """Method and path of what this client sent, faults included."""
        self.hidden: set[str] = set()
        """Definitions that the list does not show to this client: made since it started, as the list may be late."""
        self._old = len(ledger.commits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request: its fate is decided by its number."""
        self._gate("before", request)
        fault = self.faults.get(len(self.sent))
        self.sent.append((request.method, request.url.path))
        if fault in _NEVER_SENT:
            raise _NEVER_SENT[fault](fault.value, request=request)
        response = None if fault in _BEFORE else self._commit(request)
        self._gate("after", request)
        return self._answer(request, response, fault)

    def _answer(self, request: httpx.Request, response: httpx.Response | None, fault: Fault | None) -> httpx.Response:
        if fault in _LOST:
            raise _LOST[fault](fault.value, request=request)
        if fault is not None and fault in _INSTEAD:
            status, text, headers = _INSTEAD[fault]
            return httpx.Response(status, headers=headers, content=text.encode(), request=request)
        if response is None:
            raise AssertionError("an answer without a request")
        if fault is Fault.HIDDEN:
            self.hidden |= {commit.id for commit in self._ledger.commits[self._old :] if commit.method == "POST"}
        content = response.content
        if self.hidden and request.method == "GET" and request.url.path.endswith("/definitions"):
            content = json.dumps([one for one in json.loads(content) if one.get("id") not in self.hidden]).encode()
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        stream = Cut(content) if fault is Fault.CUT_AFTER else httpx.ByteStream(content)
        return httpx.Response(response.status_code, headers=headers, stream=stream)

    def _commit(self, request: httpx.Request) -> httpx.Response:
        ledger = self._ledger
        ledger.requests.append((self._who, request.method, request.url.path))
        response = self._server.handle_request(request)
        response.read()
        if request.method != "GET" and response.status_code < 300:
            made = json.loads(response.content) if response.content else {}
            path_id = request.url.path.rsplit("/", 1)[-1]
            ledger.commits.append(
                Commit(
                    by=self._who, method=request.method, id=made.get("id", path_id), version=made.get("version"),
                    at=len(ledger.requests),
                )
            )  # fmt: skip
        return response
