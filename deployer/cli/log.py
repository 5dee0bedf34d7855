"""`deployer log`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches

import click

from deployer.cli.options import global_options_with_plain_reports
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import entries_or_none, state_or_none
from deployer.errors import ConfigurationError
from deployer.operations.ages import read_moment
from deployer.operations.history import Row, Subject, dated, recent, rows_of, saying, subjects
from deployer.remote.paths import definition_path
from deployer.report import history as report
from deployer.state.log import Entry
from deployer.state.model import State


@click.command("log")
@click.argument("key", required=False)
@click.option("--id", "definition_id", metavar="UUID", help="A definition, in place of KEY.")
@click.option("--since", metavar="TIME", help="Not before: so long ago (6h, 2d), or ISO 8601.")
@click.option("--text", metavar="TEXT", help="Only versions that say this, of all workflows and all drafts.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many.")
@global_options_with_plain_reports
@pass_session
def command(
    session: Session,
    /,
    *,
    key: str | None,
    definition_id: str | None,
    since: str | None,
    text: str | None,
    limit: int,
) -> int:
    """Show who changed what: the state's log and the server's versions, the newest first.

    A version that the log does not know was made in the web builder, before its first instance ran.
    """
    if key is not None and definition_id is not None:
        raise ConfigurationError("give KEY or --id, not both")
    session.learn_secrets()
    begin = None if since is None else read_moment(since, now=datetime.now(UTC), option="--since")
    state, known = state_or_none(session, needed=definition_id is None), entries_or_none(session)
    entries, nobody = known or (), report.BUILDER if known is not None else report.UNKNOWN
    found = _subjects(session, state, entries, key, definition_id, text)
    histories = [rows_of(subject, _of(subject, entries)) for subject in found]
    if key is None and definition_id is None:
        bound = {subject.id for subject in found} | {subject.key for subject in found}
        # What was done to the environment as a whole, and to what is bound no more.
        rest = [entry for entry in entries if entry.id not in bound and (entry.key is None or entry.key not in bound)]
        histories += [[Row(key=entry.key, id=entry.id, version=entry.version, entry=entry, at=entry.moment)]
                      for entry in rest]  # fmt: skip
    if text is not None:
        histories = _saying(state, found, histories, text)
    picked = recent(histories, since=begin)
    left_out = max(0, len(picked) - limit)
    rows = _dated(session, [row for _, row in picked[left_out:]], begin)
    environment, gateway = session.environment.name, session.gateway

    def rendered(output: str, _color: bool) -> str:
        if output == "json":
            return report.render_json(
                rows, environment=environment, account=gateway.account, host=gateway.host, left_out=left_out,
                nobody=nobody,
            )  # fmt: skip
        return report.render_text(
            rows, environment=environment, account=gateway.account, left_out=left_out, text=text, nobody=nobody
        )

    session.deliver(rendered)
    return 0


def _subjects(
    session: Session, state: State, entries: Sequence[Entry], key: str | None, definition_id: str | None,
    text: str | None,
) -> list[Subject]:  # fmt: skip
    if definition_id is not None:
        definition_path(definition_id)  # refuses what is no UUID before anything is asked
        bound = next((one for one, binding in state.bindings.items() if binding.id == definition_id.lower()), None)
        if bound is None:
            versions = {one.version: one for one in session.gateway.history(definition_id)}
            name = versions[max(versions)].name if versions else ""
            return [Subject(
                key=None, id=definition_id, name=name, latest=max(versions, default=None), versions=versions
            )]  # fmt: skip
        key = bound
    if key is not None and key not in state.bindings and all(entry.key != key for entry in entries):
        near = get_close_matches(key, state.bindings, 1)
        hint = f"Did you mean `{near[0]}`?" if near else "`deployer status` lists the keys."
        raise ConfigurationError(f"nothing is known of `{key}` in `{session.environment.name}`", hint=hint)
    if key is not None and key not in state.bindings:
        return [Subject(key=key, id="")]
    keys = [key] if key is not None else sorted(state.bindings)
    found = list(subjects(session.gateway, state, entries, keys=keys, bodies=text is not None))
    return [*found, *_drafts(session, state)] if text is not None and key is None else found


def _drafts(session: Session, state: State) -> list[Subject]:
    """Definitions without a key: they answer customers, too."""
    bound = {binding.id for binding in state.bindings.values()}
    return [
        Subject(key=None, id=one.id, name=one.name, latest=one.version, versions={one.version: one})
        for one in session.gateway.definitions() if one.id not in bound
    ]  # fmt: skip


def _of(subject: Subject, entries: Sequence[Entry]) -> list[Entry]:
    return [
        entry for entry in entries
        if entry.id == subject.id or (subject.key is not None and entry.key == subject.key)
    ]  # fmt: skip


def _saying(state: State, found: Sequence[Subject], histories: Sequence[Sequence[Row]], text: str) -> list[list[Row]]:
    """Only the versions that say a text, each once."""
    kept: list[list[Row]] = []
    for subject, rows in zip(found, histories, strict=False):
        said = {
            version: saying(one.body, text, state.bindings.get(subject.key or ""))
            for version, one in subject.versions.items() if one is not None
        }  # fmt: skip
        made = {row.version: row for row in rows if row.entry is None or row.id == subject.id}
        # The first row of a version is the one that made it; later ones found it there.
        first = {row.version: row for row in reversed(rows) if row.version in made}
        kept.append([
            replace(first[version], says=said[version], current=version == subject.latest)
            for version in sorted(said) if said[version] and version in first
        ])  # fmt: skip
    return kept


def _dated(session: Session, rows: Sequence[Row], begin: datetime | None) -> list[Row]:
    """The newest first, each version of the web builder with the moment of its first instance."""
    gateway = session.gateway
    with ThreadPoolExecutor(max_workers=4) as pool:
        filled = list(pool.map(lambda row: dated(gateway, row, after=None), rows))
    return [row for row in reversed(filled) if begin is None or row.at is None or row.at >= begin]
