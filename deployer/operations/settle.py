"""What an earlier run was about to write when it ended: found out by looking, before anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from deployer.operations.compare import KnownSecret, as_template, covers, stored_digest
from deployer.operations.desired import secret_paths
from deployer.operations.diff import differences
from deployer.operations.write import LostUpdate, created, loss_in_words, undecided, way_back, ways_out
from deployer.record import record
from deployer.remote.gateway import Definition, Gateway
from deployer.source.canonical import canonical
from deployer.state.log import Entry
from deployer.state.model import Binding, Intent, State

MayBeHidden = Callable[[Mapping[str, object]], bool]


@record
class Settled:
    """One open intent and what became of it."""

    key: str
    message: str
    id: str | None = None
    """The definition; None where nothing was made."""
    version: int | None = None
    """The version that the write made; None where it made none."""
    lost: tuple[LostUpdate, ...] = ()
    """Somebody else's versions that the write replaced before its run could tell."""

    @property
    def entry(self) -> Entry:
        """What the state's log says of it."""
        return Entry(action="settle", key=self.key, id=self.id, version=self.version, note=self.message)


@record
class Settlement:
    """The state after looking."""

    state: State
    settled: tuple[Settled, ...] = ()
    undecided: tuple[tuple[str, str, str], ...] = ()
    """Key, message and hint of intents that need a person."""


def settle(state: State, gateway: Gateway, known_secret: KnownSecret, *, may_be_hidden: MayBeHidden) -> Settlement:
    """Settle every open intent.

    `may_be_hidden` says whether the server may hold a definition with this body and not list it
    (the list is documented as the *active* definitions, and may be late). Where it cannot, a create
    that is not listed did not happen.
    """
    if not state.intents and not state.tombstones:
        return Settlement(state=state)
    settler = _Settler(state, gateway, known_secret, may_be_hidden=may_be_hidden)
    for key, tombstone in state.tombstones.items():
        if gateway.latest(tombstone.id) is None:
            settler.state = settler.state.mark_gone(key)
    for intent in state.intents.values():
        settler.settle(intent)
    return Settlement(state=settler.state, settled=tuple(settler.settled), undecided=tuple(settler.undecided))


class _Settler:
    def __init__(
        self, state: State, gateway: Gateway, known_secret: KnownSecret, *, may_be_hidden: MayBeHidden
    ) -> None:
        self.state = state
        self.gateway = gateway
        self.known = known_secret
        self.may_be_hidden = may_be_hidden
        self.settled: list[Settled] = []
        self.undecided: list[tuple[str, str, str]] = []
        self._listed: list[Definition] | None = None

    def settle(self, intent: Intent) -> None:
        if intent.action == "create":
            self.create(intent)
        elif intent.action == "delete":
            self.delete(intent)
        else:
            self.put(intent)

    def say(
        self, intent: Intent, message: str, lost: tuple[LostUpdate, ...] = (), made: Definition | None = None
    ) -> None:
        self.settled.append(Settled(
            key=intent.key, message=message, id=made.id if made else intent.id,
            version=made.version if made else None, lost=lost,
        ))  # fmt: skip
        self.state = self.state.close(intent.key)

    def listed(self) -> list[Definition]:
        if self._listed is None:
            self._listed = list(self.gateway.definitions())
        return self._listed

    def create(self, intent: Intent) -> None:
        if not intent.maybe_sent:
            self.say(intent, "an earlier run ended before it sent the create: nothing was made")
            return
        bound = frozenset(binding.id for binding in self.state.bindings.values())
        found = created(intent.body or {}, intent.known_ids, bound, self.listed(), self.gateway.history)
        if len(found) == 1:
            self.state = self.state.bind(intent.key, _binding(intent, found[0]))
            self.say(intent, f"an earlier run's create had reached the server: bound to {found[0].id}", made=found[0])
        elif not found and not self.may_be_hidden(intent.body or {}):
            self.say(intent, "an earlier run's create had not reached the server")
        else:
            self.undecided.append((intent.key, undecided(intent.key, len(found)), ways_out(intent.key)))

    def put(self, intent: Intent) -> None:
        history = self.gateway.history(intent.id or "")
        base = next((version for version in history if version.version == intent.base), None)
        newer = [version for version in history if version.version > (intent.base or 0)]
        # Oldest first: whatever somebody built on top of our version is theirs, not ours.
        source = next((version for version in history if version.version == (intent.source or intent.base)), None)
        ours = next((version for version in reversed(newer) if self.is_ours(intent, version, source)), None)
        hold = self.state.holds.get(intent.key)
        if ours is None:
            stays = f"; the hold on it stays, `deployer hold release {intent.key}` ends it" if hold else ""
            self.say(intent, f"an earlier run's {intent.action} had not reached the server{stays}")
            return
        self.state = self.state.bind(intent.key, _binding(intent, ours, self.state.bindings.get(intent.key)))
        if hold is not None and intent.action not in {"create", "update"}:
            self.state = self.state.hold(intent.key, replace(hold, version=ours.version))
        later = f"; the server has moved to version {newer[0].version} since" if newer[0] is not ours else ""
        lost = tuple(
            LostUpdate(version=version.version, changes=differences(as_template(base.body), as_template(version.body)))
            for version in reversed(newer)
            if base is not None and version.version < ours.version
        )
        replaced = "".join(
            f"; {loss_in_words(intent.id or '', item)}; {way_back(intent.key, item.version)}" for item in lost
        )
        self.say(
            intent,
            f"an earlier run's {intent.action} had reached the server as version {ours.version}{replaced}{later}",
            lost,
            made=ours,
        )

    def is_ours(self, intent: Intent, version: Definition, source: Definition | None) -> bool:
        if intent.body is not None:
            return covers(canonical(version.body), intent.body, self.known)
        # Whatever goes back with the server's own body, the journal holds none: it may contain secrets.
        if source is None:
            return False
        status = intent.status or ("disabled" if intent.action == "disable" else None)
        body = as_template(source.body) if status is None else {**as_template(source.body), "status": status}
        return covers(canonical(version.body), body, self.known)

    def delete(self, intent: Intent) -> None:
        if self.gateway.latest(intent.id or "") is None:
            self.state = self.state.unbind(intent.key)
            self.say(intent, "an earlier run's delete had reached the server")
        else:
            self.say(intent, "an earlier run's delete has not happened (yet)")


def _binding(intent: Intent, now: Definition, former: Binding | None = None) -> Binding:
    places = tuple(secret_paths(intent.body)) if intent.body is not None else former.secret_paths if former else ()
    return Binding(
        id=now.id,
        version=now.version,
        sent=intent.sent or "",
        stored=stored_digest(now.body, places),
        protect=intent.protect,
        secret_paths=places,
    )
