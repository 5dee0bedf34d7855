"""One random schedule from its seed, and what is done when the storm is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from deployer.operations.plan import Stop

from .bench import situation
from .invariants import (
    BrokenPromiseError,
    all_accounted_for,
    no_duplicate,
    no_silent_loss,
    one_binding_each,
    overwritten_only_in_the_window,
)
from .memory_git import MemoryRemote
from .simulation import Actor, Machine, Stage, person, work
from .site import Run, Site, apply

DECISIONS = frozenset({Stop.DRIFT, Stop.CONFLICT, Stop.UNDECIDED})


@contextmanager
def schedule(seed: int, *, compares: bool = True) -> Iterator[tuple[Site, list[Machine]]]:
    """Play one seed; yields what is left of the account and the machines."""
    chance = Random(seed)
    sleepy = chance.random() < 0.3
    with situation("storm", seed=seed, open_book=sleepy or chance.random() < 0.5) as site:
        stage = Stage(site.time, chance)
        remote = MemoryRemote()
        machines = [
            Machine(name=f"machine {number}", folder=site.place / f"machine{number}", remote=remote, compares=compares)
            for number in range(chance.randrange(2, 5))
        ]
        trouble = 0.0 if sleepy else chance.choice((0.0, 0.03, 0.1, 0.25))
        roots = (site.root, site.root.parent / "later")

        def play(machine: Machine) -> None:
            own = Random(chance.random())

            def acts(actor: Actor) -> None:
                for _ in range(own.randrange(1, 3)):
                    work(
                        site, machine, actor, apply(), own, trouble=trouble, deadly=own.random() < trouble * 2,
                        root=own.choice(roots), patience=600.0 if sleepy else own.choice((0.0, 30.0, 600.0)),
                        nap_at=own.randrange(4, 13) if sleepy and machine is machines[0] else None,
                    )  # fmt: skip
                    actor.turn(own.uniform(0, 30))

            stage.enter(machine.name, acts)

        for machine in machines:
            play(machine)
        hand = Random(chance.random())
        stage.enter("person", lambda actor: person(site, actor, hand))
        stage.play()
        yield site, machines


MOVES = 16
"""More than a machine of `takeover` makes before its first create leaves."""


@contextmanager
def takeover(move: int) -> Iterator[tuple[Site, list[Machine]]]:
    """Two machines with the same files; the first stands still at its given move until the other took over.

    The list is known to show everything, so the one that takes over settles and goes on. That leaves nothing to
    chance: whoever does not look at the lock before a create makes a second definition at one of the moves.
    """
    with situation("storm", seed=move, open_book=True) as site:
        stage = Stage(site.time, Random(move))
        remote = MemoryRemote()
        machines = [Machine(name=name, folder=site.place / name, remote=remote) for name in ("the sleeper", "the heir")]

        def sleeper(actor: Actor) -> None:
            work(
                site, machines[0], actor, apply(), Random(1), trouble=0.0, deadly=False, root=site.root,
                patience=600.0, nap_at=move,
            )  # fmt: skip

        def heir(actor: Actor) -> None:
            actor.turn(2.0)
            work(
                site, machines[1], actor, apply(), Random(2), trouble=0.0, deadly=False, root=site.root, patience=600.0
            )

        stage.enter("the sleeper", sleeper)
        stage.enter("the heir", heir)
        stage.play()
        yield site, machines


def rescue(site: Site, machines: list[Machine]) -> None:
    """Calm weather: every machine hands in what it kept, and one of them goes on until all is well."""
    final = Machine(name="rescue", folder=site.place / "rescue", remote=machines[0].remote)
    _look(site, final)
    all_accounted_for(site, site.runs)
    for machine in (*machines, final, final):
        _run(site, machine)
        _look(site, final)
        all_accounted_for(site, site.runs)
    if site.settle_by_hand():
        _run(site, final)
    last = _run(site, final)
    if last.error is not None or last.result is None or last.plan is None:
        raise BrokenPromiseError(f"the weather is calm, and it still fails: {last.words}")
    wrong = [change for change in last.plan.refused if change.refusal and change.refusal.stop not in DECISIONS]
    if wrong or last.result.failed or last.result.not_attempted:
        raise BrokenPromiseError(f"the weather is calm, and this is left: {last.words}")
    tip = dict(final.remote.refs)
    if _run(site, final).plan is None or final.remote.refs != tip:
        raise BrokenPromiseError("nothing was to be done, and the state was pushed")
    _look(site, final)
    no_duplicate(site)
    no_silent_loss(site)
    overwritten_only_in_the_window(site)
    one_binding_each(site)


def _alone(site: Site) -> tuple[Stage, Random]:
    return Stage(site.time, Random(1)), Random(2)


def _run(site: Site, machine: Machine) -> Run:
    stage, chance = _alone(site)
    runs: list[Run] = []

    def acts(actor: Actor) -> None:
        runs.append(
            work(
                site, machine, actor, apply(), chance, trouble=0.0, deadly=False, root=site.root.parent / "later",
                patience=900.0,
            )
        )  # fmt: skip

    stage.enter(machine.name, acts)
    stage.play()
    return runs[0]


def _look(site: Site, machine: Machine) -> None:
    """The person's repairs and the invariants go by the state on the remote."""
    site.store = machine.calm_store(site.time)
