"""What a rollback, a disable or an enable did, and what it did not mend."""

from __future__ import annotations

import json
from collections.abc import Sequence

from deployer.operations.diff import sentences
from deployer.operations.emergency import Turned, Unturned
from deployer.operations.steer import Steering
from deployer.operations.turn import Step
from deployer.record import record
from deployer.report import steering as steering_report
from deployer.report.plan import steps_text
from deployer.report.table import table
from deployer.report.terminal import Paint, safe

VERSION = 1
_DONE = {"rollback": "Rolled back", "disable": "Disabled", "enable": "Enabled"}


@record
class Running:
    """Instances that go on as before."""

    label: str
    version: int
    count: int
    command: str
    """What ends them."""


@record
class Taken:
    """What `--write` did to a file."""

    label: str
    file: str | None
    """None where nothing was written."""
    message: str


@record
class Outcome:
    """All that came of one command."""

    turn: str
    environment: str
    account: str
    host: str
    options: str
    """Global options that a command to copy needs: ` --env production`."""
    turned: tuple[Turned, ...]
    failed: tuple[Unturned, ...]
    unchanged: tuple[str, ...] = ()
    """What needed nothing, in words."""
    running: tuple[Running, ...] = ()
    stopped: Steering | None = None
    taken: tuple[Taken, ...] = ()
    wrote: bool = False
    """Whether `--write` was asked for."""
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """7 for a lost update, 8 where only a part was done."""
        if any(item.lost for item in self.turned):
            return 7
        stopped = self.stopped.exit_code if self.stopped is not None else 0
        if self.failed:
            return 8 if self.turned else max(item.exit_code for item in self.failed)
        return 8 if stopped and stopped != 130 else stopped


def render_preview(steps: Sequence[Step], *, color: bool) -> str:
    """What is about to be written."""
    paint = Paint(color)
    lines: list[str] = []
    for step in steps:
        lines.append(f"{paint.yellow('~')} {safe(step.label)}: {_intended(step)}")
        lines += [f"    {safe(sentence)}" for sentence in sentences(step.changes)]
        lines += steps_text(step.changes, paint)
    return "".join(f"{line}\n" for line in lines)


def _intended(step: Step) -> str:
    if step.change is None:
        return f"version {step.base.version} stays, and apply leaves it alone"
    if step.turn == "rollback":
        return f"the content of version {step.source} again, in place of version {step.base.version}"
    return f"{step.turn} version {step.base.version}"


def render_text(outcome: Outcome, *, color: bool) -> str:
    """What was done, what holds now, and what is left to do."""
    paint = Paint(color)
    lines: list[str] = [safe(said) for said in outcome.unchanged]
    if outcome.turned:
        where = f"account {safe(outcome.account)}, environment {safe(outcome.environment)}"
        lines.append(paint.green(f"{_DONE[outcome.turn]} in {where}"))
        lines += table(("key", "id", "was", "content of", "is", "status"), [_row(item) for item in outcome.turned])
    for item in outcome.turned:
        for lost in item.lost:
            lines.append(paint.red(
                f"! {safe(item.step.label)}: lost update: version {lost.version} was somebody else's and is replaced"
            ))  # fmt: skip
            lines += [f"    it had changed: {safe(sentence)}" for sentence in sentences(lost.changes)]
        lines += [f"  {safe(item.step.label)}: {safe(note)}" for note in item.notes]
    lines += _holds(outcome)
    lines += _left(outcome, paint)
    for failed in outcome.failed:
        lines.append(paint.red(f"failed: {safe(failed.label)}") + f": {safe(failed.message)}")
        if failed.hint:
            lines.append(f"    {safe(failed.hint)}")
    lines += [paint.yellow(f"warning: {safe(warning)}") for warning in outcome.warnings]
    return "".join(f"{line}\n" for line in lines)


def _row(item: Turned) -> tuple[str, ...]:
    step = item.step
    content = str(step.source) if step.change is not None else "-"
    return (step.label, step.id, str(step.base.version), content, str(item.version), step.status)


def _holds(outcome: Outcome) -> list[str]:
    lines = []
    for item in outcome.turned:
        step = item.step
        if step.key is None or step.binding is None:
            lines.append(f"{safe(step.label)}: no key is bound to it, so no hold was put")
        elif step.hold is not None:
            until = "until its file changes, or" if step.hold.kind != "disable" else "until"
            lines.append(
                f"{safe(step.key)} is held: apply leaves it alone {until} "
                f"`deployer hold release {safe(step.key)}{outcome.options}`"
            )
        elif step.former is not None:
            lines.append(f"{safe(step.key)} is held no more: the next apply compares it with its file again")
    return lines


def _left(outcome: Outcome, paint: Paint) -> list[str]:
    lines = []
    for running in outcome.running:
        many = "1 instance still runs" if running.count == 1 else f"{running.count} instances still run"
        lines.append(paint.yellow(f"! {many} version {running.version} of {safe(running.label)}: ") + running.command)
    if outcome.stopped is not None:
        lines += steering_report.render_text(outcome.stopped, color=paint.on).splitlines()
    lines += [f"{safe(taken.label)}: {safe(taken.message)}" for taken in outcome.taken]
    if outcome.turn == "rollback" and not outcome.wrote:
        lines += [
            f"the file of {safe(item.step.key)} still says what was rolled back: "
            f"`deployer pull {safe(item.step.key)}{outcome.options}` takes version {item.version} into it"
            for item in outcome.turned
            if item.step.key is not None and item.step.binding is not None
        ]
    return lines


def render_json(outcome: Outcome) -> str:
    """A versioned contract; `exitCode` is the one the program ends with."""
    value: dict[str, object] = {
        "version": VERSION,
        "command": outcome.turn,
        "environment": outcome.environment,
        "account": outcome.account,
        "host": outcome.host,
        "exitCode": outcome.exit_code,
        "done": [_turned(item) for item in outcome.turned],
        "failed": [
            {"key": item.label, "id": item.id, "definitionVersion": item.version, "message": item.message,
             "hint": item.hint}
            for item in outcome.failed
        ],
        "unchanged": list(outcome.unchanged),
        "running": [
            {"key": item.label, "definitionVersion": item.version, "count": item.count, "command": item.command}
            for item in outcome.running
        ],
        "files": [{"key": item.label, "file": item.file, "message": item.message} for item in outcome.taken],
        "warnings": list(outcome.warnings),
    }  # fmt: skip
    if outcome.stopped is not None:
        value["stopped"] = json.loads(steering_report.render_json(outcome.stopped))
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _turned(item: Turned) -> dict[str, object]:
    step = item.step
    return {
        "key": step.key,
        "id": step.id,
        "name": step.name,
        "oldVersion": step.base.version,
        "contentOf": step.source,
        "newVersion": item.version,
        "status": step.status,
        "hold": None if step.hold is None else {"kind": step.hold.kind, "reason": step.hold.reason},
        "lostVersions": [lost.version for lost in item.lost],
        "notes": list(item.notes),
    }
