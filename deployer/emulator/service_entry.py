"""The two ways to the vendor's other services: over HTTP, and from an HttpRequest step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from werkzeug.wrappers import Request, Response

from deployer.emulator.answers import INVALID_REQUEST, Refusal, empty, invalid
from deployer.emulator.services import Asked, Ground, Reply, find, hosts, respond

JSON_TYPE = "application/json; charset=utf-8"


def addressed(request: Request) -> Asked | None:
    """The service that a request is for, by its Host or by the first part of its path; None for the Automation API."""
    host, path = request.host.partition(":")[0].lower(), request.path
    if host not in hosts():
        first, slash, rest = path[1:].partition("/")
        host, path = first.lower(), f"{slash}{rest}"
        if host not in hosts():
            return None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(method=request.method, host=host, path=path, headers=headers, body=None)


def answer_request(request: Request, asked: Asked, ground: Ground) -> Response:
    """Answer over HTTP. Raises Refusal with the service's error."""
    reply = respond(replace(asked, body=_body(request)), ground)
    if reply.image is not None:
        return Response(reply.image, status=reply.status, content_type="image/png")
    if reply.body is None:
        return empty(status=reply.status)
    return Response(json.dumps(reply.body), status=reply.status, content_type=JSON_TYPE)


def asked_by(request: Mapping[str, object]) -> Asked | None:
    """What an HttpRequest step asks of a service that is here; None for anything else."""
    url = str(request.get("url") or "")
    if ".8x8.com" not in url:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    headers = request.get("headers")
    asked = Asked(
        method=str(request.get("method") or "GET").upper(),
        host=host,
        path=unquote(parts.path),
        headers={str(name).lower(): str(value) for name, value in headers.items()}
        if isinstance(headers, Mapping)
        else {},
        body=request.get("body"),
    )
    return asked if parts.scheme == "https" and find(asked) else None


def answer_step(asked: Asked, ground: Ground) -> Reply:
    """Answer a step: a refusal is an answer with the error as its body, as over HTTP."""
    from deployer.emulator.moments import documented

    try:
        return respond(replace(asked, body=_parsed(asked.body)), ground)
    except Refusal as refusal:
        return Reply(
            refusal.status,
            {
                "code": refusal.code,
                "message": refusal.message,
                "errorId": str(ground.new_id()),
                "timestamp": documented(ground.now),
            },
        )


def _parsed(body: object) -> object:
    """A text is sent as it is, so it counts as JSON where it is some."""
    if not isinstance(body, str):
        return body
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return value


def _body(request: Request) -> object:
    data = request.get_data()
    if not data:
        return None
    if request.mimetype != "application/json":
        raise Refusal(415, INVALID_REQUEST, "Content-Type must be application/json.")
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise invalid("Request body is not valid JSON.") from error
    return value
