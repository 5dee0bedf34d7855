"""The vendor's other services, as far as they tell whether an account and its numbers work."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from deployer.errors import DeployerError
from deployer.remote import reading
from deployer.remote.answer import Answer, Call, UnusableError, parse
from deployer.remote.errors import NotFound, Rejected, printable
from deployer.remote.gateway import Balance, Body, VirtualNumber
from deployer.remote.line import Line, Opener

SMS, VOICE = "sms.8x8.com", "voice.8x8.com"
NOT_PREPAID = "prepaid"
"""In the documented sentence of code 1201, which means other things elsewhere."""

T = TypeVar("T")


class Neighbours:
    """Implements `Services`. Threads may share it; a line is opened by the first call that needs it."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._account = opener.target.account
        self._lines: dict[str, Line] = {}
        self._opening = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        for line in self._lines.values():
            line.wire.close()

    def balance(self) -> Balance | None:
        """See `Services.balance`. Source: the reference page get-account-balance."""
        path = f"/api/v1/accounts/{quote(self._account, safe='')}/balance"
        try:
            return self._get(SMS, path, f"read the balance of account {self._account}", _balance)
        except DeployerError as refusal:
            if NOT_PREPAID in str(refusal).lower() and "1201" in str(refusal):
                return None
            raise

    def virtual_numbers(self, sub_account: str) -> Sequence[VirtualNumber]:
        """See `Services.virtual_numbers`. Source: the reference page get-virtual-numbers."""
        purpose = f"list the virtual numbers of {printable(sub_account, limit=50)}"
        return self._get(VOICE, f"{_numbers_path(sub_account)}", purpose, _numbers)

    def virtual_number(self, sub_account: str, number: str) -> VirtualNumber | None:
        """See `Services.virtual_number`. Source: the reference page check-virtual-number."""
        path = f"{_numbers_path(sub_account)}/{quote(number, safe='')}"
        try:
            return self._get(VOICE, path, f"look up the number {printable(number, limit=20)}", _one_number)
        except NotFound:
            return None
        except Rejected as refusal:
            # The page shows "a bad response" for an unknown number and no status for it.
            if refusal.status == 400 and refusal.code is None:
                return None
            raise

    def _get(self, service: str, path: str, purpose: str, read: Callable[[object], T]) -> T:
        def read_answer(answer: Answer) -> T:
            return read(parse(answer.content))

        return self._line(service).exchange.call(Call(method="GET", path=path, purpose=purpose), read_answer)

    def _line(self, service: str) -> Line:
        with self._opening:
            if service not in self._lines:
                self._lines[service] = self._opener.open(service)
            return self._lines[service]


def _numbers_path(sub_account: str) -> str:
    return f"/api/v1/subaccounts/{quote(sub_account, safe='')}/numbers"


def _balance(value: object) -> Balance:
    source = reading.body(value)
    amount, currency = source.get("balance"), source.get("currency")
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not math.isfinite(amount):
        raise UnusableError("the `balance` of the answer is missing or not a number")
    return Balance(amount=float(amount), currency=currency if isinstance(currency, str) else "")


def _numbers(value: object) -> list[VirtualNumber]:
    return reading.each(reading.body(value).get("numbers") or [], _number)


def _one_number(value: object) -> VirtualNumber | None:
    """The payload; without one the number is not there."""
    payload = reading.body(value).get("payload")
    return _number(payload, "the payload") if payload else None


def _number(value: object, where: str) -> VirtualNumber:
    source = reading.body(value, where)
    msisdn, health = source.get("msisdn"), source.get("numberHealth")
    if not isinstance(msisdn, str):
        raise UnusableError(f"the `msisdn` of {where} is missing or not a text")
    state: Body = reading.body(health) if isinstance(health, dict) else {}
    return VirtualNumber(
        msisdn=msisdn,
        status=_text(source, "operationalStatus"),
        checked=_flag(source, "numberHealthCheckEnabled"),
        healthy=_flag(state, "isHealthy"),
        health=_text(state, "status"),
    )


def _text(source: Body, name: str) -> str | None:
    value = source.get(name)
    return value if isinstance(value, str) else None


def _flag(source: Body, name: str) -> bool | None:
    value = source.get(name)
    return value if isinstance(value, bool) else None
