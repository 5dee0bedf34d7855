"""Conversations of a changed workflow: what customers read today, and what they will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from deployer.engine.clock import write_duration
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import KINDS
from deployer.operations.rehearsal import Rehearsed, Talk
from deployer.operations.trail import Utterance
from deployer.report.graph.words import duration
from deployer.report.markdown.document import Block, block, counted, details
from deployer.report.markdown.escape import fence, prose, text
from deployer.report.markdown.wording import difference
from deployer.report.terminal import shorten

MOST_OPEN = 3
"""Conversations that stand open; more open on a click."""
MOST_LINES = 60
"""Lines of one conversation."""
LONGEST = 2_000
"""Characters of one message."""


def conversations(rehearsed: Rehearsed) -> Block:
    """What differs, what fails, and how many go as before."""
    told = [talk for talk in rehearsed.talks if talk.differs or talk.new]
    failed = [talk for talk in rehearsed.talks if talk.after.verdict is not Verdict.PASSED]
    rest = [*failures(failed), *_unchanged(rehearsed)]
    shown = [line for talk in told[:MOST_OPEN] for line in _talk(talk)]
    folded = [line for talk in told[MOST_OPEN:] for line in _talk(talk)]
    more = [*details(f"{counted(len(told) - MOST_OPEN, 'more conversation')}", folded), ""] if folded else []
    first = [line for talk in told[:1] for line in _talk(talk)]
    others = [f"{counted(len(told) - 1, 'more conversation')} of this kind.", ""] if len(told) > 1 else []
    apart = [talk for talk in rehearsed.talks if talk.runs and talk.apart]
    return block(
        [*shown, *more, *_apart(apart), *rest], [*first, *others, *rest], [f"Conversations: {verdict(rehearsed)}."], []
    )


def _apart(talks: Sequence[Talk]) -> Iterator[str]:
    """Conversations of which nobody knows whether they change."""
    if not talks:
        return
    title = f"{counted(len(talks), 'conversation')} that cannot be compared with today's"
    yield from details(title, [line for talk in talks for line in _talk(talk)])
    yield ""


def verdict(rehearsed: Rehearsed) -> str:
    """`✅ 4 of 4 as expected, 2 differ from today`."""
    sign = "✅" if rehearsed.passed == len(rehearsed.talks) else "❌"
    differ = sum(talk.differs for talk in rehearsed.talks)
    verb = "differs" if differ == 1 else "differ"
    today = f", {differ} {verb} from today" if differ else ""
    return f"{sign} {rehearsed.passed} of {len(rehearsed.talks)} as expected{today}"


def coverage(rehearsed: Rehearsed) -> str:
    """How much of the new version the cases reach."""
    if rehearsed.coverage is None:
        return ""
    shares = [(kind, rehearsed.coverage.share(kind)) for kind in KINDS]
    named = (f"{int(share.percent)}% of {kind + ('es' if kind == 'branch' else 's')}" for kind, share in shares)
    return f"tests reach {', '.join(named)}"


def failures(failed: Sequence[Talk]) -> Iterator[str]:
    """Cases that do not go as their test expects."""
    for talk in failed:
        yield f"❌ **{text(talk.after.name)}** does not go as its test expects (`-` expected, `+` happens):"
        yield ""
        yield from fence(_why(talk.after), "diff")
        yield ""


def _why(case: CaseResult) -> Iterator[str]:
    if case.message:
        yield case.message
    for found in case.differences:
        yield f"  {found.what}"
        yield from difference("\n".join(found.expected), "\n".join(found.got))
    for effect in case.unmocked:
        request = f"{effect.request.get('method', effect.type)} {effect.request.get('url', '')}".rstrip()
        yield f"  step {effect.step} made a request that nothing answers: {request}"


def _unchanged(rehearsed: Rehearsed) -> Iterator[str]:
    same = sum(talk.before is not None and talk.runs and not talk.differs for talk in rehearsed.talks)
    if same:
        verb = "goes" if same == 1 else "go"
        yield f"{counted(same, 'conversation')} {verb} as before."
        yield ""


def _talk(talk: Talk) -> Iterator[str]:
    after = "\n".join(lines(talk.after.conversation))
    yield f"💬 **{text(talk.after.name)}**"
    yield ""
    if talk.apart:
        yield f"Of today's version: {prose(talk.apart)}."
        yield ""
    if talk.before is None:
        yield from fence([after])
    else:
        before = "\n".join(lines(talk.before))
        yield from fence(difference(before, after, context=MOST_LINES, hanging="  "), "diff")
    yield ""


def lines(conversation: Sequence[Utterance]) -> Iterator[str]:
    """A conversation line by line, with the time that passes between them."""
    before = timedelta()
    for item in conversation[:MOST_LINES]:
        if item.after != before:
            yield f"({duration(write_duration(item.after - before))} later)"
            before = item.after
        yield _line(item)
    if len(conversation) > MOST_LINES:
        yield f"… and {len(conversation) - MOST_LINES} lines more"


def _line(item: Utterance) -> str:
    said = shorten(item.text.rstrip(), LONGEST).replace("\n", "\n  ")
    if item.side == "between":
        return f"({said})"
    by = f" ({item.by})" if item.by else ""
    return f"{'Customer' if item.side == 'customer' else 'Company'}{by}: {said}"
