"""HTTP requests of workflows that really leave this machine: only with permission."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from deployer.engine.answers import http_answer
from deployer.engine.instance import Effect, Fault, Outcome, Unreachable

MOST_BYTES = 1024 * 1024
"""Of an answer's body; the rest is not read."""


def call_out(effect: Effect) -> Outcome:
    """Make the request of an HttpRequest step. Redirects are not followed."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    request = effect.request
    address = urlsplit(str(request.get("url", "")))
    if address.scheme not in ("http", "https") or not address.hostname:
        return Fault(message=f"inputs.url is no address: {str(request.get('url', ''))[:100]}")
    seconds = request.get("timeoutSeconds")
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    try:
        body, headers = _content(request)
        connection = kind(
            address.hostname, address.port, timeout=float(seconds) if isinstance(seconds, int | float) else 5.0
        )
        try:
            connection.request(str(request.get("method", "GET")).upper(), _target(address, request), body, headers)
            answer = connection.getresponse()
            return http_answer(answer.status, _read(answer.read(MOST_BYTES)), answer.reason)
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return Unreachable(reason=f"{address.hostname}: {error}")


def _target(address: SplitResult, request: Mapping[str, object]) -> str:
    path = urlunsplit(("", "", address.path or "/", address.query, ""))
    parameters = request.get("parameters")
    if not isinstance(parameters, Mapping) or not parameters:
        return path
    query = urlencode({str(key): _word(value) for key, value in parameters.items()})
    return f"{path}{'&' if '?' in path else '?'}{query}"


def _content(request: Mapping[str, object]) -> tuple[bytes | None, dict[str, str]]:
    given = request.get("headers")
    headers = {str(key): _word(value) for key, value in given.items()} if isinstance(given, Mapping) else {}
    body = request.get("body")
    if body is None:
        return None, headers
    if isinstance(body, str):
        return body.encode(), headers
    if all(name.lower() != "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json.dumps(body).encode(), headers


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
