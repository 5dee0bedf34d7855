"""Works on instances in the background, each when it is due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue

from deployer.emulator import runs
from deployer.emulator.moments import micros
from deployer.emulator.runs import Pace
from deployer.emulator.store import Store

log = logging.getLogger(__name__)

WORKERS = 4
"""Instances that are worked on at once: one that waits for an HTTP answer holds up no other."""
LONGEST_NAP = 1.0
"""Seconds between two looks: another process may have started an instance in the same database."""
PATIENCE = 1.0
"""Seconds that work in progress gets to end; what does not is done again after the next start."""


class Scheduler:
    """A thread that looks for what is due, and some that do it."""

    def __init__(self, store: Store, pace: Pace, clock: Callable[[], datetime], work: Callable[[str], None]) -> None:
        self._store = store
        self._pace = pace
        self._clock = clock
        self._work = work
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        bodies = [self._look, *[self._serve] * WORKERS]
        self._threads = [threading.Thread(target=body, name="emulator-runs", daemon=True) for body in bodies]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look at once: something has come in."""
        self._awake.set()

    def stop(self) -> None:
        """Begin nothing new, and wait a moment for what is under way."""
        self._stopping.set()
        self._awake.set()
        for _ in range(WORKERS):
            self._queue.put(None)
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                nap = self._hand_out()
            except Exception:
                if self._stopping.is_set():
                    return
                log.exception("the emulator failed to look for instances that are due")
                nap = LONGEST_NAP
            self._awake.wait(nap)

    def _hand_out(self) -> float:
        """Queue what is due; seconds until there is more."""
        now = micros(self._clock())
        with self._store.reading() as db:
            due = runs.due(db, self._pace, now)
            following = runs.next_due(db, self._pace, now)
        with self._lock:
            new = [instance for instance in due if instance not in self._busy]
            self._busy.update(new)
        for instance in new:
            self._queue.put(instance)
        return LONGEST_NAP if following is None else min(LONGEST_NAP, max(0.001, (following - now) / 1_000_000))

    def _serve(self) -> None:
        while (instance := self._queue.get()) is not None and not self._stopping.is_set():
            try:
                self._work(instance)
            except Exception:
                # A closed database at the very end; what was not written is done after the next start.
                if not self._stopping.is_set():
                    log.exception("the emulator failed at instance %s", instance)
            finally:
                with self._lock:
                    self._busy.discard(instance)
                self._awake.set()
