"""Variables for what differs between accounts: proposed when a second account is adopted.

The files say what one account holds, the server of another one says something else here and there. Where
both have one value in the same place, a variable can hold both; with it the files mean both accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path as FilePath
from typing import cast

from deployer.errors import DeployerError
from deployer.finding import Path, dotted
from deployer.operations.compare import KnownSecret, align
from deployer.operations.desired import desired
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.source.credentials import extract
from deployer.source.document import JSON, Document, parse
from deployer.source.load import load_workflow, text_reader
from deployer.source.patch import Unwritable, patch
from deployer.source.project import Environment, Project, read_project
from deployer.source.references import look_up
from deployer.source.workflow import Workflow

Scalar = str | int | float | bool
WithVariables = Callable[[Environment, Project], Environment]
"""An environment of a project with its variables from wherever they come."""


@record
class Spot:
    """One value that differs."""

    key: str
    path: Path
    """In the workflow's file."""
    here: Scalar
    """What the adopted account holds."""
    elsewhere: Scalar
    """What the file says."""


@record
class Proposal:
    """One variable, or the status of one workflow, with a value for each side."""

    name: str | None
    """The variable; None where `overrides` of the environment is to hold the status."""
    here: Scalar
    elsewhere: Scalar
    spots: tuple[Spot, ...]


@record
class Rewriting:
    """Files and their new texts."""

    texts: Mapping[FilePath, str] = field(repr=False)


class CannotRewrite(DeployerError):
    """The files cannot be made to mean both accounts."""

    hint = "Nothing was written; `--no-variables` binds without them."


def propose(
    project: Project,
    pairs: Sequence[tuple[Workflow, Definition]],
    known_secret: KnownSecret,
    name_of_secret: Callable[[str], str | None],
) -> tuple[Proposal, ...]:
    """A variable for each pair of values that differs, however many places have it.

    Left out is what no variable can express: steps that one side lacks, values of other kinds than text,
    number and truth, texts that hold references already, and whatever looks like a credential.
    """
    spots = [spot for workflow, now in pairs for spot in _spots(workflow, now, known_secret, name_of_secret)]
    groups: dict[tuple[str, str], list[Spot]] = {}
    proposals: list[Proposal] = []
    for spot in spots:
        if spot.path == ("status",):
            proposals.append(Proposal(name=None, here=spot.here, elsewhere=spot.elsewhere, spots=(spot,)))
        else:
            groups.setdefault((repr(spot.elsewhere), repr(spot.here)), []).append(spot)
    taken = {name for environment in project.environments.values() for name in environment.variables}
    for group in groups.values():
        name = _name(group, taken)
        taken.add(name)
        proposals.append(
            Proposal(name=name, here=group[0].here, elsewhere=group[0].elsewhere, spots=tuple(group))
        )  # fmt: skip
    return tuple(proposals)


def _spots(
    workflow: Workflow, now: Definition, known_secret: KnownSecret, name_of_secret: Callable[[str], str | None]
) -> Iterator[Spot]:
    template = desired(workflow).template
    server = align(canonical(now.body), template, known_secret).body
    foreign, _ = extract(canonical(now.body), key=workflow.key, known=name_of_secret, taken=())
    raw = workflow.document.value if isinstance(workflow.document.value, dict) else {}
    for path, ours, theirs in _leaves(template, server, ()):
        place = _place(raw, path)
        if place is None or _at(raw, place) != ours or _at(foreign, path) != theirs:
            continue  # a reference or an override already, or a credential
        yield Spot(key=workflow.key, path=place, here=theirs, elsewhere=ours)


def _leaves(ours: object, theirs: object, path: Path) -> Iterator[tuple[Path, Scalar, Scalar]]:
    """Scalars in the same place of two values that differ; steps are in the same place where their ids agree."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        if ours.get("id") == theirs.get("id"):
            for key in ours.keys() & theirs.keys():
                yield from _leaves(ours[key], theirs[key], (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) == len(theirs):
            for index, (left, right) in enumerate(zip(ours, theirs, strict=True)):
                yield from _leaves(left, right, (*path, index))
    elif isinstance(ours, Scalar) and isinstance(theirs, Scalar):
        borrowed = "${" in f"{ours}{theirs}"
        if not borrowed and digest(ours) != digest(theirs):
            yield path, ours, theirs


def _place(raw: object, path: Path) -> Path | None:
    """Where the file has a value of the canonical body; the vendor's examples spell one field otherwise."""
    for place in (path, ("subaccountId",) if path == ("subAccountId",) else path):
        if _at(raw, place) is not None:
            return place
    return None


def _at(value: object, path: Path) -> object:
    for name in path:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return None
    return value


def _name(spots: Sequence[Spot], taken: set[str]) -> str:
    """After the field where several workflows share it, else after the workflow, too."""
    last = str(spots[0].path[-1])
    field_name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last).lower()
    keys = {spot.key for spot in spots}
    whole = field_name if len(keys) > 1 else f"{spots[0].key}_{field_name}"
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", whole).strip("_") or "value"
    plain = plain if plain[0].isalpha() or plain[0] == "_" else f"v_{plain}"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def rewrite(
    project: Project,
    environment: Environment,
    pairs: Sequence[tuple[Workflow, Definition]],
    proposals: Sequence[Proposal],
    with_variables: WithVariables,
) -> Rewriting:
    """The texts of `deployer.yaml` and the workflow files with the proposals in them.

    Checked before anybody writes: every other environment means what it meant, and the places that were
    proposed mean what the adopted account holds. Raises CannotRewrite.
    """
    if project.document is None:
        raise CannotRewrite("there is no deployer.yaml to write variables to")
    config = _patched(project.document, _configured(project, environment, proposals))
    changed = read_project(config, project.root)
    texts = {project.root / "deployer.yaml": config.text}
    for workflow, _ in pairs:
        spots = [(proposal.name, spot) for proposal in proposals for spot in proposal.spots if spot.key == workflow.key]
        document = workflow.document
        value: object = document.value
        for name, spot in spots:
            if name is not None:
                value = _with(value, spot.path, f"${{var.{name}}}")
        if value is not document.value:
            document = _patched(document, value)
            texts[FilePath(document.file)] = document.text
        for other in project.environments.values():
            before = with_variables(other, project)
            after = with_variables(changed.environment(other.name), changed)
            here = {spot.path: spot.here for _, spot in spots} if other.name == environment.name else {}
            _must_mean(workflow, document, project, (before, after), here)
    return Rewriting(texts=texts)


def _must_mean(
    workflow: Workflow,
    document: Document,
    project: Project,
    environments: tuple[Environment, Environment],
    here: Mapping[Path, Scalar],
) -> None:
    before, after = environments
    old, new = (
        load_workflow(
            written, variables=environment.variables, read_file=text_reader(project), environment=environment,
            key=workflow.key,
        ).body
        for written, environment in ((workflow.document, before), (document, after))
    )  # fmt: skip
    wanted: object = old
    for path, value in here.items():
        wanted = _with(wanted, path, value)
    if digest(new) != digest(wanted):
        raise CannotRewrite(f"`{workflow.key}` would mean something else in environment {after.name}")


def _configured(project: Project, environment: Environment, proposals: Sequence[Proposal]) -> object:
    value: object = project.document.value if project.document is not None else {}
    for proposal in proposals:
        if proposal.name is None:
            (spot,) = proposal.spots
            path: Path = ("environments", environment.name, "overrides", spot.key, "status")
            value = _with(value, path, proposal.here)
            continue
        for name, other in project.environments.items():
            found, _ = look_up(other.variables, proposal.name)
            mine = proposal.here if name == environment.name else proposal.elsewhere
            if not found:
                value = _with(value, ("environments", name, "vars", proposal.name), mine)
    return value


def _with(value: object, path: Path, new: object) -> object:
    """A copy with another value at a path; mappings on the way are made where they are missing."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_with(item, rest, new) if index == head else item for index, item in enumerate(value)]
    old = value if isinstance(value, Mapping) else {}
    return {**old, head: _with(old.get(head), rest, new)}


def _patched(document: Document, value: object) -> Document:
    try:
        return parse(patch(document, cast("JSON", value)), document.file)
    except Unwritable as error:
        raise CannotRewrite(f"{document.file}: {error}") from error


def described(proposal: Proposal) -> str:
    """What would be written, in one line."""
    keys = sorted({spot.key for spot in proposal.spots})
    if len(proposal.spots) > 1:
        return f"{len(proposal.spots)} places of {', '.join(keys)}"
    return f"{keys[0]}, {dotted(proposal.spots[0].path)}"
