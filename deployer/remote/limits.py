"""How fast, how often, how long: one limiter for all threads of a run."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.remote.errors import RateLimitExhausted

LONGEST_WAIT = 60.0
"""Seconds: no single wait is longer, whatever a server asks for."""
SHORTEST_PAUSE = 0.1
"""Seconds: a pause uses up some of the budget, so that a run ends even where the server asks for none."""


class Clock(Protocol):
    """Time as this room needs it; `sleep` may raise to end a run."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def now(self) -> datetime:
        """The wall clock, with a time zone: `Retry-After` may be a date."""

    def sleep(self, seconds: float) -> None:
        """Wait. Called by several threads at once."""


class SystemClock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@record
class Limits:
    """What a run allows itself."""

    max_rps: float | None = 10.0
    """Requests a second over all threads; None for no limit."""
    parallelism: int = 4
    """Threads that read or write at once."""
    budget_seconds: float = 300.0
    """How long the server's rate limit may stop a run in all."""
    longest_wait: float = LONGEST_WAIT
    """Seconds that a single wait may last, whatever a server asks for."""
    attempts: int = 5
    """Tries of one request. A 429 does not count: the budget bounds those."""
    connect_seconds: float = 10.0
    """How long opening a connection may take."""
    silence_seconds: float = 60.0
    """How long a server may say nothing before its answer counts as lost."""

    def __post_init__(self) -> None:
        if self.max_rps is not None and not 0 < self.max_rps < float("inf"):
            raise ConfigurationError("--max-rps must be a number above 0")
        if not 1 <= self.parallelism <= 64:
            raise ConfigurationError("--parallelism must be between 1 and 64")
        if self.attempts < 1 or not self.budget_seconds >= 0:
            raise ConfigurationError("attempts must be at least 1, and the budget at least 0 seconds")
        if not (self.connect_seconds > 0 and self.silence_seconds > 0):
            raise ConfigurationError("time-outs must be above 0 seconds")


WINDOW = 1.0
"""Seconds that a server's limit counts over, as its own sentence tells."""
HEADROOM = 1.015
"""How much wider than the limit would allow requests are spaced."""
SHIVER = 0.005
"""Seconds by which the same way takes one request longer than another without anybody noticing."""


@dataclass(slots=True)
class Sending:
    """A request on its way."""

    moment: float
    """When it left."""
    late: float = 0.0
    """Seconds that it may have been under way longer than the quickest one, as its answer shows."""


class Limiter:
    """Spaces requests evenly, and stops every thread when the server says "too many".

    No document says how many are too many, so the first refusal teaches it: as many as were taken within the second
    before it. From then on requests are spaced for that many. One that is held up on its way (this machine is busy, a
    connection takes long) comes closer to those after it, so nobody leaves within a second of the one that many
    places before, counted from the latest moment at which that one can have come to the server.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._interval = 0.0 if limits.max_rps is None else 1.0 / limits.max_rps
        self._budget = limits.budget_seconds
        self._longest = limits.longest_wait
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock.monotonic()
        self._open_at = self._next
        self._paused = 0.0
        self._exhausted = False
        self._sent: deque[Sending] = deque(maxlen=1000)
        self._refused: list[float] = []
        self._most: int | None = None
        """How many the server takes in a second, once that is known."""
        self._quickest = float("inf")
        """Seconds between a request and its answer, at best."""

    def wait(self, purpose: str) -> Sending:
        """Return when the calling thread may send: what `answered` and `refused` know the request by.

        Raises RateLimitExhausted once the run has waited enough.
        """
        while True:
            with self._lock:
                self._check(purpose)
                now = self._clock.monotonic()
                closed = now < self._open_at
                if closed:
                    turn = self._open_at  # whose turn it is then depends on what the refusal taught
                else:
                    self._learn()
                    turn = max(self._next, now)
                    self._next = turn + self._interval
            self._sleep_until(turn)
            sending = None if closed else self._leave(purpose, turn)
            if sending is not None:
                return sending

    def _leave(self, purpose: str, turn: float) -> Sending | None:
        """Send now, or as soon as the second that the server counts over has room; None where it said "too many"."""
        while True:
            with self._lock:
                self._check(purpose)
                if self._open_at > turn:
                    return None
                now, free = self._clock.monotonic(), self._free_at()
                if free <= now:
                    sending = Sending(now)
                    self._sent.append(sending)
                    return sending
            self._sleep_until(free)

    def _free_at(self) -> float:
        if self._most is None or len(self._sent) < self._most:
            return float("-inf")
        before = self._sent[-self._most]
        return before.moment + before.late + WINDOW + SHIVER

    def answered(self, sending: Sending) -> None:
        """The server answered that request."""
        with self._lock:
            taken = self._clock.monotonic() - sending.moment
            self._quickest = min(self._quickest, taken)
            # No more than one place in the row: a slow answer is slow work more often than a slow way.
            sending.late = min(taken - self._quickest, self._interval)

    def refused(self, sending: Sending) -> None:
        """The server did not take that request, because there were too many."""
        with self._lock:
            self._refused.append(sending.moment)

    def _learn(self) -> None:
        """Once the pause after a refusal is over, every request of that rush has its answer."""
        if not self._refused:
            return
        begin, end = min(self._refused) - WINDOW, max(self._refused)
        taken = max(1, sum(begin < one.moment <= end for one in self._sent) - len(self._refused))
        self._interval = max(self._interval, HEADROOM * WINDOW / taken)
        self._most = taken if self._most is None else min(self._most, taken)
        self._refused.clear()

    def pause(self, seconds: float) -> None:
        """Stop all threads for `seconds`. Pauses that overlap count once against the budget."""
        with self._lock:
            now = self._clock.monotonic()
            until = now + min(max(seconds, SHORTEST_PAUSE), self._longest)
            added = until - max(now, self._open_at)
            if added <= 0:
                return
            if self._paused + added > self._budget:
                self._exhausted = True
                return
            self._paused += added
            self._open_at = until
            self._next = max(self._next, until)

    def _sleep_until(self, moment: float) -> None:
        wait = moment - self._clock.monotonic()
        if wait > 0:
            self._clock.sleep(wait)

    def _check(self, purpose: str) -> None:
        if self._exhausted:
            raise RateLimitExhausted(
                f"cannot {purpose}: rate limit exhausted: the server wants more waiting than the "
                f"{self._budget:g} seconds that a run allows"
            )


def backoff(number: int, random: Callable[[], float]) -> float:
    """Seconds before try `number` + 1: full jitter over a doubling range, so that runners do not march in step."""
    return random() * min(LONGEST_WAIT, 0.5 * 2.0 ** min(number, 10))


def demanded_wait(headers: Mapping[str, str], text: str, now: datetime) -> float | None:
    """The seconds (0 to 60) that a 429 or 503 asks for, None when it names none.

    Read from `Retry-After` (seconds or an HTTP date), else from the vendor's sentence "Quota exceeded. Please try
    again in 1 second(s).". `headers` has lower-case names.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value, re.ASCII):
        return min(float(value[:12]), LONGEST_WAIT)
    moment = http_date(value)
    if moment is not None:
        return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT)
    match = re.search(r"try again in ([0-9]{1,9})\s*second", text, re.IGNORECASE | re.ASCII)
    return min(float(match[1]), LONGEST_WAIT) if match else None


def http_date(text: str) -> datetime | None:
    """The moment that a header names, None for what is no date."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
