"""What `plan` of many definitions against as many files costs beside the network: cold, unchanged, with one change.

    python benchmarks/plan.py [--files 5000] [--latency 0.05]

The server is a process of its own (`standin.py`). Cold, two processes read files while one of them waits for the
server: that is time on the clock, the waiting included. Where one process works it is computing time. What a row
compares is run in turn. Prints rows of `work | goal | measured | ok`; exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
from functools import partial
from pathlib import Path

from measuring import Cost, Row, cost, in_turn, install, ratio, show
from remote import environ, remote

LOAD = (
    "import glob, yaml\nfor name in glob.glob('workflows/*.yaml'):\n"
    "    yaml.load(open(name, encoding='utf-8'), Loader=yaml.CSafeLoader)"
)


def rows(files: int, latency: float) -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        bins = install(top / "venv")
        project, env = top / "project", environ(top / "cache")
        with remote(project, files, "--latency", str(latency)) as server:
            plan = [bins / "deployer", "plan", "--max-rps", "1000"]
            text = project / "workflows" / "survey-0001.yaml"
            before = text.read_text(encoding="utf-8")
            versions = itertools.count()

            def run(*command: str | Path) -> Cost:
                return cost(command, cwd=project, env=env, best_of=1, ends=(0,))

            def load() -> Cost:
                return run(bins / "python", "-c", LOAD)

            def cold() -> Cost:
                return run(*plan, "--no-cache")

            def unchanged() -> Cost:
                return run(*plan)

            def changed(*flags: str) -> Cost:
                """The first plan after a change; the plan after it is as those before."""
                text.write_text(before.replace("hope to see", f"wish {next(versions)} to see"), encoding="utf-8")
                found = run(*plan, *flags)
                text.write_text(before, encoding="utf-8")
                run(*plan)
                return found

            cold()  # the first run compiles
            server.stats()
            cold()
            requests = int(server.stats()["requests"])
            loading, first, one_cold = in_turn(load, cold, partial(changed, "--no-cache"), rounds=8)
            loading_too, again = in_turn(load, unchanged, rounds=4)
            none, one = in_turn(unchanged, changed, rounds=25)
    pages = math.ceil(files / 500)
    many = f"`plan` of {files:,} definitions against {files:,} files"
    return [
        Row(f"{many}: requests", str(pages + 1), str(requests), requests == pages + 1),
        ratio(f"{many}, cold, waiting for the network and all", 0.75, first.wall, loading.wall, "load"),
        ratio(f"{many}, unchanged", 0.2, again.cpu, loading_too.cpu, "load"),
        Row(f"{many}: memory", "< 120 MB", f"{first.megabytes:.0f} MB cold, {again.megabytes:.0f} MB unchanged",
            max(first.megabytes, again.megabytes) < 120),
        ratio(f"{many}, a text changed since the last plan", 1.05, one.cpu, none.cpu, "unchanged"),
        ratio(f"{many}, a text changed, cold", 1.05, one_cold.wall, first.wall, "without"),
    ]  # fmt: skip


def main() -> int:
    """Measure and print the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each request takes")
    given = parser.parse_args()
    return show(rows(given.files, given.latency))


if __name__ == "__main__":
    raise SystemExit(main())
