"""What to do about an error of the platform: by its number, else by the words of its sentence."""

from __future__ import annotations

import re

REMEDIES: dict[int, str] = {
    429: "More requests came than the account may send in a second; lower `--max-rps`, or wait.",
    1000: "Check the id: definitions have UUIDs, as in the web builder's address bar; "
    "instances have letters and digits, as in `deployer runs list`.",
    1001: "Check every subAccountId: each must belong to the account.",
    1002: "A value has a form that the platform does not take; `deployer validate` may name it.",
    1200: "The API key was not accepted; make one in 8x8 Connect, API keys.",
    1201: "This depends on how the account is set up; ask 8x8 whether it is enabled for it.",
    1300: "It may have been deleted meanwhile; check the id and the account.",
    2000: "The platform failed; try again, and give 8x8's support the error id if it stays.",
    4018: "Check the job id: it is the one that the start of the export answered.",
    5001: "Run `deployer validate`. If it finds nothing, the sentence is a rule of the platform's own.",
}
"""By the vendor's code, as far as its reference pages explain them."""

_CODE = re.compile(r"""\bcode\W{1,4}([0-9]{3,4})\b""", re.IGNORECASE | re.ASCII)
_PHRASES: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(words, re.IGNORECASE | re.ASCII), code)
    for words, code in (
        (r"invalid sub-?account|sub-?account ?id doesn.?t belong", 1001),
        (r"invalid msisdn|not e\.?164", 1002),
        (r"not authenticated", 1200),
        (r"quota exceeded", 429),
        (r"internal server error", 2000),
    )
)
"""An instance's errors are sentences without a number; these are the documented ones."""


def remedy(message: str) -> str | None:
    """The way out of an error that an instance recorded; None for a sentence that the documents do not know."""
    found = _CODE.search(message)
    code = int(found[1]) if found else next((code for words, code in _PHRASES if words.search(message)), None)
    return REMEDIES.get(code) if code is not None else None
