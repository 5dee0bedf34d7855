"""How long `deployer validate` takes beside loading the same files, beside `import click`, and beside other tools.

    python benchmarks/validate.py [--files 500] [--many 5000] [--repeat 5] [--peers FOLDER]...

`load` is a Python process that loads the files with PyYAML's CSafeLoader, `click` one that imports click. The
program is installed as users install it. What a row compares is run in turn; computing time counts where one process
works, time on the clock where two do. `--peers` names folders with the programs check-jsonschema, yamllint and ajv
(ajv-cli 5), which are else looked for on the PATH. Prints rows of `work | goal | measured | ok`; exits 1 when a goal
is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from corpus import Kind, make_project, workflow
from measuring import ROOT, Cost, Row, cost, in_turn, install, ratio, show

_LOAD = """
import sys, yaml
for name in open(sys.argv[1]).read().split('\\n'):
    with open(name, 'rb') as file:
        yaml.load(file, Loader=yaml.CSafeLoader)
"""
_ONE = {"DEPLOYER_WORKERS": "1"}
_SCHEMA = ROOT / "schemas" / "workflow.schema.json"
_Run = Callable[[], Cost]
"""A process that can be run again and again, and what it takes each time."""


class _Bench:
    """One run of all measurements, in a folder that is thrown away."""

    def __init__(self, folder: Path, repeat: int, peers: Sequence[Path]) -> None:
        self.folder = folder
        self.repeat = repeat
        self.peers = os.pathsep.join([*map(str, peers), os.environ.get("PATH", "")])
        self.bins = install(folder / "venv")
        self.click = self.run(self.bins / "python", "-c", "import click")

    def run(self, *command: str | Path, cwd: Path | None = None, **env: str) -> _Run:
        env["XDG_CACHE_HOME"] = str(self.folder / "cache")
        return partial(cost, command, cwd=cwd, env=env, best_of=1)

    def deployer(self, *arguments: str, cwd: Path, **env: str) -> _Run:
        return self.run(self.bins / "deployer", *arguments, cwd=cwd, **env)

    def project(self, files: int, kind: Kind = "plain") -> tuple[Path, _Run]:
        """A project, and what loads its files."""
        root = self.folder / f"{kind}-{files}"
        paths = make_project(root, files, kind)
        names = self.folder / f"{kind}-{files}.txt"
        names.write_text("\n".join(map(str, paths)))
        return root, self.run(self.bins / "python", "-c", _LOAD, names)

    def starting(self) -> Iterator[Row]:
        """What is over before a person looks up."""
        version = self.deployer("--version", cwd=self.folder)
        yield self.beside_click("`deployer --version`", 1.1, version)
        one = self.folder / "one"
        one.mkdir()
        (one / "one.yaml").write_text(workflow(1))
        cold = self.deployer("validate", "one.yaml", "--no-cache", cwd=one)
        yield self.beside_click("`validate one.yaml`, cold", 1.6, cold)
        again = self.deployer("validate", "one.yaml", cwd=one)
        yield self.beside_click("`validate one.yaml`, unchanged", 1.15, again)
        yield self.beside_tool("`validate one.yaml`, cold", 0.25, cold, "check-jsonschema", [one / "one.yaml"])

    def many(self, files: int) -> Iterator[Row]:
        """A large project, read for the first time and again."""
        root, load = self.project(files)
        work = f"`validate` {files} files"
        one, two = (self.deployer("validate", "--no-cache", cwd=root, **env) for env in (_ONE, {}))
        alone, base, both = in_turn(one, load, two, rounds=self.repeat)
        yield ratio(f"{work}, cold, one process", 1.0, alone.cpu, base.cpu, "load")
        yield ratio(f"{work}, cold, two processes", 0.8, both.wall, base.wall, "load")
        paths = sorted((root / "workflows").iterdir())
        yield self.beside_tool(work, 0.5, two, "ajv", paths)
        yield self.beside_tool(work, 1 / 15, two, "check-jsonschema", paths)
        yield self.beside_tool(work, 1.0, two, "yamllint", paths)
        yield self.beside_click(f"{work}, unchanged", 1.25, self.deployer("validate", cwd=root))
        for kind, words in (("findings", "5 % with findings"), ("different", "all expressions different")):
            root, load = self.project(files, kind)
            taken, base = in_turn(self.deployer("validate", "--no-cache", cwd=root), load, rounds=self.repeat)
            yield ratio(f"{work}, {words}", 1.1, taken.wall, base.wall, "load")

    def very_many(self, files: int) -> Iterator[Row]:
        """A project of a size that few have."""
        root, load = self.project(files)
        work = f"`validate` {files} files"
        cold, base = in_turn(self.deployer("validate", "--no-cache", cwd=root), load, rounds=3)
        yield ratio(f"{work}, cold", 0.5, cold.wall, base.wall, "load")
        yield Row(f"{work}, cold: memory", "< 100 MB", f"{cold.megabytes:.0f} MB", cold.megabytes < 100)
        again = self.deployer("validate", cwd=root)
        again()  # the first run looks at the files
        unchanged, base = in_turn(again, load, rounds=3)
        yield ratio(f"{work}, unchanged", 0.05, unchanged.cpu, base.cpu, "load")

    def beside_click(self, work: str, goal: float, ours: _Run) -> Row:
        """Our computing beside that of importing click; short runs differ most, so they are many."""
        taken, base = in_turn(ours, self.click, rounds=3 * self.repeat)
        return ratio(work, goal, taken.cpu, base.cpu, "click")

    def beside_tool(self, work: str, goal: float, ours: _Run, name: str, paths: Sequence[Path]) -> Row:
        """Our time on the clock beside that of another tool, which only knows the schema, or the layout."""
        program = shutil.which(name, path=self.peers)
        if program is None:
            return Row(f"{work}, beside {name}", f"<= {goal:.2g} x", f"{name} is not installed", True)
        commands: dict[str, list[str | Path]] = {
            "check-jsonschema": [program, "--schemafile", _SCHEMA, *paths],
            "yamllint": [program, "-d", "relaxed", *paths],
            "ajv": [program, "validate", "--strict=false", "-s", _SCHEMA,
                    *(part for path in paths for part in ("-d", path))],
        }  # fmt: skip
        taken, theirs = in_turn(ours, self.run(*commands[name]), rounds=2 if len(paths) > 1 else 3)
        return ratio(f"{work}, beside {name}", round(goal, 3), taken.wall, theirs.wall, name)


def rows(files: int, many: int, repeat: int, peers: Sequence[Path]) -> list[Row]:
    """What was measured."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder), repeat, peers)
        return [*bench.starting(), *bench.many(files), *bench.very_many(many)]


def main() -> int:
    """Measure, print the rows, say whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--many", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=5, help="the best of so many runs counts")
    parser.add_argument(
        "--peers", type=Path, action="append", default=[], help="a folder with programs to compare with"
    )
    given = parser.parse_args()
    return show(rows(given.files, given.many, given.repeat, given.peers))


if __name__ == "__main__":
    sys.exit(main())
