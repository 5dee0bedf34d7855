"""What the files want of an environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from deployer.finding import Path
from deployer.record import record
from deployer.source.canonical import canonical, digest
from deployer.source.references import secrets_in
from deployer.source.workflow import Workflow


@record
class Listening:
    """What starts an enabled workflow."""

    trigger: str
    sub_account: str | None
    """None: every sub-account."""


@record
class Desired:
    """One workflow as it should be on the server."""

    key: str
    template: Mapping[str, object] = field(repr=False)
    """Canonical body; secrets are references."""
    digest: str
    """Of the template: what the state keeps as `sent`."""
    secrets: frozenset[str]
    """Names of the secrets it needs."""
    name: str
    file: str
    protect: bool = False
    moved_from: tuple[str, ...] = ()
    """Former keys."""
    listening: Listening | None = None
    """None where nothing starts it."""


def desired(workflow: Workflow) -> Desired:
    """A workflow as the server should hold it."""
    template = canonical(workflow.body)
    moved = workflow.metadata.get("movedFrom")
    return Desired(
        key=workflow.key,
        template=template,
        digest=digest(template),
        secrets=secrets_in(template) if workflow.secrets else frozenset(),
        name=workflow.name or "",
        file=workflow.file,
        protect=workflow.metadata.get("protect") is True,
        moved_from=tuple(str(key) for key in moved)
        if isinstance(moved, list)
        else (moved,)
        if isinstance(moved, str)
        else (),
        listening=listening(template),
    )


def listening(body: Mapping[str, object]) -> Listening | None:
    """What starts a definition with this body, in either spelling."""
    account, trigger = body.get("subAccountId", body.get("subaccountId")), body.get("trigger")
    if body.get("status") != "enabled" or not isinstance(trigger, str):
        return None
    return Listening(trigger=trigger, sub_account=account if isinstance(account, str) else None)


def secret_paths(template: object, path: Path = ()) -> Iterator[Path]:
    """Where a template holds secrets."""
    if isinstance(template, str):
        if "${secret." in template and secrets_in(template):
            yield path
    elif isinstance(template, Mapping):
        for key, item in template.items():
            yield from secret_paths(item, (*path, key))
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from secret_paths(item, (*path, index))
