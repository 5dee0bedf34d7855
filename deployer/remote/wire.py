"""The one module that touches httpx: sends a request once, and says what came of it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import httpx

from deployer import __version__
from deployer.errors import ConfigurationError
from deployer.remote.answer import LARGEST_ANSWER, LARGEST_REFUSAL, Answer, Call, Failure, UnusableError, gather
from deployer.remote.errors import printable
from deployer.remote.limits import Clock, Limits
from deployer.remote.masking import Mask
from deployer.remote.outcome import Outcome, of_status

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

LONGEST_EXCHANGE = 300.0
"""Seconds for one answer in all: a server that drips never goes silent."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""What httpx raises before the first byte of a request leaves: no address, no connection, no TLS, no tunnel, no free
connection. Whatever else it raises may come after the server acted. (A write that fails is among those: httpcore then
still tries to read an answer.)"""


class BearerAuth(httpx.Auth):
    """Adds the key at the last moment, and keeps httpx from taking credentials from anywhere else."""

    def __init__(self, api_key: str) -> None:
        self._header = f"Bearer {api_key}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


class _NoCookies(httpx.Cookies):
    """Keeps no cookie: what one answer sets must not go with another request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Pass over what the server sets."""


_NONE = _NoCookies()


class _Client(httpx.Client):
    """httpx without cookies, which it would look for in every answer."""

    @property  # type: ignore[misc]  # there is nothing to set
    def cookies(self) -> httpx.Cookies:
        """None at all."""
        return _NONE


class Wire:
    """Sends requests to one base URL.

    Reads share connections that stay open. Every write gets a connection of its own: on a reused one, a server that
    had just closed it looks exactly like a server that did the work and died. A pool that keeps none is not enough for
    that: a connection may fall idle just while the pool looks for one for another thread. So the request itself says
    that its connection ends with it.
    """

    def __init__(self, *, base_url: str, reads: httpx.Client, writes: httpx.Client, clock: Clock, mask: Mask) -> None:
        self._base_url = base_url
        self._reads = reads
        self._writes = writes
        self._clock = clock
        self._mask = mask

    def send(self, call: Call) -> Answer | Failure:
        """One try. What happened is in the result; only a broken program raises."""
        client = self._reads if call.method == "GET" else self._writes
        headers = {"Content-Type": "application/json"} if call.content is not None else {}
        request = client.build_request(
            call.method, f"{self._base_url}{call.path}", content=call.content, headers=headers
        )
        deadline = self._clock.monotonic() + LONGEST_EXCHANGE
        try:
            response = client.send(request, stream=True)
        except httpx.RequestError as error:
            return self._failure(error)
        try:
            return self._read(response, deadline)
        finally:
            response.close()

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._writes.close()

    def _read(self, response: httpx.Response, deadline: float) -> Answer | Failure:
        done = of_status(response.status_code) is Outcome.DONE
        try:
            content = gather(
                self._chunks(response, deadline),
                encoding=response.headers.get("content-encoding", ""),
                limit=LARGEST_ANSWER if done else LARGEST_REFUSAL,
            )
        except (httpx.RequestError, UnusableError) as error:
            if done:
                reason = f"the answer broke off ({self._text(error)})" if isinstance(error, httpx.RequestError) else ""
                final = isinstance(error, UnusableError) and error.final
                return Failure(outcome=Outcome.INDETERMINATE, reason=reason or str(error), final=final)
            content = b""  # the status has said it already; only the explanation is lost
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, content=content)

    def _chunks(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        # The raw stream: httpx would decompress without a limit.
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("an asynchronous transport was given")
        for chunk in stream:
            if self._clock.monotonic() > deadline:
                raise UnusableError(f"the answer took longer than {LONGEST_EXCHANGE:g} seconds", final=False)
            yield chunk

    def _failure(self, error: httpx.RequestError) -> Failure:
        if not isinstance(error, NEVER_SENT):
            return Failure(outcome=Outcome.INDETERMINATE, reason=f"the answer was lost ({self._text(error)})")
        if _distrusts(error):
            return Failure(
                outcome=Outcome.NOT_SENT,
                reason=f"the server's certificate is not trusted ({self._text(error)})",
                final=True,
                hint="Behind a proxy that opens TLS, point SSL_CERT_FILE at its CA certificates. "
                "Verification cannot be switched off.",
            )
        if isinstance(error, httpx.ProxyError):
            return Failure(
                outcome=Outcome.NOT_SENT,
                reason=f"the proxy refused ({self._text(error)})",
                hint="Check HTTPS_PROXY and NO_PROXY.",
            )
        return Failure(outcome=Outcome.NOT_SENT, reason=f"no connection ({self._text(error)})")

    def _text(self, error: Exception) -> str:
        return self._mask(printable(str(error))) or type(error).__name__


def _distrusts(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


@cache
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001  # httpx reads them by itself
    return httpx.create_ssl_context(verify=True, trust_env=True)


def tls_context() -> ssl.SSLContext:
    """Verify certificates and names, against SSL_CERT_FILE or SSL_CERT_DIR where set. No setting turns it off.

    All connections of a process share it: reading the CA certificates takes longer than a request.
    """
    try:
        return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            "the CA certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read",
            hint="Point it at a PEM file, or unset it.",
        ) from None


def open_wire(
    *,
    base_url: str,
    api_key: str | None,
    limits: Limits,
    proxies: bool,
    transport: httpx.BaseTransport | None,
    clock: Clock,
    mask: Mask,
    headers: Mapping[str, str] | None = None,
) -> Wire:
    """Prepare both kinds of connections; `headers` go with every request.

    `proxies`: whether HTTPS_PROXY, ALL_PROXY and NO_PROXY count. Raises ConfigurationError when they cannot be used.
    """
    context = tls_context() if transport is None else None

    def client(keep: int, own: Mapping[str, str]) -> httpx.Client:
        pool = httpx.Limits(max_connections=None, max_keepalive_connections=keep)
        one = _client(api_key, transport, context, pool, proxies)
        one.headers.update({**(headers or {}), **own})
        one.timeout = httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds)
        return one

    reads, writes = client(limits.parallelism, {}), client(0, {"Connection": "close"})
    return Wire(base_url=base_url, reads=reads, writes=writes, clock=clock, mask=mask)


def in_process(app: WSGIApplication) -> httpx.BaseTransport:
    """A transport that calls `app` instead of a network."""
    return httpx.WSGITransport(app=app)


def _client(
    api_key: str | None,
    transport: httpx.BaseTransport | None,
    context: ssl.SSLContext | None,
    pool: httpx.Limits,
    proxies: bool,
) -> httpx.Client:
    verify = True if context is None else context
    if transport is None and not proxies:
        transport = httpx.HTTPTransport(verify=verify, limits=pool)
    try:
        client = _Client(
            auth=BearerAuth(api_key) if api_key is not None else httpx.Auth(),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"deployer/{__version__}"},
            verify=verify,
            limits=pool,
            follow_redirects=False,
            transport=transport,
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        # The text is not shown: a proxy's address may hold a password.
        raise ConfigurationError(
            "the proxy settings cannot be used",
            hint="HTTPS_PROXY is http://host:port or https://host:port, NO_PROXY lists hosts; SOCKS does not work.",
        ) from None
    return client
