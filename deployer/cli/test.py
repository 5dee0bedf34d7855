"""`deployer test`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.flags import read_flags, selection
from deployer.cli.markdown import in_markdown
from deployer.cli.options import IN_MARKDOWN, global_options_with_tests
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.source.root import existing

if TYPE_CHECKING:
    from deployer.operations.test_run import RunResult


@record
class Request:
    """What the flags ask for."""

    selectors: tuple[str, ...]
    exclude: tuple[str, ...]
    keyword: tuple[str, ...]
    update: bool
    coverage: bool
    coverage_out: str | None
    fail_under: float | None
    jobs: int | None
    allow_http: bool
    watch: bool

    def check(self, output: str) -> None:
        """Raise ConfigurationError where flags contradict each other."""
        if self.watch and (output != "text" or self.update):
            raise ConfigurationError("--watch prints text again and again; it goes with --format text alone, and not "
                                     "with --update")  # fmt: skip


@click.command("test")
@selection
@click.option("-k", "keyword", multiple=True, metavar="TEXT", help="Only cases whose name or workflow holds TEXT.")
@click.option("--update", is_flag=True, help="Take what the cases with `snapshot: true` do as their snapshots.")
@click.option("--coverage", is_flag=True, help="Show the coverage of each workflow and what no case reached.")
@click.option("--coverage-out", metavar="FILE", help="Write the coverage to FILE as JSON, for programs and pictures.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT",
              help="Fail unless steps, branches and expressions are each covered so far.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes; default: as many as are worth it.")
@click.option("--allow-http", is_flag=True, help="Let HTTP requests without a mock leave this machine.")
@click.option("--watch", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@global_options_with_tests
@pass_session
def command(session: Session, /, **flags: object) -> int:
    """Run the test cases of workflows, offline, and measure what they cover.

    SEL is a workflow's key, a path of a workflow or a test file (`*.test.yaml`), or a glob of either. No case sends
    anything: steps get the answers that the case gives them. Exit code 1 when a case fails.
    """
    request = read_flags(Request, flags)
    request.check(session.options.format)
    return _watch(session, request) if request.watch else _run(session, request)


def _run(session: Session, request: Request) -> int:
    from deployer.operations.case_run import Wishes
    from deployer.operations.test_run import choose_tests, run_tests

    tests = choose_tests(session.project, session.environment, request.selectors, request.exclude)
    wishes = Wishes(
        keyword=request.keyword,
        update=request.update,
        conversations=session.reports_in(*IN_MARKDOWN),
        allow_http=request.allow_http,
    )
    tested = run_tests(tests, wishes, jobs=request.jobs)
    if request.keyword and not tested.cases and not tested.findings:
        raise ConfigurationError(f"no case holds {' or '.join(f'`{word}`' for word in request.keyword)}")
    if request.coverage_out is not None:
        _write_coverage(request.coverage_out, tested)
    session.deliver(partial(_rendered, session, request, tested))
    return tested.exit_code(request.fail_under)


def _write_coverage(name: str, tested: RunResult) -> None:
    text = json.dumps(tested.coverage.as_json(), indent=2, ensure_ascii=False) + "\n"
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(f"--coverage-out {name}: cannot be written: {error.strerror}") from error


def _rendered(session: Session, request: Request, tested: RunResult, output: str, color: bool) -> str:
    if output in IN_MARKDOWN:
        from deployer.report.markdown.cases import document

        return in_markdown(session, document(session.masked_data(tested)), output)
    if output in {"junit", "github"}:
        from deployer.report.tests_ci import render_github, render_junit

        return render_junit(tested) if output == "junit" else render_github(tested)
    from deployer.report.tests import render_json, render_text

    if output == "json":
        return render_json(tested)
    return render_text(
        tested,
        coverage=request.coverage,
        verbose=session.options.verbose > 0,
        fail_under=request.fail_under,
        color=color,
    )


def _watch(session: Session, request: Request) -> int:
    from deployer.cli.watching import watch_files

    return watch_files(session, lambda once: _run(once, request), lambda: _watched(session, request))


def _watched(session: Session, request: Request) -> set[Path]:
    """Every file that a run may read, as far as the project can be read."""
    from deployer.errors import DeployerError
    from deployer.operations.snapshots import snapshot_file
    from deployer.source.case_files import case_files, case_files_below
    from deployer.source.project import CONFIG_NAME, workflow_files

    once = Session(options=session.options, selectors=session.selectors)
    found: set[Path] = set()
    for path in existing(request.selectors):
        found |= {path.resolve()} if path.is_file() else set(case_files_below(path.resolve()))
    try:
        project = once.project
        found.add(project.root / CONFIG_NAME)
        tests = case_files(project)
        found |= {*workflow_files(project), *tests, *map(snapshot_file, tests)}
    except DeployerError:
        return found  # the run itself says what is wrong
    return found
