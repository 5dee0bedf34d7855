"""The end of bound definitions that no file declares any more: only on request, and never more than a limit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from deployer.operations.compare import as_template, moved_since
from deployer.operations.plan import Action, Change, Fileless, Options, Refusal, Stop
from deployer.operations.remote_view import Remote, hold_in_words, status_of
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.source.canonical import canonical, digest
from deployer.state.model import Binding, Hold, State


@record
class Ends:
    """What becomes of bound keys without a file."""

    state: State
    remote: Remote
    options: Options

    def without_files(self, declared: Collection[str]) -> tuple[list[Change], tuple[Fileless, ...]]:
        """The ends to be planned, and the keys that are left alone; `declared` are those that a file speaks of."""
        changes: list[Change] = []
        fileless: list[Fileless] = []
        for key, binding in sorted(self.state.bindings.items()):
            if key in declared or not self.options.selected(key, None):
                continue
            if self.options.unreadable and not self.options.prune:
                continue  # nobody can say that it has no file
            now = self.remote.by_id.get(binding.id)
            if self.options.prune and now is not None and self._needs_end(now):
                hold = self.state.holds.get(key)
                changes.append(self._end(key, binding, now) if hold is None else _spared(key, now, hold))
                continue
            fileless.append(Fileless(
                key=key, id=binding.id, name=now.name if now else "", version=now.version if now else None,
                enabled=now is not None and status_of(now) == "enabled",
            ))  # fmt: skip
        return self._within_limits(changes), tuple(fileless)

    def _needs_end(self, now: Definition) -> bool:
        return self.options.prune_delete or status_of(now) == "enabled"

    def _end(self, key: str, binding: Binding, now: Definition) -> Change:
        delete = self.options.prune_delete
        before = as_template(now.body)
        after = None if delete else {**before, "status": "disabled"}
        refusal, moved = self._refusal(key, binding, now)
        return Change(
            key=key, action=Action.DELETE if delete else Action.DISABLE, id=binding.id, base=now.version, file=None,
            name=now.name, digest=None if after is None else digest(after), before=before, template=after,
            reason="no file declares it", base_stored=digest(canonical(now.body)), refusal=refusal,
            overwrites=moved and refusal is None,
        )  # fmt: skip

    def _refusal(self, key: str, binding: Binding, now: Definition) -> tuple[Refusal | None, bool]:
        """Why it must not end, if so; and whether the server moved since the last apply."""
        if self.options.unreadable:
            files = ", ".join(self.options.unreadable)
            return Refusal(
                stop=Stop.UNREADABLE, message=f"no readable file declares `{key}`, but it may be that of {files}",
                hint="Mend the file first; then it is clear what has none.",
            ), False  # fmt: skip
        if binding.protect:
            return Refusal(
                stop=Stop.PROTECTED, message=f"`{key}` is protected: it can be neither disabled nor deleted",
                hint=f"Bring its file back without `protect`, apply, and prune then; or `deployer forget {key}`.",
            ), False  # fmt: skip
        moved = now.version != binding.version or moved_since(binding, now, self.remote.history)
        if moved and key not in self.options.overwrite_drift:
            return Refusal(
                stop=Stop.DRIFT, message=f"the server moved to version {now.version} since the last apply",
                hint=f"Look at it first: somebody still works on it. `--overwrite-drift {key}` ends it all the same.",
            ), True  # fmt: skip
        return None, moved

    def _within_limits(self, changes: list[Change]) -> list[Change]:
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
        return [
            replace(change, refusal=refusal) if change.refusal is None and change.held is None else change
            for change in changes
        ]


def _spared(key: str, now: Definition, hold: Hold) -> Change:
    """What somebody put by hand is not ended for want of a file, until it is released."""
    return Change(
        key=key, action=Action.NOOP, id=now.id, base=now.version, file=None, name=now.name, digest=None,
        template=None, held=hold_in_words(key, hold, now),
    )  # fmt: skip
