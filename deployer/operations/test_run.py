"""Finds test files, runs them on as many processes as are worth it, and puts together what came of it."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path as FilePath

from deployer.engine.http_calls import call_out
from deployer.engine.scripting import Evaluator
from deployer.errors import ConfigurationError, DeployerError
from deployer.finding import Finding
from deployer.operations.bench import Bench
from deployer.operations.case_run import CaseResult, Unit, UnitResult, Verdict, Wishes, run_unit
from deployer.operations.coverage import Coverage, Spot, WorkflowCoverage, spots
from deployer.operations.selection import Chosen, choose
from deployer.operations.snapshots import snapshot_file, write_snapshots
from deployer.operations.staging import CannotStage
from deployer.record import record
from deployer.source.case_files import case_files, case_files_below, is_case_file
from deployer.source.document import Document
from deployer.source.project import Environment, Project, relative_name

WORTH_A_PROCESS = 48 * 1024
"""Bytes of test files for which one more process is started: it takes about as long to start as to run these."""


@record
class RunResult:
    """What came of all test files, in the order of files and cases."""

    findings: tuple[Finding, ...]
    cases: tuple[CaseResult, ...]
    coverage: Coverage
    files: int
    updated: tuple[str, ...] = ()
    """Snapshot files that were written."""

    def count(self, verdict: Verdict) -> int:
        """How many cases ended so."""
        return sum(case.verdict is verdict for case in self.cases)

    def exit_code(self, fail_under: float | None = None) -> int:
        """1 when a case failed, a file has an error, or a total of the coverage is below `fail_under` percent."""
        failed = self.findings or self.count(Verdict.PASSED) < len(self.cases)
        low = fail_under is not None and self.coverage.lowest < fail_under
        return 1 if failed or low else 0


class NoTests(ConfigurationError):
    """There is no test file to choose from."""


@record
class ChosenTests:
    """Which workflows are meant, and where their tests may be."""

    project: Project
    environment: Environment
    documents: Mapping[str, Document] = field(repr=False)
    """Every workflow of the project, by key."""
    meant: tuple[str, ...]
    """Keys of the workflows whose coverage counts."""
    units: tuple[Unit, ...]
    instead: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)
    """By key, a body that runs in the place of what the file declares: another version of the workflow."""


def choose_tests(
    project: Project, environment: Environment, selectors: Sequence[str], exclude: Sequence[str] = ()
) -> ChosenTests:
    """The tests that SEL means: test files, or workflows by key, path or glob.

    Raises ConfigurationError for a selector that means nothing, and NoTests where there is no test at all.
    """
    everywhere = case_files(project)
    named = [path.resolve() for selector in selectors if is_case_file(path := FilePath(selector)) and path.is_file()]
    globbed = [path for path in everywhere for selector in selectors if _globs(selector, path)]
    others = [
        selector
        for selector in selectors
        if not is_case_file(FilePath(selector)) and not _only_tests(selector, everywhere)
    ]
    chosen = choose(project, environment, others, exclude=exclude)
    documents = {chosen.keys[document.file]: document for document in chosen.loaded.documents}
    keys = frozenset(_meant(chosen)) if others or not selectors else frozenset()
    folders = [
        path for selector in others if FilePath(selector).is_dir() for path in case_files_below(FilePath(selector))
    ]
    everywhere = sorted({*everywhere, *(path.resolve() for path in folders)})
    explicit = dict.fromkeys((*named, *globbed))
    whole = not selectors and not exclude
    units = tuple(Unit(file=path) for path in explicit) + tuple(
        Unit(file=path, keys=None if whole else keys) for path in everywhere if path not in explicit and (whole or keys)
    )
    if not units:
        raise NoTests(
            "no test files found"
            if whole
            else f"no test files for {', '.join((*selectors, *(f'not {e}' for e in exclude)))}",
            hint="A test file stands beside its workflow: `auto-reply.test.yaml` tests `auto-reply`.",
        )
    return ChosenTests(
        project=project, environment=environment, documents=documents, meant=tuple(sorted(keys)),
        units=tuple(sorted(units, key=lambda unit: unit.file)),
    )  # fmt: skip


def _globs(selector: str, path: FilePath) -> bool:
    return any(mark in selector for mark in "*?[") and fnmatchcase(relative_name(path), selector)


def _only_tests(selector: str, everywhere: Sequence[FilePath]) -> bool:
    return ".test." in selector and any(_globs(selector, path) for path in everywhere)


def _meant(chosen: Chosen) -> Iterator[str]:
    for document in chosen.documents:
        yield chosen.keys[document.file]


def run_tests(tests: ChosenTests, wishes: Wishes, *, jobs: int | None = None) -> RunResult:
    """Run everything; the result does not depend on how many processes did it.

    Raises ConfigurationError for snapshots that cannot be read or written.
    """
    processes = jobs if jobs is not None else worthwhile_processes(tests.units)
    units = list(_shared(tests.units, processes))
    if processes <= 1 or len(units) == 1:
        with Evaluator() as evaluator:
            bench = _bench(tests, evaluator)
            results = [_run(bench, unit, wishes) for unit in units]
    else:
        results = _run_in_processes(tests, units, wishes, processes)
    return _gathered(tests, units, results, wishes)


def worthwhile_processes(units: Sequence[Unit]) -> int:
    """How many processes to use: at most one a core, and none that has too little to do."""
    size = sum(unit.file.stat().st_size for unit in units if unit.file.exists())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, size // WORTH_A_PROCESS))


def _shared(units: Sequence[Unit], processes: int) -> Iterator[Unit]:
    """Few files are cut into shares, so that every process has something to do."""
    of = processes if len(units) < 2 * processes else 1
    for unit in units:
        for share in range(of):
            yield Unit(file=unit.file, keys=unit.keys, share=share, of=of)


def _bench(tests: ChosenTests, evaluator: Evaluator) -> Bench:
    return Bench(tests.project, tests.environment, tests.documents, evaluator, instead=tests.instead)


def _run(bench: Bench, unit: Unit, wishes: Wishes) -> UnitResult:
    return run_unit(bench, unit, wishes, call_out if wishes.allow_http else None)


# In other processes


def _run_in_processes(tests: ChosenTests, units: Sequence[Unit], wishes: Wishes, processes: int) -> list[UnitResult]:
    from concurrent.futures import ProcessPoolExecutor  # these two cost 30 ms, which few tests are worth
    from multiprocessing import get_context

    context = get_context("spawn")  # a fork would copy the threads of whatever the caller runs
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(tests, wishes)) as pool:
        try:
            return list(pool.map(_run_here, units, chunksize=max(1, len(units) // (processes * 8))))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@dataclass(slots=True)
class _Worker:
    """What a process keeps between two units."""

    bench: Bench
    wishes: Wishes


_worker: list[_Worker] = []


def _start(tests: ChosenTests, wishes: Wishes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    _worker.append(_Worker(bench=_bench(tests, Evaluator()), wishes=wishes))


def _run_here(unit: Unit) -> UnitResult:
    return _run(_worker[0].bench, unit, _worker[0].wishes)


# Putting together


def _gathered(tests: ChosenTests, units: Sequence[Unit], results: Sequence[UnitResult], wishes: Wishes) -> RunResult:
    meant = [(unit, result) for unit, result in zip(units, results, strict=True) if result.meant]
    cases: list[CaseResult] = []
    findings: dict[Finding, None] = {}
    for _, shares in _by_file(meant):
        cases += _in_order([share.cases for share in shares])
        findings.update(dict.fromkeys(finding for share in shares for finding in share.findings))
    return RunResult(
        findings=tuple(findings),
        cases=tuple(cases),
        coverage=_coverage(tests, [result for _, result in meant], cases),
        files=len({unit.file for unit, _ in meant}),
        updated=tuple(_updated(meant)) if wishes.update else (),
    )


def _by_file(meant: Sequence[tuple[Unit, UnitResult]]) -> Iterator[tuple[FilePath, list[UnitResult]]]:
    shares: dict[FilePath, list[UnitResult]] = {}
    for unit, result in meant:
        shares.setdefault(unit.file, []).append(result)
    yield from shares.items()


def _in_order(shares: Sequence[Sequence[CaseResult]]) -> Iterator[CaseResult]:
    """Shares put back together: each holds every nth case."""
    for index in range(max(map(len, shares), default=0)):
        for share in shares:
            if index < len(share):
                yield share[index]


def _updated(meant: Sequence[tuple[Unit, UnitResult]]) -> Iterator[str]:
    for file, shares in _by_file(meant):
        if any(share.findings for share in shares):
            continue
        new = {name: trace for share in shares for name, trace in share.snapshots.items()}
        # A case that could not be run, or was not meant, keeps what it has; one that is gone does not.
        if write_snapshots(file, new, shares[0].names):
            yield relative_name(snapshot_file(file))


def _coverage(tests: ChosenTests, results: Sequence[UnitResult], cases: Sequence[CaseResult]) -> Coverage:
    hits: dict[str, Counter[Spot]] = {}
    known: dict[str, dict[Spot, None]] = {}
    for result in results:
        for key, counts in result.hits.items():
            hits.setdefault(key, Counter()).update(counts)
        for key, found in result.spots.items():
            known.setdefault(key, {}).update(dict.fromkeys(found))
    counts_of = Counter(case.workflow for case in cases)
    keys = sorted({*tests.meant, *(result.workflow for result in results)} & tests.documents.keys())
    with Evaluator() as evaluator:
        bench = _bench(tests, evaluator)
        return Coverage(workflows=tuple(
            WorkflowCoverage(
                key=key, file=tests.documents[key].file, cases=counts_of[key],
                hits={spot: hits.get(key, Counter())[spot] for spot in known.get(key) or _spots(bench, key)},
            )
            for key in keys
        ))  # fmt: skip


def _spots(bench: Bench, key: str) -> tuple[Spot, ...]:
    """Of a workflow without a test. One that cannot be loaded has none: `validate` says why."""
    try:
        return spots(bench.prepared(key)[0])
    except (CannotStage, DeployerError):
        return ()
