"""What the vendor's other services hold here: virtual numbers and sub-accounts, as settings write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

OperationalStatus = Literal["Active", "Expiring", "Inactive"]

NUMBERS = "none, or virtual numbers such as 6512345678 or 6512345679@acme_voice:unhealthy, with commas between"
SUB_ACCOUNTS = "none, or the ids of sub-accounts, with commas between"

STATES: dict[str, tuple[OperationalStatus, bool | None]] = {
    "active": ("Active", True),
    "unhealthy": ("Active", False),
    "unchecked": ("Active", None),
    "expiring": ("Expiring", True),
    "inactive": ("Inactive", False),
}
"""What stands behind a number's colon: its status, and its health; None where nobody checks that."""

_NUMBER = re.compile(r"\+?([0-9]{7,15})(?:@([A-Za-z0-9\-._&]{3,50}))?(?::([a-z]+))?", re.ASCII)
_SUB_ACCOUNT = re.compile(r"[A-Za-z0-9\-._&]{3,50}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNumber:
    """A number that a sub-account rents for calls."""

    msisdn: str
    """Digits only."""
    sub_account: str | None
    """None: every sub-account has it."""
    status: OperationalStatus
    healthy: bool | None
    """None: its health is not checked."""


@lru_cache(maxsize=16)
def read_numbers(text: str) -> tuple[VirtualNumber, ...]:
    """The numbers of the setting `numbers`. Raises ValueError for what is none."""
    return tuple(_number(word) for word in _words(text))


@lru_cache(maxsize=16)
def read_sub_accounts(text: str) -> frozenset[str] | None:
    """The sub-accounts of the setting; None where every sub-account belongs to the key. Raises ValueError."""
    words = _words(text)
    for word in words:
        if _SUB_ACCOUNT.fullmatch(word) is None:
            raise ValueError(word)
    return frozenset(words) or None


def _words(text: str) -> list[str]:
    return [] if text.strip().lower() == "none" else [word for word in re.split(r"[\s,]+", text.strip()) if word]


def _number(word: str) -> VirtualNumber:
    found = _NUMBER.fullmatch(word)
    state = STATES.get((found[3] or "active") if found is not None else "")
    if found is None or state is None:
        raise ValueError(word)
    return VirtualNumber(msisdn=found[1], sub_account=found[2], status=state[0], healthy=state[1])
