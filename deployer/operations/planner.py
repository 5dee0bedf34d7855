"""Makes a plan: three versions (last applied, remote now, desired) decide for each key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from deployer.operations.compare import Alignment, KnownSecret, align, moved_since, stored_digest
from deployer.operations.desired import Desired, secret_paths
from deployer.operations.ends import Ends
from deployer.operations.plan import Action, Change, Options, Plan, Refusal, Stop, Template
from deployer.operations.remote_view import Remote, hold_in_words, unmanaged
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.state.model import Binding, State


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
    declared = wanted.keys() | planner.claims.keys()
    ends, fileless = Ends(state=state, remote=remote, options=options).without_files(declared)
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
                contested = self.contested(item, moved_from)
                if contested is not None:
                    return contested
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

    def contested(self, item: Desired, former: str) -> Change | None:
        """A refusal where more than one file goes on with the definition of `former`."""
        claims = self.claims[former]
        if len(claims) > 1:
            said = " and ".join(f"`{claim}`" for claim in claims)
            return self.refuse(
                item, None, Stop.MOVED, f"{said} all say that they were `{former}`",
                "Leave `movedFrom` in the one that goes on with its definition.",
            )  # fmt: skip
        if former in self.wanted:
            return self.refuse(
                item, None, Stop.MOVED,
                f"`{item.key}` says that it was `{former}`, but `{former}` still has a file",
                f"Delete the file of `{former}`, or take `movedFrom` out of `{item.key}`.",
            )  # fmt: skip
        return None

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
        return hold_in_words(item.key, hold, now)

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


def _template(aligned: Alignment) -> Template:
    return aligned.body if isinstance(aligned.body, dict) else {}


def _with(change: Change, **fields: object) -> Change:
    return replace(change, **fields)  # type: ignore[arg-type]
