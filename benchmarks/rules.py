"""What all rules together cost beside loading the files and checking them against the schemas.

    python benchmarks/rules.py [--files 500] [--repeat 7]

Files of ten steps with eight expressions each, in this process, in seconds of computing. The rules are asked as
`validate` asks them: behind their quick looks, which speak for the schemas as well. Prints a row of
`work | goal | measured | ok` and, for the day when a look says no, which rules are dearest then; exits 1 when the
goal is missed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable

from corpus import workflow
from measuring import Row, ratio, show

from deployer.lint.check import check
from deployer.lint.registry import Context, documented_rules
from deployer.lint.schema import schema_problems
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.workflow import Workflow

_CONTEXT = Context()
_CHECKS = [(name, rule.check) for name, rule in documented_rules().items() if rule.check is not None]


def load(texts: list[str]) -> list[Workflow]:
    """Read the files and check them against the schemas."""
    workflows = [load_workflow(parse(text, f"survey-{number}.yaml")) for number, text in enumerate(texts)]
    for each in workflows:
        list(schema_problems(each, _CONTEXT))
    return workflows


def dearest(workflows: list[Workflow]) -> list[str]:
    """The three rules that take most; what rules share counts for the first that asks."""
    spent = {name: 0.0 for name, _ in _CHECKS}
    for each in workflows:
        for name, rule in _CHECKS:
            begun = time.thread_time()
            for _ in rule(each, _CONTEXT):
                pass
            spent[name] += time.thread_time() - begun
    total = sum(spent.values())
    return [f"{name} {spent[name] / total:.0%}" for name in sorted(spent, key=spent.__getitem__, reverse=True)[:3]]


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def rows(files: int, repeat: int) -> list[Row]:
    """What was measured."""
    gc.disable()
    texts = [workflow(number) for number in range(files)]
    workflows = load(texts)
    check(workflows)
    rounds = [(_seconds(lambda: load(texts)), _seconds(lambda: check(workflows))) for _ in range(repeat)]
    loading, checking = map(min, zip(*rounds, strict=True))
    named = ratio(f"all rules over {files} files", 1.0, checking, loading, "loading and schemas")
    return [named._replace(measured=f"{named.measured}; without their looks most is {', '.join(dearest(workflows))}")]


def main() -> int:
    """Measure, print the row, say whether the goal is reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=7, help="the best of so many runs counts")
    given = parser.parse_args()
    return show(rows(given.files, given.repeat))


if __name__ == "__main__":
    sys.exit(main())
