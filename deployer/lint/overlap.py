"""Which workflows answer one message together. Pure, so that definitions without a file can be checked too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from deployer.record import record

_MOST_PARTNERS = 20


@record
class Listener:
    """An enabled definition and what starts it."""

    name: str
    """What people call it: a key, or a name and an id."""
    trigger: str
    sub_account: str | None
    """None means every sub-account."""


def overlaps(listeners: Sequence[Listener]) -> tuple[tuple[Listener, Listener], ...]:
    """Pairs that one event starts: same trigger, and one sub-account or one of them taking all.

    The later listener of a pair is its second. A listener is paired with at most twenty earlier
    ones, so that a large account gives a list that people can read.
    """
    pairs: list[tuple[Listener, Listener]] = []
    anywhere: dict[str, list[Listener]] = {}
    everything: dict[str, list[Listener]] = {}
    exactly: dict[tuple[str, str], list[Listener]] = {}
    for listener in listeners:
        earlier = _partners(listener, anywhere, everything, exactly)
        pairs += [(partner, listener) for partner in islice(earlier, _MOST_PARTNERS)]
        everything.setdefault(listener.trigger, []).append(listener)
        if listener.sub_account is None:
            anywhere.setdefault(listener.trigger, []).append(listener)
        else:
            exactly.setdefault((listener.trigger, listener.sub_account), []).append(listener)
    return tuple(pairs)


def _partners(
    listener: Listener,
    anywhere: dict[str, list[Listener]],
    everything: dict[str, list[Listener]],
    exactly: dict[tuple[str, str], list[Listener]],
) -> Iterator[Listener]:
    if listener.sub_account is None:
        yield from everything.get(listener.trigger, ())
    else:
        yield from exactly.get((listener.trigger, listener.sub_account), ())
        yield from anywhere.get(listener.trigger, ())
