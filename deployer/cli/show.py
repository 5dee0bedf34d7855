"""`deployer show`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import entries_or_none, state_or_none
from deployer.cli.versions import Version, read_version
from deployer.operations.history import MADE, visible
from deployer.report.history import BUILDER
from deployer.report.terminal import safe
from deployer.state.log import Entry


@click.command("show")
@click.argument("key", metavar="KEY[@N]", required=False)
@click.option("--id", "definition_id", metavar="UUID[@N]", help="A definition, in place of KEY.")
@global_options
@pass_session
def command(session: Session, /, *, key: str | None, definition_id: str | None) -> int:
    """Print a definition as the server has it, now or at version N, as YAML. Secrets are masked."""
    session.learn_secrets()
    state = state_or_none(session, needed=definition_id is None)
    found = read_version(session, state, key, definition_id)
    body = visible(found.definition.body, state.bindings.get(found.key or ""))
    entry = _maker(found, entries_or_none(session) or ())
    if session.json:
        session.show(json.dumps(_json(found, body, entry), indent=2, ensure_ascii=False) + "\n")
        return 0
    from deployer.source.writer import write

    session.show("".join(f"# {line}\n" for line in _head(found, entry)) + write(body))
    return 0


def _maker(found: Version, entries: Sequence[Entry]) -> Entry | None:
    """Who made the version, as far as the state's log tells."""
    one = found.definition
    return next(
        (entry for entry in entries if entry.action in MADE and (entry.id, entry.version) == (one.id, one.version)),
        None,
    )


def _head(found: Version, entry: Entry | None) -> list[str]:
    one = found.definition
    which = "the newest" if one.version == found.latest else f"the newest is {found.latest}"
    lines = [f"{safe(found.key or one.name)}: version {one.version} of {safe(one.id)}; {which}"]
    if entry is None:
        return [*lines, f"made in the {BUILDER}, or before the state's log begins"]
    made = f"{entry.action} by {safe(entry.who)} at {safe(entry.at)}"
    lines.append(made + (f", commit {safe(entry.commit)}" if entry.commit else ""))
    return [*lines, f"because: {safe(entry.reason)}"] if entry.reason else lines


def _json(found: Version, body: dict[str, object], entry: Entry | None) -> dict[str, object]:
    one = found.definition
    return {
        "version": 1,
        "key": found.key,
        "id": one.id,
        "name": one.name,
        "definitionVersion": one.version,
        "latestVersion": found.latest,
        "who": entry.who if entry is not None else BUILDER,
        "at": entry.at if entry is not None else None,
        "commit": entry.commit if entry is not None else None,
        "reason": entry.reason if entry is not None else None,
        "body": body,
    }
