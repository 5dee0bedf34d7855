"""What customers read today beside what they will read: the cases of the tests, run on both versions of a workflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from deployer.engine.instance import Effect
from deployer.finding import Finding
from deployer.operations.case_run import CaseResult, Verdict, Wishes
from deployer.operations.coverage import WorkflowCoverage
from deployer.operations.plan import Action, Change
from deployer.operations.test_run import NoTests, RunResult, choose_tests, run_tests
from deployer.operations.trail import Utterance
from deployer.record import record
from deployer.source.project import Environment, Project
from deployer.source.references import shown


@record
class Talk:
    """One case on both versions of its workflow."""

    after: CaseResult
    before: tuple[Utterance, ...] | None
    """The conversation of today; None where there is none, or the case cannot be run on it."""
    apart: str = ""
    """Why the case cannot be run on the version of today, where there is one."""

    @property
    def runs(self) -> bool:
        """Whether there is a conversation of the new version."""
        return self.after.verdict is not Verdict.ERROR

    @property
    def differs(self) -> bool:
        """Whether a customer reads something else, or at another time."""
        return self.runs and self.before is not None and _heard(self.before) != _heard(self.after.conversation)

    @property
    def new(self) -> bool:
        """Whether there is no version of today."""
        return self.runs and self.before is None and not self.apart


def _heard(conversation: Sequence[Utterance]) -> list[tuple[object, ...]]:
    """A conversation without the names of steps, which no customer sees."""
    return [(item.side, item.after, item.text, item.by) for item in conversation]


@record
class Rehearsed:
    """The cases of one workflow, and what they reach of its new version."""

    talks: tuple[Talk, ...]
    coverage: WorkflowCoverage | None

    @property
    def passed(self) -> int:
        """Cases that go as they should."""
        return sum(talk.after.verdict is Verdict.PASSED for talk in self.talks)


@record
class Rehearsal:
    """The cases of every workflow that changes."""

    workflows: Mapping[str, Rehearsed] = field(default_factory=dict)
    """By key; a workflow without a test is not among them."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with test files."""


def rehearse(project: Project, environment: Environment, changes: Sequence[Change]) -> Rehearsal:
    """Run the cases of the workflows that are created or updated, on the engine; nothing is sent.

    Raises ConfigurationError for test files and snapshots that cannot be read.
    """
    meant = [change for change in changes if change.writes and change.action in {Action.CREATE, Action.UPDATE}]
    after = _run(project, environment, [change.key for change in meant], {})
    if after is None:
        return Rehearsal()
    tested = {case.workflow for case in after.cases}
    olds = {change.key: _visible(change) for change in meant if change.before is not None and change.key in tested}
    before = _run(project, environment, list(olds), olds)
    former = dict(_numbered(before.cases if before is not None else ()))
    pairs = [_talk(case, former.get(place)) for place, case in _numbered(after.cases)]
    coverage = {item.key: item for item in after.coverage.workflows}
    return Rehearsal(
        workflows={
            key: Rehearsed(
                talks=tuple(talk for talk in pairs if talk.after.workflow == key),
                coverage=coverage.get(key),
            )
            for key in sorted(tested)
        },
        findings=after.findings,
    )


def _run(
    project: Project, environment: Environment, keys: Sequence[str], instead: Mapping[str, Mapping[str, object]]
) -> RunResult | None:
    """None where there are no tests."""
    if not keys:
        return None
    try:
        tests = choose_tests(project, environment, keys)
    except NoTests:
        return None
    return run_tests(replace(tests, instead=instead), Wishes(conversations=True))


def _visible(change: Change) -> Mapping[str, object]:
    body = shown(change.before)
    return body if isinstance(body, Mapping) else {}


def _numbered(cases: Sequence[CaseResult]) -> Iterator[tuple[tuple[str, int], CaseResult]]:
    """Each case with its file and its place in it: rows of a table may have one name."""
    counts: Counter[str] = Counter()
    for case in cases:
        yield (case.file, counts[case.file]), case
        counts[case.file] += 1


def _talk(case: CaseResult, before: CaseResult | None) -> Talk:
    """`before` is the same case on the version of today."""
    if before is None:
        return Talk(after=case, before=None)
    apart = _apart(case, before)
    return Talk(after=case, before=None if apart else before.conversation, apart=apart)


def _apart(case: CaseResult, before: CaseResult) -> str:
    """Why nobody can compare a case's runs on both versions; empty where they can.

    A request that nothing answers in either run leaves both alike.
    """
    if before.verdict is Verdict.ERROR:
        return before.message
    unanswered = next(iter(Counter(map(_asked, before.unmocked)) - Counter(map(_asked, case.unmocked))), "")
    return f"it asks for what the case does not answer: {unanswered}" if unanswered else ""


def _asked(effect: Effect) -> str:
    """A request without the name of its step."""
    return f"{effect.request.get('method', effect.type)} {effect.request.get('url', '')}".rstrip()
