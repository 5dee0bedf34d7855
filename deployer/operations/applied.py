"""What a run of apply did, as data."""

from __future__ import annotations

from deployer.operations.plan import Action, Change, Plan
from deployer.operations.settle import Settled
from deployer.operations.smoke_phase import Smoked
from deployer.operations.write import LostUpdate
from deployer.record import record


@record
class Applied:
    """A change that the server took."""

    key: str
    action: Action
    id: str
    name: str
    old_version: int | None
    new_version: int | None
    lost: tuple[LostUpdate, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Failed:
    """A change that was tried and did not go through."""

    key: str
    action: Action
    id: str | None
    version: int | None
    message: str
    hint: str | None
    exit_code: int


@record
class NotAttempted:
    """A change that nothing was sent for."""

    key: str
    action: Action
    id: str | None
    version: int | None
    reason: str


@record
class Result:
    """What a run did."""

    plan: Plan
    applied: tuple[Applied, ...] = ()
    failed: tuple[Failed, ...] = ()
    not_attempted: tuple[NotAttempted, ...] = ()
    not_approved: tuple[Change, ...] = ()
    settled: tuple[Settled, ...] = ()
    warnings: tuple[str, ...] = ()
    """What went wrong beside the changes; the next run looks after it."""
    smoked: tuple[Smoked, ...] = ()
    """First runs of what was applied."""
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The contract of exit codes: 7 wins over 8, and 8 needs something written."""
        if self.interrupted:
            return 130
        if (
            self.not_approved
            or any(item.lost for item in self.applied)
            or any(item.lost for item in self.settled)
            or any(item.lost for item in self.smoked)
            or any(item.exit_code == 7 for item in self.failed)
        ):
            return 7
        refused = bool(self.plan.refused) or not all(item.good for item in self.smoked)
        if self.applied and (self.failed or refused or self.not_attempted):
            return 8
        if self.failed:
            return max(item.exit_code for item in self.failed)
        return 6 if refused else 0
