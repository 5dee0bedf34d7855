"""What shows only when the environments of a project are seen side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deployer.lint.registry import Problem
from deployer.lint.wording import did_you_mean, nearest
from deployer.source.document import Document, plain
from deployer.source.project import Environment
from deployer.source.variables import Declaration
from deployer.source.workflow import Place, Workflow

if TYPE_CHECKING:
    from deployer.source.references import ReferenceProblem

Found = Iterator[tuple[str, Problem]]
"""Rules and what they object to."""


def place_of(workflow: Workflow, problem: ReferenceProblem) -> Place:
    """Where a reference stands: in the workflow's file, or in a text file that it takes in."""
    if problem.within is not None:
        return Place(document=plain(problem.within, problem.within.file), path=(), part=problem.part)
    return Place(document=workflow.document, path=problem.path, key=problem.key, part=problem.part)


def references_elsewhere(here: Iterable[Workflow], others: Mapping[str, Iterable[Workflow]]) -> Found:
    """References that resolve here and not in other environments, each told once with the names of those."""
    told = {_mark(workflow, problem) for workflow in here for problem in workflow.problems}
    found: dict[object, tuple[Workflow, ReferenceProblem, list[str]]] = {}
    for name, workflows in others.items():
        for workflow in workflows:
            for problem in workflow.problems:
                mark = _mark(workflow, problem)
                if mark not in told:
                    found.setdefault(mark, (workflow, problem, []))[2].append(name)
    for workflow, problem, names in found.values():
        where = f"environment{'s' if len(names) > 1 else ''} {', '.join(dict.fromkeys(names))}"
        message = f"{problem.message} ({where})"
        yield problem.rule, Problem(place_of(workflow, problem), message, problem.suggestion)


def _mark(workflow: Workflow, problem: ReferenceProblem) -> tuple[object, ...]:
    """What makes two problems one: the same reference, whatever the environments have to say of it."""
    file = problem.within.file if problem.within is not None else workflow.file
    place = () if problem.within is not None else problem.path
    return file, place, problem.key, problem.part, problem.rule


def unused_variables(declared: Iterable[Declaration], used: Mapping[str, Collection[str]]) -> Found:
    """Variables that no environment that reads their declaration uses. `used` holds names by environment."""
    for each in declared:
        if not any(each.name in used.get(environment, ()) for environment in each.environments):
            whose = ", ".join(sorted(each.environments))
            place = Place(document=each.document, path=each.path, key=True)
            yield "unused-variable", Problem(place, f"no workflow of {whose} uses the variable `{each.name}`")


def unknown_environments(workflows: Iterable[Workflow], names: Sequence[str]) -> Found:
    """Names in `metadata.environments` that `deployer.yaml` does not declare."""
    for workflow in workflows:
        wanted = workflow.metadata.get("environments")
        for index, name in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(name, str) and name not in names:
                near = nearest(name, names)
                known = did_you_mean(near) if near else f"; deployer.yaml declares {', '.join(names)}"
                place = workflow.place("metadata", "environments", index)
                yield "unknown-environment", Problem(place, f"no environment is called `{name}`{known}", near)


def unknown_overrides(document: Document, environments: Iterable[Environment], keys: Collection[str]) -> Found:
    """Overrides of keys that no workflow has: what they are to keep disabled would be enabled."""
    for environment in environments:
        for key in environment.overrides:
            if key not in keys:
                near = nearest(key, sorted(keys))
                place = Place(document=document, path=("environments", environment.name, "overrides", key), key=True)
                yield "unknown-override", Problem(place, f"no workflow has the key `{key}`{did_you_mean(near)}", near)
