"""Reports in Markdown: the text itself, or the file that `github comment` shortens to what a comment can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.cli.options import COMMENT

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.cli.session import Session
    from deployer.report.markdown.document import Document


def in_markdown(session: Session, document: Document, output: str, environment: str | None = None) -> str:
    """A document in one of the two formats; `environment` names another one than the session's."""
    from dataclasses import replace

    from deployer.report.markdown.document import full, write

    if output != COMMENT:
        return full(document)
    named = session.environment.name if environment is None else environment
    return write(replace(document, project=_project(session.root), environment=named))


def _project(root: Path) -> str:
    """The project's folder in its repository."""
    from deployer.source.revision import repository_root

    top = repository_root(root)
    return root.resolve().relative_to(top.resolve()).as_posix() if top is not None else "."
