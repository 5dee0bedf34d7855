"""Did the server move since the last apply? And how does everything stand?

Both need the state and the server only, so that broken workflow files never stop them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from deployer.lint.overlap import Listener, overlaps
from deployer.operations.compare import as_template, moved_since, text_at, with_text
from deployer.operations.diff import StepChange, differences
from deployer.operations.plan import Unmanaged
from deployer.operations.remote_view import Remote
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.state.model import Binding, State


class Standing(StrEnum):
    """How a bound definition stands to what was applied last."""

    SYNCED = "in sync"
    EQUAL = "equal content, other version"
    DRIFTED = "drifted"
    GONE = "deleted on the server"
    UNBOUND = "never applied"


@record
class Stand:
    """One key."""

    key: str
    standing: Standing
    id: str
    name: str
    applied_version: int | None
    version: int | None
    status: str
    changes: tuple[StepChange, ...] = ()
    """From the applied version to the server's; empty when the history no longer has the former."""
    file: str | None = None
    hold: str | None = None
    running: int | None = None
    """Instances of any version that run; None where that is not known."""
    running_more: bool = False
    """There may be more of them."""

    @property
    def drifted(self) -> bool:
        """Whether somebody must look at it."""
        return self.standing in {Standing.DRIFTED, Standing.GONE}


@record
class Report:
    """Every key that was asked for."""

    environment: str
    account: str
    host: str
    stands: tuple[Stand, ...]
    unmanaged: tuple[Unmanaged, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[Stand, ...]:
        """The keys whose definition moved."""
        return tuple(stand for stand in self.stands if stand.drifted)


def find_drift(state: State, remote: Remote, selected: Callable[[str], bool]) -> tuple[Stand, ...]:
    """How each bound key stands, with what changed on the server."""
    return tuple(
        _stand(key, binding, state, remote) for key, binding in sorted(state.bindings.items()) if selected(key)
    )


def _stand(key: str, binding: Binding, state: State, remote: Remote) -> Stand:
    now = remote.by_id.get(binding.id)
    hold = state.holds.get(key)
    held = f"{hold.kind}: {hold.reason}" if hold is not None else None
    if now is None:
        return Stand(
            key=key, standing=Standing.GONE, id=binding.id, name="", applied_version=binding.version, version=None,
            status="", hold=held,
        )  # fmt: skip
    same = not moved_since(binding, now, remote.history)
    standing = Standing.DRIFTED
    if same:
        standing = Standing.SYNCED if now.version == binding.version else Standing.EQUAL
    return Stand(
        key=key, standing=standing, id=binding.id, name=now.name, applied_version=binding.version,
        version=now.version, status=status_of(now), hold=held,
        changes=() if same else _changes(binding, now, remote.history(binding.id)),
    )  # fmt: skip


def _changes(binding: Binding, now: Definition, history: Sequence[Definition]) -> tuple[StepChange, ...]:
    applied = next((version for version in history if version.version == binding.version), None)
    return () if applied is None else changes_between(applied, now, binding)


def changes_between(one: Definition, other: Definition, binding: Binding | None) -> tuple[StepChange, ...]:
    """What differs from one version to another; of what stands in the places of secrets, only that it differs."""
    before: object = as_template(one.body)
    after: object = as_template(other.body)
    for path in binding.secret_paths if binding is not None else ():
        differs = text_at(before, path) != text_at(after, path)
        before = with_text(before, path, "(secret)")
        after = with_text(after, path, "(another value)" if differs else "(secret)")
    return differences(_body(before), _body(after))


def _body(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def status_of(definition: Definition) -> str:
    """`enabled` or `disabled`, the documented default."""
    return "enabled" if definition.body.get("status") == "enabled" else "disabled"


def unmanaged_overlaps(listed: Sequence[Definition], names: Mapping[str, str]) -> tuple[str, ...]:
    """Enabled definitions that one event starts together, at least one of them without a file.

    `names` gives the key of an id that a file stands for.
    """
    listeners = [
        Listener(name=definition.id, trigger=trigger, sub_account=account if isinstance(account, str) else None)
        for definition in listed
        if status_of(definition) == "enabled"
        for trigger in (definition.body.get("trigger"),)
        for account in (definition.body.get("subAccountId", definition.body.get("subaccountId")),)
        if isinstance(trigger, str)
    ]
    titles = {definition.id: definition.name for definition in listed}

    def said(listener: Listener) -> str:
        key = names.get(listener.name)
        return f"`{key}`" if key else f"`{titles[listener.name]}` ({listener.name}, no file)"

    return tuple(
        f"{said(left)} and {said(right)} are both started by {left.trigger}: customers are answered twice"
        for left, right in overlaps(listeners)
        if left.name not in names or right.name not in names
    )
