"""Running a command again whenever its files change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

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
