"""Whatever happens to one request, nothing is made twice, lost in silence or forgotten."""

from __future__ import annotations

import pytest

from .bench import NAMED, disturb, judge, situation, undisturbed
from .faults import Fault
from .scenarios import SCENARIOS


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_one_fault_at_any_request_breaks_no_promise(name: str, fault: Fault) -> None:
    scenario = NAMED[name]
    for number, (method, _path) in enumerate(undisturbed(name)):
        if method == "GET" and not fault.fits_reads:
            continue
        with situation(name) as site:
            disturb(scenario, site, {number: fault})
            judge(scenario, site)


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_without_faults_the_files_become_true_or_a_person_is_asked(name: str) -> None:
    with situation(name) as site:
        run = disturb(NAMED[name], site, {})
        assert run.error is None or name == "lost-lock"
        judge(NAMED[name], site)
