"""One request, as an endpoint sees it, and how it reads its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from werkzeug.wrappers import Request, Response

from deployer.emulator.answers import INVALID_REQUEST, Refusal, invalid, shown
from deployer.emulator.exactjson import Json, JsonError, read
from deployer.emulator.moments import micros
from deployer.emulator.settings import Settings
from deployer.emulator.store import Store

if TYPE_CHECKING:
    from deployer.emulator.runner import Runner

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANCE_ID_FORM = re.compile(r"[0-9a-f]{24}")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that is authenticated and has found its endpoint."""

    request: Request
    path: Mapping[str, str]
    """What stands in the places of the path: accountId, definitionId, workflowId."""
    store: Store
    settings: Settings
    now: datetime
    new_id: Callable[[], UUID]
    runner: Callable[[], Runner]
    """What runs instances; importing it takes a while, so only who needs it asks."""

    @property
    def account(self) -> str:
        """The account that the path names."""
        return self.path["accountId"]

    @property
    def moment(self) -> int:
        """Now, as the database keeps times."""
        return micros(self.now)

    def definition_id(self) -> str:
        """The definition that the path names. Refuses what is no UUID, as documented."""
        text = self.path["definitionId"].lower()
        if not UUID_FORM.fullmatch(text):
            raise invalid("Invalid definition id.")
        return text

    def workflow_id(self) -> str:
        """The instance that the path names: 24 hexadecimal digits in all documented answers."""
        text = self.path["workflowId"].lower()
        if not INSTANCE_ID_FORM.fullmatch(text):
            raise invalid("Invalid workflow id.")
        return text

    def text(self, name: str) -> str | None:
        """A query parameter as it was sent."""
        return self.request.args.get(name)

    def limit_and_skip(self) -> tuple[int, int]:
        """How many rows a page has, and how many come before it (`offset` counts what the settings say)."""
        limit = self._number("limit", 1, MAX_LIMIT)
        offset = self._number("offset", 0, None) or 0
        limit = DEFAULT_LIMIT if limit is None else limit
        return limit, offset * limit if self.settings.offset == "pages" else offset

    def version(self) -> int | None:
        """The `version` parameter."""
        return self._number("version", 1, None)

    def whole(self, name: str, low: int) -> int | None:
        """A whole number from `low`; None when it is not given."""
        return self._number(name, low, None)

    def flag(self, name: str) -> bool:
        """A boolean parameter, false by default."""
        value = self.text(name)
        if value is None:
            return False
        if value.lower() not in {"true", "false"}:
            raise invalid(f'{name} must be true or false, got "{shown(value)}".')
        return value.lower() == "true"

    def time(self, name: str) -> int | None:
        """An ISO 8601 parameter, as the database keeps times; without a zone it counts as UTC."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return micros(datetime.fromisoformat(value))
        except ValueError as error:
            example = "2024-01-31T09:30:00Z"
            raise invalid(f'{name} must be an ISO 8601 time like {example}, got "{shown(value)}".') from error

    def body(self) -> Json:
        """The request's JSON. Refuses another content type (415), too much (413), and what is no JSON (400)."""
        # Before anything else: a body that is too long is refused whatever it claims to be.
        data = self.request.get_data()
        kind = self.request.mimetype
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise Refusal(415, INVALID_REQUEST, "Content-Type must be application/json.")
        try:
            return read(data)
        except JsonError as error:
            raise invalid(f"Request body is not valid JSON: {error}.") from error

    def json_object(self) -> dict[str, Json]:
        """The request's JSON object."""
        body = self.body()
        if not isinstance(body, dict):
            raise invalid("Request body must be a JSON object.")
        return body

    def _number(self, name: str, low: int, high: int | None) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        number = int(value) if WHOLE_NUMBER.fullmatch(value) else None
        if number is None or number < low or (high is not None and number > high):
            legal = f"from {low} to {high}" if high is not None else f">= {low}"
            raise invalid(f'{name} must be an integer {legal}, got "{shown(value)}".')
        return number


Handler = Callable[[Call], Response]
