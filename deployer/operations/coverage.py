"""Which steps, branches and expressions of a workflow its tests have run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Literal

from deployer.engine.definition import Definition, Step
from deployer.engine.records import Record, RecordKind
from deployer.engine.rendering import Fields, Fixed, Items, Scripted, Value
from deployer.engine.syntax import Script
from deployer.record import record
from deployer.tuples import NamedTuple

Kind = Literal["step", "branch", "expression"]
KINDS: tuple[Kind, ...] = ("step", "branch", "expression")

DO, SKIPPED, CAME, TIMED_OUT = "do", "not do", "reply", "time-out"
"""Names of the branches that are no target of `selectNextStep`: those of an If, and those of a wait."""


class Spot(NamedTuple):
    """Something that a test can reach."""

    kind: Kind
    step: str
    name: str = ""
    """Of a branch: the step it leads to, or one of the four names. Of an expression: its place, `inputs.text`."""
    source: str = ""
    """Of an expression: the script; of a branch: the condition."""


@record
class Share:
    """How much of something was reached."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        """From 0 to 100; of nothing, all is covered."""
        return 100.0 * self.covered / self.total if self.total else 100.0


@record
class WorkflowCoverage:
    """One workflow: every spot with how often it was reached."""

    key: str
    file: str
    cases: int
    hits: Mapping[Spot, int] = field(repr=False)

    def share(self, kind: Kind) -> Share:
        """Of one kind of spot."""
        counts = [count for spot, count in self.hits.items() if spot.kind == kind]
        return Share(covered=sum(count > 0 for count in counts), total=len(counts))

    @property
    def missed(self) -> tuple[Spot, ...]:
        """What no test reached, in the order of the steps."""
        return tuple(spot for spot, count in self.hits.items() if not count)


@record
class Coverage:
    """All workflows that were meant, those without a test too."""

    workflows: tuple[WorkflowCoverage, ...]

    def share(self, kind: Kind) -> Share:
        """Of one kind of spot, in all workflows together."""
        shares = [workflow.share(kind) for workflow in self.workflows]
        return Share(covered=sum(share.covered for share in shares), total=sum(share.total for share in shares))

    @property
    def lowest(self) -> float:
        """The lowest of the three totals, in percent."""
        return min(self.share(kind).percent for kind in KINDS)

    def as_json(self) -> dict[str, object]:
        """The contract for programs, and for the graph."""
        return {
            "version": 1,
            "total": {f"{kind}s" if kind != "branch" else "branches": _share(self.share(kind)) for kind in KINDS},
            "workflows": [_workflow(workflow) for workflow in self.workflows],
        }


def spots(definition: Definition) -> tuple[Spot, ...]:
    """Everything in a definition that a test can reach, each once, in the order of its steps."""
    return tuple(dict.fromkeys(spot for step in definition.steps.values() for spot in _of_step(step)))


def _of_step(step: Step) -> Iterator[Spot]:
    yield Spot("step", step.id)
    if step.type == "If":
        yield Spot("branch", step.id, DO)
        yield Spot("branch", step.id, SKIPPED)
    if step.type in ("WaitForReply", "WaitForDTMF"):
        yield Spot("branch", step.id, CAME)
        yield Spot("branch", step.id, TIMED_OUT)
    if step.next_step is None:
        for choice in step.choices:
            yield Spot("branch", step.id, choice.target, choice.source)
    values = [step.inputs, *(value for _, value in step.outputs)]
    if step.next_step is None:
        values += [choice.condition for choice in step.choices if choice.condition is not None]
    for value in values:
        for place, script in _scripts(value):
            yield Spot("expression", step.id, place, script.source)


def _scripts(value: Value) -> Iterator[tuple[str, Script]]:
    if isinstance(value, Scripted):
        yield from ((value.place, part) for part in value.template.parts if isinstance(part, Script))
    elif isinstance(value, Items):
        for item in value.items:
            yield from _scripts(item)
    elif isinstance(value, Fields):
        for _, item in value.fields:
            yield from _scripts(item)
    elif isinstance(value, Fixed):
        return


def reached(records: Iterable[Record]) -> Counter[Spot]:
    """What one run reached, how often."""
    return Counter(spot for record in records if (spot := _spot(record)) is not None)


def _spot(record: Record) -> Spot | None:
    kind = record.kind
    if kind is RecordKind.STARTED:
        return Spot("step", record.step)
    if kind is RecordKind.EVALUATED:
        return Spot("expression", record.step, record.name, record.source)
    if kind is RecordKind.DECIDED and record.name == DO:
        return Spot("branch", record.step, DO if record.value else SKIPPED)
    if kind is RecordKind.DECIDED and record.value:
        return Spot("branch", record.step, record.name, record.source)
    if kind is RecordKind.RECEIVED:
        return Spot("branch", record.step, CAME)
    if kind is RecordKind.TIMED_OUT:
        return Spot("branch", record.step, TIMED_OUT)
    return None


def _share(share: Share) -> dict[str, object]:
    return {"covered": share.covered, "total": share.total, "percent": round(share.percent, 2)}


def _workflow(workflow: WorkflowCoverage) -> dict[str, object]:
    return {
        "key": workflow.key,
        "file": workflow.file,
        "cases": workflow.cases,
        "steps": {
            **_share(workflow.share("step")),
            "hits": {spot.step: count for spot, count in workflow.hits.items() if spot.kind == "step"},
        },
        "branches": {
            **_share(workflow.share("branch")),
            "hits": [{"step": spot.step, "outcome": spot.name, "condition": spot.source, "hits": count}
                     for spot, count in workflow.hits.items() if spot.kind == "branch"],
        },
        "expressions": {
            **_share(workflow.share("expression")),
            "hits": [{"step": spot.step, "place": spot.name, "source": spot.source, "hits": count}
                     for spot, count in workflow.hits.items() if spot.kind == "expression"],
        },
    }  # fmt: skip
