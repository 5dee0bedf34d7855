"""`deployer graph`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.choosing import read_wants
from deployer.cli.findings import stopped
from deployer.cli.flags import selection
from deployer.cli.options import global_options_with_pictures
from deployer.cli.planning import may_be_hidden
from deployer.cli.session import Session, pass_session
from deployer.cli.stores import read_state
from deployer.errors import ConfigurationError
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.validate import must_be_valid
from deployer.operations.validation import InvalidFiles
from deployer.report.graph.model import Graph

if TYPE_CHECKING:
    from deployer.operations.selection import Chosen

ENDINGS = {"text": ".mmd", "mermaid": ".mmd", "svg": ".svg"}


@click.command("graph")
@selection
@click.option("--diff", is_flag=True, help="Draw what apply would change on the server, or since --base.")
@click.option("--base", metavar="REF", help="Draw what changed since a Git commit, without a server.")
@click.option("--coverage", metavar="FILE", help="Draw what tests reached: FILE is what `test --coverage-out` wrote.")
@click.option("--trace", metavar="CASE", help="Draw the way of one test case, by its name; it is run for that.")
@click.option("--out", metavar="PATH", help="Write to this file; for several workflows to this folder, a file each.")
@global_options_with_pictures
@pass_session
def command(
    session: Session,
    /,
    *,
    selectors: tuple[str, ...],
    exclude: tuple[str, ...],
    diff: bool,
    base: str | None,
    coverage: str | None,
    trace: str | None,
    out: str | None,
) -> int:
    """Draw workflows, what changes in them, or what tests reach of them.

    As text it is a Mermaid flowchart, which GitHub and GitLab draw in Markdown; `--format svg` is a picture that needs
    no other program. In a difference + is added, ~ changed and - removed. Without SEL, a difference is drawn of those
    workflows that differ. Of what tests reach, a tick is what ran and a cross what never did.
    """
    if sum((diff or base is not None, coverage is not None, trace is not None)) > 1:
        raise ConfigurationError("a picture shows a difference, --coverage or --trace; choose one of them")
    try:
        if diff or base is not None:
            graphs = _differences(session, _plan(session, selectors, exclude, base))
        elif trace is not None:
            graphs = _traced(session, selectors, exclude, trace)
        else:
            graphs = _declared(session, selectors, exclude)
        if coverage is not None:
            graphs = _covered(session, graphs, coverage)
    except InvalidFiles as error:
        return stopped(session, error)
    _show(session, graphs, out)
    return 0


def _declared(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...]) -> dict[str, Graph]:
    """Workflows as their files declare them. Mistakes within show in the picture, so they stop nothing."""
    from deployer.operations.desired import desired
    from deployer.report.graph.reading import graph_of

    chosen = _choose(session, selectors, exclude)
    unread = [document.file for document in chosen.documents if not document.ok]
    if unread:
        raise ConfigurationError(f"{unread[0]}: cannot be read", hint=f"`deployer validate {unread[0]}` says why.")
    return {
        workflow.key: graph_of(desired(workflow).template, session.masked)
        for workflow in chosen.loaded.workflows
        if chosen.selected(workflow.key, workflow.file)
    }


def _covered(session: Session, graphs: Mapping[str, Graph], name: str) -> dict[str, Graph]:
    """The same with what tests reached. Raises ConfigurationError for a file that is no coverage."""
    from deployer.operations.reach import read_reach
    from deployer.report.graph.reach import covered, unknown_steps

    try:
        value = json.loads(Path(name).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"--coverage {name}: {error.strerror or 'cannot be read'}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"--coverage {name} is not JSON: {error}") from error
    known = read_reach(value, f"--coverage {name}")
    missing = [key for key in graphs if key not in known]
    if len(missing) == len(graphs):
        raise ConfigurationError(
            f"--coverage {name} knows nothing of `{missing[0]}`", hint="It was measured with other workflows."
        )
    drawn: dict[str, Graph] = {}
    for key, graph in graphs.items():
        if key in missing:
            session.say(f"{key}: {name} knows nothing of it; it is not drawn")
            continue
        new = unknown_steps(graph, known[key])
        if new:
            session.say(f"{key}: {name} is older than step `{new[0]}`; test again for the whole picture")
        drawn[key] = covered(graph, known[key])
    return drawn


def _traced(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...], name: str) -> dict[str, Graph]:
    from deployer.operations.test_run import choose_tests
    from deployer.operations.trace_case import trace_case
    from deployer.report.graph.reach import traced
    from deployer.source.credentials import mask_text

    case = trace_case(choose_tests(session.project, session.environment, selectors, exclude), name)
    graphs = _declared(session, (case.workflow,), ())

    def mask(text: str) -> str:
        return mask_text(session.masked(text))

    return {key: traced(graph, case.trace, case.name, mask) for key, graph in graphs.items()}


def _choose(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...]) -> Chosen:
    from deployer.operations.selection import choose

    return choose(session.project, session.environment, selectors, exclude=exclude, need_files=True)


def _plan(session: Session, selectors: tuple[str, ...], exclude: tuple[str, ...], base: str | None) -> Plan:
    if base is not None:
        from deployer.operations.offline import plan_offline

        chosen = _choose(session, selectors, exclude)
        must_be_valid(session.project, chosen)
        return plan_offline(session.project, session.environment, chosen, base)
    from deployer.operations.prepare import Wishes, plan_environment

    state = read_state(session)
    return plan_environment(
        read_wants(session, selectors, exclude, lambda: state), state, session.gateway, session.secrets.get,
        wishes=Wishes(), project=session.project, environment=session.environment.name,
        may_be_hidden=may_be_hidden(session),
    ).plan  # fmt: skip


def _differences(session: Session, plan: Plan) -> dict[str, Graph]:
    from deployer.report.graph.difference import compare

    for warning in plan.warnings:
        session.say(f"warning: {warning}")
    for gone in plan.fileless:
        session.say(f"{gone.key} has no file; it is not drawn")
    for change in plan.changes:
        if change.held is not None:
            session.say(f"{change.key}: held by {change.held}; it is not compared")
        elif change.refusal is not None:
            session.say(f"{change.key}: {change.refusal.stop}: {change.refusal.message}")
    drawn = [change for change in plan.changes if len(plan.changes) == 1 or _differs(change)]
    if not drawn:
        session.say("Nothing differs.")
    return {change.key: compare(_before(change), change.template, session.masked) for change in drawn}


def _differs(change: Change) -> bool:
    return change.held is None and (change.action is not Action.NOOP or change.refusal is not None)


def _before(change: Change) -> Mapping[str, object] | None:
    """A plan keeps what the server holds only where it differs."""
    return change.template if change.action is Action.NOOP and change.before is None else change.before


def _show(session: Session, graphs: Mapping[str, Graph], out: str | None) -> None:
    output = session.options.format
    if session.json:
        from deployer.report.graph.document import render

        texts = {"": render(graphs)}
    else:
        if out is None and len(graphs) > 1:
            raise ConfigurationError(
                f"{len(graphs)} workflows make {len(graphs)} pictures, and stdout takes one",
                hint="Name one workflow, or a folder with `--out DIR`.",
            )
        texts = {key: _drawn(graph, output) for key, graph in graphs.items()}
    if out is None:
        for text in texts.values():
            session.show(text)
        return
    into_folder = not session.json and (len(texts) > 1 or Path(out).is_dir() or out.endswith("/"))
    taken: set[str] = set()
    for key, text in texts.items():
        path = Path(out) / _name(key, ENDINGS.get(output, ".json"), taken) if into_folder else Path(out)
        _write(path, session.masked(text))
        session.say(f"wrote {path}")


def _drawn(graph: Graph, output: str) -> str:
    if output == "svg":
        from deployer.report.graph import svg

        return svg.render(graph)
    from deployer.report.graph import mermaid

    return mermaid.render(graph)


def _name(key: str, ending: str, taken: set[str]) -> str:
    """A file name that stays in its folder, whatever the key is."""
    stem = re.sub(r"[^\w.-]", "_", key).lstrip(".") or "workflow"
    name, number = stem + ending, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{ending}"
    taken.add(name.lower())
    return name


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(f"--out {path}: cannot be written: {error.strerror}") from error
