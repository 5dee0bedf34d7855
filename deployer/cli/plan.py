"""`deployer plan`."""

from __future__ import annotations

import os
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cache import open_cache
from deployer.cli.choosing import read_wants
from deployer.cli.findings import stopped
from deployer.cli.flags import limits, remembering, selection, speed
from deployer.cli.markdown import in_markdown
from deployer.cli.options import IN_MARKDOWN, global_options_of_plans
from deployer.cli.planning import may_be_hidden, planning, wishes
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import hand_in, read_state
from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.plan import Plan
from deployer.operations.validation import InvalidFiles
from deployer.report import plan as report
from deployer.report.checkup import render_text as render_checks
from deployer.source.project import ProjectError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.finding import Finding
    from deployer.operations.checkup import Checkup
    from deployer.operations.early_list import EarlyList
    from deployer.operations.stored_digests import StoredDigests
    from deployer.report.markdown.plan import Review
    from deployer.state.model import State

    Found = tuple[Plan, Sequence[Finding]]
    """A plan, and what was found in its files."""


@click.command("plan")
@selection
@planning
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Save the plan for `apply --plan FILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--offline", is_flag=True, help="Compare with a Git commit instead of the server; needs --base.")
@click.option("--base", metavar="REF", help="The commit that --offline compares with.")
@click.option("--preflight", is_flag=True, help="Check what the changes depend on, like `doctor`.")
@remembering
@speed
@global_options_of_plans
@pass_session
def command(
    session: Session,
    /,
    *,
    selectors: tuple[str, ...],
    exclude: tuple[str, ...],
    out: str | None,
    detailed_exitcode: bool,
    offline: bool,
    base: str | None,
    preflight: bool,
    no_cache: bool,
    parallelism: int,
    max_rps: float | None,
    **flags: object,
) -> int:
    """Show what apply would do, and change nothing."""
    if offline != (base is not None):
        raise ConfigurationError("--offline and --base REF go together")
    if offline and preflight:
        raise ConfigurationError("--preflight asks the server, and --offline does not")
    try:
        session.limits = limits(session, parallelism, max_rps)
        if base is not None:
            plan, findings = _offline(session, selectors, exclude, base)
        else:
            # Warnings are not remembered, and only these formats show them.
            session.cache = None if no_cache or session.reports_in(*IN_MARKDOWN) else open_cache(os.environ)
            plan, findings = _plan(session, selectors, exclude, flags)
    except (InvalidFiles, ProjectError) as error:
        return stopped(session, error)
    if out is not None:
        _save(Path(out), session.masked(report.render_json(plan)))
    checkup = _preflight(session, plan) if preflight else None
    review = _review(session, plan, findings) if session.reports_in(*IN_MARKDOWN) else None
    session.deliver(partial(_rendered, session, plan, review, checkup))
    if plan.refused:
        return 6
    if checkup is not None and checkup.exit_code:
        return checkup.exit_code
    return 2 if detailed_exitcode and plan.pending else 0


def _review(session: Session, plan: Plan, findings: Sequence[Finding]) -> Review:
    """What a pull request shows beside the plan: warnings, and the conversations of what changes."""
    from deployer.operations.rehearsal import rehearse
    from deployer.report.markdown.plan import Review

    try:
        rehearsal = rehearse(session.project, session.environment, plan.changes)
    except DeployerError as error:  # a plan is worth reading without them, and apply does not need them
        return Review(findings=tuple(findings), problem=str(error))
    return Review(findings=tuple(findings), rehearsal=rehearsal)


def _rendered(
    session: Session, plan: Plan, review: Review | None, checkup: Checkup | None, output: str, color: bool
) -> str:
    if output in IN_MARKDOWN and review is not None:
        from deployer.report.markdown import checkup as checks
        from deployer.report.markdown.plan import document

        more = [] if checkup is None else [checks.table_block(session.masked_data(checkup))]
        return in_markdown(session, document(session.masked_data(plan), session.masked_data(review), more), output)
    if output == "json":
        return report.render_json(plan, checkup=checkup, findings=review.findings if review is not None else None)
    if output == "github":
        return f"{report.closing(plan)}\n"
    text = report.render_text(plan, color=color, verbose=session.options.verbose > 0)
    return text if checkup is None else f"{render_checks(checkup, color=color)}\n{text}"


class _There:
    """What there is beside the files: asked for while those are read, or when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def state(self) -> State:
        """The state as it is at first."""
        return read_state(self._session)

    @cached_property
    def stored(self) -> StoredDigests:
        """What is known of definitions on the server."""
        from deployer.operations.stored_digests import StoredDigests

        gateway = self._session.gateway
        return StoredDigests(self._session.cache, account=gateway.account, host=gateway.host)

    @cached_property
    def early(self) -> EarlyList:
        """The server's list, as far as it was asked for."""
        from deployer.operations.early_list import EarlyList

        return EarlyList(self._session.gateway, self.state, self.stored)

    def ask(self) -> None:
        """Read the state and ask the server. Raises what reading the state raises."""
        self.early.ask()


def _plan(
    session: Session,
    selectors: tuple[str, ...],
    exclude: tuple[str, ...],
    flags: dict[str, object],
) -> Found:
    from deployer.operations.prepare import Planned, on_current_state, plan_environment
    from deployer.source.revision import head_commit

    hand_in(session)
    there = _There(session)
    wants = read_wants(
        session, selectors, exclude, lambda: there.state, session.cache, by_file=True, meanwhile=there.ask
    )
    states = iter([there.state])

    def look(state: State) -> Planned:
        return plan_environment(
            wants, state, session.gateway, session.secrets.get, project=session.project,
            environment=session.environment.name, wishes=wishes(flags), commit=head_commit(session.project.root),
            may_be_hidden=may_be_hidden(session), stored=there.stored, early=there.early,
        )  # fmt: skip

    planned = on_current_state(
        lambda: next(states, None) or session.store.read(),
        look,
        lambda planned: bool(planned.plan.refused or planned.settled),
    )
    there.stored.keep()
    session.pages.keep()
    if planned.state.lock is not None:
        holder = planned.state.lock.get("holder")
        session.say(f"note: the state is locked by {holder}; if that run is at work, the plan is another when it ends")
    for settled in planned.settled:
        session.say(f"{settled.key}: {settled.message} (apply will record it)")
    return planned.plan, planned.findings


def _offline(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...], base: str) -> Found:
    from deployer.operations.offline import plan_offline
    from deployer.operations.selection import choose
    from deployer.operations.validate import must_be_valid

    chosen = choose(session.project, session.environment, selectors, exclude=exclude)
    validation = must_be_valid(session.project, chosen)
    return plan_offline(session.project, session.environment, chosen, base), validation.findings


def _preflight(session: Session, plan: Plan) -> Checkup | None:
    """The checks of `doctor`, for the numbers of what changes; nothing where nothing changes."""
    from deployer.cli.checking import checkup

    pending = {change.key for change in plan.pending}
    if not pending:
        session.say("preflight: nothing changes, so nothing is checked")
        return None
    return checkup(session, keys=pending)


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--out {path}: cannot be written: {error.strerror}") from error
