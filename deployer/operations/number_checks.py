"""Checks of the numbers that workflows call from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.checkup import Check, failed, ok, skipped, unless_unset, warning, wrong
from deployer.record import record
from deployer.remote.gateway import Services, VirtualNumber
from deployer.source.workflow import Step, Workflow

_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{5,24}", re.ASCII)
_ASKABLE = re.compile(r"[0-9]{7,10}", re.ASCII)
"""What the documented path of one number takes; longer ones are in the list alone."""


@record
class NamedNumber:
    """A number that workflows call from."""

    digits: str
    sub_account: str | None
    places: tuple[str, ...]
    """Who names it: `survey, step call`."""


def named_numbers(workflows: Iterable[Workflow]) -> list[NamedNumber]:
    """The source of every VoiceMessage that is a plain number; expressions are known at run time only."""
    places: dict[tuple[str, str | None], list[str]] = {}
    for workflow in workflows:
        for step in workflow.steps:
            number = _source(step)
            if number is not None:
                owner = _sub_account(step) or workflow.sub_account
                places.setdefault((number, owner), []).append(f"{workflow.key}, step {step.id or '?'}")
    return [NamedNumber(digits=digits, sub_account=owner, places=tuple(who)) for (digits, owner), who in places.items()]


def _source(step: Step) -> str | None:
    if step.type is None or step.type.name != "VoiceMessage":
        return None
    params = step.inputs.get("params")
    source = params.get("source") if isinstance(params, Mapping) else None
    if not isinstance(source, str | int) or isinstance(source, bool) or not _NUMBER.fullmatch(str(source).strip()):
        return None
    return re.sub(r"[^0-9]", "", str(source))


def _sub_account(step: Step) -> str | None:
    for name in ("subAccountId", "subaccountId"):
        value = step.inputs.get(name)
        if isinstance(value, str) and "{{" not in value and "${" not in value:
            return value
    return None


def numbers(
    found: Sequence[NamedNumber], services: Callable[[], Services], unreadable: Sequence[str]
) -> Iterator[Check]:
    """Whether each number exists, is active and is healthy."""
    for file in unreadable:
        said = f"{file} cannot be read, so what it calls from is not checked"
        yield skipped("numbers", said, "`deployer validate` says why.")
    if not found:
        yield ok("numbers", "no workflow calls from a number that it names")
        return
    try:
        source = services()
    except ConfigurationError as error:
        yield unless_unset("numbers", error)
        return
    owners = dict.fromkeys(one.sub_account for one in found)
    for owner in owners:
        theirs = [one for one in found if one.sub_account == owner]
        yield from _of_sub_account(owner, theirs, source)


def _of_sub_account(owner: str | None, found: Sequence[NamedNumber], source: Services) -> Iterator[Check]:
    if owner is None:
        for one in found:
            yield skipped("numbers", f"{_who(one)}: no sub-account is named, so nobody knows where to look")
        return
    try:
        listed = {re.sub(r"[^0-9]", "", one.msisdn): one for one in source.virtual_numbers(owner)}
    except ConfigurationError as error:
        yield unless_unset("numbers", error)
        return
    for one in found:
        yield _checked(one, owner, listed, source)


def _who(one: NamedNumber) -> str:
    return f"`+{one.digits}` ({'; '.join(one.places[:3])}{' and others' if len(one.places) > 3 else ''})"


def _checked(one: NamedNumber, owner: str, listed: Mapping[str, VirtualNumber], source: Services) -> Check:
    who = _who(one)
    known = listed.get(one.digits)
    if known is not None:
        return _state(who, known)
    try:
        # Asked by itself, too: the list may be late, or cut.
        single = source.virtual_number(owner, one.digits) if _ASKABLE.fullmatch(one.digits) else None
    except DeployerError as error:
        return failed("numbers", error)
    if single is not None:
        return ok("numbers", f"{who} belongs to {owner}; its health is not told")
    return wrong(
        "numbers", f"{who} is no virtual number of {owner}",
        "Correct `inputs.params.source` or the sub-account, or rent the number in 8x8 Connect.",
    )  # fmt: skip


def _state(who: str, known: VirtualNumber) -> Check:
    status = (known.status or "").lower()
    if status == "inactive":
        return wrong("numbers", f"{who} is inactive", "Activate it in 8x8 Connect, or call from another number.")
    if status == "expiring":
        return warning("numbers", f"{who} expires soon", "Extend it in 8x8 Connect, or call from another number.")
    if known.healthy is False and known.checked is not False:
        said = f" ({known.health})" if known.health else ""
        return warning(
            "numbers", f"{who} is not healthy{said}", "Ask 8x8's support about it, or call from another number."
        )
    if known.checked is False or known.healthy is None:
        return ok("numbers", f"{who} is {status or 'there'}; nobody watches its health")
    return ok("numbers", f"{who} is {status or 'there'} and healthy")
