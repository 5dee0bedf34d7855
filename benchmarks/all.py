"""Run every benchmark and print one table, with the versions of what was measured.

    python benchmarks/all.py [--only NAME]...

A benchmark is any script beside this one that prints rows of `work | goal | measured | ok`; each runs in a process
of its own with its default settings. Exits 1 when a goal is missed or a script fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
_MEASURED = ("click", "pyyaml", "jsonschema", "httpx", "deepdiff", "tree-sitter", "quickjs-ng")


def scripts() -> list[Path]:
    """Those beside this one that print rows."""
    found = (path for path in sorted(HERE.glob("*.py")) if path.name != Path(__file__).name)
    return [path for path in found if "work | goal | measured" in path.read_text(encoding="utf-8")
            and "__main__" in path.read_text(encoding="utf-8")]  # fmt: skip


def rows_of(script: Path) -> tuple[list[str], bool]:
    """The rows of one script, and whether it reached its goals."""
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, cwd=HERE)
    rows = [line for line in done.stdout.splitlines() if line.count(" | ") == 3]
    if not rows:
        last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        rows = [f"{script.name} | | failed: {last[:100].replace('|', '/')} | no"]
    return rows, done.returncode == 0


def _versions() -> str:
    named = [f"Python {platform.python_version()}", f"{os.cpu_count()} processors", platform.machine()]
    for package in _MEASURED:
        try:
            named.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            named.append(f"{package} is not installed")
    return ", ".join(named)


def main() -> int:
    """Run the scripts and print the table as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="this script alone, such as `validate`")
    given = parser.parse_args()
    chosen = [script for script in scripts() if not given.only or script.stem in given.only]
    sys.stdout.write(f"{_versions()}\n\n| work | goal | measured | ok |\n|---|---|---|---|\n")
    good = True
    for script in chosen:
        rows, reached = rows_of(script)
        good &= reached
        sys.stdout.writelines(f"| {row} |\n" for row in rows)
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
