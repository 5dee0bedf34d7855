"""How much of the lab runs: a sample in CI, all of it on demand."""

from __future__ import annotations

import pytest

SEEDS = 240
SAMPLE = 30


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Schedules are numbered by their seeds; `--lab-seeds N` runs N of them."""
    if "lab_chunk" in metafunc.fixturenames:
        count = metafunc.config.getoption("--lab-seeds") or SEEDS
        size = 20
        chunks = [range(start, min(start + size, count)) for start in range(0, count, size)]
        metafunc.parametrize("lab_chunk", chunks, ids=lambda chunk: f"{chunk.start}-{chunk.stop - 1}")


@pytest.fixture
def lab_sample(request: pytest.FixtureRequest) -> int | None:
    """How many of a family of schedules to try; None for all (`--lab-all`)."""
    return None if request.config.getoption("--lab-all") else SAMPLE
