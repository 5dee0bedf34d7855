"""What to tell when a request did not do what it was for, and what may be tried next."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from deployer.errors import DeployerError, NotAllowed, Unreachable
from deployer.record import record
from deployer.remote.answer import Answer, Call, Failure, UnusableError
from deployer.remote.errors import Indeterminate, NotFound, Rejected, UnusableAnswer, printable
from deployer.remote.limits import demanded_wait
from deployer.remote.masking import Mask
from deployer.remote.outcome import Outcome, of_status
from deployer.remote.remedies import REMEDIES
from deployer.remote.target import Target

THROTTLED = frozenset({429, 503})


@record
class Setback:
    """One try that did not succeed."""

    outcome: Outcome
    error: DeployerError
    """What to raise if no other try follows."""
    final: bool = False
    """Another try would end the same way."""
    throttled: bool = False
    """429: certainly not processed, and nobody should send for a while."""
    wait: float | None = None
    """Seconds that the server asked for."""


@record
class Complaint:
    """The vendor's error body: `{code, message, errorId, timestamp}`."""

    status: int
    code: int | None
    message: str
    error_id: str | None

    @property
    def source(self) -> str:
        """Where the words come from, for people and for the vendor's support."""
        parts = [f"HTTP {self.status}"]
        if self.code is not None:
            parts.append(f"code {self.code}")
        if self.error_id:
            parts.append(f"error id {self.error_id}")
        return ", ".join(parts)

    @property
    def words(self) -> str:
        """The vendor's sentence and its source."""
        return f"{self.message} ({self.source})" if self.message else self.source


def _plain(content: bytes) -> str:
    """The text of a body that is no JSON; nothing of a web page."""
    return "" if content.lstrip()[:1] in {b"<", b"{", b"["} else content[:4096].decode("utf-8", "replace")


class Judging(Protocol):
    """Says what a try that did not succeed means to one API."""

    def no_answer(self, call: Call, failure: Failure) -> Setback:
        """The connection failed, before or after the request left."""

    def unusable(self, call: Call, problem: UnusableError) -> Setback:
        """A 2xx that is not what the API sends."""

    def refusal(self, call: Call, answer: Answer, now: datetime) -> Setback:
        """Any answer but a 2xx."""


class Judge:
    """Turns tries into setbacks; knows the target so that remedies can name it."""

    def __init__(self, target: Target, host: str, mask: Mask, *, keyless: bool = False) -> None:
        """`keyless`: requests carry no API key; a server on this machine may not ask for one."""
        self._target = target
        self._host = host
        self._mask = mask
        self._keyless = keyless

    def no_answer(self, call: Call, failure: Failure) -> Setback:
        """The connection failed, before or after the request left."""
        if failure.outcome is Outcome.NOT_SENT:
            error: DeployerError = Unreachable(
                f"cannot {call.purpose}: {self._host} is not reachable: {failure.reason}",
                hint=failure.hint or "Check the network and `baseUrl` in deployer.yaml.",
            )
        else:
            error = self._lost(call, failure.reason)
        return Setback(outcome=failure.outcome, error=error, final=failure.final)

    def unusable(self, call: Call, problem: UnusableError) -> Setback:
        """A 2xx that is not what the API sends."""
        reason = f"{self._host}: {problem}"
        error = UnusableAnswer(f"cannot {call.purpose}: {reason}") if call.method == "GET" else self._lost(call, reason)
        return Setback(outcome=Outcome.INDETERMINATE, error=error, final=problem.final)

    def refusal(self, call: Call, answer: Answer, now: datetime) -> Setback:
        """Any answer but a 2xx."""
        said = self.complaint(answer)
        wait = demanded_wait(answer.headers, said.message, now) if answer.status in THROTTLED else None
        if answer.status == 429:
            error: DeployerError = Unreachable(f"cannot {call.purpose}: {said.words}")
            return Setback(outcome=Outcome.REFUSED, error=error, throttled=True, wait=wait)
        if 300 <= answer.status < 400:
            return self._redirect(call, answer)
        if of_status(answer.status) is Outcome.REFUSED:
            return Setback(outcome=Outcome.REFUSED, error=self._refused(call, said), final=True)
        return Setback(outcome=Outcome.INDETERMINATE, error=self._lost(call, f"{self._host}: {said.words}"), wait=wait)

    def complaint(self, answer: Answer) -> Complaint:
        """Read an error body, whatever it is; texts are printable and without the key."""
        try:
            value = json.loads(answer.content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            value = None
        source: dict[str, object] = value if isinstance(value, dict) else {"message": _plain(answer.content)}
        code = source.get("code")
        return Complaint(
            status=answer.status,
            code=code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**9 else None,
            message=self._clean(source.get("message")),
            error_id=self._clean(source.get("errorId"), limit=64) or None,
        )

    def _clean(self, value: object, *, limit: int = 300) -> str:
        return printable(self._mask(value), limit=limit) if isinstance(value, str) else ""

    def _redirect(self, call: Call, answer: Answer) -> Setback:
        try:
            host = urlsplit(answer.headers.get("location", "")).hostname
        except ValueError:
            host = None
        elsewhere = self._clean(host or "", limit=100) or "an unnamed place"
        reason = f"{self._host} redirects to {elsewhere} (HTTP {answer.status}), and redirects are not followed"
        error = UnusableAnswer(f"cannot {call.purpose}: {reason}") if call.method == "GET" else self._lost(call, reason)
        return Setback(outcome=Outcome.INDETERMINATE, error=error, final=True)

    def _lost(self, call: Call, reason: str) -> DeployerError:
        if call.method == "GET":
            return Unreachable(f"cannot {call.purpose}: {reason}", hint="Try again; nothing is changed by reading.")
        return Indeterminate(f"nobody knows whether the request to {call.purpose} was carried out: {reason}")

    def _refused(self, call: Call, said: Complaint) -> DeployerError:
        account = self._target.account
        if (said.status == 401 or said.code == 1200) and self._keyless:
            return NotAllowed(
                f"cannot {call.purpose}: {self._host} needs an API key, and {self._target.api_key_env} is not set",
                hint=f"Set {self._target.api_key_env} to a key of account {account}.",
            )
        if said.status == 401 or said.code == 1200:
            return NotAllowed(
                f"cannot {call.purpose}: {self._host} does not accept the API key ({said.source})",
                hint=f"Set {self._target.api_key_env} to a key from 8x8 Connect, API keys, of account {account}.",
            )
        if said.status == 403:
            return NotAllowed(
                f"cannot {call.purpose}: the API key may not do this in account {account}: {said.words}",
                hint=REMEDIES.get(
                    said.code or 0, f"Check that `accountId` is the account of {self._target.api_key_env}."
                ),
            )
        if said.status == 407:
            return Unreachable(
                f"cannot {call.purpose}: the proxy asks for a password", hint="Put it into HTTPS_PROXY or HTTP_PROXY."
            )
        if said.status == 404 or said.code == 1300:
            return NotFound(f"cannot {call.purpose}: {said.words}", known_to_vendor=said.code == 1300)
        return Rejected(
            f"cannot {call.purpose}: {self._host} refuses the request: {said.words}",
            status=said.status,
            code=said.code,
            detail=said.message,
            error_id=said.error_id,
            hint=REMEDIES.get(said.code or 0),
        )
