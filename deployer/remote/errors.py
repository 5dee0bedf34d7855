"""How a request to the Automation API can fail, as the rest of the program meets it.

For a write, the class says whether anything happened: `Unreachable`, `NotAllowed`, `NotFound`,
`Rejected` and `Unsendable` mean "certainly not processed"; `Indeterminate` means "look first".
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from deployer.errors import DeployerError, Unreachable


class NotFound(DeployerError):
    """The server knows no such account, definition or instance (404, vendor code 1300)."""

    hint = "It may have been deleted meanwhile. Check `accountId` and `baseUrl` in deployer.yaml too."

    def __init__(self, message: str, *, known_to_vendor: bool, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.known_to_vendor = known_to_vendor
        """The API itself said so, with its code 1300; otherwise any web server may have answered."""


class Rejected(DeployerError):
    """The server refused the request as it stands; nothing was changed (4xx)."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        detail: str = "",
        error_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        """The vendor's number: 1000 invalid id, 5001 definition not loadable, and others."""
        self.detail = detail
        """The vendor's sentence, without control characters."""
        self.error_id = error_id
        """What the vendor's support asks for."""


class Unsendable(DeployerError):
    """A body that cannot be written as JSON; nothing was sent."""

    hint = "Run `deployer validate`."


class Indeterminate(DeployerError):
    """A write whose answer was lost: it may or may not have been carried out."""

    exit_code: ClassVar[int] = 5
    hint = "Look at the server before you repeat it: `deployer plan` shows what it holds now."


class RateLimitExhausted(Unreachable):
    """The server's rate limit outlasted this run's budget of waiting."""

    hint = "Try again later, or lower `--max-rps` and `--parallelism`."


class UnusableAnswer(Unreachable):
    """Something answered a read, but not with what the Automation API is documented to send."""

    hint = "Check `baseUrl` in deployer.yaml, and whether a proxy or a login page stands in between."


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, *, limit: int = 300) -> str:
    """A stranger's text on one harmless line: no control, bidirectional or invisible characters.

    `limit` counts characters; what is longer ends in an ellipsis.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and " " not in text:
        return text  # ids, by the thousand
    kept = "".join(" " if unicodedata.category(character) in _UNPRINTABLE else character for character in text[:4096])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
