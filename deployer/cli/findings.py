"""Findings in the formats that every report has, and what a command says that they stopped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.options import IN_MARKDOWN
from deployer.operations.validation import InvalidFiles, Validation

if TYPE_CHECKING:
    from deployer.cli.session import Session
    from deployer.source.project import ProjectError


def stopped(session: Session, error: InvalidFiles | ProjectError) -> int:
    """Report what stopped a command; gives its exit code.

    Raises the error of a project where nobody asked for more than text: it is the program's last word on stderr.
    """
    if isinstance(error, InvalidFiles):
        session.deliver(partial(findings_rendered, session, error.validation))
        if session.options.format not in {"json", "markdown", "github"}:
            session.say(f"error: {error}\n  hint: {error.hint}")
        return error.exit_code
    if session.options.format == "text" and not session.options.reports:
        raise error
    validation = Validation(findings=error.findings, files=len({finding.file for finding in error.findings}))
    session.deliver(partial(findings_rendered, session, validation, environment=session.options.env or ""))
    return error.exit_code


def findings_rendered(
    session: Session, validation: Validation, output: str, color: bool, *, environment: str | None = None
) -> str:
    """Findings in one of the formats that every report has; `environment` is not the session's where it is given."""
    if output in IN_MARKDOWN:
        from deployer.cli.markdown import in_markdown
        from deployer.report.markdown.findings import document

        return in_markdown(
            session, document(session.masked_data(validation.findings), validation.files), output, environment
        )
    if output == "github":
        from deployer.report import github
        from deployer.report.placing import placed

        here, files = str(Path.cwd()), [finding.file for finding in validation.findings]
        return github.render(
            placed(validation.findings, here=here, top=checkout_top(session, files)), files=validation.files
        )
    from deployer.report import findings as report

    if output == "json":
        return report.render_json(validation.findings, validation.files)
    return report.render_text(validation.findings, files=validation.files, color=color)


def checkout_top(session: Session, files: Sequence[str]) -> str:
    """Where file names start for a CI system: the repository's top, else its checkout, else the project."""
    from deployer.source.revision import repository_root

    here = Path.cwd()
    starts = [here, *(Path(file).resolve().parent for file in files[:1])]
    found = next((root for start in starts if (root := repository_root(start)) is not None), None)
    if found is None:
        given = (os.environ.get(name, "") for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"))
        checkouts = (Path(value).resolve() for value in given if value)
        found = next((folder for folder in checkouts if here.is_relative_to(folder)), None)
    return str(found or session.root)
