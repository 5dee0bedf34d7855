"""A plan in Markdown: what it means, a table, and each workflow step by step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field

from deployer.finding import Finding
from deployer.operations.diff import StepChange, differences
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.rehearsal import Rehearsal, Rehearsed
from deployer.record import record
from deployer.report.markdown import findings
from deployer.report.markdown.document import Block, Document, block, counted, details, full, table
from deployer.report.markdown.escape import code, named, prose, text
from deployer.report.markdown.meaning import headline, meaning
from deployer.report.markdown.picture import picture
from deployer.report.markdown.steps import saying, short_steps, steps
from deployer.report.markdown.talks import conversations, coverage, verdict
from deployer.report.plan import SIGNS, closing
from deployer.report.terminal import shorten


@record
class Review:
    """What a reviewer wants to know beside the plan."""

    findings: tuple[Finding, ...] = ()
    """Of the files that were planned: warnings, since errors would have ended it."""
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    problem: str = ""
    """Why the conversations could not be run."""


NOTHING = Review()
MOST_ROWS = 100
"""Workflows of the table; the rest is counted."""
LONGEST_REASON = 300
"""Characters of why somebody holds a workflow."""
MOST_LINES = 12
"""Changes of one workflow in the shorter version."""


def render(plan: Plan) -> str:
    """The whole plan."""
    return full(document(plan))


def document(plan: Plan, review: Review = NOTHING, more: Iterable[Block] = ()) -> Document:
    """The plan, in blocks that can be shortened; `more` stand before its last line."""
    seen = [change for change in plan.changes if change.writes or change.refusal or change.held]
    return Document(
        blocks=(
            block([headline(plan)]),
            block(*(_table(plan, seen, review, most) for most in (MOST_ROWS, 30, 10))),
            *(part for change in seen for part in _workflow(change, review.rehearsal.workflows.get(change.key))),
            block([f"⚠️ The tested conversations could not be run: {prose(review.problem)}"] if review.problem else []),
            *_warnings(review, {change.file for change in seen}),
            *_beside(plan),
            *more,
            block([_closing(plan)]),
        ),
        changes=bool(plan.pending or plan.refused or any(item.enabled for item in plan.fileless)),
    )  # fmt: skip


def _warnings(review: Review, files: Collection[str | None]) -> Iterator[Block]:
    """Findings in the files that change; of the others their number."""
    told = [finding for finding in review.findings if finding.file in files]
    others = len(review.findings) - len(told)
    told += review.rehearsal.findings
    if told:
        yield block(["Found in the files that change:"])
        yield from findings.blocks(told)
    if others:
        where = "in files that do not change; `deployer validate` shows them."
        yield block([f"{counted(others, 'more warning' if told else 'warning')} {where}"], [])


def _table(plan: Plan, seen: Sequence[Change], review: Review, most: int) -> list[str]:
    if not seen:
        return []
    rows = [
        (_sign(change), _name(change), _what(change), _tests(change, review), _versions(change, plan))
        for change in seen[:most]
    ]
    rest = ["", f"… and {len(seen) - most} more."] if len(seen) > most else []
    return [*table(("", "Workflow", "What happens", "Tested conversations", "Version"), rows), *rest]


def _tests(change: Change, review: Review) -> str:
    found = review.rehearsal.workflows.get(change.key)
    if found is not None:
        return verdict(found)
    return "none" if change.writes and change.action in {Action.CREATE, Action.UPDATE} else ""


def _sign(change: Change) -> str:
    if change.refusal is not None:
        return "⚠️"
    return "⏸️" if change.held is not None else f"`{SIGNS[change.action]}`"


def _name(change: Change) -> str:
    return code(change.key, cell=True) + (
        f"<br>{named(change.name)}" if change.name and change.name != change.key else ""
    )


def _what(change: Change) -> str:
    if change.refusal is not None:
        return f"not as it stands: {prose(change.refusal.message, cell=True)}"
    if change.held is not None:
        return f"held: {text(shorten(change.held, LONGEST_REASON))}"
    warning = "; **replaces what somebody changed on the server**" if change.overwrites else ""
    return meaning(change, cell=True) + warning


def _versions(change: Change, plan: Plan) -> str:
    if change.base is None:
        return "" if plan.offline else "new"
    ends = change.action is Action.DELETE or not change.writes
    return str(change.base) if ends else f"{change.base} → {change.base + 1}"


def _workflow(change: Change, rehearsed: Rehearsed | None) -> Iterator[Block]:
    """A heading, what changes, the conversations before and after, and a picture."""
    yield from changed(change, rehearsed)
    if rehearsed is not None:
        yield conversations(rehearsed)
    if change.writes and change.action in {Action.CREATE, Action.UPDATE}:
        yield picture(change)


def changed(change: Change, rehearsed: Rehearsed | None = None) -> Iterator[Block]:
    """A heading and what changes, in ever fewer words."""
    title = f"### {_sign(change)} {code(change.key)}"
    about = _about(change, rehearsed)
    if change.refusal is not None:
        both = [*_both_sides(change), prose(change.refusal.hint)]
        yield block([title, "", *about, *both], [title, "", prose(change.refusal.hint)], [])
    elif change.held is not None:
        return
    elif change.action is Action.UPDATE:
        inner = list(steps(change.steps)) or ["Only values of secrets differ."]
        whole = [title, "", *about, *inner]
        # Twice: every workflow's texts come before any picture.
        yield block(whole, whole, [title, "", *about, *short_steps(change.steps, MOST_LINES)],
                    [title, "", f"{counted(len(change.steps), 'difference')}."], [])  # fmt: skip
    else:
        body = change.template if change.action is Action.CREATE else change.before
        words = list(saying(body or {}, "+" if change.action is Action.CREATE else "-"))
        yield block([title, "", *about, *words], [title, "", *about], [])


def _about(change: Change, rehearsed: Rehearsed | None) -> list[str]:
    parts = [named(change.name)] if change.name else []
    parts += [code(change.file)] if change.file else []
    parts += [f"moved from {code(change.moved_from)}"] if change.moved_from else []
    parts += [f"secret {code(name)} is not available here: not compared" for name in sorted(change.uncompared)]
    parts += [f"secret {code(name)} has a new value" for name in sorted(change.rotated)]
    parts += [said for said in (coverage(rehearsed),) if said] if rehearsed is not None else []
    return [" · ".join(parts), ""] if parts else []


def _both_sides(change: Change) -> Iterator[str]:
    if change.before is not None and change.applied is not None:
        yield from _side("On the server since the last apply", differences(change.applied, change.before))
        yield from _side("In the file since the last apply", differences(change.applied, change.template))
    elif change.before is not None and change.steps:
        yield from _side("From the server to the file", change.steps)


def _side(title: str, changes: Sequence[StepChange]) -> Iterator[str]:
    yield f"{title}:"
    yield ""
    yield from steps(changes) if changes else ["- nothing"]
    yield ""


def _beside(plan: Plan) -> Iterator[Block]:
    lines = []
    for item in plan.fileless:
        if item.version is None:
            lines.append(f"- {code(item.key)} has no file, and its definition is gone: "
                         f"{code(f'deployer forget {item.key}')}")  # fmt: skip
        elif item.enabled:
            lines.append(f"- ⚠️ {code(item.key)} has no file and still answers customers (`--prune` disables it)")
    lines += [f"- ⚠️ {prose(warning)}" for warning in plan.warnings]
    if lines:
        short = [*lines[:10], f"- … and {len(lines) - 10} more"] if len(lines) > 10 else lines
        yield block(["Also:", "", *lines], ["Also:", "", *short])
    if plan.unmanaged:
        rows = [f"- {code(item.id)} {named(item.name)} ({text(item.status)})" for item in plan.unmanaged[:MOST_ROWS]]
        if len(plan.unmanaged) > len(rows):
            rows.append(f"- … and {len(plan.unmanaged) - len(rows)} more")
        count = counted(len(plan.unmanaged), "definition")
        yield block(details(f"{count} without a file, never touched", rows), [])


def _closing(plan: Plan) -> str:
    where = "compared offline, with a commit" if plan.offline else f"account {code(plan.account)} on {code(plan.host)}"
    commit = f", commit {code(plan.commit[:12])}" if plan.commit else ""
    return f"{closing(plan)} <sub>Environment {text(plan.environment)}, {where}{commit}</sub>"
