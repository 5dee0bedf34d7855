"""Which event resumes which step."""

from __future__ import annotations

from deployer.engine.instance import Awaited, Event, Instance, InstanceStatus, Pointer


def waits_for(awaited: Awaited, event: Event) -> bool:
    """Whether a step that waits for `awaited` takes the event."""
    if awaited.kind != event.kind:
        return False
    if awaited.channel and event.channel and awaited.channel.lower() != event.channel.lower():
        return False
    return not awaited.key or _plain(awaited.key) in {_plain(key) for key in event.keys}


def _plain(key: str) -> str:
    """Numbers come with `+` and without it; ids are the same in any case."""
    return key.strip().removeprefix("+").lower()


def takers(instance: Instance, event: Event) -> tuple[Pointer, ...]:
    """The steps that would take the event, in the order in which they began to wait.

    A platform that gets a message asks this first: only what no instance takes starts a new one.
    """
    if instance.status not in (InstanceStatus.RUNNABLE, InstanceStatus.SUSPENDED):
        return ()
    return tuple(pointer for pointer in instance.waiting if takes(pointer, event))


def takes(pointer: Pointer, event: Event) -> bool:
    """Whether this step takes the event: the right one, and in time."""
    in_time = pointer.wake_at is None or event.at < pointer.wake_at
    return pointer.awaited is not None and in_time and waits_for(pointer.awaited, event)
