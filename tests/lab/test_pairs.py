"""Two faults in one run: the second comes while the program looks after the first."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from .bench import NAMED, disturb, judge, situation, undisturbed
from .faults import Fault
from .scenarios import PAIRED

FURTHER = 3
"""Requests that a fault may add: the second one may hit those, too."""


@pytest.mark.parametrize("name", PAIRED)
def test_two_faults_break_no_promise(name: str, lab_sample: int | None) -> None:
    places = range(len(undisturbed(name)) + FURTHER)
    pairs = [(one, two, a, b) for one, two in combinations(places, 2) for a in Fault for b in Fault]
    if lab_sample is not None:
        pairs = Random(name).sample(pairs, 2 * lab_sample)
    for one, two, first, second in pairs:
        with situation(name) as site:
            disturb(NAMED[name], site, {one: first, two: second})
            judge(NAMED[name], site)
