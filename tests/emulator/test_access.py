"""Keys, accounts, unknown paths, limits: what is refused before an endpoint looks at a request."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from deployer.emulator import Settings, create_app
from tests.emulator.api import Api, Clock, client_of, definition, refusal
from tests.emulator.conftest import Serve

LIST = "/api/v1/accounts/acme/definitions"
NOT_AUTHENTICATED = (401, 1200, "Request was not authenticated: send the API key as `Authorization: Bearer KEY`.")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[httpx.Client]:
    """An emulator with one key and two accounts; its client sends no key of its own."""
    app = create_app(tmp_path / "e.sqlite", api_key="right-key", account_ids=["acme", "acme_staging"])
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://emulator") as client:
        yield client
    app.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        {"Authorization": "Bearer wrong-key"},
        {"Authorization": "Bearer right-key2"},
        {"Authorization": "Basic right-key"},
        {"Authorization": "right-key"},
        {"X-Api-Key": "right-key"},
    ],
)
def test_without_the_right_bearer_token_nothing_is_answered(guarded: httpx.Client, headers: dict[str, str]) -> None:
    for url in (LIST, "/api/v1/accounts/foreign/definitions", "/api/v1/unknown"):
        response = guarded.get(url, headers=headers)
        assert refusal(response) == NOT_AUTHENTICATED
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_refused_key_is_not_repeated_in_the_answer(guarded: httpx.Client) -> None:
    assert "wrong-key" not in guarded.get(LIST, headers=bearer("wrong-key")).text


def test_the_right_key_opens_its_accounts_and_no_other(guarded: httpx.Client) -> None:
    assert guarded.get(LIST, headers={"Authorization": "bearer right-key"}).json() == []
    assert guarded.get("/api/v1/accounts/acme_staging/definitions", headers=bearer("right-key")).json() == []
    foreign = guarded.post("/api/v1/accounts/foreign/definitions", json=definition(), headers=bearer("right-key"))
    assert refusal(foreign) == (403, 1001, "Account foreign does not belong to this API key.")


def test_without_a_configured_key_any_key_is_right_but_none_is_not(api: Api) -> None:
    assert api.http.get(LIST, headers=bearer("whatever")).status_code == 200
    assert refusal(api.http.get(LIST, headers={"Authorization": ""})) == NOT_AUTHENTICATED


@pytest.mark.parametrize(
    "path", ["/", "/api/v2/x", "/api/v1/accounts/acme", f"{LIST}/", LIST.replace("/v1", "//v1"), "/_emulator"]
)
def test_an_unknown_path_is_404_in_the_same_shape(api: Api, path: str) -> None:
    assert refusal(api.http.get(f"http://emulator{path}")) == (404, 1300, f"There is no resource at {path}.")


def test_an_unknown_method_is_405_and_names_the_known_ones(api: Api) -> None:
    response = api.http.delete(LIST)
    message = f"DELETE is not possible at {LIST}; use GET, HEAD, POST."
    assert refusal(response) == (405, 1000, message)
    assert response.headers["Allow"] == "GET, HEAD, POST"


def test_a_body_above_the_limit_is_413(serving: Serve) -> None:
    api = serving("max-body=1000")
    large = definition(name="x" * 1000)
    expected = (413, 1000, "Request body has more than 1000 bytes.")
    assert refusal(api.post("definitions", body=large)) == expected
    stored = api.create()
    assert refusal(api.put(stored, large)) == expected
    assert api.versions(stored) == [1]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_content_type_is_415(api: Api, kind: str) -> None:
    response = api.http.post(api.path("definitions"), content="{}", headers={"Content-Type": kind})
    assert refusal(response) == (415, 1000, "Content-Type must be application/json.")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"]
)
def test_a_json_content_type_may_be_written_in_many_ways(api: Api, kind: str) -> None:
    response = api.http.post(api.path("definitions"), content="{}", headers={"Content-Type": kind})
    assert response.status_code == 400


def codes(api: Api, count: int) -> list[int]:
    return [api.get("definitions").status_code for _ in range(count)]


def test_by_default_there_is_no_rate_limit(api: Api) -> None:
    assert set(codes(api, 200)) == {200}


def test_a_full_second_answers_429_and_says_when_to_come_back_in_the_text(serving: Serve) -> None:
    api = serving("rate-limit=2")
    assert codes(api, 3) == [200, 200, 429]
    response = api.get("definitions")
    assert refusal(response) == (429, 429, "Quota exceeded. Please try again in 1 second(s).")
    assert "Retry-After" not in response.headers
    api.clock.advance(0.99)
    assert codes(api, 1) == [429]
    api.clock.advance(0.01)
    assert codes(api, 3) == [200, 200, 429]


def test_the_other_429_says_it_in_a_header_only(serving: Serve) -> None:
    api = serving("rate-limit=1", "rate-limit-form=header")
    assert codes(api, 1) == [200]
    response = api.post("definitions", body=definition())
    assert refusal(response) == (429, 429, "Quota exceeded.")
    assert response.headers["Retry-After"] == "1"
    api.clock.advance(1)
    assert api.listed() == []


def test_a_request_without_a_key_does_not_use_the_quota(serving: Serve) -> None:
    api = serving("rate-limit=1")
    assert api.http.get(LIST, headers={"Authorization": ""}).status_code == 401
    assert codes(api, 2) == [200, 429]


def test_latency_is_added_to_every_request_of_the_api(tmp_path: Path) -> None:
    slept: list[float] = []
    app = create_app(tmp_path / "e.sqlite", Settings(latency=0.25), sleep=slept.append)
    with client_of(app) as client:
        client.get(LIST)
        client.get("/api/v1/unknown")
        client.get("/_emulator/health")
    app.close()
    assert slept == [0.25, 0.25]


def test_health_needs_no_key_and_tells_the_settings(serving: Serve) -> None:
    response = serving("offset=items").http.get("/_emulator/health", headers={"Authorization": ""})
    health = response.json()
    assert (response.status_code, health["status"]) == (200, "ok")
    assert (health["settings"]["offset"], health["settings"]["ids"]) == ("items", "top")
    assert serving().http.post("/_emulator/health").status_code == 405


def test_a_fault_of_the_emulator_is_500_without_its_cause_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(tmp_path / "e.sqlite")
    app.close()
    with client_of(app) as client, caplog.at_level(logging.ERROR):
        assert refusal(client.get(LIST)) == (500, 2000, "Internal server error.")
    assert "the emulator is closed" in caplog.text


def test_ids_come_from_where_the_caller_says(tmp_path: Path) -> None:
    ids = iter(UUID(int=number) for number in range(1, 100))
    app = create_app(tmp_path / "e.sqlite", clock=Clock(), new_id=lambda: next(ids))
    with client_of(app) as client:
        stored = client.post(LIST, json=definition()).json()["id"]
        started = client.post(f"{LIST}/{stored}/workflows", json={}).headers["Location"].rpartition("/")[2]
    app.close()
    assert stored == "00000000-0000-0000-0000-000000000001"
    assert started == "65e1a0180000000000000002"
