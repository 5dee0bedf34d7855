"""Instances of workflows: find one, start one, watch one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.remote.errors import NotFound, printable
from deployer.remote.gateway import Definition, Gateway, Instance, InstanceError, Runs, StepLog
from deployer.remote.remedies import remedy
from deployer.state.model import Binding

ENDED = ("Complete", "Terminated")
_PAGE = 500
"""Instances that one answer holds at most, as the API is documented."""
MOST_COUNTS = 100
"""Pages that are read to count what runs; ten seconds at the default rate."""
SHORTEST, LONGEST = 0.5, 5.0
"""Seconds between two looks: the first, and the last after looks that showed nothing new."""


@record
class Sight:
    """What one look at an instance showed that the looks before did not."""

    instance: Instance
    steps: tuple[StepLog, ...]
    """Steps that began, ended or changed their status, in the order of the log."""
    errors: tuple[InstanceError, ...]
    status: str | None
    """The instance's status where it is a new one."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.instance.status in ENDED


def bound_definition(key: str, bindings: Mapping[str, Binding]) -> str:
    """The definition that a key is bound to. Raises ConfigurationError for a key without one."""
    binding = bindings.get(key)
    if binding is None:
        near = get_close_matches(key, bindings, 1)
        hint = f"Did you mean `{near[0]}`?" if near else "Apply or adopt it first, or give --id DEFINITION."
        raise ConfigurationError(f"`{printable(key, limit=80)}` is bound to no definition here", hint=hint)
    return binding.id


def find_instance(
    runs: Runs, instance_id: str, bound: Iterable[str], listed: Callable[[], Sequence[Definition]]
) -> Instance:
    """An instance by its id alone: first among the bound definitions, then among all others.

    The API knows instances by definition only, so each is asked. Raises NotFound.
    """
    known = list(dict.fromkeys(bound))
    found = _among(runs, instance_id, known)
    if found is None:
        found = _among(runs, instance_id, [one.id for one in listed() if one.id not in known])
    if found is None:
        raise NotFound(f"no definition of this account has an instance {instance_id}", known_to_vendor=True)
    return found


def _among(runs: Runs, instance_id: str, definition_ids: Sequence[str]) -> Instance | None:
    def look(definition_id: str) -> Instance | None:
        try:
            return runs.instance(definition_id, instance_id)
        except NotFound as missing:
            if not missing.known_to_vendor:
                raise
            return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        return next((found for found in pool.map(look, definition_ids) if found is not None), None)


def instances_of_all_versions(
    gateway: Gateway,
    definition_id: str,
    *,
    status: str | None = None,
    started_from: str | None = None,
    started_to: str | None = None,
    at_most: int | None = None,
) -> list[Instance]:
    """Instances of every version, newest first: the API lists those of one version at a time."""
    versions = [one.version for one in gateway.history(definition_id)]

    def listed(version: int) -> Sequence[Instance]:
        return gateway.instances(
            definition_id, version=version, status=status, started_from=started_from, started_to=started_to,
            at_most=at_most,
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = {one.id: one for part in pool.map(listed, versions) for one in part}
    return sorted(found.values(), key=lambda one: one.started_at, reverse=True)[:at_most]


@record
class Running:
    """How many instances of a definition run."""

    count: int
    more: bool = False
    """There may be more: a page was full, or older versions were not asked."""


def running(gateway: Gateway, newest: Mapping[str, int], *, most: int = MOST_COUNTS) -> dict[str, Running]:
    """Runnable instances of all versions, by definition; `newest` has the newest version of each.

    The API lists those of one version at a time, so at most `most` pages are read (one a definition at least), those
    of the newest versions first.
    """
    wanted = sorted(
        (behind, definition_id) for definition_id, version in newest.items() for behind in range(min(version, most))
    )[: max(most, len(newest))]  # fmt: skip

    def counted(one: tuple[int, str]) -> int:
        behind, definition_id = one
        version = newest[definition_id] - behind
        try:
            return len(gateway.instances(definition_id, version=version, status="Runnable", at_most=_PAGE))
        except NotFound as missing:
            if not missing.known_to_vendor:
                raise
            return 0

    with ThreadPoolExecutor(max_workers=4) as pool:
        counts = list(zip(wanted, pool.map(counted, wanted), strict=True))
    found: dict[str, list[int]] = {definition_id: [] for definition_id in newest}
    for (_, definition_id), count in counts:
        found[definition_id].append(count)
    return {
        definition_id: Running(
            count=sum(parts), more=len(parts) < newest[definition_id] or any(count >= _PAGE for count in parts)
        )
        for definition_id, parts in found.items()
    }


@record
class Fault:
    """One thing that went wrong, however often it did."""

    step: str
    message: str
    count: int
    first: str | None
    last: str | None
    """When it happened, as the server wrote it."""
    remedy: str | None
    """What to do about it, where the vendor's documents know the error."""


def grouped(errors: Iterable[InstanceError]) -> list[Fault]:
    """Errors by step and message, in the order of their first time."""
    groups: dict[tuple[str, str], list[InstanceError]] = {}
    for error in errors:
        groups.setdefault((error.step, error.message), []).append(error)
    return [
        Fault(
            step=step, message=message, count=len(group), first=group[0].at, last=group[-1].at, remedy=remedy(message)
        )
        for (step, message), group in groups.items()
    ]


def look_at(runs: Runs, definition_id: str, instance_id: str) -> Sight:
    """Everything about an instance."""
    instance = runs.instance(definition_id, instance_id, logs=True)
    errors = tuple(runs.instance_errors(definition_id, instance_id))
    return Sight(instance=instance, steps=instance.logs, errors=errors, status=instance.status)


def follow(runs: Runs, definition_id: str, instance_id: str, *, pause: Callable[[float], None]) -> Iterator[Sight]:
    """Look at an instance again and again until it ends; a sight for each look that showed something new."""
    steps: dict[str, StepLog] = {}
    status: str | None = None
    told = 0
    wait = SHORTEST
    while True:
        now = runs.instance(definition_id, instance_id, logs=True)
        changed = tuple(log for log in now.logs if steps.get(log.id) != log)
        errors: tuple[InstanceError, ...] = ()
        if now.status in ENDED or any(log.status == "Failed" for log in changed):
            errors = tuple(runs.instance_errors(definition_id, instance_id))[told:]
        sight = Sight(instance=now, steps=changed, errors=errors, status=now.status if now.status != status else None)
        if sight.steps or sight.errors or sight.status:
            yield sight
            wait = SHORTEST
        if sight.ended:
            return
        steps |= {log.id: log for log in changed}
        status, told = now.status, told + len(errors)
        pause(wait)
        wait = min(wait * 1.5, LONGEST)
