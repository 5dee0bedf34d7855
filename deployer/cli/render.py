"""`deployer render`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import click

from deployer.cli.flags import selection
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.operations.desired import desired
from deployer.operations.explain import Explanation, explain
from deployer.operations.saved_plan import shown_value
from deployer.operations.selection import choose
from deployer.operations.validate import must_be_valid
from deployer.operations.validation import InvalidFiles
from deployer.report import explanation as report
from deployer.source.workflow import Workflow


@click.command("render")
@selection
@click.option(
    "--explain", "explained", is_flag=True, help="Also say where each setting, variable and secret came from."
)
@global_options
@pass_session
def command(session: Session, /, *, selectors: tuple[str, ...], exclude: tuple[str, ...], explained: bool) -> int:
    """Print the body as it would be sent, secrets masked.

    As text each body is YAML; with --format json all of them are one object, by key.
    """
    from deployer.source.writer import write

    chosen = choose(session.project, session.environment, selectors, exclude=exclude, need_files=True)
    try:
        must_be_valid(session.project, chosen)
    except InvalidFiles as error:
        from deployer.cli.findings import stopped

        return stopped(session, error)
    workflows = [item for item in chosen.loaded.workflows if chosen.selected(item.key, item.file)]
    bodies = {item.key: shown_value(desired(item).template, "") for item in workflows}
    explanation = _explained(session, workflows) if explained else None
    if session.json:
        whole: dict[str, object] = {"version": 1, "bodies": bodies}
        if explanation is not None:
            whole["explain"] = report.as_json(explanation)
        session.show(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        return 0
    if explanation is not None:
        session.show(report.render_text(explanation, color=session.color))
    for key, body in bodies.items():
        if len(bodies) > 1:
            session.show(f"# {key}\n")
        session.show(write(body) if isinstance(body, dict) else "")
    return 0


def _explained(session: Session, workflows: Sequence[Workflow]) -> Explanation:
    name = session.options.env
    chosen_by = None if name is None else "DEPLOYER_ENV" if os.environ.get("DEPLOYER_ENV") == name else "--env"
    return explain(
        session.project, session.environment, workflows, chosen_by=chosen_by, secret_origin=session.secrets.origin
    )
