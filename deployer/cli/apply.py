"""`deployer apply`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path

import click

from deployer.cli.approval import approval, approve
from deployer.cli.choosing import read_wants
from deployer.cli.findings import stopped
from deployer.cli.flags import limits, selection, speed, with_reason
from deployer.cli.markdown import in_markdown
from deployer.cli.options import IN_MARKDOWN, global_options_of_plans
from deployer.cli.planning import may_be_hidden, planning, wishes
from deployer.cli.session import Session, pass_session
from deployer.cli.stopping import stopping
from deployer.cli.stores import must_outlive_the_run, read_state
from deployer.errors import ConfigurationError
from deployer.finding import Finding
from deployer.operations.applied import Result
from deployer.operations.apply import SmokeTests, apply_plan, missing_secrets
from deployer.operations.ledger import Purpose
from deployer.operations.plan import Change, Plan
from deployer.operations.prepare import Planned, Wishes, plan_environment
from deployer.operations.saved_plan import Approvals, approval_of, plan_digest, read_approvals
from deployer.operations.smoke import smoke_of
from deployer.operations.validation import InvalidFiles
from deployer.operations.wants import Wants
from deployer.record import record
from deployer.report import plan as plan_report
from deployer.report import result as report
from deployer.source.project import ProjectError
from deployer.source.revision import head_commit
from deployer.state.clock import SystemClock
from deployer.state.failures import StateMoved
from deployer.state.model import StateSession


@click.command("apply")
@selection
@planning
@click.option("--plan", "plan_file", type=click.Path(dir_okay=False), metavar="FILE",
              help="Make only the changes that this saved plan approves.")  # fmt: skip
@approval
@click.option("--lock-timeout", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS",
              help="How long to wait for another run's lock.")  # fmt: skip
@click.option("--no-smoke", is_flag=True, help="Make no smoke tests.")
@speed
@with_reason
@global_options_of_plans
@pass_session
def command(
    session: Session,
    /,
    *,
    selectors: tuple[str, ...],
    exclude: tuple[str, ...],
    plan_file: str | None,
    auto_approve: bool,
    confirm: str | None,
    lock_timeout: float,
    parallelism: int,
    max_rps: float | None,
    reason: str | None,
    no_smoke: bool,
    **flags: object,
) -> int:
    """Make the server match the files.

    Plans first, shows the plan and asks. Each change becomes a new version on the server.
    """
    asking = wishes(flags)
    try:
        session.limits = limits(session, parallelism, max_rps)
        must_outlive_the_run(session.store, session.environment)
        approvals = _approvals(session, plan_file)
        if approvals is not None:
            asking = asking.joined(approvals.wishes(session.store.read().bindings))
        seen = read_state(session)
        wants = read_wants(session, selectors, exclude, lambda: seen)
    except (InvalidFiles, ProjectError) as error:
        return stopped(session, error)
    request = _Request(
        wants=wants, wishes=asking, approvals=approvals, auto_approve=auto_approve, confirm=confirm,
        parallelism=parallelism, reason=reason, smoke=not no_smoke,
    )  # fmt: skip
    for attempt in range(3):
        try:
            with session.store.session(timeout=lock_timeout) as state:
                return _apply(session, state, request)
        except StateMoved:
            # Another run was faster and this one has written nothing: plan anew, unless a person saw the old plan.
            if attempt == 2 or (request.shown.is_set() and not auto_approve):
                raise
            session.say("another run changed the state meanwhile; planning anew")
    raise AssertionError("the loop returns or raises")


@record
class _Request:
    """What the user asked for."""

    wants: Wants
    wishes: Wishes
    approvals: Approvals | None
    auto_approve: bool
    confirm: str | None
    parallelism: int
    reason: str | None
    smoke: bool
    shown: threading.Event = field(default_factory=threading.Event)
    """Whether a plan was shown already."""


def _apply(session: Session, state: StateSession, request: _Request) -> int:
    planned = plan_environment(
        request.wants, state.state, session.gateway, session.secrets.get, wishes=request.wishes,
        project=session.project, environment=session.environment.name, commit=head_commit(session.project.root),
        may_be_hidden=may_be_hidden(session),
    )  # fmt: skip
    if planned.plan.refused:
        # What another run made since the state was read looks like somebody else's.
        state.confirm()
    return _carry_out(session, state, planned, request)


def _carry_out(session: Session, state: StateSession, planned: Planned, request: _Request) -> int:
    plan = planned.plan
    # Said before it is saved: a run that dies in between says it twice, never not at all.
    for settled in planned.settled:
        session.say(f"{settled.key}: {settled.message}")
    if planned.state != state.state:
        state.save(
            planned.state, note="settled what an earlier run left open",
            entries=[settled.entry for settled in planned.settled],
        )  # fmt: skip
    approvals = request.approvals
    approved = approvals.test() if approvals is not None else _everything
    pending = [change for change in plan.pending if approved(change)]
    request.shown.set()
    if session.options.format == "text":
        session.show(plan_report.render_text(plan, color=session.color, verbose=session.options.verbose > 0))
    if pending:
        missing_secrets(plan, pending, session.secrets.get)
        approve(
            session, f"write {_changes(len(pending))}", auto_approve=request.auto_approve, confirm=request.confirm,
            hint="Give `--auto-approve`, or `--plan FILE --auto-approve` for a plan that was reviewed.",
        )  # fmt: skip
    with stopping(session) as stop:
        result = apply_plan(
            plan, session.gateway, state, session.secrets.get, approved=approved,
            promised=approvals.changes if approvals is not None else (), parallelism=request.parallelism, stop=stop,
            progress=_progress(session, len(pending)), settled=planned.settled, say=session.say,
            purpose=_purpose(plan, approvals, request.reason),
            tests=_tests(session, request),
        )  # fmt: skip
    _show(session, result, request.wants.findings, wrote=bool(pending))
    return result.exit_code


def _tests(session: Session, request: _Request) -> SmokeTests | None:
    smokes = {workflow.key: smoke for workflow in request.wants.workflows if (smoke := smoke_of(workflow)) is not None}
    if not smokes or not request.smoke:
        return None
    return SmokeTests(smokes=smokes, runs=session.gateway, clock=SystemClock())


def _purpose(plan: Plan, approvals: Approvals | None, reason: str | None) -> Purpose:
    approved = approvals.changes.values() if approvals is not None else map(approval_of, plan.pending)
    return Purpose(plan=plan_digest(approved), reason=reason)


def _everything(_change: Change) -> bool:
    return True


def _approvals(session: Session, plan_file: str | None) -> Approvals | None:
    if plan_file is None:
        return None
    approvals = read_approvals(Path(plan_file))
    environment = session.environment
    if (approvals.environment, approvals.account) != (environment.name, environment.account):
        raise ConfigurationError(
            f"{plan_file} was made for environment `{approvals.environment}` (account {approvals.account}), "
            f"not for `{environment.name}` (account {environment.account})",
            hint=f"Use `--env {approvals.environment}`, or plan again.",
        )
    if approvals.host != session.gateway.host:
        raise ConfigurationError(f"{plan_file} was made for {approvals.host}, not for {session.gateway.host}")
    return approvals


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"


def _progress(session: Session, total: int) -> Callable[[str, Change], None]:
    if session.options.quiet or not sys.stderr.isatty() or total == 0:
        return lambda _event, _change: None
    lock, done = threading.Lock(), [0]

    def tell(event: str, change: Change) -> None:
        with lock:
            if event == "done":
                done[0] += 1
                click.echo(f"\r\x1b[K[{done[0]}/{total}] {change.key}", err=True, nl=done[0] == total)

    return tell


def _show(session: Session, result: Result, findings: Sequence[Finding], *, wrote: bool) -> None:
    render = partial(_rendered, session, result, findings)
    if session.options.format != "text":
        session.show(render(session.options.format, False))
    elif wrote or result.not_approved or any(item.lost for item in result.settled):
        session.show("\n" + render("text", session.color))
    session.write_reports(render)


def _rendered(session: Session, result: Result, findings: Sequence[Finding], output: str, color: bool) -> str:
    if output in IN_MARKDOWN:
        from deployer.report.markdown.result import document

        return in_markdown(session, document(session.masked_data(result)), output)
    if output == "json":
        return report.render_json(result, findings)
    return f"{report.closing(result)}\n" if output == "github" else report.render_text(result, color=color)
