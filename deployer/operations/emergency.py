"""Roll back, disable, enable: the server's own content goes back to it as a new version, and a hold keeps it there.

These need the server and, where it can be had, the state; never the files. What is about to be written is
recorded first, hold included: whoever dies in between leaves a key that apply does not touch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from deployer.errors import DeployerError
from deployer.operations.plan import Change
from deployer.operations.turn import Step
from deployer.operations.write import LostUpdate, StalePlan, Writer, Written, loss_in_words
from deployer.record import record
from deployer.remote.errors import Indeterminate
from deployer.remote.gateway import Gateway
from deployer.state.log import Entry
from deployer.state.model import Intent, State


class Book(Protocol):
    """Where an operation records itself: the state, or a place aside of it."""

    @property
    def state(self) -> State:
        """The state as far as it is known."""

    def save(self, state: State, *, note: str, urgent: bool = True, entries: Sequence[Entry] = ()) -> None:
        """See `StateSession.save`."""


@record
class Turned:
    """A definition that is as it was meant to be."""

    step: Step
    version: int
    """The version that the server has now."""
    lost: tuple[LostUpdate, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Unturned:
    """A definition that is not, or of which nobody knows."""

    label: str
    id: str
    version: int | None
    message: str
    hint: str | None
    exit_code: int


def begin(book: Book, steps: Sequence[Step], note: str) -> None:
    """Record holds and intents before the first write. Raises a DeployerError when they cannot be kept."""
    state = book.state
    for step in steps:
        state = _held(state, step)
        if step.change is not None and step.key is not None and step.binding is not None:
            state = state.open([_intent(step, step.change)])
    book.save(state, note=note, entries=[_entry(step, None, None) for step in steps if step.change is None])


def _held(state: State, step: Step) -> State:
    if step.key is None or step.binding is None:
        return state
    return state.hold(step.key, step.hold) if step.hold is not None else state.release(step.key)


def _intent(step: Step, change: Change) -> Intent:
    return Intent(
        key=step.key or "", action=step.turn, id=step.id, base=step.base.version, body=None, sent=change.digest,
        protect=change.protect, source=step.source, status=step.status,
    )  # fmt: skip


def carry_out(
    book: Book,
    gateway: Gateway,
    steps: Sequence[Step],
    *,
    parallelism: int = 4,
    say: Callable[[str], None] = lambda _line: None,
) -> tuple[list[Turned], list[Unturned]]:
    """Write each content; one that fails stops no other. `say` is told of a lost update at once."""
    run = _Run(book, gateway, say)
    with ThreadPoolExecutor(max_workers=max(1, parallelism), thread_name_prefix="emergency") as pool:
        outcomes = list(pool.map(run.one, steps))
    turned = [outcome for outcome in outcomes if isinstance(outcome, Turned)]
    return turned, [outcome for outcome in outcomes if isinstance(outcome, Unturned)]


class _Run:
    def __init__(self, book: Book, gateway: Gateway, say: Callable[[str], None]) -> None:
        self.book, self.say = book, say
        self.mutex = threading.Lock()
        self.writer = Writer(
            gateway=gateway,
            known_secret=lambda _name: None,
            before_post=lambda *_: None,  # nothing is created here
            bound_ids=frozenset,
            has_twin=lambda _change: False,
        )

    def one(self, step: Step) -> Turned | Unturned:
        if step.change is None:
            return Turned(step=step, version=step.base.version)
        try:
            written = self.writer.write(step.change)
        except DeployerError as error:
            return self.failed(step, error)
        for lost in written.lost:
            self.say(f"{step.label}: {loss_in_words(step.id, lost)}")
        notes = written.notes
        try:
            self.record(step, written)
        except DeployerError as error:
            notes = (*notes, f"it is done, but could not be recorded: {error}; the next run finds it")
        version = written.version or step.base.version + 1
        return Turned(step=step, version=version, lost=written.lost, notes=notes)

    def record(self, step: Step, written: Written) -> None:
        with self.mutex:
            state = self.book.state
            if step.key is not None and step.binding is not None and written.binding is not None:
                state = state.close(step.key).bind(step.key, written.binding)
                if step.hold is not None:
                    state = state.hold(step.key, replace(step.hold, version=written.binding.version))
            note = f"{step.turn} {step.label}: version {written.version}"
            self.book.save(state, note=note, urgent=False, entries=[_entry(step, written, None)])

    def failed(self, step: Step, error: DeployerError) -> Unturned:
        hint, message = error.hint, str(error)
        if isinstance(error, StalePlan):
            hint = f"Nothing was written. `deployer log {step.named}` shows what changed; then give the command again."
        if isinstance(error, Indeterminate):
            hint = "Look with `deployer show` before you repeat it; the next plan or apply settles what is open."
        else:
            try:
                self.undo(step, message)
            except DeployerError as second:
                message += f"; and the hold could not be taken back: {second}"
        return Unturned(
            label=step.label, id=step.id, version=step.base.version, message=message, hint=hint,
            exit_code=error.exit_code,
        )  # fmt: skip

    def undo(self, step: Step, message: str) -> None:
        with self.mutex:
            state = self.book.state
            if step.key is not None and step.binding is not None:
                state = state.close(step.key)
                state = state.hold(step.key, step.former) if step.former is not None else state.release(step.key)
            note = f"{step.turn} {step.label}: failed"
            self.book.save(state, note=note, urgent=False, entries=[_entry(step, None, f"failed: {message}")])


def _entry(step: Step, written: Written | None, failure: str | None) -> Entry:
    said = [failure] if failure is not None else []
    if step.turn == "rollback" and failure is None:
        said.append(f"the content of version {step.source}")
    if step.change is None:
        said.append("the server held it already")
    if written is not None:
        said += [*(loss_in_words(written.id, lost) for lost in written.lost), *written.notes]
    return Entry(
        action=step.turn, key=step.key, id=step.id, base=step.base.version, reason=step.reason,
        version=written.version if written is not None else None, note="; ".join(said) or None,
    )  # fmt: skip
