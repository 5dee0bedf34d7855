"""Two to four runners and a person, in any order that a seed can think of."""

from __future__ import annotations

from .schedule import rescue, schedule


def test_runners_and_a_person_never_undo_each_other_in_silence(lab_chunk: range) -> None:
    for seed in lab_chunk:
        with schedule(seed) as (site, machines):
            rescue(site, machines)
