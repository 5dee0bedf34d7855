"""What apply would do, as data: changes, refusals, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from deployer.finding import Path
from deployer.operations.diff import StepChange, differences, sentences
from deployer.record import record
from deployer.source.project import PruneLimits
from deployer.state.model import Binding

Template = Mapping[str, object]


class Action(StrEnum):
    """What a change does to its definition."""

    CREATE = "create"
    UPDATE = "update"
    NOOP = "no-op"
    DISABLE = "disable"
    DELETE = "delete"


class Stop(StrEnum):
    """Why a change is refused."""

    DRIFT = "drift"
    CONFLICT = "conflict"
    GONE = "gone"
    AMBIGUOUS = "ambiguous"
    PROTECTED = "protected"
    THRESHOLD = "threshold"
    MOVED = "moved"
    UNREADABLE = "unreadable"
    UNDECIDED = "undecided"


@record
class Refusal:
    """A change that the plan will not make, and the way out."""

    stop: Stop
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One key: from the server towards the files."""

    key: str
    action: Action
    id: str | None
    """The definition; None when creating."""
    base: int | None
    """The version on the server now; None when creating."""
    file: str | None
    """None for a bound key without a file."""
    name: str
    digest: str | None
    """Of the desired template; None when deleting."""
    template: Template | None = field(default=None, repr=False)
    """What to send, secrets as references."""
    before: Template | None = field(default=None, repr=False)
    """What the server holds, in the template's terms; None when creating."""
    applied: Template | None = field(default=None, repr=False)
    """What was applied last; only for conflicts, which are shown three ways."""
    base_stored: str | None = None
    """Digest of the server's body now, secrets and all: the base must still have it at apply. Never stored."""
    reason: str = ""
    refusal: Refusal | None = None
    held: str | None = None
    """Why a hold keeps this key as it is; the change is skipped."""
    secret_places: tuple[Path, ...] = ()
    """Where the server's body holds secrets, for a template that is its own former body and names none."""
    secrets: frozenset[str] = frozenset()
    rotated: frozenset[str] = frozenset()
    uncompared: frozenset[str] = frozenset()
    moved_from: str | None = None
    rebind: Binding | None = None
    """A no-op that the state still has to learn of (equal content at another version, protect)."""
    protect: bool = False
    known_ids: tuple[str, ...] = ()
    """Ids already listed under the name, for a create."""
    lifts_hold: bool = False
    overwrites: bool = False
    """The server moved, and somebody said that the file goes in its place all the same."""

    @cached_property
    def steps(self) -> tuple[StepChange, ...]:
        """What differs, step by step."""
        return differences(self.before, self.template) if self.action is not Action.NOOP or self.refusal else ()

    @property
    def writes(self) -> bool:
        """Whether apply sends a request for it."""
        return self.refusal is None and self.held is None and self.action is not Action.NOOP

    def sentences(self) -> list[str]:
        """What changes, in words."""
        said = sentences(self.steps)
        return said + [f"secret {name} changed" for name in sorted(self.rotated)]


@record
class Options:
    """What the user asked of a plan."""

    selected: Callable[[str, str | None], bool] = lambda _key, _file: True
    """Whether a key (with its file, when it has one) is to be planned."""
    whole: bool = True
    """No selection was given, so the plan speaks of the whole environment."""
    overwrite_drift: Collection[str] = ()
    prune: bool = False
    prune_delete: bool = False
    prune_limits: PruneLimits = field(default_factory=PruneLimits)
    max_prune: int | None = None
    """How many may end, whatever the limits say."""
    unmanaged_ignore: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    """Files whose key nobody knows, because they are broken (and left out of the selection)."""


@record
class Unmanaged:
    """A definition that no file declares."""

    id: str
    name: str
    version: int
    status: str
    trigger: str


@record
class Fileless:
    """A bound key whose file is gone."""

    key: str
    id: str
    name: str
    version: int | None
    """None when the server has no such definition any more."""
    enabled: bool


@record
class Plan:
    """All changes of an environment, and what stands beside them."""

    environment: str
    account: str
    host: str
    commit: str | None
    changes: tuple[Change, ...]
    unmanaged: tuple[Unmanaged, ...] = ()
    fileless: tuple[Fileless, ...] = ()
    """Bound keys without a file that this plan leaves alone."""
    warnings: tuple[str, ...] = ()
    offline: bool = False

    def count(self, action: Action) -> int:
        """How many changes of that kind apply would make."""
        return sum(1 for change in self.changes if change.writes and change.action is action)

    @property
    def summary(self) -> Mapping[str, int]:
        """Counts by action, and of refused and held keys."""
        return {
            "create": self.count(Action.CREATE),
            "update": self.count(Action.UPDATE),
            "disable": self.count(Action.DISABLE),
            "delete": self.count(Action.DELETE),
            "unchanged": sum(
                1 for change in self.changes if change.action is Action.NOOP and not change.refusal and not change.held
            ),
            "refused": len(self.refused),
            "held": sum(1 for change in self.changes if change.held),
            "unmanaged": len(self.unmanaged),
        }

    @property
    def pending(self) -> tuple[Change, ...]:
        """Changes that apply would write."""
        return tuple(change for change in self.changes if change.writes)

    @property
    def refused(self) -> tuple[Change, ...]:
        """Changes that need somebody's decision."""
        return tuple(change for change in self.changes if change.refusal is not None)
