"""One advance of one instance: the part that changes while steps run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from deployer.engine.behaviour import Ask, Await, Done, Enter, Sleep, behave
from deployer.engine.definition import Choice, Definition, Step
from deployer.engine.events import takes
from deployer.engine.facts import Facts
from deployer.engine.failures import ScriptError, StepError
from deployer.engine.instance import (
    Answer,
    Awaited,
    Effect,
    Event,
    Failure,
    Fault,
    Instance,
    InstanceStatus,
    Outcome,
    Pointer,
    Settled,
    StepStatus,
)
from deployer.engine.records import Record, Recorder, RecordKind
from deployer.engine.rendering import Renderer
from deployer.engine.scripting import Evaluator, Scope
from deployer.engine.settings import EngineSettings
from deployer.engine.syntax import Script

_NOTHING: Final = Facts({})
_new: Final = tuple.__new__
"""Makes a NamedTuple of all its fields in half the time of its own constructor: a run makes a hundred."""


class Execution:
    """Runs one instance for one moment, breadth first, and then gives it back frozen."""

    def __init__(
        self,
        *,
        definition: Definition,
        evaluator: Evaluator,
        settings: EngineSettings,
        instance: Instance,
        now: datetime,
        new_uuid: Callable[[str, int], str],
        answer: Callable[[Effect], Outcome | None] | None,
        record: Recorder | None,
    ) -> None:
        self._definition = definition
        self._evaluator = evaluator
        self._settings = settings
        self._before = instance
        self._now = now
        self._draw = new_uuid
        self._answer = answer
        self._record = record
        self._drawn = instance.drawn
        self._status = instance.status
        self._data = evaluator.facts(instance.data)
        self._open = {pointer.id: pointer for pointer in instance.open}
        self._log: list[Pointer] = []
        self._reached = len(instance.open) + len(instance.log)
        self._pending = deque(pointer.id for pointer in instance.open if pointer.status is StepStatus.PENDING)
        self._errors = list(instance.errors)
        self._kept: Renderer | None = None
        self._current: Pointer
        """Whose scripts the renderer runs."""
        self.effects: list[Effect] = []
        """What was asked for and not settled on the spot."""

    def run(self) -> None:
        """Act on the inbox, then on what is due, then run every step that can."""
        if self._is_first and self._refuse_data():
            return
        for arrival in self._before.inbox:
            self._receive(arrival)
            self._drain()
        self._drain()
        while self._running and self._wake():
            self._drain()
        if self._running and not self._open:
            self._finish(InstanceStatus.COMPLETE)

    def result(self) -> Instance:
        """The instance as it now is."""
        ended = self._status is not InstanceStatus.RUNNABLE
        before = self._before
        return Instance(
            id=before.id,
            seed=before.seed,
            drawn=self._drawn,
            status=self._status,
            data=self._data.value,
            started_at=before.started_at,
            completed_at=self._now if ended else None,
            open=tuple(self._open.values()),
            log=(*before.log, *self._log),
            errors=tuple(self._errors),
        )

    @property
    def _is_first(self) -> bool:
        """Whether nothing has run yet: what came from outside was then not measured."""
        return not self._before.log

    def _refuse_data(self) -> bool:
        objection = _objection_to(self._data, self._settings)
        if objection is None or not self._open:
            return False
        self._fault(next(iter(self._open.values())), objection)
        return True

    @property
    def _running(self) -> bool:
        return self._status is InstanceStatus.RUNNABLE

    # What comes in

    def _receive(self, arrival: Event | Settled) -> None:
        if isinstance(arrival, Settled):
            asker = self._open.get(arrival.effect)
            if asker is not None and asker.effect is not None:
                self._try(asker, partial(self._settle, asker, arrival.outcome))
            return
        takers = [pointer for pointer in self._open.values() if takes(pointer, arrival)]
        for pointer in takers[:1] if self._settings.reply_goes_to == "first" else takers:
            self._note(RecordKind.RECEIVED, pointer, name=arrival.kind, value=arrival.body)
            offered = "reply" if arrival.kind == "reply" else "dtmfData"
            self._proceed(pointer, {offered: arrival.body})

    def _wake(self) -> bool:
        """Act on the earliest thing that is due; whether there was one."""
        due = [item for item in self._open.values() if item.wake_at is not None and item.wake_at <= self._now]
        if not due:
            return False
        pointer = min(due, key=lambda item: item.wake_at or self._now)
        if pointer.awaited is None:
            self._proceed(pointer, {})
        else:
            self._note(RecordKind.TIMED_OUT, pointer, name=pointer.awaited.kind)
            self._try(pointer, partial(self._leave, pointer, {}, StepStatus.CANCELLED))
        return True

    # Steps

    def _drain(self) -> None:
        """Run pending steps in the order in which they were reached: breadth first."""
        while self._pending and self._running:
            pointer = self._open[self._pending.popleft()]
            if self._reached - len(self._pending) > self._settings.max_steps:
                self._fault(pointer, f"more than {self._settings.max_steps} steps: a loop without an end?")
            else:
                try:
                    self._begin(pointer)
                except StepError as fault:
                    self._fault(pointer, str(fault))

    def _try(self, pointer: Pointer, act: Callable[[], None]) -> None:
        try:
            act()
        except StepError as fault:
            self._fault(pointer, str(fault))

    def _begin(self, pointer: Pointer) -> None:
        step = self._definition.steps.get(pointer.step)
        if step is None:
            raise StepError("the definition has no such step any more")
        self._note(RecordKind.STARTED, pointer, name=step.type)
        action = behave(step, self._renderer(pointer, _NOTHING), self._settings, self._now)
        if isinstance(action, Done):
            self._leave_or_enter(pointer, step, {})
        elif isinstance(action, Enter):
            self._note(RecordKind.DECIDED, pointer, name="do", source=action.source, value=action.holds)
            if action.holds:
                self._leave_or_enter(pointer, step, {})
            else:
                self._leave(pointer, {}, StepStatus.COMPLETE)
        elif isinstance(action, Sleep):
            self._keep(pointer, StepStatus.SLEEPING, wake_at=action.until)
            self._note(RecordKind.SLEEPING, pointer, value=action.until)
        elif isinstance(action, Await):
            self._wait(pointer, action)
        else:
            self._ask(pointer, action)

    def _wait(self, pointer: Pointer, action: Await) -> None:
        awaited = action.awaited
        self._keep(pointer, StepStatus.WAITING, wake_at=action.until, awaited=awaited)
        self._note(RecordKind.WAITING, pointer, name=awaited.kind, source=awaited.key, value=action.until)

    def _ask(self, pointer: Pointer, action: Ask) -> None:
        effect = Effect(id=pointer.id, step=pointer.step, type=action.type, request=action.request)
        self._note(RecordKind.ASKED, pointer, name=effect.type, value=effect.request)
        outcome = self._answer(effect) if self._answer is not None else None
        if outcome is not None:
            self._settle(pointer, outcome)
            return
        self._keep(pointer, StepStatus.RUNNING, effect=effect)
        self.effects.append(effect)

    def _settle(self, pointer: Pointer, outcome: Outcome) -> None:
        if isinstance(outcome, Fault):
            raise StepError(outcome.message)
        if isinstance(outcome, Answer):
            values = outcome.values
        elif self._settings.connection_failure == "fault":
            raise StepError(outcome.reason)
        else:
            values = {"responseCode": 0, "reasonPhrase": outcome.reason, "responseBody": None}
        self._note(RecordKind.ANSWERED, pointer, value=values)
        self._leave_or_enter(pointer, self._definition.steps[pointer.step], values)

    def _proceed(self, pointer: Pointer, values: Mapping[str, object]) -> None:
        step = self._definition.steps.get(pointer.step)
        if step is None:
            self._fault(pointer, "the definition has no such step any more")
            return
        self._try(pointer, partial(self._leave_or_enter, pointer, step, values))

    def _leave_or_enter(self, pointer: Pointer, step: Step, values: Mapping[str, object]) -> None:
        """A step's own work is done: run what stands in its `do`, or go on."""
        if step.branches and (self._settings.nested_steps == "any" or step.type == "If"):
            self._keep(pointer, StepStatus.RUNNING, values=values)
            for first in step.branches:
                self._reach(first, (*pointer.scope, pointer.id))
        else:
            self._leave(pointer, values, StepStatus.COMPLETE)

    def _leave(self, pointer: Pointer, values: Mapping[str, object], status: StepStatus) -> None:
        """Outputs, then outcomes, then the end of this step's run."""
        step = self._definition.steps[pointer.step]
        offered = self._offered(values) if values and (step.outputs or step.choices) else _NOTHING
        if status is StepStatus.COMPLETE and step.outputs:
            self._assign(pointer, step, offered)
        following = self._successors(pointer, step, offered)
        self._end(pointer, status)
        for target in following:
            self._reach(target, pointer.scope)
        self._leave_scopes(pointer)

    def _offered(self, values: Mapping[str, object]) -> Facts:
        """What a step offers; it comes from outside, so it is measured."""
        facts = Facts(values)
        objection = _objection_to(facts, self._settings)
        if objection is not None:
            raise StepError(f"the answer is too large: {objection}")
        return facts

    def _assign(self, pointer: Pointer, step: Step, offered: Facts) -> None:
        renderer = self._renderer(pointer, offered)
        added = {name: renderer.render(value) for name, value in step.outputs}
        facts = self._data.extended(added)
        objection = _objection_to(facts, self._settings)
        if objection is not None:
            raise StepError(f"outputs: {objection}")
        for name, value in added.items():
            self._note(RecordKind.ASSIGNED, pointer, name=name, value=value)
        self._data = self._evaluator.keep(facts)

    def _successors(self, pointer: Pointer, step: Step, offered: Facts) -> list[str]:
        targets = [step.next_step] if step.next_step is not None else []
        if step.choices and (not targets or self._settings.beside_next_step == "follow"):
            renderer = self._renderer(pointer, offered if self._settings.step_in_selectors else _NOTHING)
            targets += self._chosen(pointer, step.choices, renderer)
        return targets

    def _chosen(self, pointer: Pointer, choices: tuple[Choice, ...], renderer: Renderer) -> list[str]:
        """Every true branch in the order written; the defaults when there is none."""
        held = [choice.condition is not None and renderer.holds(choice.condition) for choice in choices]
        if not any(held):
            held = [choice.condition is None for choice in choices]
        for choice, chosen in zip(choices, held, strict=True):
            self._note(RecordKind.DECIDED, pointer, name=choice.target, source=choice.source, value=chosen)
        return [choice.target for choice, chosen in zip(choices, held, strict=True) if chosen]

    def _reach(self, step_id: str, scope: tuple[str, ...]) -> None:
        pointer = Pointer(self._new_uuid(), self._reached, step_id, StepStatus.PENDING, scope)
        self._reached += 1
        self._open[pointer.id] = pointer
        self._pending.append(pointer.id)

    def _leave_scopes(self, pointer: Pointer) -> None:
        """Let the step go on whose `do` has just run out."""
        if not pointer.scope or any(pointer.scope[-1] in other.scope for other in self._open.values()):
            return
        parent = self._open.get(pointer.scope[-1])
        if parent is not None:
            self._try(parent, partial(self._leave, parent, parent.values or {}, StepStatus.COMPLETE))

    def _keep(
        self,
        pointer: Pointer,
        status: StepStatus,
        *,
        wake_at: datetime | None = None,
        awaited: Awaited | None = None,
        effect: Effect | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """A step's run goes on later, with what it then needs and nothing else."""
        self._open[pointer.id] = Pointer(
            id=pointer.id,
            number=pointer.number,
            step=pointer.step,
            status=status,
            scope=pointer.scope,
            started_at=pointer.started_at or self._now,
            wake_at=wake_at,
            awaited=awaited,
            effect=effect,
            values=values,
        )

    def _end(self, pointer: Pointer, status: StepStatus) -> None:
        self._open.pop(pointer.id, None)
        number, step, started = pointer.number, pointer.step, pointer.started_at or self._now
        fields = (pointer.id, number, step, status, pointer.scope, started, self._now, None, None, None, None)
        self._log.append(_new(Pointer, fields))
        self._note(RecordKind.ENDED, pointer, name=status)

    # The instance

    def _fault(self, pointer: Pointer, message: str) -> None:
        """A fault ends the instance: what else was open is cancelled."""
        self._errors.append(Failure(step=pointer.step, message=message, time=self._now))
        self._note(RecordKind.FAULTED, pointer, value=message)
        self._end(pointer, StepStatus.FAILED)
        for other in list(self._open.values()):
            self._end(other, StepStatus.CANCELLED)
        self.effects.clear()
        self._finish(InstanceStatus.TERMINATED)

    def _finish(self, status: InstanceStatus) -> None:
        self._status = status
        if self._record is not None:
            self._record(Record(kind=RecordKind.FINISHED, at=self._now, name=status))

    # What scripts see

    def _renderer(self, pointer: Pointer, step: Facts) -> Renderer:
        self._current = pointer
        kept = self._kept
        if kept is not None and kept.sees(self._data, step):
            return kept
        scope = Scope(data=self._data, step=step, now=self._now, new_uuid=self._new_uuid)
        self._kept = Renderer(self._evaluator, scope, None if self._record is None else self._on_script)
        return self._kept

    def _on_script(self, place: str, script: Script, value: object) -> None:
        self._note(RecordKind.EVALUATED, self._current, place, script.source, value)

    def _new_uuid(self) -> str:
        self._drawn += 1
        return self._draw(self._before.seed, self._drawn - 1)

    def _note(self, kind: RecordKind, pointer: Pointer, name: str = "", source: str = "", value: object = None) -> None:
        if self._record is not None:
            self._record(_new(Record, (kind, self._now, pointer.step, pointer.id, name, source, value)))


def _objection_to(facts: Facts, settings: EngineSettings) -> str | None:
    """Why these data cannot be worked with; None when they can."""
    if facts.levels > settings.max_depth + 1:  # `data` itself is no level
        return f"data is nested deeper than {settings.max_depth} levels"
    try:
        too_long = facts.is_longer(settings.max_data)
    except ScriptError as error:
        return str(error)
    return f"data has more than {settings.max_data} characters as JSON" if too_long else None
