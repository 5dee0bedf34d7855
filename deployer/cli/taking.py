"""`rollback --write`: what the server has now goes into the file, too."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.cli.pull import open_puller
from deployer.cli.session import Session
from deployer.errors import DeployerError
from deployer.operations.emergency import Book, Turned
from deployer.operations.pull import Took
from deployer.operations.pull_files import write_pulled
from deployer.operations.selection import choose
from deployer.report.emergency import Taken
from deployer.source.project import relative_name
from deployer.source.workflow import Workflow
from deployer.state.log import Entry


def take_into_files(session: Session, book: Book, turned: Sequence[Turned]) -> tuple[Taken, ...]:
    """Write each content into its file, references and comments kept; say why where that cannot be."""
    try:
        files = {workflow.key: workflow for workflow in choose(session.project, session.environment).loaded.workflows}
    except DeployerError as error:
        return tuple(Taken(label=item.step.label, file=None, message=_not(error)) for item in turned)
    return tuple(_take(session, book, item, files.get(item.step.key or "")) for item in turned)


def _take(session: Session, book: Book, item: Turned, workflow: Workflow | None) -> Taken:
    step, key = item.step, item.step.key
    binding = book.state.bindings.get(key) if key is not None else None
    if workflow is None or key is None or binding is None:
        return Taken(label=step.label, file=None, message="no readable file declares it; nothing was written")
    try:
        pulled = open_puller(session).into_file(workflow, binding, session.gateway.latest(step.id), step.hold)
        if pulled.took is Took.AHEAD:
            hint = f"the file has changes that were never applied; `deployer pull {key} --theirs` replaces them"
            return Taken(label=step.label, file=None, message=f"not written: {hint}")
        write_pulled(session.project, session.environment, [pulled], session.secrets.get)
        if pulled.binding is not None:
            entry = Entry(action="pull", key=key, id=step.id, version=pulled.version, reason=step.reason)
            book.save(book.state.bind(key, pulled.binding), note=f"pull: {key}", urgent=False, entries=[entry])
    except DeployerError as error:
        return Taken(label=step.label, file=None, message=_not(error))
    if pulled.path is None:
        return Taken(label=step.label, file=None, message="its file says so already")
    file = relative_name(pulled.path)
    return Taken(label=step.label, file=file, message=f"{file} says so now; commit it")


def _not(error: DeployerError) -> str:
    return f"the file was not written: {error}. {error.hint or ''}".strip()
