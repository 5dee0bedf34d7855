"""`plan --offline --base REF`: what a branch changes, told without a server or a key."""

from __future__ import annotations

from pathlib import PurePosixPath

from deployer.finding import Severity
from deployer.operations.desired import Desired, desired
from deployer.operations.plan import Action, Change, Fileless, Plan
from deployer.operations.selection import Chosen, no_files
from deployer.source.document import parse
from deployer.source.load import lives_in, load_workflow
from deployer.source.project import CONFIG_NAME, Environment, Project, entry_means, is_workflow_file
from deployer.source.references import ReadFile
from deployer.source.revision import files_at, head_commit, resolve_commit


def plan_offline(project: Project, environment: Environment, chosen: Chosen, base: str) -> Plan:
    """Compare the files with those of a Git commit.

    Raises ConfigurationError when the commit cannot be read, and where there are no files on either side.
    """
    commit = resolve_commit(project.root, base)
    before, warnings = _workflows_at(project, environment, commit)
    if not chosen.keys and not before and not warnings:
        raise no_files(project)
    after = {workflow.key: desired(workflow) for workflow in chosen.loaded.workflows}
    changes = [
        change
        for key, item in sorted(after.items())
        if chosen.selected(key, item.file)
        for change in (_change(item, _former(item, before)),)
    ]
    moved = {old for item in after.values() for old in item.moved_from}
    gone = tuple(
        Fileless(key=key, id="", name=item.name, version=0, enabled=item.template.get("status") == "enabled")
        for key, item in sorted(before.items())
        if key not in after and key not in moved and chosen.selected(key, item.file)
    )
    return Plan(
        environment=environment.name, account=environment.account, host="", commit=head_commit(project.root),
        changes=tuple(changes), fileless=gone, warnings=tuple(warnings), offline=True,
    )  # fmt: skip


def _former(item: Desired, before: dict[str, Desired]) -> Desired | None:
    for key in (item.key, *item.moved_from):
        if key in before:
            return before[key]
    return None


def _change(item: Desired, former: Desired | None) -> Change:
    action, reason = (Action.CREATE, "new") if former is None else (Action.UPDATE, "file changed")
    moved_from = former.key if former is not None and former.key != item.key else None
    if former is not None and former.digest == item.digest:
        action, reason = Action.NOOP, f"moved from `{moved_from}`" if moved_from else ""
    return Change(
        key=item.key, action=action, id=None, base=None, file=item.file, name=item.name, digest=item.digest,
        template=item.template, before=former.template if former is not None else None,
        reason=reason, secrets=item.secrets, moved_from=moved_from,
    )  # fmt: skip


def _workflows_at(project: Project, environment: Environment, commit: str) -> tuple[dict[str, Desired], list[str]]:
    """The workflows of a commit, resolved for today's environment (its variables of then are not known)."""
    found: dict[str, Desired] = {}
    warnings: list[str] = []
    contents = files_at(project.root, commit)
    for name, data in sorted(contents.items()):
        if not _is_ours(project, name):
            continue
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            warnings.append(f"{name} at {commit[:12]} is not UTF-8 text; it is compared as absent")
            continue
        document = parse(text, name)
        if any(finding.severity is Severity.ERROR for finding in document.findings):
            warnings.append(f"{name} at {commit[:12]} cannot be read; it is compared as absent")
            continue
        workflow = load_workflow(
            document, variables=environment.variables, read_file=_reader(contents), environment=environment
        )
        if lives_in(workflow, environment):
            found[workflow.key] = desired(workflow)
    return found, warnings


def _reader(contents: dict[str, bytes]) -> ReadFile:
    def read(name: str) -> str:
        data = contents.get(PurePosixPath(name).as_posix())
        if data is None:
            raise ValueError(f"no file `{name}` at that commit")
        return data.decode("utf-8-sig", "replace")

    return read


def _is_ours(project: Project, name: str) -> bool:
    path = PurePosixPath(name)
    if path.name == CONFIG_NAME or any(part.startswith(".") for part in path.parts):
        return False
    inside = any(entry_means(entry, name) for entry in project.workflows)
    return inside and is_workflow_file(project.root / name)
