"""How near `apply` of many changes comes to what latency, or the server's limit, allows.

    python benchmarks/apply.py [--changes 1000] [--latency 0.05] [--limit 20]

An update is two requests, a read of the base and a write, so with ten at once the latency bound is
`2 x changes x latency / 10`; under a limit it is `requests / limit`. The span from the first request after the plan to
the last answer is measured by the server, which is a process of its own. Beside it stands what ten threads of
`http.client` reach that do nothing but these requests: what they miss, the machine and the server miss. Prints rows of
`work | goal | measured | ok`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from measuring import Row, cost, install, show
from remote import Remote, environ, remote

PARALLEL = 10


def bare(server: Remote, changes: int) -> dict[str, float]:
    """What the server saw of as many reads and writes without a program around them."""
    server.stats()
    body = json.dumps({"definition": {"name": "x", "steps": [{"id": str(n), "text": "y" * 150} for n in range(10)]}})
    address = urlsplit(server.url).netloc

    def work(number: int) -> None:
        path = f"/accounts/acme/definitions/other-{number}"
        for method, content in (("GET", None), ("PUT", body)):
            connection = HTTPConnection(address)
            connection.request(method, path, content, {"Connection": "close"})
            connection.getresponse().read()
            connection.close()

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(work, range(changes)))
    return server.stats()


def applied(top: Path, bins: Path, changes: int, flags: list[str]) -> tuple[dict[str, float], dict[str, float] | None]:
    """What the server saw of an apply that changes every definition; without a limit also of bare requests."""
    project = top / f"project-{'-'.join(flag.strip('-') for flag in flags)}"
    with remote(project, changes, *flags) as server:
        for path in (project / "workflows").iterdir():
            path.write_text(path.read_text().replace("hope to see", "wish to see"), encoding="utf-8")
        floor = None if "--limit" in flags else bare(server, changes)
        server.stats()
        command = [bins / "deployer", "apply", "--auto-approve", "-q", "--parallelism", str(PARALLEL),
                   "--max-rps", "10000"]  # fmt: skip
        cost(command, cwd=project, env=environ(top / "cache"), best_of=1, ends=(0,))
        return server.stats(), floor


def rows(changes: int, latency: float, limit: int) -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        bins = install(top / "venv")
        free, floor = applied(top, bins, changes, ["--latency", str(latency)])
        limited, _ = applied(top, bins, changes, ["--latency", str(latency), "--limit", str(limit)])
    bound = 2 * changes * latency / PARALLEL
    share, best = (bound / (seen["last"] - seen["first"]) if seen else 0.0 for seen in (free, floor))
    taken = limited["requests"] - limited["refused"] - limited["lists"]
    kept = taken / limit / (limited["last"] - limited["first"])
    work = f"`apply` of {changes:,} changes at {latency * 1000:.0f} ms, {PARALLEL} in parallel"
    return [
        Row(work, ">= 90 % of the latency bound", f"{share:.0%} (bare requests: {best:.0%})", share >= 0.9),
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
