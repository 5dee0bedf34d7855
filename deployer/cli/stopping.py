"""Ctrl-C in the middle of writing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deployer.cli.session import Session


@contextmanager
def stopping(session: Session) -> Iterator[threading.Event]:
    """The first signal lets what is in flight finish; the same one once more stops at once.

    Another one does not: GitHub's runner sends SIGINT, and SIGTERM 7.5 seconds later, to whoever is still at it. What
    comes after the block, such as giving back the lock, is not cut off by that either.
    """
    stop, heard = threading.Event(), set[int]()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number in heard:
            os._exit(128 + number)
        heard.add(number)
        if stop.is_set():
            return
        stop.set()
        # No lock is taken here: the main thread may be within `click.echo`.
        os.write(2, b"\nstopping: what is in flight is finished first; once more stops at once\n")

    former = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        if stop.is_set():
            session.say("stopped")
        else:
            for number, handler in former.items():
                signal.signal(number, handler)
