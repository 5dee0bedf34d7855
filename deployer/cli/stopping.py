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
    """The first signal lets what is in flight finish; a second one stops at once."""
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        # No lock is taken here: the main thread may be within `click.echo`.
        os.write(2, b"\nstopping: what is in flight is finished first; once more stops at once\n")

    former = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        if stop.is_set():
            session.say("stopped")
