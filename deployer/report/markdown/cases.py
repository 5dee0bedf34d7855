"""Test runs as Markdown: each case a conversation, the customer left and the company right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deployer.engine.clock import write_duration
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import KINDS, Coverage
from deployer.operations.test_run import RunResult
from deployer.operations.trail import Utterance
from deployer.report.markdown.document import Block, Document, block, counted, details, full, table
from deployer.report.markdown.escape import code, code_html, fence, prose, text
from deployer.report.tests import plain_failure

_MOST = 100
"""Lines of one conversation."""


def render(tested: RunResult) -> str:
    """A table a workflow, and a conversation a case."""
    return full(document(tested))


def document(tested: RunResult) -> Document:
    """The run, in blocks that can be shortened: what fails stands first and stays longest."""
    failed = [case for case in tested.cases if case.verdict is not Verdict.PASSED]
    passed = [case for case in tested.cases if case.verdict is Verdict.PASSED]
    return Document(
        blocks=(
            block([f"**{headline(tested)}**"]),
            *_findings(tested),
            block(coverage_table(tested.coverage, tested.cases), []),
            *(_case(case) for case in (*failed, *passed)),
        ),
        changes=bool(failed or tested.findings),
    )  # fmt: skip


def headline(tested: RunResult) -> str:
    """One sentence."""
    passed = tested.count(Verdict.PASSED)
    bad = len({finding.file for finding in tested.findings})
    errors = f", and {counted(bad, 'test file')} {'has' if bad == 1 else 'have'} errors" if bad else ""
    if passed < len(tested.cases) or bad:
        return f"❌ {passed} of {len(tested.cases)} conversations go as they should{errors}."
    return f"✅ {counted(passed, 'conversation')} {'goes as it' if passed == 1 else 'go as they'} should."


def _findings(tested: RunResult) -> Iterator[Block]:
    if tested.findings:
        yield block(
            f"- ❌ {code(f'{finding.file}:{finding.span.line}')}: {prose(finding.message)}"
            for finding in tested.findings
        )


def coverage_table(coverage: Coverage, cases: Sequence[CaseResult]) -> Iterator[str]:
    """What the cases of each workflow reach."""
    if not coverage.workflows:
        return
    rows = []
    for item in coverage.workflows:
        own = [case for case in cases if case.workflow == item.key]
        good = sum(case.verdict is Verdict.PASSED for case in own)
        sign = "➖" if not own else "✅" if good == len(own) else "❌"
        shares = (f"{int(item.share(kind).percent)}%" for kind in KINDS)
        rows.append((code(item.key, cell=True), f"{sign} {good} of {len(own)}" if own else f"{sign} none", *shares))
    yield from table(("Workflow", "Cases", "Steps", "Branches", "Expressions"), rows)


def _case(case: CaseResult) -> Block:
    title = f"#### {'✅' if case.verdict is Verdict.PASSED else '❌'} {code(case.workflow)}: {text(case.name)}"
    talk = list(conversation_table(case.conversation)) if case.conversation else []
    if case.verdict is Verdict.PASSED:
        summary = f"✅ {code_html(case.workflow)}: {text(case.name)}"
        return block(details(summary, talk) if talk else [f"- ✅ {code(case.workflow)}: {text(case.name)}"], [])
    why = fence([plain_failure(case)])
    return block([title, "", *why, "", *talk], [title, "", *why], [title], [])


def conversation_table(conversation: Sequence[Utterance]) -> Iterator[str]:
    """A conversation as a table: time, customer, company."""
    yield "| | Customer | Company |"
    yield "|---|---|---|"
    for item in conversation[:_MOST]:
        yield _row(item)
    if len(conversation) > _MOST:
        yield f"| | | *… {len(conversation) - _MOST} more* |"


def _row(item: Utterance) -> str:
    time = write_duration(item.after)
    said = text(item.text[:2_000])
    by = f" *({text(item.by)})*" if item.by else ""
    if item.side == "customer":
        return f"| {time} | {said}{by} | |"
    if item.side == "company":
        return f"| {time} | | {said}{by} |"
    return f"| {time} | | *{said}* |"
