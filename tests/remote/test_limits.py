"""Pace, pauses and the budget of a run."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from deployer.errors import ConfigurationError
from deployer.remote.errors import RateLimitExhausted
from deployer.remote.limits import Limiter, Limits, backoff, demanded_wait
from tests.remote.fakes import START, FakeClock


def test_requests_are_spaced_evenly() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=4), clock)
    for _ in range(5):
        limiter.wait("read")
    assert clock.monotonic() == pytest.approx(1001.0)


def test_without_a_rate_nobody_waits() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=None), clock)
    for _ in range(100):
        limiter.wait("read")
    assert clock.slept == []


def test_a_pause_stops_everybody_and_then_the_pace_holds_again() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=2), clock)
    limiter.pause(10)
    limiter.wait("read")
    assert clock.monotonic() == pytest.approx(1010.0)
    limiter.wait("read")
    assert clock.monotonic() == pytest.approx(1010.5)


def test_a_thread_that_waits_for_its_turn_obeys_a_pause_that_begins_meanwhile() -> None:
    class Interrupting(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 1:
                limiter.pause(30)

    clock = Interrupting()
    limiter = Limiter(Limits(max_rps=1), clock)
    limiter.wait("first")
    limiter.wait("second")
    assert clock.monotonic() >= 1031.0


def test_one_limiter_spaces_all_threads_together() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=10), clock)
    turns: list[float] = []
    lock = threading.Lock()

    class Watching(FakeClock):
        def monotonic(self) -> float:
            return 0.0

        def sleep(self, seconds: float) -> None:
            with lock:
                turns.append(round(seconds, 6))

    limiter = Limiter(Limits(max_rps=10), Watching())
    threads = [threading.Thread(target=limiter.wait, args=("read",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_pauses_that_overlap_count_once_against_the_budget() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=None, budget_seconds=12), clock)
    for _ in range(20):
        limiter.pause(10)
    limiter.wait("read")
    assert clock.monotonic() == pytest.approx(1010.0)


def test_a_run_that_would_wait_longer_than_its_budget_ends_at_once_and_for_everybody() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=None, budget_seconds=50), clock)
    limiter.pause(40)
    limiter.wait("read")
    limiter.pause(20)
    for purpose in ("update a", "update b"):
        with pytest.raises(RateLimitExhausted, match=f"cannot {purpose}: rate limit exhausted.* 50 seconds") as end:
            limiter.wait(purpose)
        assert end.value.exit_code == 5
    assert clock.monotonic() == pytest.approx(1040.0)


def test_a_pause_has_a_floor_so_that_every_budget_ends() -> None:
    limiter = Limiter(Limits(max_rps=None, budget_seconds=1), FakeClock())

    def go_on() -> None:
        for _ in range(20):
            limiter.pause(0)
            limiter.wait("read")

    with pytest.raises(RateLimitExhausted):
        go_on()


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "0"}, "", 0),
        ({"retry-after": "2.5"}, "", 2.5),
        ({"retry-after": "3600"}, "", 60),
        ({"retry-after": "9" * 5000}, "", 60),
        ({"retry-after": "Tue, 05 Mar 2024 12:00:30 GMT"}, "", 30),
        ({"retry-after": "Tue, 05 Mar 2024 13:00:30 +0100"}, "", 30),
        ({"retry-after": "Tue, 05 Mar 2024 12:00:30"}, "", 30),
        ({"retry-after": "Tue, 05 Mar 2024 11:00:00 GMT"}, "", 0),
        ({"retry-after": "Tue, 05 Mar 2099 11:00:00 GMT"}, "", 60),
        ({"retry-after": "soon"}, "Quota exceeded. Please try again in 3 second(s).", 3),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({"retry-after": "٣"}, "", None),
        ({"retry-after": "Tue, 99 Mar 2024 99:00:00 GMT"}, "", None),
        ({"retry-after": "5"}, "Please try again in 30 second(s).", 5),
        ({}, "Quota exceeded. Please try again in 1 second(s).", 1),
        ({}, "try again in 900 seconds", 60),
        ({}, "try again in " + "9" * 400 + " seconds", None),
        ({}, "Quota exceeded.", None),
        ({}, "", None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_read_from_header_or_text(
    headers: Mapping[str, str], text: str, seconds: float | None
) -> None:
    assert demanded_wait(headers, text, START) == seconds


def test_backoff_doubles_its_range_up_to_a_minute_and_is_fully_jittered() -> None:
    assert [backoff(number, lambda: 1.0) for number in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(10_000, lambda: 1.0) == 60
    assert backoff(5, lambda: 0.0) == 0


@pytest.mark.parametrize(
    "build",
    [
        lambda: Limits(max_rps=0),
        lambda: Limits(max_rps=-1),
        lambda: Limits(max_rps=float("nan")),
        lambda: Limits(max_rps=float("inf")),
        lambda: Limits(parallelism=0),
        lambda: Limits(parallelism=65),
        lambda: Limits(attempts=0),
        lambda: Limits(budget_seconds=-1),
        lambda: Limits(budget_seconds=float("nan")),
    ],
)
def test_limits_that_make_no_sense_are_refused(build: type[Limits]) -> None:
    with pytest.raises(ConfigurationError):
        build()


class Server:
    """Takes so many requests within any second; what it refuses does not count."""

    def __init__(self, limit: int, clock: FakeClock) -> None:
        self._limit, self._clock = limit, clock
        self.taken: list[float] = []
        self.refused = 0

    def takes(self) -> bool:
        now = self._clock.monotonic()
        if sum(now - moment < 1.0 for moment in self.taken) >= self._limit:
            self.refused += 1
            return False
        self.taken.append(now)
        return True


@pytest.mark.parametrize("limit", [1, 3, 20, 50])
def test_the_first_refusal_teaches_how_many_are_too_many(limit: int) -> None:
    clock = FakeClock()
    server, limiter = Server(limit, clock), Limiter(Limits(max_rps=500), clock)
    for _ in range(limit * 10):
        while True:
            sending = limiter.wait("try")
            if server.takes():
                break
            limiter.pause(1.0)
            limiter.refused(sending)
    assert server.refused == 1
    seconds = server.taken[-1] - server.taken[0]
    assert limit * 10 / (seconds + 1) >= limit * 0.85  # of ten seconds the pause is one


def test_a_limit_that_is_never_met_changes_nothing() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=10), clock)
    for _ in range(11):
        limiter.wait("try")
    assert sum(clock.slept) == pytest.approx(1.0)


def test_requests_that_were_in_flight_together_teach_together() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=1000), clock)
    sent = [limiter.wait("try") for _ in range(25)]
    for late in sent[-5:]:  # five of them were refused, twenty taken
        limiter.pause(1.0)
        limiter.refused(late)
    before = limiter.wait("try")
    after = limiter.wait("try")
    assert after.moment - before.moment == pytest.approx(1 / 20, rel=0.05)


def test_a_request_that_was_held_up_on_its_way_keeps_the_later_ones_a_second_behind() -> None:
    clock = FakeClock()
    server, limiter = Server(20, clock), Limiter(Limits(max_rps=500), clock)
    for number in range(200):
        while True:
            sending = limiter.wait("try")
            clock.sleep(0.04 if number % 30 == 25 else 0.001)  # a busy machine, a slow connection
            came = server.takes()
            clock.sleep(0.01)
            limiter.answered(sending)
            if came:
                break
            limiter.pause(1.0)
            limiter.refused(sending)
    assert server.refused == 1


def test_a_slow_answer_does_not_pass_for_a_slow_way_without_end() -> None:
    clock = FakeClock()
    limiter = Limiter(Limits(max_rps=500), clock)
    limiter.answered(limiter.wait("try"))
    slow = limiter.wait("try")
    limiter.pause(1.0)
    limiter.refused(limiter.wait("try"))
    clock.sleep(30)
    limiter.answered(slow)
    first, second = limiter.wait("try"), limiter.wait("try")
    assert second.moment - first.moment <= 2.1
