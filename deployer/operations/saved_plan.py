"""A plan as JSON: what a person approves, and what apply holds itself to."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from pathlib import Path as FilePath

from deployer.errors import ConfigurationError
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.prepare import Wishes
from deployer.record import record
from deployer.source.canonical import digest
from deployer.source.references import shown

VERSION = 1
UNLIMITED = 2**31


def plan_json(plan: Plan) -> dict[str, object]:
    """The documented format. It holds no secret: references show as `(secret NAME)`, credentials are masked."""
    return {
        "version": VERSION,
        "environment": plan.environment,
        "account": plan.account,
        "host": plan.host,
        "commit": plan.commit,
        "digest": plan_digest(map(approval_of, plan.pending)),
        "summary": dict(plan.summary),
        "changes": [_change(change) for change in plan.changes],
        "unmanaged": [
            {"id": item.id, "name": item.name, "version": item.version, "status": item.status}
            for item in plan.unmanaged
        ],
        "fileless": [{"key": item.key, "id": item.id, "enabled": item.enabled} for item in plan.fileless],
        "warnings": list(plan.warnings),
    }


def _change(change: Change) -> dict[str, object]:
    entry: dict[str, object] = {
        "key": change.key,
        "action": str(change.action),
        "id": change.id,
        "base": change.base,
        "digest": change.digest,
        "file": change.file,
        "name": change.name,
        "reason": change.reason,
        "sentences": change.sentences(),
        "steps": [
            {
                "id": step.id,
                "op": step.op,
                "path": step.path,
                "before": shown_value(step.before, step.path),
                "after": shown_value(step.after, step.path),
            }
            for step in change.steps
        ],
    }
    if change.refusal is not None:
        entry["refused"] = {
            "why": str(change.refusal.stop),
            "message": change.refusal.message,
            "hint": change.refusal.hint,
        }
    if change.held is not None:
        entry["held"] = change.held
    if change.overwrites:
        entry["overwritesDrift"] = True
    if change.uncompared:
        entry["notCompared"] = sorted(change.uncompared)
    return entry


def shown_value(value: object, path: str) -> object:
    """A value as anybody may see it. `path` tells the field, so that a telling name masks its value."""
    visible = shown(value)
    field = path.rsplit(".", 1)[-1]
    from deployer.source.credentials import mask  # where nothing changes nothing is shown

    masked = mask({field: visible})
    return masked.get(field, visible) if isinstance(masked, Mapping) else visible


@record
class Approval:
    """One approved change: nothing else of the file counts."""

    key: str
    action: str
    digest: str | None
    base: int | None
    id: str | None
    overwrites: bool = field(default=False, compare=False)
    """Drift is overwritten: the reviewed one, since the base has to be the same."""


@record
class Approvals:
    """What a saved plan approves."""

    environment: str
    account: str
    host: str
    changes: Mapping[str, Approval]

    def wishes(self, known_keys: Collection[str]) -> Wishes:
        """The flags without which a new plan would not contain what was approved.

        `known_keys` are those that are bound: a key that is bound no more cannot have drifted.
        The limits of --prune guard against surprises; what a person approved one by one is none.
        """
        ends = {approval.action for approval in self.changes.values()} & {Action.DISABLE, Action.DELETE}
        return Wishes(
            prune=bool(ends),
            prune_delete=Action.DELETE in ends,
            max_prune=UNLIMITED if ends else None,
            overwrite_drift=tuple(
                key for key, approval in self.changes.items() if approval.overwrites and key in known_keys
            ),
        )

    def test(self) -> Callable[[Change], bool]:
        """Whether a freshly planned change is one that was approved."""

        def approved(change: Change) -> bool:
            found = self.changes.get(change.key)
            return found is not None and found == approval_of(change)

        return approved


def approval_of(change: Change) -> Approval:
    """What a person approves who approves this change."""
    return Approval(key=change.key, action=str(change.action), digest=change.digest, base=change.base, id=change.id)


def plan_digest(approvals: Iterable[Approval]) -> str:
    """One digest for all that a plan would do: the state's log says by which plan a version came about."""
    return digest(
        sorted(
            [[item.key, item.action, item.digest, item.base, item.id] for item in approvals],
            key=lambda item: str(item[0]),
        )
    )


def read_approvals(path: FilePath) -> Approvals:
    """Read a saved plan. Raises ConfigurationError that says what is wrong with the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the saved plan cannot be read: {_why(error)}") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: not a saved plan: not JSON", hint="Make one: `plan --out FILE`.") from error
    if not isinstance(value, dict) or not isinstance(value.get("changes"), list):
        raise ConfigurationError(f"{path}: not a saved plan: no list of changes", hint="Make one: `plan --out FILE`.")
    if value.get("version") != VERSION or isinstance(value.get("version"), bool):
        raise ConfigurationError(f"{path}: version {value.get('version')!r} of a saved plan is not known here")
    approvals: dict[str, Approval | None] = {}
    for entry in value["changes"]:
        key, approval = _approval(path, entry)
        if key in approvals:
            raise ConfigurationError(f"{path}: not a saved plan: it has a change of `{key}` twice")
        approvals[key] = approval
    return Approvals(
        environment=str(value.get("environment")),
        account=str(value.get("account")),
        host=str(value.get("host")),
        changes={key: approval for key, approval in approvals.items() if approval is not None},
    )


def _approval(path: FilePath, entry: object) -> tuple[str, Approval | None]:
    """The key, and what is approved of it; None where nothing is."""
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
        raise ConfigurationError(f"{path}: not a saved plan: a change without a key")
    key: str = entry["key"]
    if "refused" in entry or "held" in entry or entry.get("action") == Action.NOOP:
        return key, None
    digest, base, definition_id = entry.get("digest"), entry.get("base"), entry.get("id")
    return key, Approval(
        key=key,
        action=str(entry.get("action")),
        digest=digest if isinstance(digest, str) else None,
        base=base if isinstance(base, int) and not isinstance(base, bool) else None,
        id=definition_id if isinstance(definition_id, str) else None,
        overwrites=entry.get("overwritesDrift") is True,
    )


def _why(error: Exception) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "not UTF-8"
