"""Runs the cases of one test file. Nothing here knows how many processes there are."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path as FilePath

from deployer.engine.definition import Definition
from deployer.engine.instance import Effect
from deployer.engine.records import RecordKind
from deployer.engine.trace import Trace
from deployer.errors import DeployerError
from deployer.finding import Finding
from deployer.lint.cases import check_case_file
from deployer.operations.bench import Bench
from deployer.operations.coverage import Spot, reached, spots
from deployer.operations.expectations import Difference, differences
from deployer.operations.snapshots import read_snapshots, snapshot_differences
from deployer.operations.staging import CannotStage, Http, Scene
from deployer.operations.trail import Stop, Utterance, conversation, trail
from deployer.record import record
from deployer.source.case_file import BadCase, Case, CaseFile
from deployer.source.credentials import mask, mask_text


class Verdict(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """It could not be run."""


@record
class CaseResult:
    """One case that was run. Credentials are masked."""

    file: str
    line: int
    workflow: str
    """Key."""
    name: str
    verdict: Verdict
    message: str = ""
    """Why it could not be run."""
    differences: tuple[Difference, ...] = ()
    unmocked: tuple[Effect, ...] = ()
    """Requests that nobody answered."""
    trail: tuple[Stop, ...] = ()
    """The path taken; only of cases that did not pass."""
    conversation: tuple[Utterance, ...] = ()
    """Who said what; only where it was wanted."""
    notes: tuple[str, ...] = ()
    duration: timedelta = timedelta()
    """On the virtual clock."""
    seconds: float = 0.0
    """That it took to run."""


@record
class Wishes:
    """What a run of tests is to do beside running them."""

    keyword: tuple[str, ...] = ()
    """Only cases whose name or workflow holds one of these, in any case; empty: all."""
    update: bool = False
    """Take what runs do as their snapshots."""
    conversations: bool = False
    allow_http: bool = False

    def wants(self, key: str, name: str) -> bool:
        """Whether a case is meant."""
        label = f"{key} {name}".lower()
        return not self.keyword or any(word.lower() in label for word in self.keyword)


@record
class Unit:
    """A test file, or a share of it: every `of`-th case, from the one at `share`."""

    file: FilePath
    keys: frozenset[str] | None = None
    """Only if it tests one of these workflows; None: in any case."""
    share: int = 0
    of: int = 1


@record
class UnitResult:
    """What came of a unit."""

    file: str
    meant: bool
    """Whether it tests a workflow that was asked for."""
    workflow: str = ""
    """Key of the workflow that it tests."""
    findings: tuple[Finding, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    snapshots: Mapping[str, object] = field(default_factory=dict, repr=False)
    """New ones by case, when they are to be updated."""
    names: tuple[str, ...] = ()
    """Of all cases with a snapshot, run or not."""
    hits: Mapping[str, Counter[Spot]] = field(default_factory=dict, repr=False)
    """What was reached, by key."""
    spots: Mapping[str, tuple[Spot, ...]] = field(default_factory=dict, repr=False)
    """What can be reached, by key."""


def run_unit(bench: Bench, unit: Unit, wishes: Wishes, http: Http | None = None) -> UnitResult:
    """Run a unit's cases in their order. Raises ConfigurationError for files that cannot be opened."""
    file = bench.read(unit.file)
    name = file.document.file
    if unit.keys is not None and file.workflow not in unit.keys and bench.knows(file.workflow):
        return UnitResult(file=name, meant=False)
    findings = check_case_file(file, bench.around)
    if findings:
        return UnitResult(file=name, meant=True, workflow=file.workflow, findings=findings)
    return _FileRun(bench, file, unit, wishes, http).result()


class _FileRun:
    """One unit, while it runs."""

    def __init__(self, bench: Bench, file: CaseFile, unit: Unit, wishes: Wishes, http: Http | None) -> None:
        self._bench = bench
        self._file = file
        self._unit = unit
        self._wishes = wishes
        self._http = http
        self._hits: Counter[Spot] = Counter()
        self._spots: dict[Spot, None] = {}
        self._seen: set[int] = set()
        self._new: dict[str, object] = {}

    @cached_property
    def _snapshots(self) -> Mapping[str, object]:
        return read_snapshots(self._unit.file)

    def result(self) -> UnitResult:
        key = self._file.workflow
        meant = [case for case in self._file.cases if self._wishes.wants(key, case.name)]
        results = tuple(self._case(case) for case in meant[self._unit.share :: self._unit.of])
        return UnitResult(
            file=self._file.document.file,
            meant=True,
            workflow=key,
            cases=results,
            snapshots=self._new,
            names=tuple(case.name for case in self._file.cases if case.written.get("snapshot") is True),
            hits={key: self._hits},
            spots={key: tuple(self._spots)},
        )

    def _case(self, case: Case) -> CaseResult:
        begun = time.perf_counter()
        try:
            definition, scene, expect = self._bench.scene(self._file, case, self._http)
            trace = self._bench.simulate(definition, scene)
        except (BadCase, CannotStage, DeployerError) as error:
            return self._answer(case, Verdict.ERROR, begun, message=str(error))
        self._cover(definition, trace)
        found = [*differences(expect, trace, self._bench.search), *self._snapshot(case, trace)]
        if trace.unmocked and "errors" not in expect:
            # The error is only that nothing answered, which is told by itself.
            found = [difference for difference in found if difference.what != "errors"]
        passed = not found and not trace.unmocked
        return self._answer(
            case,
            Verdict.PASSED if passed else Verdict.FAILED,
            begun,
            differences=tuple(map(_masked, found)),
            unmocked=tuple(map(_masked_effect, trace.unmocked)),
            trail=() if passed else trail(trace),
            conversation=conversation(trace, scene.data) if self._wishes.conversations else (),
            notes=tuple(_notes(case, scene, trace)),
            duration=trace.duration,
        )

    def _answer(self, case: Case, verdict: Verdict, begun: float, **more: object) -> CaseResult:
        return CaseResult(
            file=self._file.document.file,
            line=self._file.document.span((*case.path, "name")).line,
            workflow=self._file.workflow,
            name=case.name,
            verdict=verdict,
            seconds=time.perf_counter() - begun,
            **more,  # type: ignore[arg-type]  # the fields that only cases have which were run
        )

    def _cover(self, definition: Definition, trace: Trace) -> None:
        self._hits.update(reached(trace.records))
        if id(definition) not in self._seen:
            self._seen.add(id(definition))
            self._spots.update(dict.fromkeys(spots(definition)))

    def _snapshot(self, case: Case, trace: Trace) -> Sequence[Difference]:
        if case.written.get("snapshot") is not True:
            return ()
        now = mask(trace.as_json())
        if self._wishes.update:
            self._new[case.name] = now
            return ()
        return snapshot_differences(self._snapshots.get(case.name), now)


def _notes(case: Case, scene: Scene, trace: Trace) -> Iterator[str]:
    mocks = case.written.get("mocks")
    own = [name for name in trace.unused_mocks if isinstance(mocks, Mapping) and name in mocks]
    if own:
        yield f"no step asked for the mock of {', '.join(own)}"
    if trace.unused_replies and "replies" in case.written:
        left = trace.unused_replies
        yield "one reply is left over: nothing waited for it" if left == 1 else f"{left} replies are left over"
    taken = sum(not reply.silent for reply in scene.world.replies)
    arrived = {id(record.value) for record in trace.records if record.kind is RecordKind.RECEIVED}
    if not trace.unused_replies and taken > len(arrived):
        yield "a reply came too late: its wait was over"


def _masked(difference: Difference) -> Difference:
    return Difference(
        what=difference.what,
        expected=tuple(map(mask_text, difference.expected)),
        got=tuple(map(mask_text, difference.got)),
    )


def _masked_effect(effect: Effect) -> Effect:
    request = mask(effect.request)
    return Effect(
        id=effect.id, step=effect.step, type=effect.type, request=request if isinstance(request, Mapping) else {}
    )
