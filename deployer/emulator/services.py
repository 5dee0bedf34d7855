"""The vendor's other services on this machine: contacts, chat apps, SMS, voice, verify, video.

Only what workflows call is here. What is checked, and the errors, are the vendor's pages'; nothing is read
from the catalogue by which `validate` checks workflows, so that neither hides a mistake of the other.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from deployer.emulator.answers import INVALID_REQUEST, NOT_AUTHENTICATED, NOT_FOUND, Refusal, shown
from deployer.emulator.moments import micros
from deployer.emulator.planted import read_sub_accounts
from deployer.emulator.settings import Settings

FOREIGN = 1001
"""A sub-account or account of somebody else. Documented as a bad request."""

_ACCOUNT = re.compile(r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}", re.ASCII)
_SUB_ACCOUNT = re.compile(r"[A-Za-z0-9\-._&]{3,50}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to one of the services."""

    method: str
    host: str
    path: str
    """Decoded."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: object
    """JSON; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What an answer may depend on beside the request."""

    db: sqlite3.Connection
    """In a transaction that may write."""
    settings: Settings
    now: datetime
    """By the clock of whoever asks: an instance has its own."""
    new_id: Callable[[], UUID]
    check_token: Callable[[str], bool]
    """Whether a key is the right one."""

    @property
    def moment(self) -> int:
        """Now, as the database keeps times."""
        return micros(self.now)


class Reply(NamedTuple):
    """An answer that is no refusal."""

    status: int
    body: object = None
    """JSON; None for an answer without a body."""
    image: bytes | None = None
    """A PNG picture, for who asks over HTTP."""


Service = Callable[[Asked, Mapping[str, str], Ground], Reply]


class Route(NamedTuple):
    """One resource of a service."""

    method: str
    host: str
    path: re.Pattern[str]
    answer: Service
    key_header: str = "authorization"
    """The header that holds the key: after `Bearer` in the usual one, by itself in another."""


def route(method: str, host: str, path: str, answer: Service, key_header: str = "authorization") -> Route:
    """A route; `{name}` in its path stands for one segment, `{name*}` for all that remain."""
    pattern = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", path)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]*)", pattern)
    return Route(method, host, re.compile(pattern, re.DOTALL), answer, key_header)


def find(asked: Asked) -> list[tuple[Route, Mapping[str, str]]]:
    """The routes to what a request names, whatever its method."""
    from deployer.emulator.service_calls import ROUTES

    here = [(found, found.path.fullmatch(asked.path)) for found in ROUTES if found.host == asked.host]
    return [(found, match.groupdict()) for found, match in here if match is not None]


def hosts() -> frozenset[str]:
    """The hosts whose services are here."""
    from deployer.emulator.service_calls import ROUTES

    return frozenset(found.host for found in ROUTES)


def respond(asked: Asked, ground: Ground) -> Reply:
    """Answer a request. Raises Refusal with the error that the service would answer."""
    found = find(asked)
    if not found:
        raise Refusal(404, NOT_FOUND, f"There is no resource at {shown(asked.host + asked.path)}.")
    for candidate, places in found:
        if candidate.method == asked.method:
            _check_token(candidate, asked, ground)
            _check_places(places, ground)
            return candidate.answer(asked, places, ground)
    allowed = ", ".join(sorted({candidate.method for candidate, _ in found}))
    message = f"{shown(asked.method)} is not possible at {shown(asked.path)}; use {allowed}."
    raise Refusal(405, INVALID_REQUEST, message, headers={"Allow": allowed})


def _check_token(chosen: Route, asked: Asked, ground: Ground) -> None:
    given = asked.headers.get(chosen.key_header, "")
    if chosen.key_header == "authorization":
        scheme, _, given = given.partition(" ")
        given = given if scheme.lower() == "bearer" else ""
    right = ground.check_token(given.strip())
    if not right:
        raise Refusal(401, NOT_AUTHENTICATED, "Request was not authenticated properly")


def _check_places(places: Mapping[str, str], ground: Ground) -> None:
    account, sub_account = places.get("accountId"), places.get("subAccountId")
    if account is not None and _ACCOUNT.fullmatch(account) is None:
        raise Refusal(400, INVALID_REQUEST, "Invalid accountId: 32 hexadecimal digits, with or without dashes.")
    if sub_account is None:
        return
    if _SUB_ACCOUNT.fullmatch(sub_account) is None:
        raise Refusal(400, INVALID_REQUEST, "Invalid subAccountId: 3 to 50 letters, digits and - . _ &")
    known = read_sub_accounts(ground.settings.sub_accounts)
    if known is not None and sub_account not in known:
        raise Refusal(400, FOREIGN, "Provided subAccountId doesn't belong to your account")
