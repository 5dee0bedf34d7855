"""One machine for all tests of the action, whichever process runs them: installing takes its time."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from filelock import FileLock

from tests.action.machines import Machine, make


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Machine:
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with FileLock(shared / "machine.lock"):
        known = shared / "machine.pickle"
        if not known.exists():
            made = make(shared / "machine")
            made.install()
            known.write_bytes(pickle.dumps(made))
        found: Machine = pickle.loads(known.read_bytes())  # noqa: S301  # written by the line above
    return found


@pytest.fixture
def checkout(machine: Machine, tmp_path: Path) -> Path:
    return machine.checkout(tmp_path / "repo with ' and $(touch here)")
