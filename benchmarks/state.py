"""What keeping an outcome costs with ten thousand bindings, against a bare append and fsync of the same bytes.

    python benchmarks/state.py [--bindings 10000] [--outcomes 2000] [--repeat 5]

Prints rows of `work | goal | measured | ok`; exits 1 when a goal is missed. Times are of one process, on the disk of
the folder for temporary files: the median of each kind over `--repeat` rounds. The two are made in turns, and which of
them comes first changes each time; both files have the same size all the time and are opened the same way. A busy
machine makes computing slower, and not the disk: the undisturbed ratio, of the tenth percentiles, stays where it is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from measuring import Row, show

from deployer.state.disk import Disk
from deployer.state.file import FileStore
from deployer.state.log import Author, Entry, Pen
from deployer.state.model import Binding, Facts, Intent, State, StateSession

ACCOUNT = "acme"
RATIO = 1.5
"""An outcome may cost so many bare appends."""


@dataclass
class Counted(Disk):
    """Counts what reaches the disk, and by which step."""

    fsyncs: int = 0
    renames: int = 0

    def fsync(self, handle: int) -> None:
        self.fsyncs += 1
        super().fsync(handle)

    def rename(self, source: Path, target: Path) -> None:
        self.renames += 1
        super().rename(source, target)


def binding(number: int, version: int) -> Binding:
    """As large as a real one."""
    digest = f"sha256:{number:032x}{version:032x}"
    return Binding(id=f"5870442f-3ddd-4657-b74c-{number:012x}", version=version, sent=digest, stored=digest)


def _state(bindings: int) -> State:
    return State(account=ACCOUNT, bindings={f"flow-{number:05}": binding(number, 1) for number in range(bindings)})


def _intent(number: int) -> Intent:
    bound = binding(number, 1)
    return Intent(key=f"flow-{number:05}", action="update", id=bound.id, base=1, body={"name": "x"}, sent=bound.sent)


@contextmanager
def _run(folder: Path, disk: Disk, bindings: int, count: int) -> Iterator[StateSession]:
    """A run that is about to make so many changes, and has kept the outcome of the first."""
    pen = Pen(lambda: Author(who="anna", commit="0" * 40))
    store = FileStore(
        folder / "state.json", ACCOUNT, place="state.json", dies_with_the_runner=False, files=disk, pen=pen
    )  # fmt: skip
    with store.session() as session:
        session.save(_state(bindings), note="as it was")
    with store.session() as session:
        session.save(session.state.open(_intent(number) for number in range(count)), note="about to write")
        session.record(_outcome(0), note="one", entries=[_entry(0)])
        yield session


def times(folder: Path, bindings: int, count: int) -> tuple[list[float], list[float]]:
    """Seconds of each outcome, seconds of a bare append each."""
    taken: list[float] = []
    bare: list[float] = []
    disk = Disk()
    with _run(folder, disk, bindings, count) as session:
        so_far = (folder / "state.json.journal").read_bytes()
        line = b"x" * (len(so_far.splitlines()[-1])) + b"\n"
        plain = disk.create(folder / "bare")
        _append(plain, so_far)
        for number in range(1, count):
            keep = partial(session.record, _outcome(number), note="one", entries=[_entry(number)])
            turns = [(taken, keep), (bare, partial(_append, plain, line))]
            for kind, work in turns if number % 2 else reversed(turns):
                kind.append(_seconds(work))
        disk.close(plain)
    return taken, bare


def counts(folder: Path, bindings: int, count: int) -> tuple[float, int]:
    """Fsyncs an outcome, renames a run."""
    disk = Counted()
    with _run(folder, disk, bindings, count) as session:
        fsyncs, renames = disk.fsyncs, disk.renames
        for number in range(1, count):
            session.record(_outcome(number), note="one", entries=[_entry(number)])
        fsyncs = disk.fsyncs - fsyncs
    return fsyncs / (count - 1), disk.renames - renames


def _outcome(number: int) -> dict[str, Facts]:
    return {f"flow-{number:05}": Facts(binding=binding(number, 2))}


def _entry(number: int) -> Entry:
    bound = binding(number, 2)
    return Entry(action="update", key=f"flow-{number:05}", id=bound.id, version=2, base=1, plan=bound.sent)


def _append(handle: int, line: bytes) -> None:
    os.write(handle, line)
    os.fsync(handle)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _undisturbed(times: list[float]) -> float:
    """The tenth percentile: what it takes while nobody else wants the processor or the disk."""
    return statistics.quantiles(times, n=10)[0]


def rows(bindings: int, count: int, repeat: int) -> list[Row]:
    """What was measured."""
    taken: list[float] = []
    bare: list[float] = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            ours, floors = times(Path(folder), bindings, count)
        taken += ours
        bare += floors
    outcome, floor = statistics.median(taken), statistics.median(bare)
    with tempfile.TemporaryDirectory() as folder:
        fsyncs, renames = counts(Path(folder), bindings, count)
    work = f"state with {bindings:,} bindings"
    calm = _undisturbed(taken) / _undisturbed(bare)
    measured = f"{outcome / floor:.2f} x ({outcome * 1e6:.0f} µs to {floor * 1e6:.0f} µs); undisturbed {calm:.2f} x"
    return [
        Row(f"{work}: an outcome", f"<= {RATIO:g} x a bare append and fsync", measured, outcome <= RATIO * floor),
        Row(f"{work}: fsyncs an outcome", "1", f"{fsyncs:g}", fsyncs == 1),
        Row(f"{work}: rewrites of the state file a run", "1", str(renames), renames == 1),
    ]


def main() -> int:
    """Measure and print the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bindings", type=int, default=10_000)
    parser.add_argument("--outcomes", type=int, default=2_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    return show(rows(given.bindings, given.outcomes, given.repeat))


if __name__ == "__main__":
    raise SystemExit(main())
