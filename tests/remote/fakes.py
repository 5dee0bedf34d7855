"""A network that follows a script, and a clock that only moves when somebody sleeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from deployer.remote.client import AutomationClient, connect
from deployer.remote.limits import Limits
from deployer.remote.target import Target

KEY = "Key-5DhZ+xZ/RILVPKj=XuFW"
ID = "5870442f-3ddd-4657-b74c-6e17308f5230"
START = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Time for tests; sleeping takes none."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._elapsed += seconds


@dataclass
class Script(httpx.BaseTransport):
    """Plays one step a request; a step that is left over or missing is an error of the test."""

    steps: list[Step]
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else step(request)

    @property
    def calls(self) -> list[str]:
        """Each request as `METHOD /path?query`, behind the account."""
        prefix = "/api/v1/accounts/acme"
        paths = (request.url.raw_path.decode() for request in self.requests)
        return [
            f"{request.method} {path.removeprefix(prefix)}" for request, path in zip(self.requests, paths, strict=True)
        ]


class Scene:
    """A client on a scripted network."""

    def __init__(
        self,
        *steps: Step,
        limits: Limits | None = None,
        target: Target | None = None,
        random: Callable[[], float] = lambda: 0.5,
        key: str | None = KEY,
    ) -> None:
        self.clock = FakeClock()
        self.log: list[str] = []
        self.script = Script(list(steps))
        self.client: AutomationClient = connect(
            target or Target(account="acme"),
            api_key=key,
            transport=self.script,
            environ={},
            limits=limits or Limits(max_rps=None),
            clock=self.clock,
            random=random,
            log=self.log.append,
        )


def answer(status: int, value: object = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(status, content=json.dumps(value).encode(), headers=dict(headers or {}))


def complaint(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The vendor's error body."""
    value: object = {"code": code, "message": message, "errorId": "e1e9961a", "timestamp": "2021-07-12T08:02:03.03Z"}
    return answer(status, value, headers)


def stored(definition_id: str = ID, version: int = 1, name: str = "Auto reply") -> dict[str, object]:
    """A definition as the schema shows it in answers."""
    return {
        "id": definition_id,
        "version": version,
        "createdAt": "2021-07-12T04:49:30.27Z",
        "trigger": "inbound_sms",
        "definition": {"name": name, "steps": []},
    }


def numbered(number: int) -> str:
    """The id of the n-th definition."""
    return f"00000000-0000-4000-8000-{number:012d}"


BODY: dict[str, object] = {
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {"name": "Auto reply", "steps": []},
}
