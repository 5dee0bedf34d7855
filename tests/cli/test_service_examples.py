"""examples/8x8-services: each workflow is applied to the emulator and run to its end, as its README says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deployer.emulator import Settings, create_app
from tests.cli.program import REPOSITORY, Ran, within
from tests.emulator.api import client_of

EXAMPLES = REPOSITORY / "examples" / "8x8-services"
ACCOUNT = "5f3c2b1a-0d9e-4c8b-a7f6-1234567890ab"
SECRETS = ("CPAAS_API_KEY", "VIDEO_TOKEN", "ZENDESK_LOGIN")
GOOD = 'numbers: "6512345678@acme_calls, 6512345679@acme_calls:unhealthy"\n      balance: 42.5'
BAD = 'numbers: "6512345678@acme_calls:unhealthy"\n      sma-coverage: false'

ENDS: Mapping[str, list[str]] = {
    "balance-alarm": ["balance", "alarm"],
    "log-export": ["start", "pause", "look", "tell-done"],
    "one-time-password": ["coverage", "silent"],
    "opt-out": ["keyword", "ask", "wait-for-yes", "goodbye", "blacklist"],
    "private-survey": ["ask", "wait-for-score", "report", "forget-answer", "forget-question"],
    "snapshot-ticket": ["picture", "upload", "ticket", "tell-customer"],
    "typing-answer": ["typing", "look-up", "read-along", "answer"],
    "voice-campaign": ["ours", "health", "call"],
    "workato-invoice": ["language", "receipt-id"],
    "zendesk-reply": ["event", "pass-on"],
    "zendesk-ticket": ["ticket", "confirm"],
}
"""The steps that each takes with its payload."""
REPLIES = {"opt-out": "Yes", "private-survey": "5"}
UNLUCKY = {
    "balance-alarm": ["balance"],
    "one-time-password": ["coverage", "password"],
    "voice-campaign": ["ours", "health", "text-instead", "tell-operations"],
}
"""The same, where the account is not prepaid, no device is reached, and the number is ill."""


def applied(folder: Path, emulator: str) -> Path:
    """The examples on an emulator with other settings, where a Wait takes no time and the gateway answers."""
    here = folder / "project"
    shutil.copytree(EXAMPLES, here, ignore=shutil.ignore_patterns(".deployer"))
    config = (here / "deployer.yaml").read_text()
    assert "speed: 60" in config
    assert GOOD in config
    (here / "deployer.yaml").write_text(config.replace("speed: 60", "speed: instant").replace(GOOD, emulator))
    ran = within("apply", "--auto-approve", cwd=here)
    assert ran.code == 0, ran.out + ran.err
    with control(here) as http:
        for line in (here / "answers.jsonl").read_text().splitlines():
            assert http.post("/_emulator/answers", json=json.loads(line)).status_code == 201
    return here


@contextmanager
def control(here: Path) -> Iterator[httpx.Client]:
    """The emulator's own endpoints, over the project's database."""
    app = create_app(here / ".deployer" / "local" / "emulator.sqlite", Settings(speed="instant"))
    try:
        with client_of(app) as http:
            yield http
    finally:
        app.close()


@pytest.fixture(scope="module")
def secrets() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRETS:
            environment.setenv(f"DEPLOYER_SECRET_{name}", f"any {name.lower()} will do")
        yield


@pytest.fixture(scope="module")
def lucky(secrets: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return applied(tmp_path_factory.mktemp("lucky"), GOOD)


@pytest.fixture(scope="module")
def unlucky(secrets: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return applied(tmp_path_factory.mktemp("unlucky"), BAD)


def run(here: Path, key: str) -> Ran:
    """Start a workflow with its payload, answer it where it asks, and follow it to its end."""
    payload = ("--payload", f"payloads/{key}.json")
    started = within("runs", "start", key, *payload, "--format", "json", cwd=here)
    assert started.code == 0, started.err
    if key in REPLIES:
        with control(here) as http:
            said = {"account": ACCOUNT, "channel": "sms", "from": "+6591234567", "text": REPLIES[key]}
            assert http.post("/_emulator/inbound", json=said).json()["resumed"]
    return within("runs", "follow", started.json["instance"], "--format", "json", cwd=here)


def path(ran: Ran) -> list[str]:
    """The steps of a run in the order in which they began."""
    events = [json.loads(line) for line in ran.out.splitlines()]
    return list(dict.fromkeys(event["step"] for event in events if event["event"] == "step"))


@pytest.mark.parametrize("key", ENDS)
def test_an_example_runs_to_its_end_on_one_machine(lucky: Path, key: str) -> None:
    ran = run(lucky, key)
    assert (ran.code, path(ran)) == (0, ENDS[key]), ran.out


@pytest.mark.parametrize("key", UNLUCKY)
def test_an_example_copes_with_what_a_service_says(unlucky: Path, key: str) -> None:
    ran = run(unlucky, key)
    assert (ran.code, path(ran)) == (0, UNLUCKY[key]), ran.out


def test_every_example_is_run_and_has_its_line_in_the_readme() -> None:
    keys = {file.name.removesuffix(".yaml") for file in (EXAMPLES / "workflows").glob("*.yaml")}
    keys = {key for key in keys if not key.endswith(".test")}
    listed = re.findall(r"^\| \[([a-z-]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert keys == set(ENDS) == set(listed)


def test_the_workato_recipe_starts_its_workflow(lucky: Path) -> None:
    page = (EXAMPLES / "workato.md").read_text()
    method, address, body = re.findall(r"```http\n\s*(\w+) https://automation\.8x8\.com(\S+)\n\s*(.*)\n", page)[0]
    with control(lucky) as http:
        before = len(http.get("/_emulator/outbox", params={"account": ACCOUNT}).json())
        assert http.request(method, address, json=json.loads(body)).status_code == 200
        sent = http.get("/_emulator/outbox", params={"account": ACCOUNT}).json()[before:]
    assert [(message["to"], message["step"]) for message in sent] == [("+6281234567890", "receipt-id")]


def test_the_doctor_sees_the_balance_and_the_health_of_the_number(lucky: Path, unlucky: Path) -> None:
    well = within("doctor", cwd=lucky).out
    assert "42.50 SGD" in well
    assert "`+6512345678` (voice-campaign, step call) is active and healthy" in well
    ill = within("doctor", cwd=unlucky).out
    assert "not prepaid" in ill
    assert "unhealthy" in ill or "not healthy" in ill


def test_the_examples_are_clean_and_every_branch_is_tested() -> None:
    assert within("validate", "--strict", cwd=EXAMPLES).code == 0
    ran = within("test", "--fail-under", "100", cwd=EXAMPLES)
    assert ran.code == 0, ran.out
