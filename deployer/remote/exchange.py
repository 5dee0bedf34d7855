"""One request with everything around it: pace, repetition, log.

Its own loop rather than a retry library: who waits is decided by one limiter for all threads, time and chance come in
as arguments, and whether a request may be repeated depends on what happened to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from deployer.record import record
from deployer.remote.answer import Answer, Call, Failure, UnusableError
from deployer.remote.limits import Clock, Limiter, backoff
from deployer.remote.masking import Mask
from deployer.remote.outcome import Outcome, of_status
from deployer.remote.setback import Judging, Setback

T = TypeVar("T")

Send = Callable[[Call], Answer | Failure]
Log = Callable[[str], None]
BeforeSend = Callable[[], None]


def at_once() -> None:
    """Nothing is to be done before a request is sent."""


@record
class Done(Generic[T]):
    """What a successful answer said."""

    value: T


class Exchange:
    """Sends calls until they succeed or must not be repeated."""

    def __init__(
        self,
        *,
        send: Send,
        judge: Judging,
        limiter: Limiter,
        attempts: int,
        clock: Clock,
        random: Callable[[], float],
        log: Log,
        mask: Mask,
    ) -> None:
        self._send = send
        self._judge = judge
        self._limiter = limiter
        self._attempts = attempts
        self._clock = clock
        self._random = random
        self._log = log
        self._mask = mask

    def call(self, call: Call, read: Callable[[Answer], T], before_send: BeforeSend = at_once) -> T:
        """Send `call` and read its answer with `read`, which raises UnusableError for what it cannot use.

        `before_send` is called before each try, after all waiting: what was true before a pause of a minute need
        not be true after it. What it raises ends the call.

        Raises the error of the last try: Unreachable, NotAllowed, NotFound, Rejected, UnusableAnswer (reads),
        Indeterminate (writes).
        """
        tries = throttled = 0
        while True:
            sending = self._limiter.wait(call.purpose)
            before_send()
            result = self._attempt(call, read, tries + throttled + 1)
            self._limiter.answered(sending)
            if isinstance(result, Done):
                return result.value
            if result.throttled:
                throttled += 1
            else:
                tries += 1
            if result.throttled or result.wait is not None:
                self._limiter.pause((result.wait or 0.0) + backoff(throttled or tries, self._random))
            if result.throttled:
                self._limiter.refused(sending)
            if not may_repeat(call, result) or tries >= self._attempts:
                raise result.error
            if not result.throttled and result.wait is None:
                self._clock.sleep(backoff(tries, self._random))

    def _attempt(self, call: Call, read: Callable[[Answer], T], number: int) -> Done[T] | Setback:
        started = self._clock.monotonic()
        answer = self._send(call)
        end = answer.reason if isinstance(answer, Failure) else str(answer.status)
        elapsed = (self._clock.monotonic() - started) * 1000
        self._log(self._mask(f"{call.method} {call.path} -> {end} in {elapsed:.0f} ms (attempt {number})"))
        if isinstance(answer, Failure):
            return self._judge.no_answer(call, answer)
        if of_status(answer.status) is not Outcome.DONE:
            return self._judge.refusal(call, answer, self._clock.now())
        try:
            return Done(value=read(answer))
        except UnusableError as problem:
            return self._judge.unusable(call, problem)


def may_repeat(call: Call, setback: Setback) -> bool:
    """Whether the same request may go out again.

    Reads, and writes that do no more the second time: unless it is pointless, or nobody has the time. Other writes:
    only when it certainly was not processed, because a second POST makes a second definition that answers customers
    twice.
    """
    if setback.final or not call.patient:
        return False
    return call.method == "GET" or call.repeatable or setback.throttled or setback.outcome is Outcome.NOT_SENT
