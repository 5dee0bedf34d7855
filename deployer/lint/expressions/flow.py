"""Which names of `data` can be set where: path-sensitive over branches, `do` blocks and loops.

For each step the ways to it are joined, and for each name it is kept what it can be there: *set* by
somebody, *never* set, or *missed*, when a wait ended without an answer and its outputs were not
assigned. Conditions on the way narrow that: after `data.answer == null` it is not set. What is not
sure is taken as possible, so that a message is right whenever there is one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from deployer.lint.expressions.conditions import read_condition
from deployer.lint.expressions.narrowing import ANYTHING, Narrowing, narrowing
from deployer.lint.expressions.places import Located, scripts_of
from deployer.lint.expressions.triggers import starting_names
from deployer.lint.graph import graph_of
from deployer.record import record
from deployer.source.workflow import Step, Workflow
from deployer.tuples import NamedTuple

_MOST_STEPS = 2_000
_MOST_NAMES = 2_000

Names = int
"""A set of names, one bit each."""


class State(NamedTuple):
    """What each name can be at one point."""

    set: Names
    never: Names
    missed: Names


class Way(NamedTuple):
    """One way on from a step."""

    target: int | None
    """The step it leads to, by number; None where there is no such step."""
    timed_out: bool
    """Whether it can be taken when a wait is over."""
    narrowing: Narrowing
    plain: bool
    """Whether it is `nextStepId`."""


Packed = int
"""A state as one number: `set` in the lowest bits, then `never`, then `missed`. Two ways join by `|`."""


@record(eq=False)
class Flow:
    """The states around every step of a workflow."""

    bits: Mapping[str, Names]
    before: Sequence[Packed | None]
    """When a step begins; None for one that is never reached."""
    outputs: Sequence[Packed | None]
    """When the values of its outputs are computed."""
    after: Sequence[Packed | None]
    """When its conditions are."""
    starting: frozenset[str] | None
    """The names that the trigger sets; None when they are not known."""

    def at(self, located: Located) -> State | None:
        """What a script finds."""
        part = located.part
        states = self.before if part == "inputs" else self.outputs if part == "outputs" else self.after
        return self.unpacked(states[located.text.number])

    def unpacked(self, state: Packed | None) -> State | None:
        """A state by its parts."""
        width = len(self.bits)
        everything = (1 << width) - 1
        return None if state is None else State(state & everything, state >> width & everything, state >> 2 * width)


@lru_cache(maxsize=8)
def setters(workflow: Workflow) -> Mapping[str, list[Step]]:
    """The steps whose outputs set each name."""
    found: dict[str, list[Step]] = {}
    for step in workflow.steps:
        for name in step.outputs:
            found.setdefault(name, []).append(step)
    return found


@lru_cache(maxsize=8)
def flow_of(workflow: Workflow) -> Flow | None:
    """The data flow of a workflow; None for one without steps, or larger than any real one."""
    starting = starting_names(workflow)
    names = dict.fromkeys([*(starting or ()), *setters(workflow)])
    for located in scripts_of(workflow).located:
        for read in located.expression.reads:
            if read.root == "data" and read.path:
                names[read.path[0]] = None
    if not 0 < len(workflow.steps) <= _MOST_STEPS or len(names) > _MOST_NAMES:
        return None
    bits = {name: 1 << number for number, name in enumerate(names)}
    return _Run(workflow, bits, starting).flow()


class _Run:
    """The fixpoint over one workflow."""

    def __init__(self, workflow: Workflow, bits: Mapping[str, Names], starting: frozenset[str] | None) -> None:
        self.bits = bits
        self.starting = starting
        self.steps = workflow.steps
        self.width = len(bits)
        self.everything = (1 << self.width) - 1
        graph = graph_of(workflow)
        self.parents = graph.parents
        self.children: dict[int, list[int]] = {}
        for number, parent in enumerate(graph.parents):
            if parent is not None and self.steps[number].first:
                self.children.setdefault(parent, []).append(number)
        self.numbers = {id(step): number for number, step in enumerate(self.steps)}
        self.own = [self.mask(step.outputs) for step in self.steps]
        self.ways = [self.ways_from(step, workflow) for step in self.steps]
        self.conditions = [_if_condition(step) for step in self.steps]
        count = len(self.steps)
        self.before: list[Packed | None] = [None] * count
        self.outputs: list[Packed | None] = [None] * count
        self.after: list[Packed | None] = [None] * count
        self.ends: list[Packed | None] = [None] * count
        self.queue: deque[int] = deque()

    def mask(self, names: Iterable[str]) -> Names:
        found = 0
        for name in names:
            found |= self.bits.get(name, 0)
        return found

    def ways_from(self, step: Step, workflow: Workflow) -> list[Way]:
        found: list[Way] = []
        if not step.outcomes:
            return found
        waits = step.type is not None and step.type.times_out
        own = frozenset(step.outputs) if waits else None
        for outcome in step.outcomes:
            target = workflow.by_id.get(outcome.target)
            number = None if target is None else self.numbers[id(target)]
            shape = ANYTHING
            if outcome.condition is not None:
                shape = _narrowing((outcome.condition,), (), own)
            elif outcome.default:
                others = (other for other in step.outcomes if other.via == "selectNextStep")
                shape = _narrowing((), tuple(o.condition for o in others if o.condition is not None), own)
            found.append(Way(number, waits and shape.timed_out, shape, outcome.via == "nextStepId"))
        return found

    def flow(self) -> Flow:
        start = self.mask(self.starting or ())
        self.reach(0, start | (self.everything & ~start) << self.width)
        while self.queue:
            self.step(self.queue.popleft())
        return Flow(bits=self.bits, before=self.before, outputs=self.outputs, after=self.after, starting=self.starting)

    def reach(self, number: int, state: Packed) -> None:
        known = self.before[number]
        joined = state if known is None else known | state
        if joined != known:
            self.before[number] = joined
            self.queue.append(number)

    def end(self, parent: int, state: Packed) -> None:
        """A branch of a `do` has ended; its parent may go on."""
        known = self.ends[parent]
        joined = state if known is None else known | state
        if joined != known:
            self.ends[parent] = joined
            self.queue.append(parent)

    def step(self, number: int) -> None:
        begun = self.before[number]
        if begun is None:
            return
        for child in self.children.get(number, ()):
            self.reach(child, self.narrowed(begun, self.conditions[number]))
        inner = self.ends[number]
        done = begun if inner is None else begun | inner
        own, width = self.own[number], self.width
        answered = (done | own) & ~(own << width | own << 2 * width)
        kind = self.steps[number].type
        timed_out = None
        if kind is not None and kind.times_out:
            timed_out = done & ~(own << width) | (done >> width & own) << 2 * width
        self.outputs[number] = answered
        self.after[number] = answered if timed_out is None else answered | timed_out
        self.go_on(number, answered, timed_out)

    def go_on(self, number: int, answered: Packed, timed_out: Packed | None) -> None:
        parent = self.parents[number]
        for target, after_timeout, shape, _ in self.ways[number]:
            if target is None:
                continue
            states = [answered] if shape.answered else []
            states += [timed_out] if after_timeout and timed_out is not None else []
            for state in states:
                self.reach(target, self.narrowed(state, shape))
                if parent is not None and self.parents[target] != parent:
                    # It leaves its `do`; whatever it comes past may have been set before the parent goes on.
                    self.end(parent, state | self.everything)
        if parent is not None and not any(way.plain for way in self.ways[number]):
            self.end(parent, answered if timed_out is None else answered | timed_out)

    def narrowed(self, state: Packed, shape: Narrowing) -> Packed:
        if not (shape.there or shape.absent or shape.falsy):
            return state
        width, everything = self.width, self.everything
        known, never, missed = state & everything, state >> width & everything, state >> 2 * width
        absent, falsy = self.mask(shape.absent), self.mask(shape.falsy)
        # A name that is surely there was set; one that surely is not may have been set to null.
        surely = self.mask(shape.there) & known
        # An answer is never an empty text, so what counts as false after a wait is what did not come.
        gone = absent & (never | missed) | falsy & missed
        return known & ~gone | (never & ~surely) << width | (missed & ~surely) << 2 * width


def _if_condition(step: Step) -> Narrowing:
    condition = step.inputs.get("condition") if step.body.get("do") else None
    return _narrowing((condition,), (), None) if isinstance(condition, str) else ANYTHING


@lru_cache(maxsize=32768)
def _narrowing(true: tuple[str, ...], false: tuple[str, ...], own: frozenset[str] | None) -> Narrowing:
    """What holds where all of `true` and none of `false` are true; the same conditions are thought through once.

    `own` are the outputs of a step that waits.
    """
    texts = [read_condition(text) for text in (*true, *false)]
    known = tuple(condition for condition in texts if condition is not None)
    if len(known) < len(texts):
        return ANYTHING
    return narrowing(known[: len(true)], known[len(true) :], own)
