"""What rolling back, disabling or enabling means for one definition: which content, and which hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from deployer.errors import Refused
from deployer.operations.compare import as_template, stored_digest
from deployer.operations.diff import StepChange, differences
from deployer.operations.plan import Action, Change
from deployer.operations.tried_versions import tried_versions
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.state.log import Entry
from deployer.state.model import Binding, Hold, State

Turn = Literal["rollback", "disable", "enable"]


@record
class Wish:
    """What the user asked for."""

    turn: Turn
    reason: str | None = None
    to: int | None = None
    """The version to roll back to; None: the newest that is neither current nor rolled back from."""
    protected_too: bool = False
    """Also what `protect` guards."""
    release: bool = False
    """End the hold."""


@record
class Step:
    """One definition, and the content that goes back to it."""

    turn: Turn
    key: str | None
    """None where no key is bound to it: then there is nothing to hold."""
    id: str
    name: str
    base: Definition = field(repr=False)
    """The newest version now."""
    source: int
    """The version whose content is written."""
    change: Change | None
    """None where the server holds that content already, so that only the hold is put."""
    hold: Hold | None
    """The hold from then on."""
    former: Hold | None
    """The hold until now."""
    binding: Binding | None
    reason: str | None

    @property
    def label(self) -> str:
        """What to call it in messages."""
        return self.key or self.id

    @property
    def named(self) -> str:
        """What to type after a command to mean this."""
        return _typed(self.key, self.id)

    @property
    def changes(self) -> tuple[StepChange, ...]:
        """What differs afterwards, step by step."""
        if self.change is None:
            return ()
        return differences(as_template(self.base.body), self.change.template)

    @property
    def status(self) -> str:
        """`enabled` or `disabled`, afterwards."""
        body = self.change.template if self.change is not None and self.change.template else self.base.body
        return "enabled" if body.get("status") == "enabled" else "disabled"


def plan_step(
    key: str | None, history: Sequence[Definition], state: State, wish: Wish, entries: Sequence[Entry] = ()
) -> Step:
    """What the wish means for a definition with these versions (newest first).

    `entries` is the state's log as far as it is known: it remembers what was rolled back from after the hold is gone.
    Raises Refused where it cannot be: no such version, none left, or `protect` in the way.
    """
    now = history[0]
    hold = state.holds.get(key) if key is not None else None
    binding = state.bindings.get(key) if key is not None else None
    source = now
    # What somebody stopped stays stopped until somebody says that it may go on.
    stopped = hold is not None and hold.kind == "disable" and now.body.get("status") != "enabled"
    if wish.turn == "rollback":
        tried = {*tried_versions(entries, history), *(hold.bad_versions if hold is not None else ())}
        source = _source(key, history, tried, wish.to, stopped=stopped)
    content = _content(source, wish.turn, stopped=stopped)
    same = digest(content) == digest(as_template(now.body))
    step = Step(
        turn=wish.turn, key=key, id=now.id, name=now.name, base=now, source=source.version, hold=None, former=hold,
        change=None if same else _change(key or now.id, now, content, binding), binding=binding, reason=wish.reason,
    )  # fmt: skip
    ends = now.body.get("status") == "enabled" and step.status == "disabled"
    if ends and binding is not None and binding.protect and not wish.protected_too:
        raise Refused(
            f"`{key}` is protected, and this would disable it",
            hint="`--protected-too` does it all the same; or take `protect` out of its metadata and apply.",
        )
    return replace(step, hold=_hold(step, wish) if key is not None and binding is not None else None)


def _typed(key: str | None, definition_id: str) -> str:
    return key if key is not None else f"--id {definition_id}"


def _source(
    key: str | None, history: Sequence[Definition], tried: Collection[int], to: int | None, *, stopped: bool
) -> Definition:
    now = history[0]
    label, typed = key or now.id, _typed(key, now.id)
    if to is not None:
        found = next((version for version in history if version.version == to), None)
        if found is None:
            has = ", ".join(str(version.version) for version in history[:10])
            raise Refused(f"`{label}` has no version {to}; the server has {has}")
        if to == now.version:
            raise Refused(f"`{label}` is at version {to} already", hint=f"`deployer log {typed}` shows all versions.")
        return found
    bad = [version for version in history if version is now or version.version in tried]
    left = [version for version in history if not _had_its_turn(version, bad, stopped=stopped)]
    # Whoever rolls back wants an answer that worked, not the state in which somebody had stopped it.
    found = next((version for version in left if version.body.get("status") == "enabled"), left[0] if left else None)
    if found is None:
        raise Refused(
            f"`{label}` has no version left to roll back to: each was current or rolled back from",
            hint=f"`deployer disable {typed}` stops it; `--to N` restores a version all the same.",
        )
    return found


def _had_its_turn(version: Definition, bad: Sequence[Definition], *, stopped: bool) -> bool:
    """By content, not by number: a rollback makes a copy of an old version, and that one has had its turn, too.

    What differs in nothing but being disabled is no better; neither is what would be kept disabled.
    """
    body = canonical(version.body)
    alike = stopped or body.get("status") != "enabled"
    return any(_essence(body, alike) == _essence(canonical(one.body), alike) for one in bad)


def _essence(body: Mapping[str, object], without_status: bool) -> str:
    return digest({name: value for name, value in body.items() if name != "status"} if without_status else body)


def _content(source: Definition, turn: Turn, *, stopped: bool) -> dict[str, object]:
    content = as_template(source.body)
    if turn == "rollback":
        return {**content, "status": "disabled"} if stopped else content
    return {**content, "status": "disabled" if turn == "disable" else "enabled"}


def _change(label: str, now: Definition, content: Mapping[str, object], binding: Binding | None) -> Change:
    places = binding.secret_paths if binding is not None else ()
    return Change(
        key=label, action=Action.UPDATE, id=now.id, base=now.version, file=None, name=now.name,
        # What is applied is no longer the file's, unless this brings the file's own content back.
        digest=stored_digest(content, places) if places else digest(content),
        template=content, base_stored=digest(canonical(now.body)), secret_places=places,
        protect=binding.protect if binding is not None else False,
    )  # fmt: skip


def _hold(step: Step, wish: Wish) -> Hold | None:
    former, binding = step.former, step.binding
    if wish.release or binding is None:
        return None
    version = step.base.version + (1 if step.change is not None else 0)
    if wish.turn == "enable":
        if former is not None:
            return replace(former, version=version)
        applied = step.change is None or step.change.digest == binding.sent
        return None if applied else _new_hold("enable", step, binding, version, "enabled by hand")
    if wish.turn == "disable":
        said = former.reason if former is not None and former.kind == "disable" else "disabled by hand"
        return _new_hold("disable", step, binding, version, said)
    kind: Turn = former.kind if former is not None and former.kind == "disable" else "rollback"
    said = f"rolled back from version {step.base.version} to {step.source}"
    if kind == "disable" and former is not None:
        said = former.reason  # it still says why it is stopped
    hold = _new_hold(kind, step, binding, version, said)
    bad = {*hold.bad_versions, step.base.version} - {step.source}
    return replace(hold, bad_versions=tuple(sorted(bad)))


def _new_hold(kind: Turn, step: Step, binding: Binding, version: int, said: str) -> Hold:
    former = step.former
    return Hold(
        kind=kind,
        reason=step.reason or said,
        version=version,
        # The file that was applied last, whatever lies here: a stale checkout must not lift the hold of the next run.
        sent=former.sent if former is not None else binding.sent,
        bad_versions=former.bad_versions if former is not None else (),
    )
