"""A definition as declared in a file: typed steps and where each may lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from deployer.finding import Path, Span
from deployer.record import record
from deployer.source.document import Document
from deployer.steps import StepType, find_step_type
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from deployer.source.references import ReferenceProblem

Body = Mapping[str, object]

_MAPPINGS = (dict, Mapping)
"""The class that nearly all have stands first: asking for the other one takes ten times as long."""


@record
class Place:
    """Where in a file, resolved to lines and columns only when somebody asks."""

    document: Document = field(repr=False)
    path: Path
    key: bool = False
    """The key itself rather than its value."""
    part: tuple[int, int] | None = None
    """A stretch of the scalar's characters."""

    @property
    def span(self) -> Span:
        """Lines and columns."""
        return self.document.span(self.path, key=self.key, part=self.part)

    @property
    def line(self) -> int:
        """The first line, from 1."""
        return self.span.line


class Outcome(NamedTuple):
    """One way on from a step."""

    target: str
    """Id of the step it leads to, as written; it may not exist."""
    condition: str | None
    """The expression that selects it; None for `nextStepId` and for a default."""
    via: Literal["nextStepId", "selectNextStep"]
    path: Path
    """Where it is written."""

    @property
    def default(self) -> bool:
        """Selected when no sibling is true."""
        return self.via == "selectNextStep" and self.condition is None


@record(eq=False)
class Step:
    """One step, nested ones included."""

    document: Document = field(repr=False)
    path: Path
    """Where it stands, e.g. `("definition", "steps", 3)`."""
    body: Body = field(repr=False)
    """As declared, variables put in."""
    id: str | None
    """None when it has none, or one that is not a string."""
    type_name: str | None
    """As written."""
    type: StepType | None
    """The declared type that `type_name` spells; None when unknown."""
    parent: Step | None = field(repr=False)
    """The step whose `do` it stands in."""
    first: bool
    """First of its list, so the one that starts."""
    outcomes: tuple[Outcome, ...]

    def place(self, *tail: str | int, key: bool = False, part: tuple[int, int] | None = None) -> Place:
        """A place in this step: the step itself, or what `tail` leads to."""
        return Place(document=self.document, path=(*self.path, *tail), key=key, part=part)

    @property
    def inputs(self) -> Body:
        """`inputs`, or an empty mapping."""
        value = self.body.get("inputs")
        return value if isinstance(value, _MAPPINGS) else {}

    @property
    def outputs(self) -> Body:
        """`outputs`, or an empty mapping."""
        value = self.body.get("outputs")
        return value if isinstance(value, _MAPPINGS) else {}


@record(eq=False)
class Workflow:
    """One workflow file, read and resolved for an environment."""

    key: str
    """Its name in this project."""
    document: Document = field(repr=False)
    body: Body = field(repr=False)
    """The API's shape without `metadata`: variables put in, secrets still references."""
    metadata: Body = field(repr=False)
    secrets: Mapping[str, tuple[Path, ...]] = field(repr=False)
    """The secrets it needs, and where."""
    variables: frozenset[str] = field(repr=False)
    problems: tuple[ReferenceProblem, ...] = field(repr=False)
    """References that could not be resolved."""
    steps: tuple[Step, ...] = field(repr=False)
    """All steps in file order, nested ones after their parent."""
    by_id: Mapping[str, Step] = field(repr=False)
    """The first step of each id."""

    @property
    def file(self) -> str:
        """The file's name as the user would say it."""
        return self.document.file

    @property
    def definition(self) -> Body:
        """`definition`, or an empty mapping."""
        value = self.body.get("definition")
        return value if isinstance(value, Mapping) else {}

    @property
    def name(self) -> str | None:
        """`definition.name` when it is a text."""
        value = self.definition.get("name")
        return value if isinstance(value, str) else None

    @property
    def trigger(self) -> str | None:
        """`trigger` when it is a text."""
        value = self.body.get("trigger")
        return value if isinstance(value, str) else None

    @property
    def enabled(self) -> bool:
        """Whether it is declared as `enabled`."""
        return self.body.get("status") == "enabled"

    @property
    def sub_account(self) -> str | None:
        """`subAccountId` in either spelling; None means every sub-account."""
        for key in ("subAccountId", "subaccountId"):
            value = self.body.get(key)
            if isinstance(value, str):
                return value
        return None

    def place(self, *path: str | int, key: bool = False, part: tuple[int, int] | None = None) -> Place:
        """A place in this file."""
        return Place(document=self.document, path=path, key=key, part=part)


def read_steps(document: Document, body: Body) -> tuple[Step, ...]:
    """All steps of a body, nested ones after their parent; what has no step's shape is left out."""
    definition = body.get("definition")
    found: list[Step] = []
    if isinstance(definition, _MAPPINGS):
        _walk(found, document, definition.get("steps"), ("definition", "steps"), None)
    return tuple(found)


def _walk(found: list[Step], document: Document, steps: object, path: Path, parent: Step | None) -> None:
    if not isinstance(steps, list):
        return
    for index, body in enumerate(steps):
        if body.__class__ is not dict and not isinstance(body, Mapping):
            continue
        here = (*path, index)
        step_id, type_name = body.get("id"), body.get("stepType")
        spelled = isinstance(type_name, str)
        step = Step(
            document=document,
            path=here,
            body=body,
            id=step_id if isinstance(step_id, str) else None,
            type_name=type_name if spelled else None,
            type=find_step_type(type_name) if spelled else None,
            parent=parent,
            first=index == 0,
            outcomes=_outcomes(body, here),
        )
        found.append(step)
        branches = body.get("do")
        if isinstance(branches, list):
            for number, branch in enumerate(branches):
                _walk(found, document, branch, (*here, "do", number), step)


def _outcomes(body: Body, path: Path) -> tuple[Outcome, ...]:
    following, select = body.get("nextStepId"), body.get("selectNextStep")
    ways = (Outcome(following, None, "nextStepId", (*path, "nextStepId")),) if isinstance(following, str) else ()
    if select is None or not isinstance(select, _MAPPINGS):
        return ways
    via: Literal["selectNextStep"] = "selectNextStep"
    selected = [
        Outcome(target, text if isinstance(text, str) else None, via, (*path, via, target))
        for target, text in select.items()
    ]
    return (*ways, *selected)
