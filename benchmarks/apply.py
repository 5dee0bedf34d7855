"""How near `apply` of many changes comes to what latency, or the server's limit, allows.

    python benchmarks/apply.py [--changes 1000] [--latency 0.05] [--limit 20]

An update is two requests, a read of the base and a write, so with ten at once the latency bound is
`2 x changes x latency / 10`; under a limit it is `requests / limit`. The span from the first request to the last is
measured by the server, which is a process of its own. Prints rows of `work | goal | measured | ok`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measuring import Row, cost, install, show
from remote import environ, remote

PARALLEL = 10


def applied(top: Path, bins: Path, changes: int, flags: list[str]) -> dict[str, float]:
    """What the server saw of an apply that changes every definition."""
    project = top / f"project-{'-'.join(flag.strip('-') for flag in flags)}"
    with remote(project, changes, *flags) as server:
        for path in (project / "workflows").iterdir():
            path.write_text(path.read_text().replace("hope to see", "wish to see"), encoding="utf-8")
        server.stats()
        command = [
            bins / "deployer",
            "apply",
            "--auto-approve",
            "-q",
            "--parallelism",
            str(PARALLEL),
            "--max-rps",
            "1000",
        ]
        cost(command, cwd=project, env=environ(top / "cache"), best_of=1)
        return server.stats()


def rows(changes: int, latency: float, limit: int) -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        bins = install(top / "venv")
        free = applied(top, bins, changes, ["--latency", str(latency)])
        limited = applied(top, bins, changes, ["--latency", str(latency), "--limit", str(limit)])
    bound = 2 * changes * latency / PARALLEL
    share = bound / (free["last"] - free["first"])
    taken = limited["requests"] - limited["refused"]
    kept = taken / limit / (limited["last"] - limited["first"])
    work = f"`apply` of {changes:,} changes at {latency * 1000:.0f} ms, {PARALLEL} in parallel"
    return [
        Row(work, ">= 90 % of the latency bound", f"{share:.0%}", share >= 0.9),
        Row(f"{work}, {limit} requests a second", ">= 95 % of the limit", f"{kept:.0%}", kept >= 0.95),
        Row("refusals after the first rush", "0", f"{max(0, limited['refused'] - PARALLEL):.0f}",
            limited["refused"] <= PARALLEL),
    ]  # fmt: skip


def main() -> int:
    """Measure and print the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each request takes")
    parser.add_argument("--limit", type=int, default=20, help="requests a second")
    given = parser.parse_args()
    return show(rows(given.changes, given.latency, given.limit))


if __name__ == "__main__":
    raise SystemExit(main())
