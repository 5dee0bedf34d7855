"""docs/emulator.md: its requests are sent as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deployer.emulator import create_app
from tests.emulator.api import client_of

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
REQUESTS = re.findall(r"```http\n(GET|POST) (\S+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=[path for _, path, _ in REQUESTS])
def test_a_request_of_the_page_is_understood(tmp_path: Path, method: str, path: str, body: str) -> None:
    app = create_app(tmp_path / "emulator.sqlite")
    try:
        with client_of(app) as client:
            response = client.request(method, path, json=json.loads(body) if body else None)
            assert response.is_success, response.text
    finally:
        app.close()


def test_every_endpoint_of_the_emulators_own_stands_on_the_page() -> None:
    assert {path.partition("?")[0] for _, path, _ in REQUESTS if path.startswith("/_emulator/")} == {
        f"/_emulator/{name}" for name in ("inbound", "dtmf", "outbox", "answers")
    }
