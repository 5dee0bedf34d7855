"""What the files of a project want of an environment, checked and ready to be compared with the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from deployer.operations.desired import Desired, desired
from deployer.record import record

if TYPE_CHECKING:
    from deployer.finding import Finding
    from deployer.operations.selection import Chosen
    from deployer.source.project import Project
    from deployer.source.workflow import Workflow


@record
class Wants:
    """Files without errors, as the planner needs them."""

    desired: Mapping[str, Desired] = field(repr=False)
    """By key, those that live in the environment."""
    selected: Callable[[str, str | None], bool]
    """Whether a key (with its file, when it has one) is meant."""
    whole: bool
    """No selection was given."""
    keys: Mapping[str, str] = field(repr=False)
    """File -> key, for every file."""
    unreadable: tuple[str, ...] = ()
    """Files whose key nobody knows, because they are broken (and left out of the selection)."""
    workflows: tuple[Workflow, ...] = field(default=(), repr=False)
    """As read, where they were read in this run."""
    findings: tuple[Finding, ...] = ()
    """Warnings, where the files were checked in this run."""


def wants_of(project: Project, chosen: Chosen) -> Wants:
    """What the chosen files want. Raises InvalidFiles where one of them has an error."""
    from deployer.operations.validate import must_be_valid  # all rules: where nothing changed nobody needs them

    validation = must_be_valid(project, chosen)
    return Wants(
        findings=validation.findings,
        workflows=chosen.loaded.workflows,
        desired={workflow.key: desired(workflow) for workflow in chosen.loaded.workflows},
        selected=chosen.selected,
        whole=chosen.whole,
        keys=chosen.keys,
        unreadable=chosen.loaded.unreadable,
    )
