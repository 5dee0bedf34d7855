"""`deployer adopt`."""

from __future__ import annotations

import sys

import click

from deployer.cli.choosing import choose_workflows
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, Refused
from deployer.operations.adopt import Pairing, pair, pair_by_name
from deployer.operations.desired import Desired, desired
from deployer.operations.validate import InvalidFiles, must_be_valid
from deployer.report import adopt as report
from deployer.state.model import State


@click.command("adopt")
@click.argument("key", required=False)
@click.argument("definition_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Pair all unbound files with definitions of the same name.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@global_options
@pass_session
def command(
    session: Session, /, *, key: str | None, definition_id: str | None, everything: bool, auto_approve: bool
) -> int:
    """Bind workflows to definitions that exist already. Nothing is written to the server.

    `adopt KEY ID` binds one; `adopt --all` pairs by exact name, one to one, and asks.
    """
    if everything == (key is not None) or (key is not None and definition_id is None):
        raise ConfigurationError("give KEY and ID, or --all")
    chosen = choose_workflows(session, [key] if key is not None else [])
    try:
        must_be_valid(session.project, chosen)
    except InvalidFiles as error:
        from deployer.cli.planning import show_findings

        show_findings(session, error)
        return 1
    items = {workflow.key: desired(workflow) for workflow in chosen.loaded.workflows}
    with session.store.session() as state:
        if key is not None and definition_id is not None:
            pairing = _one(session, state.state, _item(items, key), definition_id)
        else:
            pairing = _all(session, state.state, list(items.values()))
        if not session.json:
            session.show(report.render_text(pairing, color=session.color))
        if everything and pairing.paired:
            _ask(session, pairing, auto_approve=auto_approve)
        bound = state.state
        for item in pairing.paired:
            bound = bound.bind(item.key, item.binding)
        if bound != state.state:
            state.save(bound, note=f"adopt: {', '.join(item.key for item in pairing.paired)}")
    if session.json:
        session.show(report.render_json(pairing))
    return 6 if pairing.ambiguous and not pairing.paired else 0


def _item(items: dict[str, Desired], key: str) -> Desired:
    if key not in items:
        hint = "`deployer pull --all` writes a file for each definition that has none."
        raise ConfigurationError(f"no workflow has the key `{key}`", hint=hint)
    return items[key]


def _one(session: Session, state: State, item: Desired, definition_id: str) -> Pairing:
    for other, binding in state.bindings.items():
        if binding.id == definition_id and other != item.key:
            raise Refused(f"{definition_id} is bound to `{other}` already", hint=f"`deployer forget {other}` frees it.")
    bound = state.bindings.get(item.key)
    if bound is not None and bound.id != definition_id:
        raise Refused(
            f"`{item.key}` is bound to {bound.id} already",
            hint=f"`deployer forget {item.key}` first; that definition then runs on without a file.",
        )
    now = session.gateway.latest(definition_id)
    if now is None:
        raise Refused(
            f"the account has no definition {definition_id}", hint="`deployer plan -v` lists those without a file."
        )
    return Pairing(paired=(pair(item, now, session.secrets.get),), ambiguous=(), only_files=(), only_server=())


def _all(session: Session, state: State, items: list[Desired]) -> Pairing:
    bound_ids = {binding.id for binding in state.bindings.values()}
    unbound = [item for item in items if item.key not in state.bindings]
    free = [definition for definition in session.gateway.definitions() if definition.id not in bound_ids]
    return pair_by_name(unbound, free, session.secrets.get)


def _ask(session: Session, pairing: Pairing, *, auto_approve: bool) -> None:
    if auto_approve:
        return
    if session.json or not sys.stdin.isatty():
        raise Refused("adopt asks before it binds, and there is no terminal to ask on", hint="Give `--auto-approve`.")
    if not click.confirm(f"Bind {len(pairing.paired)} workflows?", err=True):
        raise Refused("not confirmed; nothing was bound")
