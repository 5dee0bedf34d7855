"""What it means when GitHub does not do what it was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from deployer.errors import DeployerError, NotAllowed, Unreachable
from deployer.remote.answer import Answer, Call, Failure, UnusableError
from deployer.remote.errors import (
    Indeterminate,
    NotFound,
    RateLimitExhausted,
    Rejected,
    UnusableAnswer,
    printable,
)
from deployer.remote.masking import Mask
from deployer.remote.outcome import Outcome, of_status
from deployer.remote.setback import Setback

UNNAMED_WAIT = 60.0
"""Seconds after a secondary rate limit that names none: at least a minute, say "Rate limits for the REST API"."""
_LIMITED = re.compile(r"rate limit|abuse detection", re.IGNORECASE)


class GitHubJudge:
    """Turns tries into setbacks. `budget` is how many seconds of waiting a run allows."""

    def __init__(self, *, host: str, mask: Mask, budget: float) -> None:
        self._host = host
        self._mask = mask
        self._budget = budget

    def no_answer(self, call: Call, failure: Failure) -> Setback:
        """The connection failed, before or after the request left."""
        if failure.outcome is Outcome.NOT_SENT:
            error: DeployerError = Unreachable(
                f"cannot {call.purpose}: {self._host} is not reachable: {failure.reason}",
                hint=failure.hint or "Check the network and GITHUB_API_URL.",
            )
        else:
            error = self._lost(call, failure.reason)
        return Setback(outcome=failure.outcome, error=error, final=failure.final)

    def unusable(self, call: Call, problem: UnusableError) -> Setback:
        """A 2xx that is not what the API sends."""
        reason = f"{self._host}: {problem}"
        error = (
            UnusableAnswer(f"cannot {call.purpose}: {reason}", hint="Check GITHUB_API_URL, and what stands in between.")
            if call.method == "GET"
            else self._lost(call, reason)
        )
        return Setback(outcome=Outcome.INDETERMINATE, error=error, final=problem.final)

    def refusal(self, call: Call, answer: Answer, now: datetime) -> Setback:
        """Any answer but a 2xx."""
        said = self._words(answer)
        wait = asked_wait(answer.status, answer.headers, said, now)
        if wait is not None:
            return self._limited(call, said, wait)
        if 300 <= answer.status < 400:
            reason = f"{self._host} redirects (HTTP {answer.status}), and redirects are not followed"
            error = UnusableAnswer(
                f"cannot {call.purpose}: {reason}",
                hint="A repository that was renamed or moved answers so: use its new name.",
            )
            return Setback(outcome=Outcome.REFUSED, error=error, final=True)
        if of_status(answer.status) is Outcome.REFUSED:
            return Setback(outcome=Outcome.REFUSED, error=self._refused(call, answer.status, said), final=True)
        return Setback(outcome=Outcome.INDETERMINATE, error=self._lost(call, f"{self._host}: {said}"))

    def _limited(self, call: Call, said: str, wait: float) -> Setback:
        if wait > self._budget:
            error: DeployerError = RateLimitExhausted(
                f"cannot {call.purpose}: rate limit exhausted: {self._host} wants {wait:.0f} seconds of waiting, and a "
                f"run allows {self._budget:g}",
                hint="Run it again later.",
            )
            return Setback(outcome=Outcome.REFUSED, error=error, final=True)
        error = Unreachable(f"cannot {call.purpose}: {self._host}: {said}", hint="Run it again later.")
        return Setback(outcome=Outcome.REFUSED, error=error, throttled=True, wait=wait)

    def _lost(self, call: Call, reason: str) -> DeployerError:
        if call.method == "GET" or call.repeatable:
            return Unreachable(f"cannot {call.purpose}: {reason}", hint="Run it again.")
        return Indeterminate(
            f"nobody knows whether the request to {call.purpose} was carried out: {reason}", hint="Run it again."
        )

    def _refused(self, call: Call, status: int, said: str) -> DeployerError:
        if status == 401:
            return NotAllowed(
                f"cannot {call.purpose}: {self._host} does not accept the token: {said}",
                hint="Set GITHUB_TOKEN; in a workflow: `GITHUB_TOKEN: ${{ github.token }}`.",
            )
        if status == 403:
            return NotAllowed(
                f"cannot {call.purpose}: the token may not do this: {said}",
                hint="It needs `permissions: pull-requests: write`; for pull requests from forks GitHub gives none.",
            )
        if status in {404, 410}:
            return NotFound(
                f"cannot {call.purpose}: {said}", known_to_vendor=False,
                hint="Check GITHUB_REPOSITORY and the number; who may not see a repository is told the same.",
            )  # fmt: skip
        return Rejected(f"cannot {call.purpose}: {self._host} refuses it: {said}", status=status, detail=said)

    def _words(self, answer: Answer) -> str:
        """GitHub's message and those of its errors, with the status; printable and without the token."""
        try:
            value = json.loads(answer.content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            value = None
        source = value if isinstance(value, dict) else {}
        errors = source.get("errors")
        messages = [source.get("message")]
        messages += (
            [item.get("message") if isinstance(item, dict) else item for item in errors]
            if isinstance(errors, list)
            else [errors]
        )
        words = ": ".join(item for item in messages if isinstance(item, str))
        shown = printable(self._mask(words), limit=300)
        return f"{shown} (HTTP {answer.status})" if shown else f"HTTP {answer.status}"


def asked_wait(status: int, headers: Mapping[str, str], said: str, now: datetime) -> float | None:
    """Seconds to wait before another try, as "Rate limits for the REST API" explains it; None: it is no rate limit.

    `Retry-After` counts first, then `x-ratelimit-reset` (seconds since 1970) where nothing remains, else a minute.
    """
    if status not in {403, 429, 503}:
        return None
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", after, re.ASCII):
        return float(after)
    if status == 503:
        return None
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() == "0" and re.fullmatch(r"[0-9]{1,12}", reset, re.ASCII):
        return max(0.0, float(reset) - now.timestamp()) + 1.0
    return UNNAMED_WAIT if status == 429 or _LIMITED.search(said) else None
