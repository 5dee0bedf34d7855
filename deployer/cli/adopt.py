"""`deployer adopt`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from deployer.cli.choosing import choose_workflows
from deployer.cli.flags import with_reason
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, Refused
from deployer.operations.adopt import Pairing, pair, pair_by_name
from deployer.operations.desired import Desired, desired
from deployer.operations.proposals import Proposal, propose, rewrite
from deployer.operations.selection import choose
from deployer.operations.validate import must_be_valid
from deployer.operations.validation import InvalidFiles
from deployer.remote.gateway import Definition
from deployer.report import adopt as report
from deployer.source.local import write_file
from deployer.source.project import Environment, Project, open_project, relative_name
from deployer.source.workflow import Workflow
from deployer.state.log import Entry
from deployer.state.model import State


@click.command("adopt")
@click.argument("key", required=False)
@click.argument("definition_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Pair all unbound files with definitions of the same name.")
@click.option("--no-variables", is_flag=True, help="With --all: leave differing values as they are.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@with_reason
@global_options
@pass_session
def command(
    session: Session,
    /,
    *,
    key: str | None,
    definition_id: str | None,
    everything: bool,
    no_variables: bool,
    auto_approve: bool,
    reason: str | None,
) -> int:
    """Bind workflows to definitions that exist already. Nothing is written to the server.

    `adopt KEY ID` binds one; `adopt --all` pairs by exact name, one to one, and asks. Where an account
    holds other values than the files, --all proposes a variable for each, so that the files mean both.
    """
    if everything == (key is not None) or (key is not None and definition_id is None):
        raise ConfigurationError("give KEY and ID, or --all")
    chosen = choose_workflows(session, [key] if key is not None else [])
    try:
        must_be_valid(session.project, chosen)
    except InvalidFiles as error:
        from deployer.cli.findings import stopped

        return stopped(session, error)
    items = {workflow.key: desired(workflow) for workflow in chosen.loaded.workflows}
    proposals: tuple[Proposal, ...] = ()
    pairs: list[tuple[Workflow, Definition]] = []
    with session.store.session() as state:
        if key is not None and definition_id is not None:
            pairing = _one(session, state.state, _item(items, key), definition_id)
        else:
            free = _free(session, state.state)
            pairing = _all(session, state.state, list(items.values()), free)
            if not no_variables:
                pairs = _pairs(chosen.loaded.workflows, pairing, free)
                proposals = propose(session.project, pairs, session.secrets.get, session.secrets.name_of)
        if not session.json:
            session.show(report.render_text(pairing, proposals, color=session.color))
        if proposals and _wanted(session, proposals, auto_approve=auto_approve):
            renewed = _write(session, pairs, proposals)
            pairing = _all(session, state.state, [desired(workflow) for workflow in renewed], free)
        if everything and pairing.paired:
            _ask(session, pairing, auto_approve=auto_approve)
        bound = state.state
        for item in pairing.paired:
            bound = bound.bind(item.key, item.binding)
        if bound != state.state:
            state.save(
                bound, note=f"adopt: {', '.join(item.key for item in pairing.paired)}",
                entries=[
                    Entry(action="adopt", key=item.key, id=item.id, version=item.version, reason=reason)
                    for item in pairing.paired
                ],
            )  # fmt: skip
    if session.json:
        session.show(report.render_json(pairing, proposals))
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


def _free(session: Session, state: State) -> list[Definition]:
    bound_ids = {binding.id for binding in state.bindings.values()}
    return [definition for definition in session.gateway.definitions() if definition.id not in bound_ids]


def _pairs(
    workflows: Sequence[Workflow], pairing: Pairing, free: Sequence[Definition]
) -> list[tuple[Workflow, Definition]]:
    by_key = {workflow.key: workflow for workflow in workflows}
    by_id = {definition.id: definition for definition in free}
    return [(by_key[item.key], by_id[item.id]) for item in pairing.paired if item.changes]


def _write(
    session: Session, pairs: Sequence[tuple[Workflow, Definition]], proposals: Sequence[Proposal]
) -> Sequence[Workflow]:
    """Write what was proposed, and read the files again."""

    def with_variables(environment: Environment, project: Project) -> Environment:
        return session.environment_of(project, environment.name)

    rewriting = rewrite(session.project, session.environment, pairs, proposals, with_variables)
    for path, text in rewriting.texts.items():
        write_file(path, text, inside=session.project.root)
        session.say(f"written: {relative_name(path)}")
    project = open_project(session.project.root)
    return choose(project, session.environment_of(project, session.environment.name)).loaded.workflows


def _wanted(session: Session, proposals: Sequence[Proposal], *, auto_approve: bool) -> bool:
    if auto_approve:
        return True
    _must_be_a_terminal(session)
    count = f"{len(proposals)} value{'s' if len(proposals) > 1 else ''}"
    return click.confirm(f"Write {count} for each environment into deployer.yaml?", err=True)


def _all(session: Session, state: State, items: list[Desired], free: Sequence[Definition]) -> Pairing:
    unbound = [item for item in items if item.key not in state.bindings]
    return pair_by_name(unbound, free, session.secrets.get)


def _ask(session: Session, pairing: Pairing, *, auto_approve: bool) -> None:
    if auto_approve:
        return
    _must_be_a_terminal(session)
    if not click.confirm(f"Bind {len(pairing.paired)} workflows?", err=True):
        raise Refused("not confirmed; nothing was bound")


def _must_be_a_terminal(session: Session) -> None:
    if session.json or not sys.stdin.isatty():
        raise Refused("adopt asks before it binds, and there is no terminal to ask on", hint="Give `--auto-approve`.")
