"""Two processes for work on many files: each does half, and the results come in the order of the files.

The second process is a fork: it has everything that the first one has read already, and sends its results
through a pipe. Where forking is not to be had, or not safe beside other threads, or not worth it, one
process does everything; the results are the same.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from deployer.errors import DeployerError

Item = TypeVar("Item")
Result = TypeVar("Result")

FEWEST = 100
"""Items that are worth a second process."""


class WorkerLost(DeployerError):
    """A process that did half of the work ended before it was done."""

    hint = "Run it again; if the machine is short of memory, set DEPLOYER_WORKERS=1."


def spread(work: Callable[[Item], Result], items: Sequence[Item], *, fewest: int = FEWEST) -> Iterable[Result]:
    """The result for each item, in their order, as `map` gives them; `fewest` are worth a second process.

    Raises WorkerLost where a process was killed. What `work` raises it raises here, too.
    """
    if len(items) < fewest or not _two_are_possible():
        return map(work, items)
    return in_two(work, items)


def _two_are_possible() -> bool:
    wanted = os.environ.get("DEPLOYER_WORKERS", "2")
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # A fork has one thread only, and locks that others held stay locked in it.
    return wanted != "1" and sys.platform != "win32" and processors > 1 and threading.active_count() == 1


def in_two(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The first half of the items here, the second half in another process."""
    half = len(items) // 2
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, items[half:], writing)
    os.close(writing)
    reaped = False
    try:
        first = [work(item) for item in items[:half]]
        with os.fdopen(reading, "rb", closefd=False) as pipe:
            data = pipe.read()
        _, status = os.waitpid(child, 0)
        reaped = True
    finally:
        os.close(reading)
        if not reaped:
            os.waitpid(child, 0)
    second: list[Result] | None = _received(data, os.waitstatus_to_exitcode(status), len(items) - half)
    # What went wrong there goes wrong here as well, and is told as if nobody had helped.
    return first + (second if second is not None else [work(item) for item in items[half:]])


def _received(data: bytes, code: int, count: int) -> list[Result] | None:
    """The results of the other process; None where the work itself failed. Raises WorkerLost where it was lost."""
    if code == _FAILED:
        return None
    if code != 0:
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        raise WorkerLost(f"a worker process was ended {how} before it was done")
    import pickle

    try:
        results: list[Result] = pickle.loads(data)  # noqa: S301  # our own process wrote it
    except (pickle.UnpicklingError, EOFError) as error:
        raise WorkerLost("a worker process sent half of its results") from error
    if len(results) != count:
        raise WorkerLost(f"a worker process sent {len(results)} of {count} results")
    return results


_FAILED = 3


def _answer(work: Callable[[Item], Result], items: Sequence[Item], writing: int) -> None:
    """In the other process: work, send, and end without doing what the first one will do when it ends."""
    code = _FAILED
    try:
        import pickle

        data = pickle.dumps([work(item) for item in items], pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
        code = 0
    except BaseException:  # noqa: BLE001  # told by the first process, which comes upon it, too
        code = _FAILED
    finally:
        os._exit(code)
