"""What `plan` of many definitions against as many files costs beside the network: cold, unchanged, with one change.

    python benchmarks/plan.py [--files 5000] [--latency 0.05]

The server is a process of its own (`standin.py`), so the figures are the computing time of `plan` alone. Prints rows
of `work | goal | measured | ok`; exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

from measuring import Cost, Row, cost, install, ratio, show
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

            def planned(*flags: str, best_of: int = 3) -> Cost:
                return cost([*plan, *flags], cwd=project, env=env, best_of=best_of)

            load = cost([bins / "python", "-c", LOAD], cwd=project, env=env, best_of=3)
            server.stats()
            cold = planned("--no-cache", best_of=1)
            requests = int(server.stats()["requests"])
            cold = Cost(*map(min, cold, planned("--no-cache", best_of=1)))
            planned(best_of=1)
            unchanged = planned()
            changed_file = project / "workflows" / "survey-0001.yaml"
            changed_file.write_text(changed_file.read_text().replace("hope to see", "wish to see"), encoding="utf-8")
            one = planned("--no-cache", best_of=2)
            planned(best_of=1)
            one_warm = planned()
    pages = math.ceil(files / 500)
    many = f"`plan` of {files:,} definitions against {files:,} files"
    return [
        Row(f"{many}: requests", str(pages + 1), str(requests), requests == pages + 1),
        ratio(f"{many}, cold, beside the network", 0.75, cold.cpu, load.cpu, "load"),
        ratio(f"{many}, unchanged", 0.2, unchanged.cpu, load.cpu, "load"),
        Row(f"{many}: memory", "< 120 MB", f"{cold.megabytes:.0f} MB cold, {unchanged.megabytes:.0f} MB unchanged",
            max(cold.megabytes, unchanged.megabytes) < 120),
        ratio("the same with one changed text, cold", 1.05, one.cpu, cold.cpu, "without"),
        ratio("the same with one changed text, the rest remembered", 1.05, one_warm.cpu, unchanged.cpu, "without"),
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
