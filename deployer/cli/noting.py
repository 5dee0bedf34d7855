"""What was done to instances, for the state's log: after it is done, wherever that can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deployer.cli.session import Session
from deployer.cli.stores import hurry
from deployer.errors import DeployerError
from deployer.operations.steer import Steering, by_definition
from deployer.report.steering import counted
from deployer.source.local import make_local_folder
from deployer.state.aside import Desk
from deployer.state.log import Entry


def note_down(session: Session, entries: Sequence[Entry]) -> str | None:
    """Put entries into the state's log, each with the key that is bound to its definition.

    Where the state cannot be written they go aside and the next run hands them in. Returns the warning that somebody
    has to read then. Raises nothing that would hide what was done.
    """
    try:
        session.learn_secrets()
        hurry(session)
        make_local_folder(session.project.folder(session.environment))
        with Desk(session.store, known=False) as desk:
            keys = {binding.id.lower(): key for key, binding in desk.state.bindings.items()}
            known = [replace(entry, key=keys.get((entry.id or "").lower())) for entry in entries]
            desk.save(desk.state, note="; ".join(_line(entry) for entry in known), entries=known)
    except DeployerError as error:
        return f"it is done, and could not be written into the state's log: {error}"
    if desk.unsaved is not None:
        return f"{desk.unsaved}. {desk.unsaved.hint or ''}".strip()
    if desk.trouble is None:
        return None
    file = session.store.aside
    place = file.relative_to(session.project.root) if file is not None else "this checkout"
    return f"the state's log could not be written ({desk.trouble}): it is kept in {place}; the next run hands it in"


def note_or_warn(session: Session, entries: Sequence[Entry]) -> None:
    """The same; the warning goes to stderr."""
    warning = note_down(session, entries)
    if warning is not None:
        session.say(f"warning: {warning}")


def steering_entries(steering: Steering, filtered: str | None, reason: str | None) -> list[Entry]:
    """One entry a definition: how many were done, failed, not attempted, and by which filter; else their ids."""
    return [
        Entry(
            action=steering.command, id=definition, reason=reason,
            note=f"{counted(part)}: {filtered or ', '.join(one.id for one in part.all)}",
        )
        for definition, part in by_definition(steering).items()
    ]  # fmt: skip


def _line(entry: Entry) -> str:
    return f"{entry.action} {entry.key or entry.id or 'by event'}"
