"""A plan as people read it, and as programs do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deployer.finding import Finding
from deployer.operations.checkup import Checkup
from deployer.operations.diff import StepChange, differences
from deployer.operations.plan import Action, Change, Plan
from deployer.operations.saved_plan import plan_json, shown_value
from deployer.report.checkup import as_data
from deployer.report.findings import finding_json
from deployer.report.terminal import Paint, safe, safe_lines, shorten

SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DISABLE: "-", Action.DELETE: "-", Action.NOOP: " "}
LONG_TEXT = 72
"""Characters from which a text is shown as a line diff."""
MOST_LISTED = 20
MOST_SAID = 3
"""Sentences about one workflow before the rest is only counted."""


def render_text(plan: Plan, *, color: bool = False, verbose: bool = False) -> str:
    """The plan with every change step by step, and the closing line."""
    paint = Paint(color)
    lines = [_header(plan), ""]
    for change in plan.changes:
        block = list(_change(change, paint, verbose=verbose))
        if block:
            lines += [*block, ""]
    lines += _beside(plan, paint, verbose=verbose)
    lines.append(paint.bold(closing(plan)))
    return "\n".join(lines) + "\n"


def render_json(plan: Plan, *, checkup: Checkup | None = None, findings: Sequence[Finding] | None = None) -> str:
    """The saved plan's format: a versioned contract.

    With `preflight` where checks were asked for, and `findings` where a report in Markdown shows them, too.
    """
    value = dict(plan_json(plan))
    if findings is not None:
        value["findings"] = [finding_json(finding) for finding in findings]
    if checkup is not None:
        value["preflight"] = as_data(checkup)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def closing(plan: Plan) -> str:
    """The line that everybody looks for."""
    counts = plan.summary
    line = (
        f"Plan: {counts['create']} to create, {counts['update']} to update, "
        f"{counts['disable']} to disable, {counts['delete']} to delete."
    )
    if not plan.pending and not plan.refused:
        line = f"No changes. {line}"
    if plan.refused:
        line += f" {len(plan.refused)} refused."
    if counts["held"]:
        line += f" {counts['held']} held."
    return line


def _header(plan: Plan) -> str:
    where = "offline, between two commits" if plan.offline else f"account {safe(plan.account)} on {safe(plan.host)}"
    return f"Environment {safe(plan.environment)}: {where}"


def _change(change: Change, paint: Paint, *, verbose: bool) -> Iterator[str]:
    title = f"{change.key}" + (f" ({safe(change.name)})" if change.name else "")
    if change.held:
        yield paint.yellow(f"! {title}: held by {safe(change.held)}")
    elif change.refusal is not None:
        yield from _refused(change, title, paint)
    elif change.action is Action.NOOP:
        if change.moved_from:
            yield f"  {title}: {change.reason}; nothing else changes"
        elif verbose:
            yield f"  {title}: no change (version {change.base})"
        for name in sorted(change.uncompared):
            yield paint.yellow(f"  {title}: secret {name} is not available here: not compared")
    else:
        yield from _written(change, paint)


def _written(change: Change, paint: Paint) -> Iterator[str]:
    """First the sentence that a person asks for, then what it is about, then step by step."""
    yield _painted(change.action, paint, f"{SIGNS[change.action]} {change.key}: {_sentence(change)}")
    yield f"    {_about(change)}"
    if change.action is Action.UPDATE:
        yield from steps_text(change.steps, paint)
    for name in sorted(change.uncompared):
        yield paint.dim(f"    secret {name} is not available here: not compared")


def _sentence(change: Change) -> str:
    if change.action is Action.CREATE:
        return "is created"
    if change.action is Action.DISABLE:
        return "is disabled: no file declares it"
    if change.action is Action.DELETE:
        return "is deleted with all versions and running instances: no file declares it"
    said = change.sentences()
    rest = f", and {len(said) - MOST_SAID} more changes" if len(said) > MOST_SAID else ""
    return safe("; ".join(said[:MOST_SAID])) + rest


def _about(change: Change) -> str:
    name = f"{safe(change.name)}: " if change.name else ""
    if change.action is Action.CREATE:
        return name + _outline(change.template or {})
    version = _versions(change)
    reason = "" if change.reason in {"file changed", "no file declares it"} else change.reason
    moved = f"moved from `{change.moved_from}`" if change.moved_from else ""
    return name + "; ".join(part for part in (version, moved, safe(reason)) if part)


def _versions(change: Change) -> str:
    if change.base is None:
        return "not compared with the server"
    return f"version {change.base}" + ("" if change.action is Action.DELETE else f" -> {change.base + 1}")


def _outline(template: Mapping[str, object]) -> str:
    definition = template.get("definition")
    steps = definition.get("steps") if isinstance(definition, Mapping) else None
    count = len(steps) if isinstance(steps, list) else 0
    trigger, status = safe(str(template.get("trigger", "no trigger"))), safe(str(template.get("status", "")))
    where = template.get("subAccountId")
    on = f" on {safe(str(where))}" if isinstance(where, str) else ""
    return f"{count} step{'s' if count != 1 else ''}, started by {trigger}{on}, {status}"


def _refused(change: Change, title: str, paint: Paint) -> Iterator[str]:
    refusal = change.refusal
    if refusal is None:
        return
    yield paint.red(f"! {title}: {refusal.stop}: {safe(refusal.message)}")
    if change.before is not None and change.applied is not None:
        yield "    on the server since the last apply:"
        yield from _indented(differences(change.applied, change.before), paint)
        yield "    in the file since the last apply:"
        yield from _indented(differences(change.applied, change.template), paint)
    elif change.before is not None and change.steps:
        yield "    from the server to the file:"
        yield from _indented(change.steps, paint)
    yield f"    {safe(refusal.hint)}"


def _indented(changes: Iterable[StepChange], paint: Paint) -> Iterator[str]:
    yield from (f"  {line}" for line in steps_text(changes, paint))


def steps_text(changes: Iterable[StepChange], paint: Paint) -> Iterator[str]:
    """Differences, step by step, as a plan shows them."""
    for change in changes:
        yield from _step(change, paint)


def _step(change: StepChange, paint: Paint) -> Iterator[str]:
    where = f"step {safe(change.id)}" if change.id is not None else ""
    name = ": ".join(part for part in (where, safe(change.path)) if part)
    if change.op == "start":
        yield f"      start: {_value(change.before)} -> {_value(change.after)}"
    elif change.op in {"order", "move"}:
        yield f"      {paint.yellow('~')} {name}: {_value(change.before)} -> {_value(change.after)}"
    elif change.op == "add":
        yield f"      {paint.green('+')} {name}{_inline(change.after)}"
    elif change.op == "remove":
        yield f"      {paint.red('-')} {name}{_inline(change.before)}"
    else:
        yield from _changed(change, name, paint)


def _changed(change: StepChange, name: str, paint: Paint) -> Iterator[str]:
    before, after = shown_value(change.before, change.path), shown_value(change.after, change.path)
    texts = isinstance(before, str) and isinstance(after, str)
    if not texts or (max(len(str(before)), len(str(after))) < LONG_TEXT and "\n" not in f"{before}{after}"):
        yield f"      {paint.yellow('~')} {name}: {_value(before)} -> {_value(after)}"
        return
    yield f"      {paint.yellow('~')} {name}:"
    import difflib

    for line in difflib.ndiff(safe_lines(str(before)), safe_lines(str(after))):
        if line.startswith("?"):
            continue
        colour = {"+": paint.green, "-": paint.red}.get(line[0], paint.dim)
        yield f"          {colour(line.rstrip())}"


def _inline(value: object) -> str:
    value = shown_value(value, "")
    if isinstance(value, Mapping):
        kind = value.get("stepType")
        return f" ({safe(str(kind))})" if kind else ""
    return f": {_value(value)}"


def _value(value: object) -> str:
    return safe(shorten(json.dumps(value, ensure_ascii=False), 200))


def _painted(action: Action, paint: Paint, text: str) -> str:
    colour = {Action.CREATE: paint.green, Action.UPDATE: paint.yellow}.get(action, paint.red)
    return colour(text)


def _beside(plan: Plan, paint: Paint, *, verbose: bool) -> list[str]:
    lines: list[str] = []
    for item in plan.fileless:
        if item.version is None:
            lines.append(f"  {item.key} has no file, and its definition {item.id} is gone: deployer forget {item.key}")
        elif item.enabled and plan.offline:
            lines.append(paint.yellow(f"! the file of {item.key} goes; its definition goes on answering customers"))
        elif item.enabled:
            lines.append(paint.yellow(f"! {item.key} has no file and still answers customers (--prune disables it)"))
        elif verbose:
            lines.append(f"  {item.key} has no file and is disabled")
    lines += [paint.yellow(f"warning: {safe(warning)}") for warning in plan.warnings]
    if plan.unmanaged:
        count = len(plan.unmanaged)
        lines.append(
            f"{count} definition{'s' if count > 1 else ''} without a file (never touched; `deployer pull --all`):"
        )
        listed = plan.unmanaged if verbose else plan.unmanaged[:MOST_LISTED]
        lines += [f"    {item.id}  {safe(shorten(item.name, 60))}  ({item.status})" for item in listed]
        if count > len(listed):
            lines.append(f"    and {count - len(listed)} more (-v lists them)")
    return [*lines, ""] if lines else []
