"""What `deployer validate` does where no answer is remembered."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.findings import checkout_top, findings_rendered
from deployer.cli.flags import read_flags
from deployer.cli.options import IN_MARKDOWN
from deployer.cli.session import Session
from deployer.errors import ConfigurationError
from deployer.operations.selection import Chosen, by_project, choose, followed
from deployer.operations.validate import merged, validate
from deployer.operations.validation import Validation
from deployer.record import record
from deployer.source.document import parse_bytes
from deployer.source.load import assemble
from deployer.source.project import Environment, Project, ProjectError, find_root, relative_name
from deployer.source.root import RealPaths, existing
from deployer.workers import FEWEST

if TYPE_CHECKING:
    from deployer.operations.fix import Fixed
    from deployer.operations.rewrite import Rewrite


@record
class Request:
    """What the flags ask for."""

    selectors: tuple[str, ...]
    exclude: tuple[str, ...]
    strict: bool
    stdin_name: str
    since: str | None
    changed_files: bool
    baseline: str | None
    write_baseline: bool
    watch: bool
    fix: bool
    diff: bool

    @property
    def mends(self) -> bool:
        """Whether findings are mended, on the disk or in a diff."""
        return self.fix or self.diff

    def check(self, output: str) -> None:
        """Raise ConfigurationError where flags contradict each other."""
        stdin = "-" in self.selectors
        if self.write_baseline and self.baseline is None:
            raise ConfigurationError("--write-baseline needs --baseline FILE, the file to write")
        if self.changed_files and (self.since is not None or stdin):
            raise ConfigurationError("--changed-files takes paths, and goes neither with --since nor with `-`")
        if self.since is not None and stdin:
            raise ConfigurationError("--since asks Git, which does not know stdin; leave one of them out")
        if self.mends and (stdin or self.watch):
            raise ConfigurationError("--fix and --diff mend files, once; they go neither with `-` nor with --watch")
        if self.diff and output != "text":
            raise ConfigurationError("--diff prints a diff; it goes with --format text alone")
        if self.watch and (output != "text" or stdin or self.write_baseline):
            raise ConfigurationError("--watch prints text again and again; it goes with --format text alone, and "
                                     "neither with `-` nor with --write-baseline")  # fmt: skip


@record
class Checked:
    """What was found, and in which files."""

    validation: Validation
    files: tuple[str, ...]
    rewrites: tuple[Rewrite, ...] = ()
    mended: int = 0
    """How many findings are no more."""


_NOTHING = Checked(validation=Validation(findings=(), files=0), files=())


def validate_files(session: Session, flags: Mapping[str, object]) -> int:
    """Check what the flags ask for, and print what was found; gives the exit code."""
    request = read_flags(Request, flags)
    request.check(session.options.format)
    if not request.watch:
        return _run(session, request)
    return _watch(session, request)


def _run(session: Session, request: Request) -> int:
    try:
        checked = _checked(session, request)
    except ProjectError as error:
        if session.options.format == "text" and not session.options.reports:
            raise  # the program's last word on stderr
        names = tuple(dict.fromkeys(finding.file for finding in error.findings))
        checked = Checked(validation=Validation(findings=error.findings, files=len(names)), files=names)
        session.deliver(partial(_rendered, session, checked, strict=request.strict))
        return error.exit_code
    if request.baseline is not None:
        checked = _with_baseline(session, request, checked)
    if request.diff:
        from deployer.report.rewrites import render_diff

        session.show(render_diff(checked.rewrites, color=session.color))
    else:
        session.deliver(partial(_rendered, session, checked, strict=request.strict))
    if request.mends:
        files = _counted(len(checked.rewrites), "file")
        session.say(f"{_counted(checked.mended, 'finding')} {'would be ' if request.diff else ''}mended in {files}")
    return checked.validation.exit_code(strict=request.strict)


def _checked(session: Session, request: Request) -> Checked:
    parts = []
    selectors = tuple(selector for selector in request.selectors if selector != "-")
    if "-" in request.selectors:
        parts.append(_stdin(session, request.stdin_name))
    if selectors or not (parts or request.changed_files):
        parts += [_part(session, request, project, chosen) for project, chosen in by_project(selectors)]
    validation = merged([part.validation for part in parts])
    return Checked(
        validation=validation,
        files=tuple(file for part in parts for file in part.files),
        rewrites=tuple(rewrite for part in parts for rewrite in part.rewrites),
        mended=sum(part.mended for part in parts),
    )


def _environment_name(session: Session, project: Project) -> str | None:
    """The environment to check for first; a project without a default has all of its own checked, in their order."""
    if session.options.env is not None or project.default_environment in project.environments:
        return session.options.env
    return next(iter(project.environments), None)


def _stdin(session: Session, name: str) -> Checked:
    document = parse_bytes(sys.stdin.buffer.read(), name)
    environment = session.environment_of(session.project, _environment_name(session, session.project))
    from deployer.source.case_files import is_case_file

    if is_case_file(Path(name)):
        from deployer.operations.check_cases import check_cases_of

        around = choose(session.project, environment, (), need_files=False)
        findings = check_cases_of(session.project, environment, around, document)
        return Checked(validation=Validation(findings=findings, files=1), files=(name,))
    loaded = assemble(session.project, environment, [document])
    keys = {document.file: name} | {workflow.file: workflow.key for workflow in loaded.workflows}
    chosen = Chosen(loaded=loaded, keys=keys)
    others = _others(session, session.project, environment)
    return Checked(validation=validate(session.project, chosen, environments=others), files=(name,))


def _others(session: Session, project: Project, environment: Environment) -> list[Environment]:
    """All other environments, unless the user asked for one."""
    if session.options.env is not None:
        return []
    return [session.environment_of(project, name) for name in project.environments if name != environment.name]


def _part(session: Session, request: Request, project: Project, selectors: Sequence[str]) -> Checked:
    """The part of the request that is about one project: its workflows and their test files."""
    from deployer.operations.check_cases import apart, check_cases

    environment = session.environment_of(project, _environment_name(session, project))
    whole_project = _whole_project(session, request, project, environment) if not selectors else None
    if whole_project is not None:
        return whole_project
    few = request.changed_files or request.since is not None
    meant = apart(project, () if request.changed_files else selectors)
    exclude = apart(project, request.exclude).workflows
    only_tests = bool(meant.tests) and not meant.workflows
    read = choose(project, environment, meant.workflows, exclude=exclude, need_files=not (few or only_tests))
    changed = _changed(request, project, selectors) if few else None
    tests, findings = check_cases(
        project, environment, read, meant.tests, exclude=request.exclude, changed=changed
    )  # fmt: skip
    chosen = None if only_tests else read if changed is None else _concerned(project, read, changed)
    whole = session.options.env is None and not few
    checked = _NOTHING if chosen is None else _workflows(session, request, project, environment, chosen, whole=whole)
    validation = Validation(
        findings=tuple(sorted((*checked.validation.findings, *findings), key=lambda finding: finding.file)),
        files=checked.validation.files + len(tests),
    )
    return replace(checked, validation=validation, files=(*checked.files, *map(relative_name, tests)))


def _whole_project(session: Session, request: Request, project: Project, environment: Environment) -> Checked | None:
    """A project of many files and no tests, checked without holding the files; None where that cannot be."""
    if request.exclude or request.mends or request.changed_files or request.since is not None:
        return None
    from deployer.source.case_files import case_files
    from deployer.source.project import workflow_files

    real = RealPaths()
    named = workflow_files(project, real)
    files = followed(named, real)
    if len(files) < FEWEST or case_files(project, named):
        return None
    from deployer.operations.whole_project import validate_whole

    environments = (environment, *_others(session, project, environment))
    whole = validate_whole(project, environments, files, complete=session.options.env is None)
    if whole is None:
        return None
    beside = dict.fromkeys(finding.file for finding in whole.validation.findings)
    return Checked(validation=whole.validation, files=tuple(dict.fromkeys((*whole.files, *beside))))


def _concerned(project: Project, chosen: Chosen, changed: frozenset[Path]) -> Chosen | None:
    from deployer.operations.changed import concerned

    return concerned(project, chosen, changed)


def _workflows(
    session: Session, request: Request, project: Project, environment: Environment, chosen: Chosen, *, whole: bool
) -> Checked:
    """The chosen workflows; `whole` when neither an environment nor a change narrows what is asked."""
    mended = _mended(request, project, environment, chosen)
    chosen = mended.chosen if mended is not None else chosen
    others = _others(session, project, environment)
    validation = validate(project, chosen, environments=others, complete=whole and chosen.whole)
    beside = dict.fromkeys(finding.file for finding in validation.findings)
    files = tuple(dict.fromkeys((*(document.file for document in chosen.documents), *beside)))
    if mended is None:
        return Checked(validation=validation, files=files)
    return Checked(validation=validation, files=files, rewrites=mended.rewrites, mended=mended.count)


def _mended(request: Request, project: Project, environment: Environment, chosen: Chosen) -> Fixed | None:
    """The chosen files after --fix, which writes them; with --diff they are only thought of."""
    if not request.mends:
        return None
    from deployer.operations.fix import fix
    from deployer.operations.rewrite import write_all

    mended = fix(project, environment, chosen)
    if not request.diff:
        write_all(mended.rewrites, inside=project.root)
    return mended


def _changed(request: Request, project: Project, paths: Sequence[str]) -> frozenset[Path]:
    if request.since is None:
        return frozenset(map(Path, paths))
    from deployer.source.revision import changed_since

    return changed_since(project.root, request.since)


def _with_baseline(session: Session, request: Request, checked: Checked) -> Checked:
    from deployer.cli.debt import Ledger
    from deployer.report.placing import place_name, placed

    here, top = str(Path.cwd()), checkout_top(session, checked.files)
    findings = placed(checked.validation.findings, here=here, top=top)
    files = [place_name(file, here=here, top=top) for file in checked.files]
    ledger = Ledger(path=Path(request.baseline or ""), top=top)
    if request.write_baseline:
        baseline, comparison = ledger.write(findings, files)
        session.say(f"{request.baseline}: {_counted(len(baseline.debts), 'finding')} written")
        if comparison.new:
            session.say("What is left cannot be put off: nothing could be sent of such a file.")
    else:
        comparison = ledger.compare(findings, files)
        hidden = len(findings) - len(comparison.new)
        if hidden:
            session.say(f"{_counted(hidden, 'finding')} not shown: {request.baseline} knows them")
        if comparison.gone:
            gone = _counted(len(comparison.gone), "finding")
            session.say(f"{gone} of {request.baseline} gone; write it anew with --write-baseline")
    new = tuple(checked.validation.findings[position] for position in comparison.new)
    return replace(checked, validation=replace(checked.validation, findings=new))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _rendered(session: Session, checked: Checked, output: str, color: bool, *, strict: bool) -> str:
    validation = checked.validation
    if output in {"text", "json", "github", *IN_MARKDOWN}:
        return findings_rendered(session, validation, output, color, environment=session.options.env or "")
    from deployer.report.placing import place_name, placed

    here, top = str(Path.cwd()), checkout_top(session, checked.files)
    findings = placed(validation.findings, here=here, top=top)
    if output == "gitlab":
        from deployer.report import gitlab

        return gitlab.render(findings)
    if output == "sarif":
        from deployer.lint.registry import documented_rules
        from deployer.report import sarif

        return sarif.render(findings, documented_rules())
    from deployer.report import junit

    files = [place_name(file, here=here, top=top) for file in checked.files]
    return junit.render(findings, files, strict=strict)


def _watch(session: Session, request: Request) -> int:
    from deployer.cli.watching import watch_files

    return watch_files(session, lambda once: _run(once, request), lambda: _watched(request))


def _watched(request: Request) -> set[Path]:
    """Every file that a run may read, as far as the projects can be read."""
    from deployer.errors import DeployerError
    from deployer.operations.changed import text_files
    from deployer.source.case_files import case_files, case_files_below
    from deployer.source.project import CONFIG_NAME, files_below, workflow_files

    found = {root / CONFIG_NAME for path in (Path(), *existing(request.selectors)) if (root := find_root(path))}
    for path in existing(request.selectors):
        found |= (
            {path.resolve()} if path.is_file() else {*files_below(path.resolve()), *case_files_below(path.resolve())}
        )
    if request.baseline is not None:
        found.add(Path(request.baseline).resolve())
    try:
        for project, _ in by_project(request.selectors):
            files = workflow_files(project)
            found |= {
                *files,
                *case_files(project),
                *(named for file in files for named in text_files(project, _text(file))),
            }
    except DeployerError:
        return found  # the run itself says what is wrong
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
