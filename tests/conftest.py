"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says more about the machine than about the program.
hypothesis.settings.register_profile("unhurried", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("unhurried")

Golden = Callable[[Path, str], None]
"""Compares a text with the file that holds what is expected."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write what the tests produce into the golden files.")
    parser.addoption("--fail-on-skip", action="store_true", help="A skipped test fails the run, as it does in CI.")
    parser.addoption("--lab-seeds", type=int, metavar="N", help="Random schedules of the fault lab; CI runs 240.")
    parser.addoption("--lab-kills", type=int, metavar="N", help="Processes that the lab kills; CI kills some dozens.")
    parser.addoption("--lab-all", action="store_true", help="Every pair of faults and every crash of every recovery.")


def pytest_xdist_auto_num_workers() -> int:
    """One more process than processors: tests wait for servers and other processes about as long as they compute."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Programs that tests start must hear Ctrl-C, even where this run itself was started in the background.

    A shell without job control lets its background jobs ignore SIGINT, and that is inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither use nor leave answers in the user's cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["XDG_CACHE_HOME"]
    if before is not None:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What CI does not run, nobody runs: a skip there fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if reporter is not None and skipped and session.config.getoption("--fail-on-skip"):
        reporter.write_line(f"{len(skipped)} skipped, which --fail-on-skip does not allow: {skipped[0].longrepr}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare with a golden file; `pytest --update-golden` rewrites it."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, text: str) -> None:
        if update:
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path} is missing; run pytest --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare
