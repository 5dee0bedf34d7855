"""What runs of a workflow reached, by step and by branch: from a coverage file, for those who draw or tell it."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.errors import ConfigurationError
from deployer.record import record

VERSION = 1
"""Of the file that `deployer test --coverage-out` writes."""


@record
class Reach:
    """How often all cases of one workflow reached its steps and took its branches."""

    cases: int
    steps: Mapping[str, int]
    """By step id."""
    branches: Mapping[tuple[str, str], int]
    """By step id and outcome: the step it leads to, or one of the four names of `operations.coverage`."""


def read_reach(value: object, where: str) -> dict[str, Reach]:
    """The coverage of each workflow, by key, from the JSON of a coverage file.

    Raises ConfigurationError, naming `where`, for what is no such file.
    """
    workflows = value.get("workflows") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(workflows, list):
        raise _no_coverage(where, "it has no `workflows`")
    if value.get("version") != VERSION:
        raise _no_coverage(where, f"its version is not {VERSION}")
    found: dict[str, Reach] = {}
    for workflow in workflows:
        key = workflow.get("key") if isinstance(workflow, Mapping) else None
        if not isinstance(workflow, Mapping) or not isinstance(key, str):
            raise _no_coverage(where, "one of its workflows has no `key`")
        found[key] = _reach(workflow, where)
    return found


def _reach(workflow: Mapping[str, object], where: str) -> Reach:
    steps, branches = (_hits(workflow, name, where) for name in ("steps", "branches"))
    if not isinstance(steps, Mapping) or not isinstance(branches, list):
        raise _no_coverage(where, "its hits are of another kind")
    taken: dict[tuple[str, str], int] = {}
    for branch in branches:
        if not isinstance(branch, Mapping):
            raise _no_coverage(where, "one of its branches is no mapping")
        way = str(branch.get("step")), str(branch.get("outcome"))
        taken[way] = taken.get(way, 0) + _count(branch.get("hits"), where)
    return Reach(
        cases=_count(workflow.get("cases"), where),
        steps={str(step): _count(count, where) for step, count in steps.items()},
        branches=taken,
    )


def _hits(workflow: Mapping[str, object], name: str, where: str) -> object:
    part = workflow.get(name)
    if not isinstance(part, Mapping):
        raise _no_coverage(where, f"one of its workflows has no `{name}`")
    return part.get("hits")


def _count(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _no_coverage(where, "a count in it is no number")
    return value


def _no_coverage(where: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{where} is no coverage file: {reason}", hint="`deployer test --coverage-out FILE` writes one."
    )
