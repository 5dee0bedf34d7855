"""Two processes give what one gives, in the same order; a lost one is an error and never a silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
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


def killed_elsewhere(number: int) -> int:
    """Work that ends any process but this one."""
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def ends_elsewhere(number: int) -> int:
    """Work that leaves any process but this one, as if all were well."""
    if os.getpid() != HERE:
        os._exit(0)
    return number


@pytest.mark.parametrize("count", [0, 1, 2, 3, 501])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    items = list(range(count))
    assert in_two(str, items) == [str(item) for item in items]


def test_half_of_the_work_is_done_by_another_process() -> None:
    done = in_two(where, range(10))
    assert done[:5] == [HERE] * 5
    assert len({*done[5:]}) == 1
    assert HERE not in done[5:]


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


@pytest.mark.parametrize(("work", "said"), [(killed_elsewhere, "by signal 9"), (ends_elsewhere, "half of its results")])
def test_a_lost_worker_is_an_error(work: object, said: str) -> None:
    assert callable(work)
    with pytest.raises(WorkerLost, match=said):
        in_two(work, range(10))


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
