"""What differs between two accounts, when what their variables make of it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from deployer.operations.compare import KnownSecret, align, as_template
from deployer.operations.desired import desired
from deployer.operations.diff import StepChange, differences
from deployer.operations.pull import canonical_raw, restore
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical
from deployer.source.workflow import Workflow


@record
class Side:
    """One environment: what its server holds for each bound key."""

    environment: str
    account: str
    definitions: Mapping[str, Definition | None] = field(repr=False)
    """None where the server has the definition no more."""
    workflows: Mapping[str, Workflow] = field(repr=False)
    """The files, resolved for this environment."""
    known_secret: KnownSecret = field(repr=False)


@record
class Difference:
    """One key that both sides hold, differently."""

    key: str
    left_version: int
    right_version: int
    changes: tuple[StepChange, ...]
    """From the left environment to the right one."""


@record
class Comparison:
    """Two environments side by side."""

    left: str
    right: str
    equal: tuple[str, ...]
    different: tuple[Difference, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]

    @property
    def differing(self) -> bool:
        """Whether anything is not the same on both sides."""
        return bool(self.different or self.only_left or self.only_right)


def compare(left: Side, right: Side) -> Comparison:
    """Compare two environments key by key; what a file borrows from its environment counts as equal."""
    ours = {key for key, definition in left.definitions.items() if definition is not None}
    theirs = {key for key, definition in right.definitions.items() if definition is not None}
    equal: list[str] = []
    different: list[Difference] = []
    for key in sorted(ours & theirs):
        first, second = left.definitions[key], right.definitions[key]
        if first is None or second is None:
            continue
        changes = differences(_written(left, key, first), _written(right, key, second))
        if changes:
            different.append(Difference(
                key=key, left_version=first.version, right_version=second.version, changes=changes
            ))  # fmt: skip
        else:
            equal.append(key)
    return Comparison(
        left=left.environment,
        right=right.environment,
        equal=tuple(equal),
        different=tuple(different),
        only_left=tuple(sorted(ours - theirs)),
        only_right=tuple(sorted(theirs - ours)),
    )


def _written(side: Side, key: str, definition: Definition) -> Mapping[str, object]:
    """The server's body as the file would say it: references where their value agrees."""
    workflow = side.workflows.get(key)
    if workflow is None:
        return as_template(definition.body)
    template = desired(workflow).template
    aligned = align(canonical(definition.body), template, side.known_secret).body
    raw = workflow.document.value if isinstance(workflow.document.value, dict) else {}
    written = restore(aligned, template, canonical_raw(raw), aligned, [])
    return written if isinstance(written, dict) else {}
