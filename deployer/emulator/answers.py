"""What the API says: JSON answers, and refusals in the documented error shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from werkzeug.wrappers import Response

from deployer.emulator.exactjson import Json, write
from deployer.emulator.moments import documented

INVALID_REQUEST = 1000
"""A malformed id, parameter or body. Documented: "Invalid definition id."."""
NOT_ALLOWED = 1001
"""The resource belongs to another account. Documented for sister APIs."""
NOT_AUTHENTICATED = 1200
"""No API key or a wrong one. Documented for sister APIs."""
NOT_FOUND = 1300
"""No such definition, version, instance or resource. Documented."""
SERVER_ERROR = 2000
"""Documented for sister APIs."""
INVALID_DEFINITION = 5001
"""A definition that the platform cannot load. Documented: "Workflow name is required."."""


class Refusal(Exception):  # it is an answer, not a failure of the emulator
    """The request gets an error as its answer."""

    def __init__(self, status: int, code: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def invalid(message: str) -> Refusal:
    """400 for a parameter, an id or a body that is malformed."""
    return Refusal(400, INVALID_REQUEST, message)


def not_found(message: str) -> Refusal:
    """404."""
    return Refusal(404, NOT_FOUND, message)


def answer(value: Json, *, status: int = 200, location: str | None = None) -> Response:
    """A JSON answer. `location` is a path, as documented, not yet escaped."""
    response = Response(write(value), status=status, content_type="application/json; charset=utf-8")
    if location is not None:
        response.headers["Location"] = quote(location)
    return response


def empty(*, status: int, location: str | None = None) -> Response:
    """An answer without a body, as documented for starting, deleting, triggering and PATCH."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    if location is not None:
        response.headers["Location"] = quote(location)
    return response


def refuse(refusal: Refusal, *, error_id: UUID, now: datetime) -> Response:
    """A refusal as the documented error body: code, message, errorId, timestamp."""
    response = answer(
        {
            "code": refusal.code,
            "message": refusal.message,
            "errorId": str(error_id),
            "timestamp": documented(now),
        },
        status=refusal.status,
    )
    response.headers.extend(refusal.headers)
    return response


def shown(text: str) -> str:
    """A string of the client's inside a message: short, so that an error stays readable."""
    return text if len(text) <= 80 else f"{text[:77]}..."
