"""A definition as a picture needs it: steps, ways between them, and what stands out.

Nothing here draws. Texts are plain and on one line, without control characters; each drawing escapes
them in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from deployer.record import record


class Shape(StrEnum):
    """What kind of step a node is, as people tell them apart."""

    START = "start"
    MESSAGE = "message"
    CALL = "call"
    REQUEST = "request"
    WAIT = "wait"
    CHOICE = "choice"
    PERSON = "person"
    OTHER = "other"
    MISSING = "missing"
    """Not a step: the id that an outcome names and no step has."""
    REFERENCE = "reference"
    """Not a step: says that a way goes on at a step that is drawn elsewhere."""


_NO_STEPS = frozenset({Shape.START, Shape.MISSING, Shape.REFERENCE})


class Kind(StrEnum):
    """Why one step follows another."""

    NEXT = "next"
    SELECT = "select"
    DEFAULT = "default"
    """Selected when no sibling is true."""
    TIMEOUT = "timeout"
    """Selected only when a wait ended without an answer."""
    DO = "do"
    """Into the steps that a step holds."""


class Mark(StrEnum):
    """What a picture says of a step or a way beyond what the definition declares."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REACHED = "reached"
    UNREACHED = "unreached"

    @property
    def sign(self) -> str:
        """The same without colour."""
        return _SIGNS[self]


_SIGNS = {Mark.ADDED: "+", Mark.CHANGED: "~", Mark.REMOVED: "-", Mark.REACHED: "✓", Mark.UNREACHED: "✗"}


@record
class Node:
    """A step, the start, or an id without a step."""

    key: str
    """Tells it from every other node of the graph."""
    id: str
    """As the definition names it; of the start: what starts it."""
    type: str
    """Step type; empty for the start and for a missing step."""
    text: str
    """The first words of what it says, asks, calls or waits for; may be empty."""
    shape: Shape
    group: str | None = None
    """Key of the step whose `do` it stands in."""
    digest: str = ""
    """Of all that it declares but the ways on: equal when nothing of it changed."""
    before: str = ""
    """What a changed step said, where that reads differently from `text`."""
    fault: str = ""
    """What is wrong with it, in a few words."""
    mark: Mark | None = None
    note: str = ""
    """A remark beside the mark, such as how often it ran."""


@record
class Edge:
    """One way on."""

    source: str
    target: str
    kind: Kind
    label: str = ""
    """What selects it, in a few words; empty where nothing is to be said."""
    condition: str = ""
    """The condition as declared, for those who want to know exactly."""
    loop: bool = False
    """Leads back to a step that comes before."""
    mark: Mark | None = None
    note: str = ""


@record
class Graph:
    """A workflow, or the difference of two."""

    title: str
    nodes: tuple[Node, ...]
    """In file order, each after the step that holds it; the start is the first."""
    edges: tuple[Edge, ...]
    compared: bool = False
    """Whether it shows a difference, so that no mark means no change."""

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return sum(1 for node in self.nodes if node.shape not in _NO_STEPS)

    def count(self, mark: Mark) -> int:
        """How many steps carry that mark."""
        return sum(1 for node in self.nodes if node.mark is mark and node.shape is not Shape.START)

    def marked(self, steps: Mapping[str, Mark], ways: Mapping[tuple[str, str], Mark]) -> Graph:
        """The same with marks: by step id, and by the ids at both ends of a way.

        What neither names keeps the mark that it has.
        """
        ids = {node.key: node.id for node in self.nodes}
        return replace(
            self,
            nodes=tuple(
                node if node.shape is Shape.START else replace(node, mark=steps.get(node.id, node.mark))
                for node in self.nodes
            ),
            edges=tuple(
                replace(edge, mark=ways.get((ids[edge.source], ids[edge.target]), edge.mark)) for edge in self.edges
            ),
        )

    def summary(self) -> str:
        """The picture in a sentence, for those who cannot see it."""
        start = next((edge.target for edge in self.edges if edge.source == START), None)
        first = next((node.id for node in self.nodes if node.key == start), None)
        parts = [f"{self.steps} step{'' if self.steps == 1 else 's'}"]
        if first is not None:
            parts.append(f"starts with {first}")
        loops = sum(1 for edge in self.edges if edge.loop)
        timeouts = sum(1 for edge in self.edges if edge.kind is Kind.TIMEOUT)
        faults = sum(1 for node in self.nodes if node.fault)
        for count, word in ((loops, "loop"), (timeouts, "time-out"), (faults, "fault")):
            if count:
                parts.append(f"{count} {word}{'' if count == 1 else 's'}")
        parts += [f"{self.count(mark)} {mark}" for mark in Mark if self.count(mark)]
        marks = {node.mark for node in self.nodes} | {edge.mark for edge in self.edges}
        if self.compared and marks <= {None}:
            parts.append("nothing changes")
        return ", ".join(parts)


START = "start"
"""Key of the node that stands for what starts the workflow. Keys of steps begin with `step `."""
