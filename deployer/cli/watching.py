"""Running a command again whenever its files change."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import click

from deployer.cli.session import Session
from deployer.cli.telling import tell
from deployer.errors import DeployerError

Signature = tuple[int, int]
"""When a file was written last, in nanoseconds, and its size in bytes."""

INTERVAL = 0.5
"""Seconds between two looks at the files."""


def signatures(paths: Iterable[Path]) -> Mapping[Path, Signature]:
    """What tells whether a file changed; files that are not there are left out."""
    found: dict[Path, Signature] = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:  # gone, or not yet there: seen as soon as it comes
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


def watch_files(session: Session, run: Callable[[Session], object], files: Callable[[], Iterable[Path]]) -> int:
    """Run a command at once and after every change of its files, each time with a session of its own.

    Never ends by itself; Ctrl-C ends it with 130, as it ends everything. A file that is gone is still looked for: it
    may come back.
    """
    seen: set[Path] = set()

    def once() -> None:
        fresh = Session(options=session.options, selectors=session.selectors)
        try:
            run(fresh)
        except DeployerError as error:
            tell(error, session.options)  # mended in the next moment, perhaps
        finally:
            fresh.close()

    def look() -> Mapping[Path, Signature]:
        seen.update(files())
        return signatures(seen)

    def say(text: str) -> None:
        sys.stdout.flush()
        click.echo(f"\n{'─' * 20} {text} {'─' * 20}\n", color=session.color)

    watch(once, look, say, wait=time.sleep, now=lambda: datetime.now().astimezone().strftime("%H:%M:%S"))
    return 0


def watch(
    run: Callable[[], None],
    look: Callable[[], Mapping[Path, Signature]],
    tell: Callable[[str], None],
    *,
    wait: Callable[[float], None],
    now: Callable[[], str],
) -> None:
    """Run at once and after every change, until the user interrupts.

    `look` names the files and their signatures, `wait` sleeps some seconds, `now` is the time of day. A
    change while a run is going on starts another one.
    """
    before = look()
    tell(f"{now()}  watching {_counted(len(before))}; Ctrl-C ends it")
    run()
    while True:
        wait(INTERVAL)
        after = look()
        if after == before:
            continue
        changed = sorted(path.name for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        before = after
        tell(f"{now()}  {changed[0] if len(changed) == 1 else _counted(len(changed))} changed")
        run()


def _counted(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
