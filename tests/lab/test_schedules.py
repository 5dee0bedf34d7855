"""Two to four runners and a person, in any order that a seed can think of."""

from __future__ import annotations

import pytest

from deployer.operations.plan import Stop

from .schedule import MOVES, rescue, schedule, takeover


def test_runners_and_a_person_never_undo_each_other_in_silence(lab_chunk: range) -> None:
    for seed in lab_chunk:
        with schedule(seed) as (site, machines):
            rescue(site, machines)


@pytest.mark.parametrize("seed", [454, 476])
def test_two_machines_that_are_about_to_send_the_very_same_are_told_apart(seed: int) -> None:
    """One was killed before its lock arrived, the other one sent; the first must not speak for the second."""
    with schedule(seed) as (site, machines):
        rescue(site, machines)


def test_what_another_run_made_meanwhile_is_never_taken_for_a_strangers() -> None:
    plans = 0
    for move in range(1, MOVES):
        with takeover(move) as (site, machines):
            for run in site.runs:
                if run.plan is not None and run.error is None:
                    plans += 1
                    stops = {change.refusal.stop for change in run.plan.refused if change.refusal}
                    assert Stop.AMBIGUOUS not in stops, f"at move {move}: {run.words}"
            rescue(site, machines)
    assert plans > MOVES
