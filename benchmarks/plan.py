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

from measuring import Cost, Row, best, cost, install, ratio, show
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
                return cost([*plan, *flags], cwd=project, env=env, best_of=best_of, ends=(0,))

            load = cost([bins / "python", "-c", LOAD], cwd=project, env=env, best_of=3)
            planned("--no-cache", best_of=1)  # the first run compiles
            server.stats()
            cold = planned("--no-cache", best_of=1)
            requests = int(server.stats()["requests"])
            cold = best([cold, planned("--no-cache", best_of=1)])
            planned(best_of=1)
            unchanged = planned()
            text = project / "workflows" / "survey-0001.yaml"
            before = text.read_text(encoding="utf-8")
            none, one = [], []
            for number in range(5):  # each the first plan after a change, beside one without
                none.append(planned(best_of=1))
                text.write_text(before.replace("hope to see", f"wish {number} to see"), encoding="utf-8")
                one.append(planned(best_of=1))
                text.write_text(before, encoding="utf-8")
                planned(best_of=1)
            text.write_text(before.replace("hope to see", "wish to see"), encoding="utf-8")
            one_cold = planned("--no-cache", best_of=2)
    pages = math.ceil(files / 500)
    many = f"`plan` of {files:,} definitions against {files:,} files"
    return [
        Row(f"{many}: requests", str(pages + 1), str(requests), requests == pages + 1),
        ratio(f"{many}, cold, beside the network", 0.75, cold.cpu, load.cpu, "load"),
        ratio(f"{many}, unchanged", 0.2, unchanged.cpu, load.cpu, "load"),
        Row(f"{many}: memory", "< 120 MB", f"{cold.megabytes:.0f} MB cold, {unchanged.megabytes:.0f} MB unchanged",
            max(cold.megabytes, unchanged.megabytes) < 120),
        ratio(f"{many}, a text changed since the last plan", 1.05, best(one).cpu, best(none).cpu, "unchanged"),
        ratio(f"{many}, a text changed, cold", 1.05, one_cold.cpu, cold.cpu, "without"),
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
