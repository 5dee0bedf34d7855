"""Many instances at once: which ones are meant, and what is told when it fails in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.emulator import Emulator, Settings, create_app
from deployer.errors import ConfigurationError
from deployer.operations.ages import read_age, read_moment
from deployer.operations.runs import Running, grouped, running
from deployer.operations.steer import Wanted, find, fitting_statuses, steer
from deployer.remote.client import AutomationClient, connect
from deployer.remote.gateway import InstanceCommand, InstanceError
from deployer.remote.target import Target
from deployer.report.steering import render_text

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WAITING = {
    "trigger": "http_request",
    "status": "enabled",
    "definition": {
        "name": "Waiting",
        "steps": [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "5.00:00:00"}}],
    },
}
Before = Callable[[str, str], tuple[str, bytes] | None]
"""Method and path of a request: what to answer in the server's place, or None."""


class Server:
    """The emulator, with somebody in front of it."""

    def __init__(self, app: Emulator) -> None:
        self.app = app
        self.before: Before = lambda _method, _path: None
        self.now = datetime(2024, 3, 1, 9, tzinfo=UTC)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.before(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if answer is None:
            return self.app(environ, start_response)
        start_response(answer[0], [("Content-Type", "application/json")])
        return [answer[1]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server: Server
    app = create_app(tmp_path / "server.sqlite", Settings(), clock=lambda: server.now)
    server = Server(app)
    yield server
    app.close()


@pytest.fixture
def client(server: Server) -> Iterator[AutomationClient]:
    with connect(Target(account="acme"), api_key=None, wsgi_app=server) as client:
        yield client


def waiting(client: AutomationClient, count: int) -> str:
    """A definition with so many instances that wait."""
    made = client.create(WAITING)
    for _ in range(count):
        client.start(made.id, {})
    return made.id


def test_instances_are_chosen_by_status_version_and_age(server: Server, client: AutomationClient) -> None:
    definition = waiting(client, 3)
    server.now += timedelta(days=3)
    client.update(definition, WAITING)
    client.start(definition, {})
    old = Wanted(definition_id=definition, statuses=("Runnable",), version=1)
    assert len(find(client, old)) == 3
    assert len(find(client, Wanted(definition_id=definition, statuses=("Runnable", "Suspended")))) == 1
    everything = Wanted(definition_id=definition, statuses=("Runnable",), all_versions=True)
    assert [one.version for one in find(client, everything)] == [1, 1, 1, 2]
    before = server.now - timedelta(days=2)
    aged = Wanted(definition_id=definition, statuses=("Runnable",), all_versions=True, before=before)
    assert len(find(client, aged)) == 3


def test_more_instances_than_a_page_holds_are_found(client: AutomationClient) -> None:
    definition = waiting(client, 503)
    assert len(find(client, Wanted(definition_id=definition, statuses=("Runnable",)))) == 503
    assert len(client.instances(definition, at_most=502)) == 502


def test_what_runs_is_counted_over_all_versions_with_few_requests(server: Server, client: AutomationClient) -> None:
    definition, other = waiting(client, 2), waiting(client, 1)
    for _ in range(3):
        client.update(definition, WAITING)
    client.start(definition, {})
    asked: list[str] = []

    def counting(_method: str, path: str) -> None:
        asked.append(path)

    server.before = counting
    newest = {definition: 4, other: 1}
    assert running(client, newest) == {definition: Running(count=3), other: Running(count=1)}
    assert len(asked) == 5
    assert running(client, newest, most=3) == {definition: Running(count=1, more=True), other: Running(count=1)}
    assert len(asked) == 8
    assert running(client, {definition: 10**9}, most=3)[definition].more


def test_a_full_page_says_that_there_may_be_more(client: AutomationClient) -> None:
    definition = waiting(client, 501)
    assert running(client, {definition: 1}) == {definition: Running(count=500, more=True)}


def test_one_that_fails_stops_no_other_and_all_are_accounted_for(server: Server, client: AutomationClient) -> None:
    definition = waiting(client, 4)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    bad = chosen[1].id
    refusal = b'{"code": 1002, "message": "Not now."}'
    server.before = lambda method, path: (
        ("400 Bad Request", refusal) if method == "PATCH" and path.endswith(bad) else None
    )
    steering = steer(client, "terminate", chosen)
    assert [one.status for one in steering.done] == ["Terminated"] * 3
    assert [one.instance.id for one in steering.failed] == [bad]
    assert steering.exit_code == 8
    text = render_text(steering, color=False)
    assert f"{bad}: cannot terminate instance {bad}: emulator refuses the request: Not now." in text
    assert text.endswith("3 terminated, 1 failed, 0 not attempted\n")


def test_who_is_not_let_in_tries_no_further_and_says_which_were_left(server: Server, client: AutomationClient) -> None:
    definition = waiting(client, 5)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    patches: list[str] = []

    def before(method: str, path: str) -> tuple[str, bytes] | None:
        if method == "PATCH":
            patches.append(path)
            return ("401 Unauthorized", b'{"code": 1200}') if len(patches) == 3 else None
        return None

    server.before = before
    steering = steer(client, "suspend", chosen, parallelism=1)
    assert (len(steering.done), len(steering.failed), len(steering.not_attempted)) == (2, 1, 2)
    assert steering.exit_code == 8
    assert [one.id for one in steering.not_attempted] == [one.id for one in chosen[3:]]
    assert "not attempted (cannot suspend instance" in render_text(steering, color=False)


def test_a_lost_answer_is_settled_by_looking(server: Server, client: AutomationClient) -> None:
    definition = waiting(client, 2)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    swallowed: list[str] = []

    def before(method: str, path: str) -> tuple[str, bytes] | None:
        if method != "PATCH" or swallowed:
            return None
        swallowed.append(path)
        client.command(definition, chosen[0].id, "terminate")  # the server did it; its answer is lost on the way
        return "502 Bad Gateway", b""

    server.before = before
    steering = steer(client, "terminate", chosen, parallelism=1)
    assert [one.note for one in steering.done] == ["the answer was lost; it was found to be done", ""]
    assert steering.exit_code == 0


def test_what_has_ended_meanwhile_counts_as_ended(client: AutomationClient) -> None:
    definition = waiting(client, 1)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    client.command(definition, chosen[0].id, "terminate")
    steering = steer(client, "terminate", chosen)
    assert [(one.status, one.note) for one in steering.done] == [("Terminated", "it was so already")]
    resumed = steer(client, "resume", chosen)
    assert (resumed.done, resumed.exit_code) == ((), 1)


@pytest.mark.parametrize("command", ["suspend", "resume"])
def test_one_that_ended_is_told_how_and_when_and_not_to_check_its_id(
    server: Server, client: AutomationClient, command: InstanceCommand
) -> None:
    definition = waiting(client, 1)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    client.command(definition, chosen[0].id, "terminate")
    steering = steer(client, command, chosen)
    text = render_text(steering, color=False)
    assert f"{chosen[0].id}: it is Terminated since 2024-03-01T09:00:00Z; " in text
    assert f"an instance that ended cannot be asked to {command}" in text
    assert "Check the id" not in text
    assert f"`deployer runs show {chosen[0].id}` says how it came to its end" in text
    assert steering.exit_code == 1


def test_an_interruption_leaves_a_list_of_what_was_not_touched(client: AutomationClient) -> None:
    definition = waiting(client, 4)
    chosen = find(client, Wanted(definition_id=definition, statuses=("Runnable",)))
    stop = threading.Event()
    steering = steer(client, "suspend", chosen, parallelism=1, stop=stop, progress=lambda done: _set(stop, done == 2))
    assert (len(steering.done), len(steering.not_attempted), steering.exit_code) == (2, 2, 130)


def _set(stop: threading.Event, when: bool) -> None:
    if when:
        stop.set()


def test_a_status_that_a_command_does_nothing_to_is_refused() -> None:
    assert fitting_statuses("terminate", None) == ("Runnable", "Suspended")
    with pytest.raises(ConfigurationError, match="an instance that is Runnable cannot be asked to resume"):
        fitting_statuses("resume", "Runnable")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("6H", 21600), ("2d", 172800), ("1w", 604800)]
)
def test_ages_are_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert read_age(text, option="--older-than") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "d", "-2d", "2 days", "1.5h", "९d", "99999999d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--older-than"):
        read_age(text, option="--older-than")


def test_a_moment_is_an_age_or_a_date() -> None:
    now = datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert read_moment("6h", now=now, option="--since") == now - timedelta(hours=6)
    assert read_moment("2024-01-31", now=now, option="--since") == datetime(2024, 1, 31, tzinfo=UTC)
    for text in ("yesterday", "999999w"):
        with pytest.raises(ConfigurationError, match="--since"):
            read_moment(text, now=now, option="--since")


def test_errors_are_grouped_with_the_remedy_that_the_documents_know() -> None:
    def error(step: str, message: str, at: str) -> InstanceError:
        return InstanceError(instance_id="i", step=step, message=message, at=at)

    faults = grouped(
        [
            error("ask", "Invalid subaccount id.", "1"),
            error("ask", "Invalid subaccount id.", "2"),
            error("call", "the answer was 400 with code: 1002", "3"),
            error("call", "boom", "4"),
        ]
    )
    assert [(fault.step, fault.count, fault.first, fault.last) for fault in faults] == [
        ("ask", 2, "1", "2"), ("call", 1, "3", "3"), ("call", 1, "4", "4"),
    ]  # fmt: skip
    assert faults[0].remedy == "Check every subAccountId: each must belong to the account."
    assert faults[1].remedy is not None
    assert faults[2].remedy is None
