"""Makes a plan: three versions (last applied, remote now, desired) decide for each key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from functools import cached_property

from deployer.operations.compare import Alignment, KnownSecret, align, as_template, moved_since, stored_digest
from deployer.operations.desired import Desired, secret_paths
from deployer.operations.early_list import EarlyList
from deployer.operations.plan import Action, Change, Fileless, Plan, Refusal, Stop, Template, Unmanaged
from deployer.operations.stored_digests import StoredDigests
from deployer.record import record
from deployer.remote.gateway import Definition, Gateway
from deployer.source.canonical import canonical, digest
from deployer.source.project import PruneLimits
from deployer.state.model import Binding, Hold, State


@record
class Remote:
    """What the server holds, read once."""

    listed: Sequence[Definition]
    by_id: Mapping[str, Definition | None]
    """Every listed definition, and every bound one: None when the server has it no more."""
    history: Callable[[str], Sequence[Definition]]
    stored: StoredDigests = field(default_factory=StoredDigests, repr=False)
    """Digests of what was listed, as far as they are known from before."""


def read_remote(
    gateway: Gateway, state: State, stored: StoredDigests | None = None, early: EarlyList | None = None
) -> Remote:
    """List all definitions; bound ones that the list lacks (it may leave out disabled ones) are read one by one.

    `early` may have the list already.
    """
    listed = early.take(state) if early is not None else None
    if listed is None:
        listed = gateway.definitions(expected=len(state.bindings))
    by_id: dict[str, Definition | None] = {definition.id: definition for definition in listed}
    missing = [binding.id for binding in state.bindings.values() if binding.id not in by_id]
    if missing:
        by_id.update(gateway.latest_of(missing))
    return Remote(listed=listed, by_id=by_id, history=gateway.history, stored=stored or StoredDigests())


@record
class Options:
    """What the user asked of a plan."""

    selected: Callable[[str, str | None], bool] = lambda _key, _file: True
    """Whether a key (with its file, when it has one) is to be planned."""
    whole: bool = True
    """No selection was given, so the plan speaks of the whole environment."""
    overwrite_drift: Collection[str] = ()
    prune: bool = False
    prune_delete: bool = False
    prune_limits: PruneLimits = field(default_factory=PruneLimits)
    max_prune: int | None = None
    """How many may end, whatever the limits say."""
    unmanaged_ignore: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    """Files whose key nobody knows, because they are broken (and left out of the selection)."""


def make_plan(
    wanted: Mapping[str, Desired],
    state: State,
    remote: Remote,
    *,
    known_secret: KnownSecret,
    options: Options,
    environment: str,
    account: str,
    host: str,
    commit: str | None = None,
) -> Plan:
    """Compare what the files declare with what the server holds.

    Only bound definitions can end: people draft workflows in the web builder, and those have no
    file and no binding.
    """
    planner = _Planner(wanted, state, remote, known_secret, options)
    changes = planner.with_files()
    ends, fileless = planner.without_files()
    return Plan(
        environment=environment,
        account=account,
        host=host,
        commit=commit,
        changes=(*changes, *ends),
        unmanaged=unmanaged(remote.listed, state, options.unmanaged_ignore),
        fileless=fileless,
    )


class _Planner:
    def __init__(
        self,
        wanted: Mapping[str, Desired],
        state: State,
        remote: Remote,
        known_secret: KnownSecret,
        options: Options,
    ) -> None:
        self.wanted = wanted
        self.state = state
        self.remote = remote
        self.known = known_secret
        self.options = options
        self.claims: dict[str, list[str]] = {}
        """Who says that it was this bound key; one that is bound already has long moved."""
        for key, item in sorted(wanted.items()):
            former = next((old for old in item.moved_from if old in state.bindings), None)
            if former is not None and key not in state.bindings:
                self.claims.setdefault(former, []).append(key)
        # What is being deleted may still be listed; it is neither ours to adopt nor in the way of a new one.
        self.bound_ids = {binding.id for binding in state.bindings.values()}
        self.bound_ids |= {tombstone.id for tombstone in state.tombstones.values()}

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Definition]]:
        """What is listed under each name; only who is bound to nothing asks."""
        found: dict[str, list[Definition]] = {}
        for definition in self.remote.listed:
            found.setdefault(definition.name, []).append(definition)
        return found

    def with_files(self) -> list[Change]:
        return [self.change(item) for key, item in sorted(self.wanted.items()) if self.options.selected(key, item.file)]

    def change(self, item: Desired) -> Change:
        key, moved_from = item.key, None
        binding = self.state.bindings.get(key)
        if binding is not None and self.is_as_applied(item, binding):
            return Change(
                key=key, action=Action.NOOP, id=binding.id, base=binding.version, file=item.file, name=item.name,
                digest=item.digest, template=item.template, protect=item.protect,
            )  # fmt: skip
        item = replace(item, template=dict(item.template))  # from here on it is looked at
        if binding is None:
            moved_from = next((old for old in item.moved_from if old in self.state.bindings), None)
            if moved_from is not None:
                claims = self.claims[moved_from]
                if len(claims) > 1:
                    said = " and ".join(f"`{claim}`" for claim in claims)
                    return self.refuse(
                        item, None, Stop.MOVED, f"{said} all say that they were `{moved_from}`",
                        "Leave `movedFrom` in the one that goes on with its definition.",
                    )  # fmt: skip
                if moved_from in self.wanted:
                    return self.refuse(
                        item, None, Stop.MOVED,
                        f"`{key}` says that it was `{moved_from}`, but `{moved_from}` still has a file",
                        f"Delete the file of `{moved_from}`, or take `movedFrom` out of `{key}`.",
                    )  # fmt: skip
                binding = self.state.bindings[moved_from]
        if binding is None:
            return self.unbound(item)
        now = self.remote.by_id.get(binding.id)
        held = self.held(item, now)
        if held is not None:
            return self.noop(item, binding, now, held=held)
        if now is None:
            return self.gone(item, binding)
        return self.bound(item, binding, now, moved_from)

    def is_as_applied(self, item: Desired, binding: Binding) -> bool:
        """Whether file and server are what they were after the last apply, told by digests alone.

        Secrets may have changed without either, and holds have to be told, so those take the long way.
        """
        now = self.remote.by_id.get(binding.id)
        return (
            now is not None
            and item.key not in self.state.holds
            and not item.secrets
            and not binding.secret_paths
            and (binding.sent, binding.version, binding.protect) == (item.digest, now.version, item.protect)
            and self.remote.stored.of(now, likely=binding.stored) == binding.stored
        )

    def held(self, item: Desired, now: Definition | None) -> str | None:
        hold = self.state.holds.get(item.key)
        if hold is None or (hold.kind != "disable" and hold.sent != item.digest):
            return None
        return self.holding(item.key, hold, now)

    @staticmethod
    def holding(key: str, hold: Hold, now: Definition | None) -> str:
        way = f"deployer hold release {key}"
        stays = f"version {hold.version} stays"
        if now is None or now.version != hold.version:
            there = f"has version {now.version}" if now is not None else "has it no more"
            stays = f"put at version {hold.version}, but the server {there}"
        return f"{hold.kind}: {hold.reason} ({stays}; `{way}` ends the hold)"

    def unbound(self, item: Desired) -> Change:
        same_name = [found for found in self.by_name.get(item.name, ()) if found.id not in self.bound_ids]
        if same_name:
            ids = ", ".join(found.id for found in same_name[:5])
            many = f"{len(same_name)} definitions" if len(same_name) > 1 else "a definition"
            return self.refuse(
                item, None, Stop.AMBIGUOUS,
                f"the account already has {many} named `{item.name}` that no key is bound to: {ids}",
                f"Bind it with `deployer adopt {item.key} {same_name[0].id}`, or give the file another name.",
            )  # fmt: skip
        former = self.without_file(item.name)
        if former is not None:
            # A file that was renamed without a word looks like this; a create would answer customers twice.
            return self.refuse(
                item, None, Stop.MOVED,
                f"`{item.name}` is the name of `{former}`, which has no file any more and is still on the server",
                f"If `{item.key}` is its new key, write `movedFrom: {former}` below `metadata`; "
                f"if not, `deployer forget {former}` or give the file another name.",
            )  # fmt: skip
        return Change(
            key=item.key, action=Action.CREATE, id=None, base=None, file=item.file, name=item.name,
            digest=item.digest, template=item.template, reason="new", secrets=item.secrets, protect=item.protect,
            known_ids=tuple(sorted(found.id for found in self.by_name.get(item.name, ()))),
        )  # fmt: skip

    def without_file(self, name: str) -> str | None:
        """A bound key without a file whose definition has this name."""
        for key, binding in sorted(self.state.bindings.items()):
            now = self.remote.by_id.get(binding.id)
            if key not in self.wanted and now is not None and now.name == name:
                return key
        return None

    def gone(self, item: Desired, binding: Binding) -> Change:
        if item.key in self.options.overwrite_drift:
            change = self.unbound(item)
            return (
                change
                if change.refusal
                else _with(change, reason="deleted on the server; created anew", overwrites=True)
            )
        return self.refuse(
            item, binding, Stop.GONE,
            f"definition {binding.id} was deleted on the server",
            f"`deployer forget {item.key}` if it is to stay away (then take the file out); "
            f"`--overwrite-drift {item.key}` creates it anew.",
        )  # fmt: skip

    def bound(self, item: Desired, binding: Binding, now: Definition, moved_from: str | None) -> Change:
        current = canonical(now.body)
        aligned = align(current, item.template, self.known)
        file_changed = item.digest != binding.sent
        moved = moved_since(binding, now, self.remote.history)
        equal = digest(aligned.body) == item.digest and not aligned.rotated
        if equal and not (moved and aligned.uncompared):
            return self.noop(item, binding, now, aligned=aligned, moved_from=moved_from)
        if not file_changed and not moved and not aligned.rotated:
            # What the server made of our body (defaults, its own habits) is what we applied.
            return self.noop(item, binding, now, aligned=aligned, moved_from=moved_from)
        if moved and item.key not in self.options.overwrite_drift:
            return self.drift(item, binding, now, aligned, both=file_changed)
        reason = "file changed" if file_changed else "secret changed"
        if moved:
            reason = f"overwrites version {now.version} of the server"
        elif now.version != binding.version:
            reason += f" (equal content is now version {now.version})"
        change = _with(self.update(item, binding, now, aligned, reason, moved_from), overwrites=moved)
        if self.disables(change) and item.protect:
            return _with(change, refusal=Refusal(
                stop=Stop.PROTECTED,
                message=f"`{item.key}` is protected and this would disable it",
                hint="Take `protect` out of its metadata first.",
            ))  # fmt: skip
        return change

    @staticmethod
    def disables(change: Change) -> bool:
        before, after = change.before or {}, change.template or {}
        return before.get("status") == "enabled" and after.get("status") != "enabled"

    def noop(
        self,
        item: Desired,
        binding: Binding,
        now: Definition | None,
        *,
        aligned: Alignment | None = None,
        held: str | None = None,
        moved_from: str | None = None,
    ) -> Change:
        rebind = None
        if now is not None and held is None:
            paths = tuple(secret_paths(item.template))
            fresh = Binding(
                id=binding.id, version=now.version, sent=item.digest, stored=stored_digest(now.body, paths),
                protect=item.protect, secret_paths=paths,
            )  # fmt: skip
            rebind = fresh if fresh != binding or moved_from else None
        return Change(
            key=item.key, action=Action.NOOP, id=binding.id, base=now.version if now else None, file=item.file,
            name=item.name, digest=item.digest, template=item.template, held=held, rebind=rebind,
            secrets=item.secrets, uncompared=frozenset(aligned.uncompared) if aligned else frozenset(),
            moved_from=moved_from, protect=item.protect, lifts_hold=held is None and item.key in self.state.holds,
            reason=f"moved from `{moved_from}`" if moved_from else "",
        )  # fmt: skip

    def update(
        self, item: Desired, binding: Binding, now: Definition, aligned: Alignment, reason: str, moved_from: str | None
    ) -> Change:
        return Change(
            key=item.key, action=Action.UPDATE, id=binding.id, base=now.version, file=item.file, name=item.name,
            digest=item.digest, template=item.template, before=_template(aligned), reason=reason,
            base_stored=digest(canonical(now.body)), secrets=item.secrets, rotated=frozenset(aligned.rotated),
            uncompared=frozenset(aligned.uncompared), moved_from=moved_from, protect=item.protect,
            lifts_hold=item.key in self.state.holds,
        )  # fmt: skip

    def drift(self, item: Desired, binding: Binding, now: Definition, aligned: Alignment, *, both: bool) -> Change:
        edit = f"the content of version {now.version} is not what was applied"
        if now.version != binding.version:
            edit = f"the server moved from version {binding.version} to {now.version}"
        if digest(aligned.body) == item.digest:
            edit += f" at the place of {', '.join(f'secret {name}' for name in sorted(item.secrets))}"
        stop = Stop.CONFLICT if both else Stop.DRIFT
        also = ", and the file changed too" if both else " since the last apply"
        applied = self.applied(binding, item) if both else None
        change = self.update(item, binding, now, aligned, f"{edit}{also}", None)
        return _with(
            change, applied=applied,
            refusal=Refusal(
                stop=stop, message=f"{edit}{also}",
                hint=f"`deployer pull {item.key}` takes the server's version in; "
                f"`--overwrite-drift {item.key}` puts the file's in its place.",
            ),
        )  # fmt: skip

    def applied(self, binding: Binding, item: Desired) -> Template | None:
        """The body of the last applied version; None when the history lacks it."""
        for version in self.remote.history(binding.id):
            if version.version == binding.version:
                return _template(align(canonical(version.body), item.template, self.known))
        return None

    def refuse(self, item: Desired, binding: Binding | None, stop: Stop, message: str, hint: str) -> Change:
        return Change(
            key=item.key, action=Action.CREATE if binding is None else Action.UPDATE,
            id=binding.id if binding else None, base=None, file=item.file, name=item.name, digest=item.digest,
            template=item.template, reason=message, secrets=item.secrets,
            refusal=Refusal(stop=stop, message=message, hint=hint), protect=item.protect,
        )  # fmt: skip

    def without_files(self) -> tuple[list[Change], tuple[Fileless, ...]]:
        changes: list[Change] = []
        fileless: list[Fileless] = []
        for key, binding in sorted(self.state.bindings.items()):
            if key in self.wanted or key in self.claims or not self.options.selected(key, None):
                continue
            now = self.remote.by_id.get(binding.id)
            if self.options.unreadable and not self.options.prune:
                continue  # nobody can say that it has no file
            if self.options.prune and now is not None and self.needs_end(now):
                hold = self.state.holds.get(key)
                changes.append(self.end(key, binding, now) if hold is None else self.spared(key, now, hold))
                continue
            fileless.append(Fileless(
                key=key, id=binding.id, name=now.name if now else "", version=now.version if now else None,
                enabled=now is not None and _status(now) == "enabled",
            ))  # fmt: skip
        return self.within_limits(changes), tuple(fileless)

    def spared(self, key: str, now: Definition, hold: Hold) -> Change:
        """What somebody put by hand is not ended for want of a file, until it is released."""
        return Change(
            key=key, action=Action.NOOP, id=now.id, base=now.version, file=None, name=now.name, digest=None,
            template=None, held=self.holding(key, hold, now),
        )  # fmt: skip

    def needs_end(self, now: Definition) -> bool:
        return self.options.prune_delete or _status(now) == "enabled"

    def end(self, key: str, binding: Binding, now: Definition) -> Change:
        delete = self.options.prune_delete
        before = as_template(now.body)
        change = Change(
            key=key, action=Action.DELETE if delete else Action.DISABLE, id=binding.id, base=now.version, file=None,
            name=now.name, digest=None if delete else digest({**before, "status": "disabled"}), before=before,
            template=None if delete else {**before, "status": "disabled"}, reason="no file declares it",
            base_stored=digest(canonical(now.body)),
        )  # fmt: skip
        if self.options.unreadable:
            files = ", ".join(self.options.unreadable)
            return _with(change, refusal=Refusal(
                stop=Stop.UNREADABLE, message=f"no readable file declares `{key}`, but it may be that of {files}",
                hint="Mend the file first; then it is clear what has none.",
            ))  # fmt: skip
        if binding.protect:
            return _with(change, refusal=Refusal(
                stop=Stop.PROTECTED, message=f"`{key}` is protected: it can be neither disabled nor deleted",
                hint=f"Bring its file back without `protect`, apply, and prune then; or `deployer forget {key}`.",
            ))  # fmt: skip
        moved = now.version != binding.version or moved_since(binding, now, self.remote.history)
        if moved and key not in self.options.overwrite_drift:
            return _with(change, refusal=Refusal(
                stop=Stop.DRIFT, message=f"the server moved to version {now.version} since the last apply",
                hint=f"Look at it first: somebody still works on it. `--overwrite-drift {key}` ends it all the same.",
            ))  # fmt: skip
        return _with(change, overwrites=moved)

    def within_limits(self, changes: list[Change]) -> list[Change]:
        ends = [change for change in changes if change.refusal is None and change.held is None]
        limits, bound = self.options.prune_limits, len(self.state.bindings)
        allowed = limits.max_count
        if bound >= 10:  # the share of a handful says nothing
            allowed = min(allowed, int(bound * limits.max_share))
        if self.options.max_prune is not None:
            allowed = self.options.max_prune
        if len(ends) <= allowed:
            return changes
        refusal = Refusal(
            stop=Stop.THRESHOLD, message=f"{len(ends)} of {bound} bound definitions would end; the limit is {allowed}",
            hint=f"Is this the right branch and folder? If so: `--max-prune {len(ends)}`.",
        )  # fmt: skip
        return [_with(change, refusal=refusal) if change in ends else change for change in changes]


def unmanaged(listed: Sequence[Definition], state: State, ignore: Sequence[str]) -> tuple[Unmanaged, ...]:
    """Listed definitions that no key is bound to, without those that `ignore` names by id or name glob."""
    bound = {binding.id for binding in state.bindings.values()}
    ending = {tombstone.id for tombstone in state.tombstones.values()}
    found = [
        Unmanaged(
            id=definition.id,
            name=definition.name,
            version=definition.version,
            status=_status(definition),
            trigger=str(definition.body.get("trigger", "")),
        )
        for definition in listed
        if definition.id not in bound
        and definition.id not in ending
        and not any(pattern == definition.id or fnmatchcase(definition.name, pattern) for pattern in ignore)
    ]
    return tuple(sorted(found, key=lambda item: (item.name, item.id)))


def _status(definition: Definition) -> str:
    return "enabled" if definition.body.get("status") == "enabled" else "disabled"


def _template(aligned: Alignment) -> Template:
    return aligned.body if isinstance(aligned.body, dict) else {}


def _with(change: Change, **fields: object) -> Change:
    return replace(change, **fields)  # type: ignore[arg-type]
