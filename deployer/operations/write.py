"""One change against the server: read the base, write, look at what came of it.

The API has no precondition on a PUT, so two people can write at once. The base is read right before,
and the returned version is looked at right after: between them, a foreign version is a lost update,
which is reported and never hidden. The server keeps every version, so nothing is gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from deployer.errors import NotApproved, Refused
from deployer.operations.compare import KnownSecret, as_template, covers, matches, stored_digest
from deployer.operations.desired import secret_paths
from deployer.operations.diff import StepChange, differences, sentences
from deployer.operations.plan import Action, Change
from deployer.record import record
from deployer.remote.errors import Indeterminate, NotFound
from deployer.remote.gateway import Definition, Gateway
from deployer.source.canonical import canonical, digest
from deployer.source.references import fill
from deployer.state.model import Binding


class StalePlan(NotApproved):
    """The server moved between `plan` and `apply`."""


class Undecided(Refused):
    """A create whose answer was lost, and the server does not show whether it happened."""


@record
class LostUpdate:
    """Somebody else's version that our write replaced."""

    version: int
    changes: tuple[StepChange, ...]
    """What that version had changed."""


@record
class Written:
    """A change that the server took."""

    id: str
    version: int | None
    """None after a delete."""
    binding: Binding | None
    lost: tuple[LostUpdate, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Writer:
    """What writing needs."""

    gateway: Gateway
    known_secret: KnownSecret
    before_post: Callable[[str], None]
    """Told the key right before its create leaves: journals that, and makes sure that this run still holds the lock.

    Raises when either fails; then nothing is sent.
    """
    bound_ids: Callable[[], frozenset[str]]
    """What keys are bound to now; it grows while this run creates."""
    has_twin: Callable[[Change], bool]
    """Whether another create of the very same content is open: then nobody can tell whose a definition is."""

    def write(self, change: Change) -> Written:
        """Carry out one change. Raises a DeployerError that says what is known of it."""
        if change.action is Action.CREATE:
            return self._create(change)
        if change.action is Action.DELETE:
            return self._delete(change)
        return self._put(change)

    def _body(self, change: Change) -> Mapping[str, object]:
        def secret(name: str) -> str:
            value = self.known_secret(name)
            if value is None:
                raise Refused(f"secret `{name}` is not available")
            return value

        body = fill(change.template, secret)
        if not isinstance(body, dict):
            raise Refused(f"`{change.key}` has no body to send")
        return body

    def _create(self, change: Change) -> Written:
        body = self._body(change)
        try:
            made = self.gateway.create(body, before_send=partial(self.before_post, change.key))
        except Indeterminate as error:
            return self._find_created(change, error)
        return Written(id=made.id, version=made.version, binding=bind(change, made))

    def _find_created(self, change: Change, error: Indeterminate) -> Written:
        found = created(
            change.template or {}, change.known_ids, self.bound_ids(), self.gateway.definitions(), self.gateway.history
        )
        if len(found) != 1 or self.has_twin(change):
            raise Undecided(undecided(change.key, len(found)), hint=ways_out(change.key)) from error
        made = found[0]
        note = "the answer to the create was lost; the definition was found on the server and bound"
        return Written(id=made.id, version=made.version, binding=bind(change, made), notes=(note,))

    def _put(self, change: Change) -> Written:
        definition_id = change.id or ""
        base = self._base(change)
        body = self._body(change)
        notes: list[str] = []
        try:
            now = self.gateway.update(definition_id, body)
        except Indeterminate:
            now = self._after_lost_answer(change, body, base, notes)
        if change.base is not None and now.version == change.base + 1:
            return Written(id=now.id, version=now.version, binding=bind(change, now), notes=tuple(notes))
        lost = self._between(change, base, now, notes)
        return Written(id=now.id, version=now.version, binding=bind(change, now), lost=lost, notes=tuple(notes))

    def _base(self, change: Change) -> Definition:
        latest = self.gateway.latest(change.id or "")
        if latest is None:
            raise StalePlan(f"`{change.key}`: definition {change.id} was deleted on the server since it was looked at")
        if latest.version != change.base or digest(canonical(latest.body)) != change.base_stored:
            raise StalePlan(
                f"`{change.key}`: the server moved from version {change.base} to {latest.version} "
                "since it was looked at"
            )
        return latest

    def _after_lost_answer(
        self, change: Change, body: Mapping[str, object], base: Definition, notes: list[str]
    ) -> Definition:
        """The PUT's answer was lost: the history says whether it happened; if not, once more."""
        ours = self._ours(change)
        if ours is None:
            latest = self.gateway.latest(base.id)
            if latest is None or latest.version != base.version:
                raise StalePlan(f"`{change.key}`: the answer was lost, and somebody else wrote a version meanwhile")
            notes.append("the first answer was lost and nothing had happened; it was sent again")
            try:
                return self.gateway.update(base.id, body)
            except Indeterminate:
                ours = self._ours(change)
                if ours is None:
                    raise
        notes.append("the answer was lost; the new version was found on the server")
        return ours

    def _ours(self, change: Change) -> Definition | None:
        # Oldest first: whatever somebody built on top of our version is theirs, not ours.
        for version in reversed(self.gateway.history(change.id or "")):
            newer = version.version > (change.base or 0)
            if newer and covers(canonical(version.body), change.template, self.known_secret):
                return version
        return None

    def _between(self, change: Change, base: Definition, now: Definition, notes: list[str]) -> tuple[LostUpdate, ...]:
        """Versions that appeared between the base we read and the one we made."""
        history = {version.version: version for version in self.gateway.history(now.id)}
        lost: list[LostUpdate] = []
        for number in range(base.version + 1, now.version):
            version = history.get(number)
            if version is None:
                notes.append(f"the server skipped version {number}")
            elif matches(canonical(version.body), change.template, self.known_secret):
                notes.append(f"version {number} has the same content: the server took the write twice")
            else:
                changes = differences(as_template(base.body), as_template(version.body))
                lost.append(LostUpdate(version=number, changes=changes))
        if now.version <= base.version:
            notes.append(f"the server gave version {now.version} again")
        return tuple(lost)

    def _delete(self, change: Change) -> Written:
        self._base(change)
        try:
            self.gateway.delete(change.id or "")
        except NotFound:
            return Written(id=change.id or "", version=None, binding=None, notes=("it was gone already",))
        return Written(id=change.id or "", version=None, binding=None)


def bind(change: Change, now: Definition) -> Binding:
    """The binding after a write: what we sent, and what the server made of it."""
    places = change.secret_places or tuple(secret_paths(change.template))
    return Binding(
        id=now.id,
        version=now.version,
        sent=change.digest or "",
        stored=stored_digest(now.body, places),
        protect=change.protect,
        secret_paths=places,
    )


def created(
    template: Mapping[str, object],
    known_ids: Sequence[str],
    bound_ids: frozenset[str],
    listed: Sequence[Definition],
    history: Callable[[str], Sequence[Definition]],
) -> list[Definition]:
    """What may be the outcome of a create whose answer was lost, in the version that it made.

    The content matches (anything at secret positions), the id was not listed before, and nothing
    is bound to it. Clocks are not looked at: the server's need not agree with ours. Where the name is
    ours and the content is not, somebody may have edited it since: then its first version tells.
    """
    name = _name(template)
    found: list[Definition] = []
    for definition in listed:
        if definition.id in known_ids or definition.id in bound_ids:
            continue
        if covers(canonical(definition.body), template, lambda _name: None):
            found.append(definition)
        elif definition.name == name and definition.version > 1:
            first = min(history(definition.id), key=lambda version: version.version, default=definition)
            if covers(canonical(first.body), template, lambda _name: None):
                found.append(first)
    return found


def _name(template: Mapping[str, object]) -> object:
    definition = template.get("definition")
    return definition.get("name") if isinstance(definition, Mapping) else None


def loss_in_words(definition_id: str, lost: LostUpdate) -> str:
    """A lost update on one line; nothing is gone, since the server keeps every version."""
    changed = f" (it had changed: {'; '.join(sentences(lost.changes))})" if lost.changes else ""
    return f"lost update: version {lost.version} of {definition_id} was somebody else's and is replaced{changed}"


def way_back(key: str, version: int) -> str:
    """The command that puts an earlier version's content back."""
    return f"`deployer rollback {shlex.quote(key)} --to {version}` brings it back"


def undecided(key: str, found: int) -> str:
    """Why a lost create cannot be settled by looking."""
    if found:
        could = "a definition" if found == 1 else f"{found} definitions"
        return f"`{key}`: the answer to its create was lost, and {could} on the server could be it or another key's"
    return f"`{key}`: the answer to its create was lost, and the server does not list it (it may be hidden or late)"


def ways_out(key: str) -> str:
    """The two ways to settle it by hand."""
    return (
        f"Look in the web builder. If it is there: `deployer state resolve {key} --adopt ID`; "
        f"if it is not: `deployer state resolve {key} --absent`."
    )
