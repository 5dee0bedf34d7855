"""What is known of `data` once a condition has come out true."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import field

from deployer.lint.expressions.conditions import Condition, World, worlds
from deployer.lint.expressions.javascript import ELSE, UNDEFINED
from deployer.record import record


@record
class Narrowing:
    """What the truth of conditions says."""

    there: frozenset[str] = field(default=frozenset())
    """Names that surely have a value."""
    absent: frozenset[str] = field(default=frozenset())
    """Names that surely have none."""
    falsy: frozenset[str] = field(default=frozenset())
    """Names that have none, or one that counts as false, as after `!data.answer`."""
    answered: bool = True
    """Whether it can be so after a wait got its answer."""
    timed_out: bool = True
    """Whether it can be so after a wait got none."""


ANYTHING = Narrowing()
"""Nothing is known."""


def narrowing(true: Sequence[Condition], false: Sequence[Condition], own: Set[str] | None) -> Narrowing:
    """What holds where all of `true` and none of `false` are true.

    `own` are the names that a step which waits sets when it gets its answer; None after any other step.
    """
    everything = worlds((*true, *false))
    if everything is None:
        return ANYTHING
    names = {term.path[0] for c in (*true, *false) for term in c.terms.values() if term.root == "data" and term.path}
    there, absent, falsy = set(names), set(names), set(names)
    answered = timed_out = possible = False
    for world in everything:
        if not all(c.test(world) for c in true) or any(c.test(world) for c in false):
            continue
        state = _presence(world, (*true, *false))
        if any(state.get((root, name)) is False for root, name in _needed(true)):
            continue  # reading it would have failed
        possible = True
        there = {name for name in there if state.get(("data", name)) is True}
        absent = {name for name in absent if state.get(("data", name)) is False}
        # Where only what lies within a value is asked for, nothing is known of the value itself.
        counts_as = {name: world.get(f"data.{name}", ELSE) for name in falsy}
        falsy = {name for name in falsy if name in absent or counts_as[name] in (None, UNDEFINED, False)}
        # An answer is never an empty text, so what counts as false after a wait is what did not come.
        mentioned = [
            known and world.get(f"{root}.{name}") is not False
            for (root, name), known in state.items()
            if own is not None and (root == "step" or name in own)
        ]
        answered |= all(known is not False for known in mentioned)
        timed_out |= all(known is not True for known in mentioned)
    if not possible:
        return ANYTHING  # it never happens; other rules say so
    return Narrowing(
        there=frozenset(there), absent=frozenset(absent), falsy=frozenset(falsy), answered=answered, timed_out=timed_out
    )


def _presence(world: World, conditions: Sequence[Condition]) -> dict[tuple[str, str], bool | None]:
    """Whether each first name has a value in a world; None where the world does not say."""
    found: dict[tuple[str, str], bool | None] = {}
    for condition in conditions:
        for key, term in condition.terms.items():
            if not term.path:
                continue
            name = (term.root, term.path[0])
            missing = world[key] in (None, UNDEFINED)
            if len(term.path) == 1:
                found[name] = not missing
            elif not missing or term.needs:
                found.setdefault(name, True)
            else:
                found.setdefault(name, None)
    return found


def _needed(conditions: Sequence[Condition]) -> set[tuple[str, str]]:
    """First names that a condition goes into unasked; it is not true where they are missing."""
    return {
        (term.root, term.path[0])
        for condition in conditions
        for term in condition.terms.values()
        if term.needs and len(term.path) > 1
    }
