"""What the platform's services answer when all goes well, for worlds that do not say otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.engine.identity import write_uuid
from deployer.engine.instance import Answer, Effect


def usual_answer(effect: Effect) -> Answer | None:
    """The answer to a message, a call or a hand-over; the same for the same effect.

    None for an HTTP request and for a step type that we do not know: nobody can guess those.
    """
    request = effect.request
    if effect.type == "SMS":
        echoed = {name: request.get(name) for name in ("destination", "encoding", "clientMessageId")}
        return Answer(values={**_message(effect), **echoed})
    if effect.type == "ChatAppsMessage":
        return Answer(values=_message(effect))
    if effect.type == "VoiceMessage":
        call = {"uid": _id(effect, "call"), "clientRequestId": request.get("clientRequestId"), "statusCode": 0}
        return Answer(values={"response": call})
    if effect.type == "SendToConverse":
        return Answer(values={"ticketId": _id(effect, "ticket")})
    return None


def _message(effect: Effect) -> dict[str, object]:
    return {
        "umid": _id(effect, "umid"),
        "status": "QUEUED",
        "description": "Message is accepted and queued",
        "requestId": _id(effect, "request"),
    }


def _id(effect: Effect, name: str) -> str:
    return write_uuid(f"{effect.id}/{name}")


_REASONS: Mapping[int, str] = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def http_answer(code: int, body: object = None, reason: str | None = None) -> Answer:
    """The answer to an HTTP request, as the step offers it."""
    words = reason if reason is not None else _REASONS.get(code, "")
    return Answer(values={"responseCode": code, "reasonPhrase": words, "responseBody": body})
