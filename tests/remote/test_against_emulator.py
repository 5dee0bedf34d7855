"""The client against the emulated API, under the answers that the platform's documents leave open."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployer.emulator import Settings, create_app
from deployer.errors import NotAllowed
from deployer.remote.client import AutomationClient, connect
from deployer.remote.errors import NotFound, RateLimitExhausted, Rejected
from deployer.remote.limits import Limits
from deployer.remote.target import Target

Connect = Callable[..., AutomationClient]
UNKNOWN = "00000000-0000-4000-8000-000000000000"
COMBINATIONS = [
    f"offset={offset} ids={ids} sub-account-spelling={spelling} normalise={normalise} account-id-required={required}"
    for offset, ids, spelling, normalise, required in itertools.product(
        ("pages", "items"), ("top", "inside"), ("subAccountId", "subaccountId"), ("true", "false"), ("true", "false")
    )
]


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Connect]:
    """Open the emulator with settings, and a client on it."""
    with ExitStack() as stack:

        def opened(settings: str = "", *, limits: Limits | None = None, key: str | None = None) -> AutomationClient:
            app = create_app(tmp_path / "emulator.sqlite", Settings.parse(settings.split()), api_key=key)
            stack.callback(app.close)
            return stack.enter_context(connect(Target(account="acme"), api_key=None, wsgi_app=app, limits=limits))

        yield opened


def body(name: str = "Auto reply", text: str = "Hello", **fields: object) -> dict[str, object]:
    inputs = {"subAccountId": "acme_sms", "destination": "{{data.payload.source}}", "text": text}
    step = {"id": "reply", "stepType": "SMS", "inputs": inputs}
    return {
        "subAccountId": "acme_sms",
        "trigger": "inbound_sms",
        "status": "enabled",
        "definition": {"name": name, "steps": [step]},
        **fields,
    }


@pytest.mark.parametrize("settings", COMBINATIONS)
def test_a_definition_lives_and_dies_under_every_reading_of_the_documents(connected: Connect, settings: str) -> None:
    api = connected(f"{settings} delete-delay=0")
    made = api.create(body())
    assert (made.version, made.name) == (1, "Auto reply")
    assert api.update(made.id, body(text="Bye")).version == 2
    assert [(one.id, one.version) for one in api.definitions()] == [(made.id, 2)]
    assert [one.version for one in api.history(made.id)] == [2, 1]
    latest = api.latest(made.id)
    assert latest is not None
    assert latest.version == 2
    assert api.latest_of([made.id, UNKNOWN]) == {made.id: latest, UNKNOWN: None}
    api.delete(made.id)
    assert api.latest(made.id) is None
    assert api.history(made.id) == []
    assert api.definitions() == []


@pytest.mark.parametrize("offset", ["pages", "items"])
@pytest.mark.parametrize("size", [499, 500, 501, 1001])
def test_every_definition_of_a_large_account_is_listed(connected: Connect, offset: str, size: int) -> None:
    api = connected(f"offset={offset}")
    made = {api.create(body(name=str(number))).id for number in range(size)}
    assert {one.id for one in api.definitions()} == made


def test_refusals_of_the_emulator_arrive_as_what_they_are(connected: Connect) -> None:
    api = connected()
    with pytest.raises(Rejected) as refused:
        api.create({"trigger": "inbound_sms", "definition": {"steps": []}})
    assert refused.value.code == 5001
    with pytest.raises(NotFound) as missing:
        api.update(UNKNOWN, body())
    assert missing.value.known_to_vendor
    with pytest.raises(NotAllowed):
        connected(key="another key").definitions()


@pytest.mark.parametrize("form", ["text", "header"])
def test_a_rate_limit_is_waited_for_or_ends_the_run(connected: Connect, form: str) -> None:
    patient = connected(f"rate-limit=2 rate-limit-form={form}")
    assert [patient.latest(UNKNOWN) for _ in range(4)] == [None] * 4
    hasty = connected(f"rate-limit=1 rate-limit-form={form}", limits=Limits(max_rps=None, budget_seconds=0.5))
    hasty.latest(UNKNOWN)
    with pytest.raises(RateLimitExhausted):
        hasty.latest(UNKNOWN)


def test_instances_are_started_shown_stopped_and_explained(connected: Connect) -> None:
    api = connected()
    pause = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "01:00:00"}}
    made = api.create(body(definition={"name": "Patient", "steps": [pause]}))
    run = api.start(made.id, {"payload": {"source": "+6591234567"}})
    assert run is not None
    shown = api.instance(made.id, run, logs=True)
    assert (shown.id, shown.definition_id, shown.version) == (run, made.id, 1)
    assert [(log.step, log.status, log.completed_at) for log in shown.logs] == [("pause", "Sleeping", None)]
    assert [one.id for one in api.instances(made.id)] == [run]
    assert [one.id for one in api.instances(made.id, at_most=1, version=1, status=shown.status)] == [run]
    assert list(api.instance_errors(made.id, run)) == []
    api.command(made.id, run, "terminate")
    assert api.instance(made.id, run).status == "Terminated"


def test_why_an_instance_failed_is_told(connected: Connect) -> None:
    api = connected()
    made = api.create(body())
    run = api.start(made.id, {})
    assert run is not None
    assert api.instance(made.id, run).status == "Terminated"
    [error] = api.instance_errors(made.id, run)
    assert (error.instance_id, error.step) == (run, "reply")
    assert error.message


def test_an_http_request_event_starts_what_waits_for_it(connected: Connect) -> None:
    api = connected()
    made = api.create(body(trigger="http_request"))
    api.trigger({"customer": "7"}, sub_account_id="acme_sms")
    assert [run.data.get("customer") for run in api.instances(made.id)] == ["7"]


@pytest.mark.parametrize("usage", ["list", "object"])
def test_the_account_tells_its_facts(connected: Connect, usage: str) -> None:
    api = connected(f"usage={usage}")
    api.start(api.create(body()).id, {})
    assert [month["executedWorkflowCount"] for month in api.usage()] == [1]
    assert [month["executedWorkflowCount"] for month in api.usage_history()] == [1]
    assert "uuid" in {function["name"] for function in api.functions()}
    assert {"SE Asia Standard Time"} <= {zone.id for zone in api.time_zones(contains="bangkok")}
