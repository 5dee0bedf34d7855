"""Test runs as Markdown: each case a conversation, the customer left and the company right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deployer.engine.clock import write_duration
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import KINDS
from deployer.operations.test_run import RunResult
from deployer.operations.trail import Utterance
from deployer.report.markdown.escape import code, fence, prose, text
from deployer.report.tests import plain_failure

_MOST = 100
"""Lines of one conversation."""


def render_markdown(tested: RunResult) -> str:
    """A heading a workflow, a table a case."""
    passed = tested.count(Verdict.PASSED)
    shares = ", ".join(f"{int(tested.coverage.share(kind).percent)}% of {_plural(kind)}" for kind in KINDS)
    lines = ["# Conversations", "", f"{passed} of {len(tested.cases)} cases pass; the cases reach {shares}.", ""]
    for finding in tested.findings:
        place = code(f"{finding.file}:{finding.span.line}")
        lines.append(f"- ❌ {place}: {prose(finding.message)}")
    if tested.findings:
        lines.append("")
    before = None
    for case in tested.cases:
        if case.workflow != before:
            lines += [f"## {code(case.workflow)}", ""]
            before = case.workflow
        lines += _case(case)
    return "\n".join(lines).rstrip() + "\n"


def _plural(kind: str) -> str:
    return "branches" if kind == "branch" else f"{kind}s"


def _case(case: CaseResult) -> Iterator[str]:
    yield f"### {'✅' if case.verdict is Verdict.PASSED else '❌'} {text(case.name)}"
    yield ""
    if case.verdict is not Verdict.PASSED:
        yield from fence([plain_failure(case)])
        yield ""
    if case.conversation:
        yield from conversation_table(case.conversation)
        yield ""


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
