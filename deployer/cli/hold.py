"""`deployer hold`: keys that apply leaves alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches

import click

from deployer.cli.approval import approval, approve
from deployer.cli.flags import with_reason
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import entries_or_none, state_or_last_seen
from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.report.table import table
from deployer.state.log import Entry
from deployer.state.model import Hold


@click.group("hold")
@global_options
def command() -> None:
    """List the keys that apply leaves alone, and release them."""


@record
class _Held:
    key: str
    hold: Hold
    entry: Entry | None
    """Who put it, as far as the state's log tells."""


@command.command("list")
@global_options
@pass_session
def list_command(session: Session, /) -> int:
    """List what is held: key, kind, version, since when, who, why."""
    state = state_or_last_seen(session)
    entries = entries_or_none(session) or () if state.holds else ()
    held = [_Held(key=key, hold=hold, entry=_put(key, hold, entries)) for key, hold in sorted(state.holds.items())]
    if session.json:
        session.show(json.dumps({"version": 1, "holds": [_json(item) for item in held]}, indent=2) + "\n")
        return 0
    rows = [
        (
            item.key, item.hold.kind, str(item.hold.version), item.entry.at if item.entry else "-",
            item.entry.who if item.entry else "-", item.hold.reason,
        )
        for item in held
    ]  # fmt: skip
    lines = table(("key", "kind", "version", "since", "who", "why"), rows) if rows else ["Nothing is held."]
    session.show("\n".join(lines) + "\n")
    return 0


def _put(key: str, hold: Hold, entries: Sequence[Entry]) -> Entry | None:
    """The first entry of the row of holds that this one ends: a second rollback prolongs the first one's."""
    found = None
    for entry in entries:
        if entry.key != key:
            continue
        if entry.action == "release":
            found = None
        elif entry.action == hold.kind:
            found = found or entry
    return found


def _json(item: _Held) -> dict[str, object]:
    return {
        "key": item.key,
        "kind": item.hold.kind,
        "definitionVersion": item.hold.version,
        "badVersions": list(item.hold.bad_versions),
        "since": item.entry.at if item.entry else None,
        "who": item.entry.who if item.entry else None,
        "reason": item.hold.reason,
    }


@command.command("release")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@with_reason
@approval
@global_options
@pass_session
def release_command(
    session: Session, /, *, keys: tuple[str, ...], reason: str | None, auto_approve: bool, confirm: str | None
) -> int:
    """End holds: the next apply compares these keys with their files again."""
    with session.store.session() as opened:
        state = opened.state
        for key in keys:
            if key not in state.holds:
                near = get_close_matches(key, state.holds, 1)
                hint = f"Did you mean `{near[0]}`?" if near else "`deployer hold list` lists what is held."
                raise ConfigurationError(f"`{key}` is not held in `{session.environment.name}`", hint=hint)
        many = f"`{keys[0]}`" if len(keys) == 1 else f"{len(keys)} workflows"
        approve(session, f"release {many}", auto_approve=auto_approve, confirm=confirm)
        entries = []
        for key in keys:
            bound = state.bindings.get(key)
            entries.append(Entry(action="release", key=key, id=bound.id if bound else None, reason=reason))
            state = state.release(key)
        opened.save(state, note=f"release: {', '.join(keys)}", entries=entries)
    if session.json:
        session.show(json.dumps({"version": 1, "released": list(keys)}, indent=2) + "\n")
    else:
        session.show("".join(f"{key} is held no more: the next apply compares it with its file\n" for key in keys))
    return 0
