"""`deployer state`: look at the state, and repair it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

import click

from deployer.cli.flags import with_reason
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, Refused
from deployer.operations.compare import stored_digest
from deployer.operations.desired import secret_paths
from deployer.report.table import table
from deployer.report.terminal import safe
from deployer.state.log import Entry, as_json
from deployer.state.model import Binding, Intent, State, StateSession


@click.group("state")
@global_options
def command() -> None:
    """Look at the state of an environment, and repair it."""


@command.command("show")
@click.argument("key", required=False)
@click.option("--log", "with_log", is_flag=True, help="Also who wrote it, when and why: the log of the state itself.")
@global_options
@pass_session
def show(session: Session, /, *, key: str | None, with_log: bool) -> int:
    """Show bindings, holds, open intents and deletes under way; with KEY, those of one workflow."""
    state = session.store.read()
    entries = session.store.entries() if with_log else ()
    if key is not None:
        state = _only(state, key)
        entries = [entry for entry in entries if entry.key == key]
    if session.json:
        value = _json(state) | ({"log": [as_json(entry) for entry in entries]} if with_log else {})
        session.show(json.dumps(value, indent=2, sort_keys=True) + "\n")
        return 0
    lines = [f"State of {session.environment.name} in {session.store.place}, account {state.account}", ""]
    if state.lock is not None:
        lines += [f"locked by {safe(str(state.lock.get('holder')))}", ""]
    rows = [
        (name, binding.id, str(binding.version), "protected" if binding.protect else "")
        for name, binding in sorted(state.bindings.items())
    ]
    lines += table(("key", "id", "version", ""), rows)
    more = [f"hold: {name}: {hold.kind}: {hold.reason}" for name, hold in sorted(state.holds.items())]
    more += [
        f"open intent: {name}: {intent.action} {intent.id or ''} ("
        + ("an earlier run ended before it knew the outcome)" if intent.maybe_sent else "certainly not sent)")
        for name, intent in sorted(state.intents.items())
    ]
    more += [f"being deleted: {name}: {tomb.id}" for name, tomb in sorted(state.tombstones.items())]
    lines += map(safe, more)
    if with_log:
        lines += ["", "log, the newest first:", *table(_LOG, [_told(entry) for entry in reversed(entries)])]
    session.show("\n".join(lines) + "\n")
    return 0


_LOG = ("when", "who", "what", "key", "version", "commit", "why")


def _told(entry: Entry) -> tuple[str, ...]:
    version = "" if entry.version is None else str(entry.version)
    why = "; ".join(text for text in (entry.reason, entry.note) if text)
    return (entry.at, entry.who, entry.action, entry.key or "", version, (entry.commit or "")[:10], why)


def _only(state: State, key: str) -> State:
    parts = (state.bindings, state.holds, state.intents, state.tombstones)
    if not any(key in part for part in parts):
        raise ConfigurationError(f"the state knows nothing of `{key}`", hint="`deployer state show` lists all.")
    return State(
        account=state.account,
        bindings={name: item for name, item in state.bindings.items() if name == key},
        holds={name: item for name, item in state.holds.items() if name == key},
        intents={name: item for name, item in state.intents.items() if name == key},
        tombstones={name: item for name, item in state.tombstones.items() if name == key},
        lock=state.lock,
    )


def _json(state: State) -> dict[str, object]:
    value = {"version": 1, **asdict(state)}
    # The frozen bodies are for the next run; whoever looks wants to know which keys are open.
    value["intents"] = {
        name: {"action": intent.action, "id": intent.id, "base": intent.base, "maybe_sent": intent.maybe_sent}
        for name, intent in state.intents.items()
    }
    return value


@command.command("resolve")
@click.argument("selectors", nargs=-1, required=True, metavar="KEY...")
@click.option("--adopt", "definition_id", metavar="ID", help="The create did happen: it made this definition.")
@click.option("--absent", is_flag=True, help="The creates did not happen.")
@with_reason
@global_options
@pass_session
def resolve(
    session: Session, /, *, selectors: tuple[str, ...], definition_id: str | None, absent: bool, reason: str | None
) -> int:
    """Settle by hand what an earlier run left open and the server does not show.

    KEY may be a path or a pattern, too: `deployer state resolve '*' --absent` settles all that is open.
    """
    if absent == (definition_id is not None):
        raise ConfigurationError("give --adopt ID or --absent")
    with session.store.session() as opened:
        intents = _open(session, opened.state, selectors)
        if definition_id is None:
            told = _absent(opened, intents, reason)
        elif len(intents) == 1:
            told = _adopted(session, opened, intents[0], definition_id, reason)
        else:
            raise ConfigurationError(
                f"--adopt binds one key, and {len(intents)} are meant", hint="Name each with the ID of its definition."
            )
    session.show(told)
    return 0


def _open(session: Session, state: State, selectors: Sequence[str]) -> list[Intent]:
    """The open intents that are meant. Raises ConfigurationError where a selector means none."""
    from deployer.cli.keys import key_files
    from deployer.source.project import matches

    # Files are needed for paths only: whoever names keys may have none that can be read.
    by_path = any(selector not in state.intents and ("/" in selector or "." in selector) for selector in selectors)
    files = key_files(session) if by_path else {}
    meant: dict[str, Intent] = {}
    for selector in selectors:
        found = {
            key: intent
            for key, intent in sorted(state.intents.items())
            if key == selector or matches(selector, key, files.get(key, ""))
        }
        if not found:
            raise ConfigurationError(
                f"nothing is open for `{selector}`", hint="`deployer state show` lists open intents."
            )
        meant |= found
    return list(meant.values())


def _absent(opened: StateSession, intents: Sequence[Intent], reason: str | None) -> str:
    entries = [Entry(action="resolve", key=intent.key, note="it did not happen", reason=reason) for intent in intents]
    keys = [intent.key for intent in intents]
    opened.save(opened.state.close(*keys), note=f"resolved by hand: {', '.join(keys)} absent", entries=entries)
    return "".join(f"{key}: did not happen; plan again\n" for key in keys)


def _adopted(session: Session, opened: StateSession, intent: Intent, definition_id: str, reason: str | None) -> str:
    now = session.gateway.latest(definition_id)
    if now is None:
        raise Refused(f"the account has no definition {definition_id}", hint="Copy the id from the web builder.")
    key, state = intent.key, opened.state
    taken = [other for other, binding in state.bindings.items() if binding.id == definition_id and other != key]
    if taken:
        raise Refused(f"{definition_id} is bound to `{taken[0]}`", hint="`deployer state show` lists all bindings.")
    places = tuple(secret_paths(intent.body)) if intent.body is not None else ()
    binding = Binding(
        id=now.id, version=now.version, sent=intent.sent or "", stored=stored_digest(now.body, places),
        protect=intent.protect, secret_paths=places,
    )  # fmt: skip
    entry = Entry(action="resolve", key=key, id=definition_id, version=now.version, reason=reason)
    opened.save(
        state.bind(key, binding).close(key), note=f"resolved by hand: {key} {definition_id}", entries=[entry]
    )  # fmt: skip
    return f"{key}: bound to {definition_id}\n"


@command.command("unlock")
@click.option("--force", is_flag=True, help="Break the lock. Only when the run that holds it is certainly over.")
@with_reason
@global_options
@pass_session
def unlock(session: Session, /, *, force: bool, reason: str | None) -> int:
    """Break the lock of a run that died and cannot come back."""
    from deployer.state.git import GitStore

    store = session.store.inner
    if not isinstance(store, GitStore):
        session.show(f"{store.place}: the lock of a state file ends with its process; there is nothing to break\n")
        return 0
    if not force:
        raise ConfigurationError(
            "a lock is broken only with --force",
            hint="A silent run's lock can be taken over after two minutes: `deployer apply --lock-timeout 180`.",
        )
    holder = store.break_lock(reason=reason)
    session.show(f"{store.place}: the lock of {holder} is broken\n" if holder else f"{store.place}: was not locked\n")
    return 0


@command.command("move")
@click.option("--to", "kind", type=click.Choice(["git", "file"]), required=True, help="The back end to move to.")
@with_reason
@global_options
@pass_session
def move(session: Session, /, *, kind: Literal["git", "file"], reason: str | None) -> int:
    """Move the state to another back end."""
    from deployer.cli.stores import open_store

    if session.environment.emulator:
        raise ConfigurationError("the emulator's state stays with its database, in a file")
    source, target = session.store, open_store(session.project, session.environment, kind, mask=session.kept)
    if source.place == target.place:
        session.show(f"the state is in {target.place} already\n")
        return 0
    with source.session() as old, target.session() as new:
        if new.state.bindings and new.state.bindings != old.state.bindings:
            raise Refused(f"{target.place} holds a state of its own", hint="Look at both with `deployer state show`.")
        # Who did what before is known in the new place, too.
        entry = Entry(action="move", note=f"state moved from {source.place}", reason=reason)
        known = [] if target.entries() else source.entries()
        new.save(replace(old.state, lock=None), note=f"moved here from {source.place}", entries=[*known, entry])
        # Left behind with bindings, the old one would be taken for the truth some day.
        old.save(State(account=old.state.account), note=f"moved to {target.place}")
    if kind == "git":
        (session.project.root / source.place).unlink(missing_ok=True)
    session.show(f"moved from {source.place} to {target.place}; commit the change, if there is one\n")
    if session.environment.state not in {"auto", kind}:
        session.say(f"deployer.yaml still says `state: {session.environment.state}`: write `state: {kind}`")
    return 0
