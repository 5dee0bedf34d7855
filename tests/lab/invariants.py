"""What must be so after every schedule, whatever happened in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from deployer.operations.plan import Stop
from deployer.state.codec import decode
from deployer.state.failures import UnusableState
from tests.operations.world import ACCOUNT

from .faults import Commit
from .scenarios import Command
from .site import STATE, Run, Site


class BrokenPromiseError(AssertionError):
    """The program did what it promises never to do."""


def no_duplicate(site: Site) -> None:
    """One key makes one definition, unless somebody says that the first was never made."""
    names = [commit.id for commit in site.ledger.commits if commit.method == "POST" and commit.by != "person"]
    alive = Counter(now.name for each in names if (now := site.person.latest(each)) is not None)
    for name, count in alive.items():
        wanted = sum(1 for workflow in site.chosen.loaded.workflows if workflow.name == name)
        if count > max(1, wanted):
            raise BrokenPromiseError(f"{count} definitions named {name} were made for {wanted} files")


def no_silent_loss(site: Site) -> None:
    """Whatever the person wrote and a run replaced was known to that run's plan, or was told."""
    told = {
        (item.id, lost.version)
        for run in site.runs
        if run.result is not None
        for item in run.result.applied
        for lost in item.lost
    }
    told |= {(settled.id or "", lost.version) for run in site.runs for settled in run.settled for lost in settled.lost}
    said = "\n".join(line for run in site.runs for line in run.said)
    previous: dict[str, tuple[str, int | None]] = {}
    for commit in site.ledger.commits:
        by, version = previous.get(commit.id, ("", None))
        previous[commit.id] = (commit.by, commit.version)
        if commit.method != "PUT" or commit.by == "person" or by != "person" or version is None:
            continue
        if f"version {version} of {commit.id}" in said or (commit.id, version) in told:
            continue
        if not _planned(site, commit.by, commit.id, version):
            raise BrokenPromiseError(f"version {version} of {commit.id} was the person's, and {commit.by} hid its end")


def overwritten_only_in_the_window(site: Site) -> None:
    """A version of the person's is replaced unseen only when it came after the last read before the PUT."""
    previous: dict[str, Commit] = {}
    for commit in site.ledger.commits:
        former = previous.get(commit.id)
        previous[commit.id] = commit
        ours = commit.method == "PUT" and any(run.who == commit.by for run in site.runs)
        if not ours or former is None or former.by != "person" or former.version is None:
            continue
        if _planned(site, commit.by, commit.id, former.version):
            continue
        reads = [
            place
            for place, (who, method, path) in enumerate(site.ledger.requests[: commit.at], 1)
            if who == commit.by and method == "GET" and path.endswith(commit.id)
        ]
        if not reads or reads[-1] > former.at:
            raise BrokenPromiseError(f"version {former.version} of {commit.id} was there to be seen before the PUT")


def _planned(site: Site, who: str, definition_id: str, version: int) -> bool:
    return any(
        change.id == definition_id and change.base == version and change.writes
        for run in site.runs
        if run.who == who
        for plan in run.plans
        for change in plan.changes
    )


def all_accounted_for(site: Site, told: Iterable[Run]) -> None:
    """What a run made is bound, or journalled, or was told."""
    state = site.state
    bound = {binding.id for binding in state.bindings.values()}
    bound |= {tombstone.id for tombstone in state.tombstones.values()}
    journalled = {str(_named(intent.body)) for intent in state.intents.values() if intent.action == "create"}
    words = "\n".join(run.words for run in told)
    for commit in site.ledger.commits:
        if commit.method != "POST" or commit.by == "person" or commit.id in bound or commit.id in words:
            continue
        now = site.person.latest(commit.id)
        if now is not None and now.name not in journalled:
            raise BrokenPromiseError(f"{commit.id}, made by {commit.by}, is neither bound, nor journalled, nor told")


def _named(body: object) -> object:
    definition = body.get("definition") if isinstance(body, dict) else None
    return definition.get("name") if isinstance(definition, dict) else None


def one_binding_each(site: Site) -> None:
    """No two keys stand for one definition, and nobody's draft was taken for ours."""
    bound = Counter(binding.id for binding in site.state.bindings.values())
    for definition_id, count in bound.items():
        if count > 1:
            raise BrokenPromiseError(f"{count} keys are bound to {definition_id}")


def only_ours_bound(site: Site, adopted: bool) -> None:
    """A definition that the person made is bound only where somebody said so."""
    theirs = {commit.id for commit in site.ledger.commits if commit.method == "POST" and commit.by == "person"}
    taken = theirs & {binding.id for binding in site.state.bindings.values()}
    if taken and not adopted:
        raise BrokenPromiseError(f"{taken} was made by hand, and was bound without anybody's word")


def old_or_new(site: Site, before: bytes | None) -> None:
    """The state parses, and is one that a run meant to keep: the last, or the one before it."""
    content = site.disk.read(STATE, limit=1 << 26)
    if content is not None:
        try:
            decode(content, place="state", account=ACCOUNT)
        except UnusableState as error:
            raise BrokenPromiseError(f"what is left of the state can't be read: {error}") from error
    if content not in {before, *site.disk.contents}:
        raise BrokenPromiseError("the state is none that anybody wrote")


def ends_well(site: Site, again: Command, decisions: frozenset[Stop]) -> None:
    """Two runs later all is as the files say, or a person is asked, by name and with a way out.

    An undecided create is then settled as the hint says, which must be the end of it.
    """
    if not _reached(site, again) and site.settle_by_hand():
        _reached(site, again)
    before = len(site.disk.contents)
    final = site.run(again)
    if final.error is not None or final.result is None or final.plan is None:
        raise BrokenPromiseError(f"nothing disturbs it, and it still fails: {final.words}")
    for change in final.plan.refused:
        refusal = change.refusal
        if refusal is None or refusal.stop not in decisions or not refusal.hint:
            raise BrokenPromiseError(f"`{change.key}` ends at {refusal}")
    if final.plan.pending or final.result.failed or final.result.not_attempted or site.state.intents:
        raise BrokenPromiseError(f"two runs did not reach what the files say: {final.words}")
    if any(method != "GET" for method, _ in final.sent):
        raise BrokenPromiseError(f"nothing was to be done, and {final.sent} was sent")
    if len(site.disk.contents) != before:
        raise BrokenPromiseError("nothing was to be done, and the state was written")


def _reached(site: Site, again: Command) -> bool:
    for _ in range(2):
        run = site.run(again)
        all_accounted_for(site, site.runs)
        failed = run.result is None or run.result.failed or run.result.plan.refused
        if not failed and not site.state.intents:
            return True
    return False


def hold_all(site: Site, again: Command, decisions: frozenset[Stop], *, adopted: bool = False) -> None:
    """Everything, now and at the end of the story."""
    all_accounted_for(site, site.runs)
    ends_well(site, again, decisions)
    no_duplicate(site)
    no_silent_loss(site)
    overwritten_only_in_the_window(site)
    one_binding_each(site)
    only_ours_bound(site, adopted)
