"""`deployer plan`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from deployer.cli.choosing import choose_workflows, limits, may_be_hidden, selection, speed
from deployer.cli.options import global_options_with_reports
from deployer.cli.planning import planning, show_findings, wishes
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.plan import Plan
from deployer.operations.validate import InvalidFiles, must_be_valid
from deployer.report import plan as report


@click.command("plan")
@selection
@planning
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Save the plan for `apply --plan FILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--offline", is_flag=True, help="Compare with a Git commit instead of the server; needs --base.")
@click.option("--base", metavar="REF", help="The commit that --offline compares with.")
@speed
@global_options_with_reports
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
    parallelism: int,
    max_rps: float | None,
    **flags: object,
) -> int:
    """Show what apply would do, and change nothing."""
    if offline != (base is not None):
        raise ConfigurationError("--offline and --base REF go together")
    session.limits = limits(session, parallelism, max_rps)
    try:
        plan = _offline(session, selectors, exclude, base) if base else _plan(session, selectors, exclude, flags)
    except InvalidFiles as error:
        show_findings(session, error)
        return 1
    if out is not None:
        _save(Path(out), session.masked(report.render_json(plan)))
    session.deliver(partial(_rendered, session, plan))
    if plan.refused:
        return 6
    return 2 if detailed_exitcode and plan.pending else 0


def _rendered(session: Session, plan: Plan, output: str, color: bool) -> str:
    if output == "markdown":
        from deployer.report.markdown.plan import render

        return render(session.masked_data(plan))
    if output == "json":
        return report.render_json(plan)
    return report.render_text(plan, color=color, verbose=session.options.verbose > 0)


def _plan(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...], flags: dict[str, object]) -> Plan:
    from deployer.operations.prepare import plan_environment
    from deployer.source.revision import head_commit

    chosen = choose_workflows(session, selectors, exclude)
    planned = plan_environment(
        session.project, session.environment, chosen, session.store.read(), session.gateway, session.secrets.get,
        wishes=wishes(flags), commit=head_commit(session.project.root), may_be_hidden=may_be_hidden(session),
    )  # fmt: skip
    for settled in planned.settled:
        session.say(f"{settled.key}: {settled.message} (apply will record it)")
    return planned.plan


def _offline(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...], base: str) -> Plan:
    from deployer.operations.offline import plan_offline
    from deployer.operations.selection import choose

    chosen = choose(session.project, session.environment, selectors, exclude=exclude)
    must_be_valid(session.project, chosen)
    return plan_offline(session.project, session.environment, chosen, base)


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--out {path}: cannot be written: {error.strerror}") from error
