"""Two processes give what one gives, in the same order; a lost one is an error and never a silence."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.workers import FEWEST, WorkerLost, in_two, spread
from tests.cli.program import deployer
from tests.cli.projects import bad, good, write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="two processes need a fork")

HERE = os.getpid()


def where(_: object) -> int:
    """The process that does it."""
    return os.getpid()


class Elsewhere:
    """Work that does something in any process but this one, and a way to wait until it has begun there."""

    def __init__(self, mark: Path, act: Callable[[], object] = lambda: None) -> None:
        self.mark, self.act = mark, act

    def __call__(self, item: object) -> int:
        if os.getpid() != HERE:
            self.mark.touch()
            self.act()
        return where(item)

    def wait(self) -> None:
        """Until the other process has taken something."""
        late = time.monotonic() + 60
        while not self.mark.exists() and time.monotonic() < late:
            time.sleep(0.001)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 501])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    items = list(range(count))
    assert in_two(str, items) == [str(item) for item in items]


def test_another_process_works_while_this_one_does_something_else(tmp_path: Path) -> None:
    work = Elsewhere(tmp_path / "begun")
    done = in_two(work, range(1000), work.wait)
    assert len({*done} - {HERE}) == 1


def test_who_is_quicker_does_more(tmp_path: Path) -> None:
    work = Elsewhere(tmp_path / "begun", lambda: time.sleep(0.05))
    done = in_two(work, range(20), work.wait)
    assert done.count(HERE) > 10


def test_more_than_a_pipe_holds_comes_through() -> None:
    assert in_two(lambda number: bytes(100_000 + number), range(20)) == [
        bytes(100_000 + number) for number in range(20)
    ]


def test_what_the_work_raises_is_raised_here() -> None:
    for at in (0, 9):
        with pytest.raises(ZeroDivisionError):
            in_two((1).__floordiv__, range(-at, 10 - at))


def test_a_result_that_cannot_be_sent_is_worked_out_here() -> None:
    assert len(in_two(lambda _: threading.Lock(), range(4))) == 4


@pytest.mark.parametrize(
    ("act", "said"),
    [(lambda: os.kill(os.getpid(), signal.SIGKILL), "by signal 9"), (lambda: os._exit(0), "half of its results")],
)
def test_a_lost_worker_is_an_error(act: Callable[[], object], said: str, tmp_path: Path) -> None:
    work = Elsewhere(tmp_path / "begun", act)
    with pytest.raises(WorkerLost, match=said):
        in_two(work, range(10), work.wait)


def test_what_goes_wrong_elsewhere_is_done_here(tmp_path: Path) -> None:
    work = Elsewhere(tmp_path / "begun", lambda: 1 // 0)
    assert in_two(work, range(10), work.wait) == [HERE] * 10


def test_of_several_mistakes_that_of_the_first_item_is_told() -> None:
    def work(number: int) -> int:
        time.sleep(0.01)
        if number in {3, 4, 7}:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match=re.escape("3")):
        in_two(work, range(10))


def test_the_other_process_ends_soon_where_this_one_gives_up(tmp_path: Path) -> None:
    work = Elsewhere(tmp_path / "begun", lambda: time.sleep(0.1))

    def give_up() -> None:
        work.wait()
        raise ZeroDivisionError

    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        in_two(work, range(256), give_up)
    assert time.monotonic() - begun < 10  # of 25 seconds of work


ALONE = """
import os
from deployer.workers import in_two
for work, wrong in ((lambda number: 1 // number, ZeroDivisionError), (str, None)):
    try:
        in_two(work, range(10))
        assert wrong is None
    except ZeroDivisionError:
        assert wrong is not None
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child")
"""


def test_no_process_is_left_behind() -> None:
    # In a process of its own: other tests have children, too.
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout == "no child\n"


def test_few_items_and_a_program_with_threads_need_one_process() -> None:
    assert set(spread(where, range(FEWEST - 1))) == {HERE}
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(spread(where, range(FEWEST))) == {HERE}
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="one process there")
def test_one_or_two_processes_find_the_same(tmp_path: Path) -> None:
    kinds = (
        good,
        bad,
        lambda key: good(key).replace(f"acme_{key}", "acme"),
        lambda _: "trigger: [",
        lambda _: good("x"),
    )
    root = write(
        tmp_path / "project", **{f"w{number}": kinds[number % 5](f"w{number}") for number in range(FEWEST + 21)}
    )
    for arguments in (("validate", "--no-cache"), ("validate", "--no-cache", "--format", "json")):
        one, two = (deployer(*arguments, cwd=root, env={"DEPLOYER_WORKERS": count}) for count in "12")
        assert one == two
        assert one.code == 1
