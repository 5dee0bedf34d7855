"""Instances: a list, one in full, and one as it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from deployer.engine.clock import parse_timestamp, write_duration
from deployer.operations.runs import Fault, Sight, grouped
from deployer.operations.saved_plan import shown_value
from deployer.remote.gateway import Instance, InstanceError, StepLog
from deployer.report.table import table
from deployer.report.terminal import Paint, safe, shorten

VERSION = 1
_BAD, _GOOD = frozenset({"Terminated", "Failed"}), frozenset({"Complete"})


def render_list(found: Sequence[Instance], *, definition_id: str, of: str) -> str:
    """A table, the newest first. `of` says which versions were asked for."""
    if not found:
        return f"No instances of {of} of definition {safe(definition_id)}.\n"
    rows = [(one.id, str(one.version), one.status, one.started_at, _took(one.started_at, one.completed_at) or "-")
            for one in found]  # fmt: skip
    return "\n".join(table(("id", "version", "status", "started", "took"), rows)) + "\n"


def list_json(found: Sequence[Instance], *, definition_id: str, more: bool) -> str:
    """A versioned contract. `more`: the limit was reached, so there may be more."""
    instances = [_instance(one) for one in found]
    return _json({"version": VERSION, "definition": definition_id, "more": more, "instances": instances})


def render_instance(sight: Sight, *, color: bool) -> str:
    """One instance: its steps, what went wrong, and its data."""
    one, paint = sight.instance, Paint(color)
    took = _took(one.started_at, one.completed_at)
    lines = [
        f"Instance {safe(one.id)} of definition {safe(one.definition_id)}, version {one.version}",
        f"{_painted(one.status, paint)}, started {safe(one.started_at)}" + (f", took {took}" if took else ""),
    ]
    if sight.steps:
        rows = [(log.step, log.status, log.started_at or "-", _took(log.started_at, log.completed_at) or "-")
                for log in sight.steps]  # fmt: skip
        lines += ["", *table(("step", "status", "started", "took"), rows)]
    if sight.errors:
        lines.append("")
        for fault in grouped(sight.errors):
            lines += _fault_lines(fault, paint)
    data = json.dumps(shown_value(one.data, "data"), indent=2, ensure_ascii=False)
    lines += ["", "data:", *(f"  {safe(line)}" for line in data.split("\n"))]
    return "\n".join(lines) + "\n"


def instance_json(sight: Sight) -> str:
    """A versioned contract."""
    return _json(
        {
            "version": VERSION,
            "instance": _instance(sight.instance) | {"data": shown_value(sight.instance.data, "data")},
            "steps": [_step(log) for log in sight.steps],
            "errors": [_fault(error) for error in sight.errors],
            "faults": [_group(fault) for fault in grouped(sight.errors)],
        }
    )


def render_sight(sight: Sight, *, color: bool) -> str:
    """What has just happened, a line each: time, step, status."""
    paint = Paint(color)
    lines = [_happened(log, paint) for log in sight.steps]
    lines += [_error(error, paint) for error in sight.errors]
    if sight.status is not None and sight.status != "Runnable":
        took = _took(sight.instance.started_at, sight.instance.completed_at)
        lines.append(paint.bold(_painted(sight.status, paint)) + (f" after {took}" if took else ""))
    return "".join(f"{line}\n" for line in lines)


def sight_json(sight: Sight) -> str:
    """The same as JSON, one object a line."""
    parts = [{"event": "step", **_step(log)} for log in sight.steps]
    parts += [{"event": "error", **_fault(error)} for error in sight.errors]
    if sight.status is not None:
        parts.append({"event": "status", **_instance(sight.instance)})
    return "".join(json.dumps({"version": VERSION, **part}, ensure_ascii=False) + "\n" for part in parts)


def _happened(log: StepLog, paint: Paint) -> str:
    at, took = log.completed_at or log.started_at, _took(log.started_at, log.completed_at)
    status = _painted(log.status, paint)
    return f"{safe(at or '-')}  {shorten(safe(log.step), 60)}: {status}" + (f" after {took}" if took else "")


def _error(error: InstanceError, paint: Paint) -> str:
    where = f"{safe(error.step)}: " if error.step else ""
    return paint.red("error: ") + where + shorten(safe(error.message), 500)


def _fault_lines(fault: Fault, paint: Paint) -> list[str]:
    where = f"{safe(fault.step)}: " if fault.step else ""
    often = f" ({fault.count} times, last {safe(fault.last or '-')})" if fault.count > 1 else ""
    lines = [paint.red("error: ") + where + shorten(safe(fault.message), 500) + often]
    return [*lines, f"  hint: {fault.remedy}"] if fault.remedy else lines


def _group(fault: Fault) -> dict[str, object]:
    return {
        "step": fault.step, "message": fault.message, "count": fault.count, "first": fault.first, "last": fault.last,
        "remedy": fault.remedy,
    }  # fmt: skip


def _painted(status: str, paint: Paint) -> str:
    shown = safe(status)
    return paint.red(shown) if status in _BAD else paint.green(shown) if status in _GOOD else shown


def _took(start: str | None, end: str | None) -> str | None:
    """How long something took; None where the server's times do not say."""
    first, last = _moment(start), _moment(end)
    return write_duration(last - first) if first is not None and last is not None else None


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_timestamp(text)
    except ValueError:
        return None


def _instance(one: Instance) -> dict[str, object]:
    return {
        "id": one.id,
        "definition": one.definition_id,
        "definitionVersion": one.version,
        "status": one.status,
        "startedAt": one.started_at,
        "completedAt": one.completed_at,
    }


def _step(log: StepLog) -> dict[str, object]:
    return {
        "id": log.id,
        "step": log.step,
        "status": log.status,
        "startedAt": log.started_at,
        "completedAt": log.completed_at,
    }


def _fault(error: InstanceError) -> dict[str, object]:
    return {"step": error.step, "message": error.message, "at": error.at}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
