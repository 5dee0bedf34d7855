"""Checks of everything that a run depends on: each by itself, so that one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

from deployer.errors import ConfigurationError, DeployerError
from deployer.record import record


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"
    """Nothing could be found out, for a reason that another check reports or that is no fault."""


@record
class Check:
    """What one look found."""

    name: str
    verdict: Verdict
    message: str
    remedy: str | None = None
    exit_code: int = 0
    """Of an error: what a command that runs into it ends with."""


Look = Callable[[], Iterable[Check]]
"""Looks at one thing. What it raises becomes an error of its check."""


@record
class Checkup:
    """All checks, in the order in which one builds on the other."""

    checks: tuple[Check, ...]

    def count(self, verdict: Verdict) -> int:
        """How many ended so."""
        return sum(check.verdict is verdict for check in self.checks)

    @property
    def exit_code(self) -> int:
        """That of the first error: what comes after it may only be its consequence."""
        return next((check.exit_code for check in self.checks if check.verdict is Verdict.ERROR), 0)


def examine(looks: Sequence[tuple[str, Look]], *, parallelism: int = 8) -> Checkup:
    """Take all looks, several at once; a slow one holds up no other."""
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="check") as pool:
        found = pool.map(lambda look: _take(*look), looks)
        return Checkup(checks=tuple(check for checks in found for check in checks))


def _take(name: str, look: Look) -> list[Check]:
    try:
        return list(look())
    except DeployerError as error:
        return [failed(name, error)]
    except Exception as error:  # noqa: BLE001  # told as this check's own failure; the others go on
        return [Check(name=name, verdict=Verdict.ERROR, exit_code=1,
                      message=f"this check failed itself: {type(error).__name__}: {error}",
                      remedy="This is a mistake in deployer; please report it.")]  # fmt: skip


def ok(name: str, message: str) -> Check:
    """All is well."""
    return Check(name=name, verdict=Verdict.OK, message=message)


def skipped(name: str, message: str, remedy: str | None = None) -> Check:
    """Nothing to say, and why."""
    return Check(name=name, verdict=Verdict.SKIPPED, message=message, remedy=remedy)


def warning(name: str, message: str, remedy: str) -> Check:
    """It works, and will not for long, or not as somebody thinks."""
    return Check(name=name, verdict=Verdict.WARNING, message=message, remedy=remedy)


def wrong(name: str, message: str, remedy: str, *, exit_code: int = 1) -> Check:
    """It does not work."""
    return Check(name=name, verdict=Verdict.ERROR, message=message, remedy=remedy, exit_code=exit_code)


def failed(name: str, error: DeployerError) -> Check:
    """An error as a check."""
    return wrong(name, str(error), error.hint or "See the message.", exit_code=error.exit_code)


def unless_unset(name: str, error: ConfigurationError) -> Check:
    """Something could not be asked because of a setting, which is the finding of another check."""
    return skipped(name, f"not asked: {error}", error.hint)
