"""What happened to a request, and whether it goes out again."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import httpx
import pytest

from deployer.errors import DeployerError, NotAllowed, Unreachable
from deployer.remote.client import AutomationClient
from deployer.remote.errors import Indeterminate, NotFound, RateLimitExhausted, Rejected, UnusableAnswer
from deployer.remote.limits import Limits
from deployer.remote.outcome import Outcome, of_error
from tests.remote.fakes import BODY, ID, Scene, Step, answer, complaint, stored

Action = Callable[[AutomationClient], object]
Fault = Callable[[], Step]


def create(client: AutomationClient) -> object:
    return client.create(BODY)


def update(client: AutomationClient) -> object:
    return client.update(ID, BODY)


def delete(client: AutomationClient) -> None:
    client.delete(ID)


def start(client: AutomationClient) -> object:
    return client.start(ID, {})


def suspend(client: AutomationClient) -> None:
    client.command(ID, "60dbe307fe55d99fc083db61", "suspend")


def trigger(client: AutomationClient) -> None:
    client.trigger({})


def read(client: AutomationClient) -> object:
    return client.latest(ID)


WRITES: list[Action] = [create, update, delete, start, suspend, trigger]
ANY_WRITE = pytest.mark.parametrize("action", WRITES)


class Breaking(httpx.SyncByteStream):
    """An answer whose connection dies half way."""

    def __iter__(self) -> object:  # type: ignore[override]
        yield b'{"id": "5870'
        raise httpx.ReadError("[Errno 104] Connection reset by peer")


def page(status: int) -> httpx.Response:
    return httpx.Response(status, content=b"\n<html><body>Bad Gateway</body></html>")


NOT_SENT: list[Fault] = [
    lambda: httpx.ConnectError("[Errno -2] Name or service not known"),
    lambda: httpx.ConnectError("[Errno 111] Connection refused"),
    lambda: httpx.ConnectTimeout("timed out"),
    lambda: httpx.PoolTimeout(""),
    lambda: httpx.ProxyError("502 Bad Gateway"),
]
LOST: list[Fault] = [
    lambda: httpx.ReadTimeout("The read operation timed out"),
    lambda: httpx.WriteTimeout("timed out"),
    lambda: httpx.ReadError("[Errno 104] Connection reset by peer"),
    lambda: httpx.WriteError("[Errno 32] Broken pipe"),
    lambda: httpx.CloseError(""),
    lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
    lambda: httpx.LocalProtocolError("odd"),
    lambda: httpx.Response(200, stream=Breaking()),
    lambda: complaint(500, 2000, "Internal server error"),
    lambda: page(500),
    lambda: page(502),
    lambda: page(503),
    lambda: page(504),
    lambda: answer(408),
    lambda: answer(499),
    lambda: page(200),
]
UNUSABLE: list[Fault] = [
    lambda: httpx.Response(200, content=b""),
    lambda: httpx.Response(201, content=b'{"id": "5870'),
    lambda: httpx.Response(200, content=b"\xff\xfe{}"),
    lambda: httpx.Response(204),
    lambda: answer(200, {}),
    lambda: answer(200, []),
    lambda: answer(200, "ok"),
    lambda: answer(200, {"id": ID}),
    lambda: answer(200, {"version": 2}),
    lambda: answer(200, {"id": ID, "version": "two"}),
    lambda: httpx.Response(200, content=b"[" * 100_000),
    lambda: httpx.Response(200, content=b'{"a":' * 300 + b"1" + b"}" * 300),
    lambda: httpx.Response(200, content=b'{"id": "x", "version": NaN}'),
    lambda: httpx.Response(
        200, content=gzip.compress(b"{}" * 99)[:-9], headers={"content-encoding": "gzip"}, stream=None
    ),
    lambda: httpx.Response(302, headers={"location": "https://login.example.org/?next=1"}),
]


@ANY_WRITE
@pytest.mark.parametrize("fault", NOT_SENT)
def test_a_write_that_was_not_sent_is_tried_again(action: Action, fault: Fault) -> None:
    scene = Scene(fault(), fault(), answer(201, stored()))
    action(scene.client)
    assert len(scene.script.requests) == 3
    assert scene.clock.slept == [0.5, 1.0]


@ANY_WRITE
@pytest.mark.parametrize("fault", NOT_SENT)
def test_a_write_that_never_gets_through_is_unreachable_and_certainly_not_processed(
    action: Action, fault: Fault
) -> None:
    scene = Scene(*(fault() for _ in range(5)))
    with pytest.raises(Unreachable, match=r"automation\.8x8\.com is not reachable") as end:
        action(scene.client)
    assert end.value.exit_code == 5
    assert of_error(end.value) is Outcome.NOT_SENT


@ANY_WRITE
@pytest.mark.parametrize("fault", LOST)
def test_a_write_whose_answer_is_lost_is_never_repeated(action: Action, fault: Fault) -> None:
    scene = Scene(fault(), answer(201, stored()))
    with pytest.raises(Indeterminate, match="nobody knows") as end:
        action(scene.client)
    assert len(scene.script.requests) == 1
    assert of_error(end.value) is Outcome.INDETERMINATE


@pytest.mark.parametrize("action", [create, update])
@pytest.mark.parametrize("fault", UNUSABLE)
def test_a_definition_whose_answer_makes_no_sense_may_have_been_written(action: Action, fault: Fault) -> None:
    scene = Scene(fault(), answer(201, stored()))
    with pytest.raises(Indeterminate):
        action(scene.client)
    assert len(scene.script.requests) == 1


def test_an_update_that_answers_with_another_definition_is_indeterminate() -> None:
    with pytest.raises(Indeterminate, match="another definition"):
        Scene(answer(200, stored("aaaaaaaa-3ddd-4657-b74c-6e17308f5230"))).client.update(ID, BODY)


@ANY_WRITE
@pytest.mark.parametrize(
    "refusal", [lambda: complaint(429, 429, "Quota exceeded. Please try again in 1 second(s)."), lambda: answer(429)]
)
def test_a_write_that_was_throttled_is_tried_again_however_often(action: Action, refusal: Fault) -> None:
    scene = Scene(*(refusal() for _ in range(9)), answer(201, stored()), limits=Limits(max_rps=None, attempts=1))
    action(scene.client)
    assert len(scene.script.requests) == 10


@ANY_WRITE
@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (lambda: complaint(400, 5001, "Workflow name is required."), Rejected),
        (lambda: answer(401), NotAllowed),
        (lambda: answer(403), NotAllowed),
        (lambda: complaint(404, 1300, "Definition not found."), NotFound),
        (lambda: page(404), NotFound),
        (lambda: answer(405), Rejected),
        (lambda: answer(409), Rejected),
        (lambda: answer(413), Rejected),
        (lambda: answer(422), Rejected),
    ],
)
def test_a_write_that_was_refused_is_not_repeated(action: Action, refusal: Fault, kind: type[DeployerError]) -> None:
    scene = Scene(refusal(), answer(201, stored()))
    with pytest.raises(kind) as end:
        action(scene.client)
    assert len(scene.script.requests) == 1
    assert of_error(end.value) is Outcome.REFUSED


@pytest.mark.parametrize("fault", [*NOT_SENT, *LOST, lambda: answer(503), lambda: httpx.Response(200, content=b"[")])
def test_a_read_is_tried_again_whatever_happened(fault: Fault) -> None:
    scene = Scene(fault(), fault(), fault(), fault(), answer(200, [stored()]))
    assert read(scene.client) is not None
    assert scene.clock.slept == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("fault", [*NOT_SENT, *LOST])
def test_a_read_gives_up_as_unreachable(fault: Fault) -> None:
    scene = Scene(*(fault() for _ in range(5)))
    with pytest.raises(Unreachable, match="cannot read definition") as end:
        read(scene.client)
    assert end.value.exit_code == 5
    assert len(scene.script.requests) == 5


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "not a list"),
        ([stored(), 7], "element 2 of the answer is not an object"),
        ([{"version": 1}], "the `id` of element 1"),
        ([{"id": "a\x1b[2J", "version": 1}], "the `id` of element 1"),
        ([{"id": ID}], "the `version` of element 1"),
        ([{"id": ID, "version": True}], "the `version` of element 1"),
        ([{"id": ID, "version": -1}], "the `version` of element 1"),
        ([{"id": ID, "version": "1" * 99}], "the `version` of element 1"),
    ],
)
def test_a_read_with_a_senseless_element_names_it_and_is_not_repeated(value: list[object], says: str) -> None:
    scene = Scene(answer(200, value))
    with pytest.raises(UnusableAnswer, match=says):
        scene.client.definitions()


@pytest.mark.parametrize("action", [read, create, delete])
def test_a_redirect_is_not_followed_and_names_both_hosts(action: Action) -> None:
    scene = Scene(httpx.Response(307, headers={"location": "https://evil.org/api"}))
    with pytest.raises((UnusableAnswer, Indeterminate), match=r"automation\.8x8\.com redirects to evil\.org"):
        action(scene.client)
    assert len(scene.script.requests) == 1


@pytest.mark.parametrize("location", ["", "https://[", "/elsewhere", "https://\x1b]0;evil\x07.org"])
def test_a_redirect_to_nowhere_is_an_error_like_any_other(location: str) -> None:
    redirect = httpx.Response(302, headers=[(b"location", location.encode())])
    with pytest.raises(Unreachable) as end:
        Scene(*[redirect] * 5).client.latest(ID)
    assert "\x1b" not in str(end.value)


def test_after_a_429_the_wait_is_the_servers_plus_jitter() -> None:
    scene = Scene(answer(429, headers={"retry-after": "7"}), answer(200, []))
    read(scene.client)
    assert scene.clock.slept == [pytest.approx(7.5)]


def test_no_single_wait_is_longer_than_a_minute() -> None:
    scene = Scene(answer(429, headers={"retry-after": "3600"}), answer(200, []))
    read(scene.client)
    assert scene.clock.slept == [pytest.approx(60)]


def test_a_read_that_meets_maintenance_waits_as_long_as_the_server_says() -> None:
    scene = Scene(answer(503, headers={"retry-after": "20"}), answer(200, []))
    read(scene.client)
    assert scene.clock.slept == [pytest.approx(20.5)]


def test_a_write_that_meets_maintenance_is_not_repeated_but_everybody_waits() -> None:
    scene = Scene(answer(503, headers={"retry-after": "20"}), answer(200, []))
    with pytest.raises(Indeterminate):
        update(scene.client)
    assert scene.clock.slept == []
    read(scene.client)
    assert scene.clock.slept == [pytest.approx(20.5)]


@pytest.mark.parametrize("action", [read, create, update, delete])
def test_a_rate_limit_that_outlasts_the_budget_ends_the_run_with_exit_5(action: Action) -> None:
    scene = Scene(
        *(answer(429, headers={"retry-after": "30"}) for _ in range(9)), limits=Limits(max_rps=None, budget_seconds=100)
    )
    with pytest.raises(RateLimitExhausted) as end:
        action(scene.client)
    assert end.value.exit_code == 5
    assert of_error(end.value) is Outcome.NOT_SENT
    assert len(scene.script.requests) == 4
    with pytest.raises(RateLimitExhausted):
        read(scene.client)
    assert len(scene.script.requests) == 4


def test_not_sent_and_throttled_may_alternate() -> None:
    scene = Scene(httpx.ConnectError("x"), answer(429), httpx.ConnectTimeout("x"), answer(429), answer(201, stored()))
    assert create(scene.client) is not None


def test_a_lost_answer_after_a_throttled_one_ends_the_repetition() -> None:
    scene = Scene(answer(429), httpx.ReadTimeout("timed out"), answer(201, stored()))
    with pytest.raises(Indeterminate):
        create(scene.client)
    assert len(scene.script.requests) == 2


def test_the_lock_is_looked_at_right_before_each_try_of_a_create_after_all_waiting() -> None:
    full = {"Retry-After": "50"}
    scene = Scene(answer(429, headers=full), answer(429, headers=full), answer(201, stored()))
    looks: list[float] = []
    scene.client.create(BODY, before_send=lambda: looks.append(scene.clock.monotonic()))
    assert len(looks) == 3
    assert looks[2] - looks[0] >= 100


def test_a_create_whose_lock_is_lost_while_it_waits_is_not_sent_again() -> None:
    scene = Scene(answer(429, headers={"Retry-After": "50"}))
    looks = iter((True, False))

    def look() -> None:
        if not next(looks):
            raise NotAllowed("the lock is lost")

    with pytest.raises(NotAllowed, match="the lock is lost"):
        scene.client.create(BODY, before_send=look)
    assert len(scene.script.calls) == 1
