"""A remote and two machines that have it checked out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repositories import clone, make_remote


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def laptop(remote: Path, tmp_path: Path) -> Path:
    return clone(remote, tmp_path / "laptop")


@pytest.fixture
def runner(remote: Path, tmp_path: Path) -> Path:
    return clone(remote, tmp_path / "runner", "--depth=1")
