"""Smoke tests right after an apply: what fails is taken back at once.

A new definition was made disabled: it is enabled when its test passed, and left disabled when not. Of an updated one
the former content becomes the next version. Either way a hold keeps the next apply from trying the same file again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from deployer.errors import DeployerError
from deployer.operations.emergency import Turned, begin, carry_out
from deployer.operations.plan import Action, Change
from deployer.operations.smoke import Clock, Smoke, Tested, run_smoke
from deployer.operations.steer import Steerable
from deployer.operations.turn import Wish, plan_step
from deployer.operations.write import LostUpdate, Writer
from deployer.record import record
from deployer.source.canonical import canonical, digest
from deployer.state.log import Entry
from deployer.state.model import Hold, StateSession


@record
class Smoked:
    """One workflow's first run, and what came of it."""

    key: str
    id: str
    tested: Tested
    outcome: str
    """What was done then, in words."""
    version: int
    """The version that the server has now."""
    lost: tuple[LostUpdate, ...] = ()
    good: bool = True
    """Whether the server now holds what the file says."""


@record
class Fresh:
    """One change that was just applied, and its test."""

    change: Change
    """What the file wants."""
    id: str
    version: int
    smoke: Smoke

    @property
    def created_disabled(self) -> bool:
        """Whether it waits for its test to be enabled."""
        return self.change.action is Action.CREATE and wants_enabled(self.change)


def wants_enabled(change: Change) -> bool:
    """Whether a file wants its definition to start."""
    return change.template is not None and change.template.get("status") == "enabled"


def made_disabled(change: Change) -> Change:
    """A create that starts nothing yet."""
    if change.action is not Action.CREATE or not wants_enabled(change):
        return change
    template = {**(change.template or {}), "status": "disabled"}
    return replace(change, template=template, digest=digest(template))


def smoke_phase(
    fresh: Sequence[Fresh],
    gateway: Steerable,
    session: StateSession,
    writer: Writer,
    clock: Clock,
    *,
    signed: Callable[[Entry], Entry],
    say: Callable[[str], None],
    parallelism: int = 4,
) -> list[Smoked]:
    """Test all side by side, then take back or enable one after the other. Raises nothing of the server's."""
    with ThreadPoolExecutor(max_workers=max(1, parallelism), thread_name_prefix="smoke") as pool:
        tests = list(pool.map(lambda one: _test(gateway, one, clock), fresh))
    phase = _Phase(gateway, session, writer, signed, say)
    return [phase.conclude(one, tested) for one, tested in zip(fresh, tests, strict=True)]


def _test(gateway: Steerable, one: Fresh, clock: Clock) -> Tested:
    disabled = one.change.action is Action.CREATE or not wants_enabled(one.change)
    return run_smoke(gateway, one.id, one.version, one.smoke, clock, disabled=disabled)


@dataclass(frozen=True, slots=True)
class _Phase:
    gateway: Steerable
    session: StateSession
    writer: Writer
    signed: Callable[[Entry], Entry]
    say: Callable[[str], None]

    def conclude(self, one: Fresh, tested: Tested) -> Smoked:
        try:
            if one.created_disabled:
                return self.enable(one, tested) if tested.passed else self.leave(one, tested)
            if tested.passed or tested.refused or one.change.action is Action.CREATE:
                return self.smoked(one, tested, self.kept(tested), good=not tested.problems)
            return self.restore(one, tested)
        except DeployerError as error:
            return self.smoked(one, tested, f"and what was to follow failed: {error}", good=False)

    def smoked(self, one: Fresh, tested: Tested, outcome: str, *, good: bool) -> Smoked:
        return Smoked(key=one.change.key, id=one.id, tested=tested, outcome=outcome, version=one.version, good=good)

    @staticmethod
    def kept(tested: Tested) -> str:
        if tested.refused:
            return "it is disabled, and the platform starts no disabled definition: not tested"
        return "" if tested.passed else "it is disabled and stays so"

    def enable(self, one: Fresh, tested: Tested) -> Smoked:
        now = self.gateway.latest(one.id)
        if now is None:
            return self.smoked(one, tested, "it was deleted meanwhile", good=False)
        change = replace(
            one.change, action=Action.UPDATE, id=one.id, base=one.version, base_stored=digest(canonical(now.body))
        )
        written = self.writer.write(change)
        key, version = change.key, written.version or one.version + 1
        if written.binding is not None:
            facts = replace(self.session.facts(key), binding=written.binding)
            entry = Entry(
                action="enable", key=key, id=one.id, version=version, base=one.version, note="smoke test passed"
            )
            self.session.record({key: facts}, note=f"enable {key}: version {version}", entries=[self.signed(entry)])
        return replace(
            self.smoked(one, tested, f"enabled as version {version}", good=not written.lost), version=version,
            lost=written.lost,
        )  # fmt: skip

    def leave(self, one: Fresh, tested: Tested) -> Smoked:
        key = one.change.key
        why = "the platform starts no disabled definition" if tested.refused else "its smoke test failed"
        hold = Hold(kind="rollback", reason=f"left disabled: {why}", version=one.version, sent=one.change.digest or "")
        facts = replace(self.session.facts(key), hold=hold)
        entry = Entry(action="hold", key=key, id=one.id, version=one.version, note=hold.reason)
        self.session.record({key: facts}, note=f"hold {key}", entries=[self.signed(entry)])
        way = f"`deployer enable {key} --release` enables it all the same"
        return self.smoked(one, tested, f"left disabled and held: {why}; {way}", good=False)

    def restore(self, one: Fresh, tested: Tested) -> Smoked:
        key, base = one.change.key, one.change.base
        reason = f"smoke test failed: {tested.problems[0]}"
        history = self.gateway.history(one.id)
        if not history or history[0].version != one.version:
            return self.smoked(
                one, tested, "somebody else wrote a version meanwhile, so nothing was put back", good=False
            )
        wish = Wish(turn="rollback", to=base, reason=reason, protected_too=True)
        step = plan_step(key, history, self.session.state, wish)
        begin(self.session, [step], note=f"rollback: {key}")
        turned, failed = carry_out(self.session, self.gateway, [step], say=self.say)
        if failed:
            return self.smoked(
                one, tested, f"and version {base} could not be put back: {failed[0].message}", good=False
            )
        done: Turned = turned[0]
        outcome = f"the content of version {base} is back as version {done.version}, and held"
        return replace(
            self.smoked(one, tested, outcome, good=False), version=done.version, lost=done.lost
        )  # fmt: skip


def fresh_of(
    applied: Mapping[str, tuple[str, int | None]], wanted: Sequence[Change], smokes: Mapping[str, Smoke]
) -> list[Fresh]:
    """The applied changes that have a test. `applied`: by key, the definition and the version that was made."""
    found = []
    for change in wanted:
        smoke, made = smokes.get(change.key), applied.get(change.key)
        if smoke is None or made is None or made[1] is None or change.action not in {Action.CREATE, Action.UPDATE}:
            continue
        found.append(Fresh(change=change, id=made[0], version=made[1], smoke=smoke))
    return found
