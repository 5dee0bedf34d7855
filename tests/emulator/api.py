"""A client of the emulator, its clock, and definitions to send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from deployer.emulator import Emulator, Settings, create_app

Body = dict[str, Any]
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class Clock:
    """A clock that moves when a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2024, 3, 1, 9, 30, 0, 120_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Api:
    """The emulator behind a real HTTP client, in-process."""

    database: Path
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    account: str = "acme"

    def __post_init__(self) -> None:
        self.app: Emulator = create_app(self.database, self.settings, clock=self.clock)
        self.http = client_of(self.app)

    def close(self) -> None:
        self.http.close()
        self.app.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def path(self, *parts: str) -> str:
        return "/".join([f"/api/v1/accounts/{self.account}", *parts])

    def get(self, *parts: str, **parameters: str | int) -> httpx.Response:
        return self.http.get(self.path(*parts), params=parameters)

    def post(self, *parts: str, body: object, **parameters: str | int) -> httpx.Response:
        return self.http.post(self.path(*parts), json=body, params=parameters)

    def put(self, definition: str, body: object) -> httpx.Response:
        return self.http.put(self.path("definitions", definition), json=body)

    def delete(self, definition: str, **parameters: str | int) -> httpx.Response:
        return self.http.delete(self.path("definitions", definition), params=parameters)

    def patch(self, definition: str, workflow: str, body: object) -> httpx.Response:
        return self.http.patch(self.path("definitions", definition, "workflows", workflow), json=body)

    def create(self, body: Body | None = None) -> str:
        response = self.post("definitions", body=definition() if body is None else body)
        assert response.status_code == 201, response.text
        stored: str = identity(response.json())
        return stored

    def update(self, definition_id: str, body: Body | None = None) -> int:
        response = self.put(definition_id, definition() if body is None else body)
        assert response.status_code == 200, response.text
        answered = response.json()
        number: int = answered.get("version") or answered["definition"]["version"]
        return number

    def start(self, definition_id: str, payload: Mapping[str, object] | None = None, **parameters: int) -> str:
        response = self.post("definitions", definition_id, "workflows", body=payload or {}, **parameters)
        assert response.status_code == 201, response.text
        return response.headers["Location"].rpartition("/")[2]

    def instance(self, definition_id: str, workflow: str, **parameters: str) -> Body:
        response = self.get("definitions", definition_id, "workflows", workflow, **parameters)
        assert response.status_code == 200, response.text
        shown: Body = response.json()
        return shown

    def instances(self, definition_id: str, **parameters: str | int) -> list[str]:
        response = self.get("definitions", definition_id, "workflows", **parameters)
        assert response.status_code == 200, response.text
        return [instance["workflowId"] for instance in response.json()]

    def listed(self, **parameters: str | int) -> list[str]:
        return [identity(item) for item in self.get("definitions", **parameters).json()]

    def versions(self, definition_id: str, **parameters: str | int) -> list[int]:
        return [item["version"] for item in self.get("definitions", definition_id, **parameters).json()]


def client_of(app: Emulator, *, key: str = "any-key") -> httpx.Client:
    return httpx.Client(
        transport=httpx.WSGITransport(app=app),
        base_url="http://emulator",
        headers={"Authorization": f"Bearer {key}"},
    )


def identity(body: Body) -> str:
    found: str = body.get("id") or body["definition"]["id"]
    return found


def step(step_id: str = "reply", **fields: object) -> Body:
    inputs = {"subAccountId": "acme_sms", "destination": "{{data.payload.source}}", "text": "Hello"}
    return {"id": step_id, "stepType": "SMS", "inputs": inputs} | fields


def patient(**fields: object) -> Body:
    """A definition whose instances do nothing for a day."""
    pause = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "1.00:00:00"}}
    return definition(pause) | fields


def definition(*steps: Body, name: str = "Auto reply", **fields: object) -> Body:
    body = {
        "subAccountId": "acme_sms",
        "trigger": "inbound_sms",
        "status": "enabled",
        "definition": {"name": name, "steps": list(steps) or [step()]},
    }
    return body | fields


def without(body: Body, *names: str) -> Body:
    return {key: value for key, value in body.items() if key not in names}


def refusal(response: httpx.Response) -> tuple[int, int, str]:
    """Status, code and message of an error answer; its other fields are checked on the way."""
    error = json.loads(response.text)
    assert list(error) == ["code", "message", "errorId", "timestamp"]
    assert len(error["errorId"]) == 36
    assert error["timestamp"].endswith("Z")
    return response.status_code, error["code"], error["message"]
