"""From files to findings: everything that `validate` knows without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain
from typing import TYPE_CHECKING

from deployer.finding import Finding, Path, Severity, Span
from deployer.lint.families import FAMILIES, OF_PROJECTS, packs_of
from deployer.lint.ignores import Ignores
from deployer.lint.registry import Context, Problem, documented_rules, rule_named
from deployer.lint.shape import not_a_workflow
from deployer.record import record
from deployer.source.document import LOAD_RULES, Document
from deployer.source.workflow import Place, Step, Workflow

if TYPE_CHECKING:
    from deployer.lint.clear_project import Compared
    from deployer.lint.expressions.catalogue import Function
    from deployer.source.excerpts import Excerpts

Spread = Callable[[Callable[[Workflow], list[Finding]], Sequence[Workflow]], Iterable[list[Finding]]]

MOST_PER_RULE = 100
"""Findings of one rule in one file; the last of them says how many more there are."""


@record
class LintSettings:
    """What `deployer.yaml` changes about the rules. `settings.py` reads and checks it."""

    severities: Mapping[str, Severity] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Options by rule."""
    allow_step_types: frozenset[str] = frozenset()
    functions: Mapping[str, Function] | None = None
    """What the platform adds to JavaScript, by name; None means the built-in list."""
    time_zones: frozenset[str] | None = None
    """The account's own time zone ids; None means the built-in list."""


def check(
    workflows: Sequence[Workflow],
    documents: Iterable[Document] = (),
    *,
    settings: LintSettings | None = None,
    selected: Container[str] | None = None,
    further: Iterable[tuple[str, Problem]] = (),
    settled: Container[str] = (),
    spread: Spread = map,
) -> tuple[Finding, ...]:
    """Everything wrong with these files, sorted by file, line and column.

    `documents` are the files as read, those that could not become workflows among them; the
    documents of `workflows` need not be repeated. Rules that compare workflows see all of them;
    `selected` says for which files findings are wanted, None meaning all. `further` are problems that
    somebody else found by rules of ours, here or in files beside these. Files that are `settled` are known to
    rules that compare workflows, and to no other. `spread` does the same work for
    many files: `map`, or several processes.
    """
    return _Run(settings or LintSettings(), selected, spread, settled).findings(workflows, documents, further)


def check_one(workflow: Workflow, *, settings: LintSettings | None = None) -> tuple[Finding, ...]:
    """Everything wrong with one workflow by itself."""
    return check((workflow,), settings=settings)


def surely_apart(compared: Sequence[Compared]) -> bool:
    """Whether certainly no rule that compares workflows has something to say, told without places and messages."""
    return all(clear(compared) for clear in OF_PROJECTS.values())


def objects_to_some(workflows: Sequence[Workflow], settings: LintSettings) -> bool:
    """Whether a rule that compares workflows has something to say of them.

    Such rules look at key, name, trigger, sub-account and status; the rest of a workflow may be missing.
    """
    return bool(files_compared(workflows, settings))


def files_compared(workflows: Sequence[Workflow], settings: LintSettings) -> frozenset[str]:
    """The files that a rule which compares workflows has something to say of, as in `objects_to_some`."""
    problems = (problem for _, found in _Run(settings, None).problems_of_project(workflows) for problem in found)
    return frozenset(problem.place.document.file for problem in problems)


class _Run:
    """One run over a set of files."""

    def __init__(
        self,
        settings: LintSettings,
        selected: Container[str] | None,
        spread: Spread = map,
        settled: Container[str] = (),
    ) -> None:
        self.spread = spread
        self.settled = settled
        self.settings = settings
        self.selected = selected
        self.ignores: dict[int, Ignores] = {}
        self.excerpts: dict[int, Excerpts] = {}
        self.packs = [pack for family in FAMILIES for pack in packs_of(family, settings, self.context)]

    def findings(
        self, workflows: Sequence[Workflow], documents: Iterable[Document], further: Iterable[tuple[str, Problem]] = ()
    ) -> tuple[Finding, ...]:
        files = {id(document): document for document in (*documents, *(w.document for w in workflows))}
        self.ignores = {key: Ignores(document) for key, document in files.items()}
        shapes = {id(document): _shape(document) for document in files.values()}
        whole = [workflow for workflow in workflows if shapes[id(workflow.document)] is None]
        found: dict[str, list[Finding]] = {}
        for finding in (
            *self.of_shapes(files.values(), shapes), *self.of_workflows(whole), *self.of_project(whole),
            *self.of_others(workflows, further),
        ):  # fmt: skip
            found.setdefault(finding.file, []).append(finding)
        complete = {id(workflow.document) for workflow in whole}
        result: list[Finding] = []
        for identity, document in files.items():
            if self.wanted(document.file):
                meant = found.pop(document.file, [])
                if meant or document.findings or not self.ignores[identity].none:  # seldom
                    result += self.kept(document, [*self.of_reading(document), *meant], complete=identity in complete)
        checked = {document.file for document in files.values()}
        # Text files that several workflows take in are told of once.
        result += dict.fromkeys(item for file, items in found.items() if file not in checked for item in items)
        return tuple(sorted(result, key=_order))

    def kept(self, document: Document, findings: Sequence[Finding], *, complete: bool) -> Iterator[Finding]:
        """What remains when one problem is told once, and ignore comments are heeded."""
        ignores = self.ignores[id(document)]
        # Where the reader lost something, the file is not sent; whoever hides that does not know why.
        lost = {(item.rule, item.span) for item in document.findings if item.severity is Severity.ERROR}
        for finding in _once(findings):
            hideable = rule_named(finding.rule).adjustable and (finding.rule, finding.span) not in lost
            if not (hideable and ignores.hide(finding)):
                yield finding
        if ignores.none:
            return
        rules = documented_rules()
        asked = {name for name in (rules if complete else LOAD_RULES) if self.default(name) is not Severity.OFF}
        if len(self.ignores) == 1:  # alone, a file cannot show what rules about several would find
            asked -= OF_PROJECTS.keys()
        for finding in ignores.findings(rules, self.default, asked=asked):
            yield replace(finding, excerpt=self.excerpt(document, finding.span.line))

    def of_shapes(self, documents: Iterable[Document], shapes: Mapping[int, str | None]) -> Iterator[Finding]:
        for document in documents:
            shape = shapes[id(document)]
            if shape and self.wanted(document.file):
                place = Place(document=document, path=())
                yield from self.of_file(document, None, [("not-a-workflow", Problem(place, shape))])

    def of_workflows(self, workflows: Iterable[Workflow]) -> Iterator[Finding]:
        wanted = [each for each in workflows if self.wanted(each.file) and each.file not in self.settled]
        for findings in self.spread(self.of_one, wanted):
            yield from findings

    def of_one(self, workflow: Workflow) -> list[Finding]:
        problems = self.of_workflow(workflow)
        first = next(problems, None)
        if first is None:
            return []
        return list(self.of_file(workflow.document, workflow, chain((first,), problems)))

    def wanted(self, file: str) -> bool:
        return self.selected is None or file in self.selected

    def context(self, rule: str) -> Context:
        return Context(
            options=self.settings.options.get(rule, {}),
            allowed_step_types=frozenset(name.lower() for name in self.settings.allow_step_types),
            selected=self.selected,
            own_functions=self.settings.functions,
            time_zones=self.settings.time_zones,
        )

    def of_reading(self, document: Document) -> Iterator[Finding]:
        for finding in document.findings:
            # A rule that warns may still find what cannot be sent, and no project turns that off.
            chosen = None if finding.severity is Severity.ERROR else self.settings.severities.get(finding.rule)
            if chosen is not Severity.OFF:
                excerpt = self.excerpt(document, finding.span.line)
                yield replace(finding, severity=chosen or finding.severity, excerpt=excerpt)

    def of_workflow(self, workflow: Workflow) -> Iterator[tuple[str, Problem]]:
        if workflow.problems:
            from deployer.lint.environments import place_of
        for problem in workflow.problems:
            yield problem.rule, Problem(place_of(workflow, problem), problem.message, problem.suggestion)
        for pack in self.packs:
            if not pack.clear(workflow):
                yield from pack.problems(workflow)

    def of_project(self, workflows: Sequence[Workflow]) -> Iterator[Finding]:
        by_document = {id(workflow.document): workflow for workflow in workflows}
        for name, problems_of_rule in self.problems_of_project(workflows):
            by_file: dict[int, list[tuple[str, Problem]]] = {}
            for problem in problems_of_rule:
                by_file.setdefault(id(problem.place.document), []).append((name, problem))
            for identity, problems in by_file.items():
                workflow = by_document[identity]
                if self.wanted(workflow.file):
                    yield from self.of_file(workflow.document, workflow, problems)

    def problems_of_project(self, workflows: Sequence[Workflow]) -> Iterator[tuple[str, list[Problem]]]:
        """What each rule that compares workflows has to say, where it has something."""
        for name, clear in OF_PROJECTS.items():
            if self.settings.severities.get(name) is Severity.OFF or clear(workflows):
                continue
            compare = rule_named(name).check_project
            problems = list(compare(workflows, self.context(name))) if compare is not None else []
            if problems:
                yield name, problems

    def of_others(self, workflows: Iterable[Workflow], further: Iterable[tuple[str, Problem]]) -> Iterator[Finding]:
        by_document = {id(workflow.document): workflow for workflow in workflows}
        grouped: dict[int, list[tuple[str, Problem]]] = {}
        for name, problem in further:
            grouped.setdefault(id(problem.place.document), []).append((name, problem))
        for problems in grouped.values():
            document = problems[0][1].place.document
            ours = id(document) in self.ignores
            ignores = self.ignores.setdefault(id(document), Ignores(document)) if ours else Ignores(document)
            for finding in self.of_file(document, by_document.get(id(document)), problems, ignores=ignores):
                if (self.wanted(finding.file) or not ours) and (ours or not ignores.hide(finding)):
                    yield finding

    def of_file(
        self,
        document: Document,
        workflow: Workflow | None,
        problems: Iterable[tuple[str, Problem]],
        *,
        ignores: Ignores | None = None,
    ) -> Iterator[Finding]:
        """Findings with places resolved."""
        steps = {step.path: step for step in workflow.steps} if workflow is not None else {}
        ignores = ignores if ignores is not None else self.ignores[id(document)]
        count: Counter[str] = Counter()
        last: dict[str, Finding] = {}
        for name, problem in problems:
            severity = self.severity(name, problem)
            if severity is Severity.OFF:
                continue
            count[name] += 1
            if count[name] > MOST_PER_RULE and not ignores:
                continue
            finding = _finding(name, severity, problem, steps, self.excerpt)
            if rule_named(name).adjustable and ignores.cover(finding):  # is hidden later, and takes no room
                count[name] -= 1
                yield finding
                continue
            if count[name] > MOST_PER_RULE:
                continue
            if count[name] == MOST_PER_RULE:
                last[name] = finding
            else:
                yield finding
        for name, finding in last.items():
            more = count[name] - MOST_PER_RULE
            tail = f" (and {more} more of this rule in this file)" if more else ""
            yield replace(finding, message=finding.message + tail)

    def excerpt(self, document: Document, line: int) -> str:
        from deployer.source.excerpts import Excerpts  # knows all credentials, and a clean file shows no line

        return self.excerpts.setdefault(id(document), Excerpts(document)).line(line)

    def severity(self, name: str, problem: Problem) -> Severity:
        return self.settings.severities.get(name) or problem.severity or rule_named(name).severity

    def default(self, name: str) -> Severity:
        return self.settings.severities.get(name) or rule_named(name).severity


_OF_VALUES = frozenset({"wrong-type", "invalid-value", "invalid-enum", "unknown-trigger", "unknown-step-type"})
"""Rules about one value by itself."""


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """One finding where several rules object to one value.

    The reader's error is enough: `+6512345678` is a number that lost its plus, so it is no text either.
    Warnings give way: of the reader's to whatever else is wrong there, and to an error of the schema any.
    """
    lost = {finding.span for finding in findings if finding.rule in LOAD_RULES and finding.severity is Severity.ERROR}
    wrong = {finding.span for finding in findings if finding.rule in _OF_VALUES and finding.severity is Severity.ERROR}
    meant = {finding.span for finding in findings if finding.rule not in LOAD_RULES}
    # Who meant a number does not want it quoted.
    no_text = {finding.span for finding in findings if finding.rule == "wrong-type"}
    # A value that breaks an expression leaves no sense in it.
    broken = {finding.path for finding in findings if finding.rule == "reference-breaks-expression"}
    for finding in findings:
        if finding.rule.startswith("expression-") and finding.path in broken:
            continue
        if finding.rule in _OF_VALUES:
            told = finding.span in lost
        elif finding.severity is Severity.ERROR:
            told = False
        else:
            told = finding.span in (meant if finding.rule in LOAD_RULES else wrong)
        if not told:
            yield replace(finding, fix=None) if finding.rule in LOAD_RULES and finding.span in no_text else finding


def _shape(document: Document) -> str | None:
    """Why a document is no workflow; empty when the reader's findings say it already."""
    if document.value is None and not document.ok:
        return ""
    return not_a_workflow(document.value)


def _finding(
    name: str,
    severity: Severity,
    problem: Problem,
    steps: Mapping[Path, Step],
    excerpt: Callable[[Document, int], str],
) -> Finding:
    place = problem.place
    span = place.span
    return Finding(
        rule=name,
        severity=severity,
        message=problem.message,
        file=place.document.file,
        span=span,
        path=place.path,
        step=_step_around(place.path, steps),
        suggestion=problem.suggestion,
        fix=problem.fix,
        excerpt=excerpt(place.document, span.line),
    )


def _step_around(path: Path, steps: Mapping[Path, Step]) -> str | None:
    for length in range(len(path), 2, -1):
        step = steps.get(path[:length])
        if step is not None:
            return step.id or None
    return None


def _order(finding: Finding) -> tuple[str, Span, str, str]:
    return finding.file, finding.span, finding.rule, finding.message
