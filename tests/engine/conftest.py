"""One evaluator for all tests: its process starts once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployer.engine.scripting import Evaluator


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as shared:
        yield shared
