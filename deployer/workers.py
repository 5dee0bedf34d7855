"""Two processes for work on many files: each takes the next share when it is done with one, and the results come in
the order of the files.

The second process is a fork: it has everything that the first one has read already, and sends its results
through a pipe. Where forking is not to be had, or not safe beside other threads, or not worth it, one
process does everything; the results are the same.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from deployer.errors import DeployerError

Item = TypeVar("Item")
Result = TypeVar("Result")

FEWEST = 100
"""Items that are worth a second process."""


class WorkerLost(DeployerError):
    """A process that did a part of the work ended before it was done."""

    hint = "Run it again; if the machine is short of memory, set DEPLOYER_WORKERS=1."


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    fewest: int = FEWEST,
    meanwhile: Callable[[], None] | None = None,
) -> Iterable[Result]:
    """The result for each item, in their order, as `map` gives them; `fewest` are worth a second process.

    `meanwhile` is something else that there is to do, such as waiting for a server: this process does it first while
    the other one begins. Nobody does it where there is no other one. Raises WorkerLost where a process was killed.
    What `work` raises it raises here, too.
    """
    if len(items) < fewest or not _two_are_possible():
        return map(work, items)
    return in_two(work, items, meanwhile)


def _two_are_possible() -> bool:
    wanted = os.environ.get("DEPLOYER_WORKERS", "2")
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # A fork has one thread only, and locks that others held stay locked in it.
    return wanted != "1" and sys.platform != "win32" and processors > 1 and threading.active_count() == 1


def in_two(
    work: Callable[[Item], Result], items: Sequence[Item], meanwhile: Callable[[], None] | None = None
) -> list[Result]:
    """The result for each item: those that are done here, and those that another process did."""
    shares = _Shares(items)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, shares, writing)
    os.close(writing)
    done: dict[int, list[Result]] = {}
    reaped = False
    try:
        if meanwhile is not None:
            meanwhile()
        with suppress(Exception):  # comes up again below, and of several always the one of the first item
            shares.work_off(work, done)
        with os.fdopen(reading, "rb", closefd=False) as pipe:
            data = pipe.read()
        _, status = os.waitpid(child, 0)
        reaped = True
    finally:
        os.close(reading)
        shares.close()
        if not reaped:
            os.waitpid(child, 0)
    done |= _received(data, os.waitstatus_to_exitcode(status))
    # What went wrong there goes wrong here as well, and is told as if nobody had helped.
    return [result for number in range(shares.count) for result in done.get(number) or map(work, shares.items(number))]


class _Shares(Generic[Item]):
    """Items that processes take some at a time. Who reads a byte from the pipe has the share of that number."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._size = max(1, -(-len(items) // _MOST_SHARES))
        self.count = -(-len(items) // self._size)
        self._open, writing = os.pipe()
        os.write(writing, bytes(range(self.count)))
        os.close(writing)  # so that whoever finds the pipe empty is not kept waiting

    def items(self, number: int) -> Sequence[Item]:
        """Those of a share."""
        return self._items[number * self._size : (number + 1) * self._size]

    def work_off(self, work: Callable[[Item], Result], done: dict[int, list[Result]]) -> None:
        """Take shares while there are any, and put what comes of each into `done`. Raises what `work` raises."""
        while taken := os.read(self._open, 1):
            done[taken[0]] = [work(item) for item in self.items(taken[0])]

    def close(self) -> None:
        """Leave nothing for anybody."""
        os.read(self._open, _MOST_SHARES)
        os.close(self._open)


_MOST_SHARES = 256
"""As many as a byte tells apart."""


def _received(data: bytes, code: int) -> dict[int, list[Result]]:
    """The results of the other process; none where the work itself failed. Raises WorkerLost where it was lost."""
    if code == _FAILED:
        return {}
    if code != 0:
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        raise WorkerLost(f"a worker process was ended {how} before it was done")
    import pickle

    try:
        results: dict[int, list[Result]] = pickle.loads(data)  # noqa: S301  # our own process wrote it
    except (pickle.UnpicklingError, EOFError) as error:
        raise WorkerLost("a worker process sent half of its results") from error
    return results


_FAILED = 3


def _answer(work: Callable[[Item], Result], shares: _Shares[Item], writing: int) -> None:
    """In the other process: work, send, and end without doing what the first one will do when it ends."""
    code = _FAILED
    try:
        import pickle

        done: dict[int, list[Result]] = {}
        shares.work_off(work, done)
        data = pickle.dumps(done, pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
        code = 0
    except BaseException:  # noqa: BLE001  # told by the first process, which comes upon it, too
        code = _FAILED
    finally:
        os._exit(code)
