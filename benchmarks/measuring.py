"""What the benchmarks share: programs run as processes of their own, and rows of what was measured.

A benchmark is a script with `main()`, which prints rows of `work | goal | measured | ok` and gives 1 when a goal
is missed. Times are the best of several runs, and goals are ratios of what was run in turn on one machine, so that a
slow or busy machine changes little.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Row(NamedTuple):
    """One figure."""

    work: str
    goal: str
    measured: str
    ok: bool


class Cost(NamedTuple):
    """What a process took, its children included."""

    cpu: float
    """Seconds of user and system time."""
    wall: float
    """Seconds on the clock."""
    megabytes: float
    """The most memory that one process had."""


def cost(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    best_of: int = 5,
    ends: Collection[int] = (0, 1),
) -> Cost:
    """The least that a command takes; each figure is the best of several runs. It must end with one of these codes."""
    return best([_once(command, cwd, {**os.environ, **(env or {})}, ends) for _ in range(best_of)])


def best(costs: Sequence[Cost]) -> Cost:
    """The least of each figure."""
    return Cost(*(min(figures) for figures in zip(*costs, strict=True)))


def in_turn(*runs: Callable[[], Cost], rounds: int) -> list[Cost]:
    """The least that each takes, round by round and every other round backwards.

    The speed of a machine drifts within minutes and falls after hard work, and shall do so for all.
    """
    costs: list[list[Cost]] = [[] for _ in runs]
    for number in range(rounds):
        pairs = [*zip(runs, costs, strict=True)]
        for run, kept in reversed(pairs) if number % 2 else pairs:
            kept.append(run())
    return [*map(best, costs)]


def _once(command: Sequence[str | Path], cwd: Path | None, env: Mapping[str, str], ends: Collection[int]) -> Cost:
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ends:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / scale)


def ratio(work: str, goal: float, taken: float, base: float, unit: str) -> Row:
    """A row whose goal is to stay within `goal` times the base."""
    found = taken / base
    return Row(work, f"<= {goal:g} x {unit}", f"{found:.2f} x ({taken:.3f} s to {base:.3f} s)", found <= goal)


def install(folder: Path) -> Path:
    """This checkout as users install it (not editable), beside the packages of this interpreter; gives its `bin`."""
    venv.create(folder, symlinks=True)
    bins = folder / ("Scripts" if os.name == "nt" else "bin")
    python = bins / "python"
    site = Path(subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                                        text=True).strip())  # fmt: skip
    beside = [path for path in sys.path if path.endswith("site-packages")]
    (site / "beside.pth").write_text("\n".join(beside) + "\n")
    source = folder / "source"  # a build leaves things behind
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("deployer", "schemas"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--no-deps",
                    "--no-build-isolation", "--no-index", source], check=True, cwd=folder,
                   env={**os.environ, "PYTHONPATH": os.pathsep.join(beside)})  # fmt: skip
    return bins


def show(rows: Sequence[Row]) -> int:
    """Print rows; 1 when a goal is missed."""
    for row in rows:
        sys.stdout.write(f"{row.work} | {row.goal} | {row.measured} | {'yes' if row.ok else 'no'}\n")
    return 0 if all(row.ok for row in rows) else 1
