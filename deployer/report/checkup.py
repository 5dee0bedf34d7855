"""What the checks of `doctor` found."""

from __future__ import annotations

import json

from deployer.operations.checkup import Check, Checkup, Verdict
from deployer.report.terminal import Paint, safe

VERSION = 1
_WORDS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.ERROR: "error", Verdict.SKIPPED: "-"}


def render_text(checkup: Checkup, *, color: bool) -> str:
    """A line a check, the way out below it, and the sum."""
    paint = Paint(color)
    width = max((len(check.name) for check in checkup.checks), default=0)
    lines = []
    for check in checkup.checks:
        lines.append(f"{_painted(check.verdict, paint)}  {check.name:<{width}}  {safe(check.message)}")
        if check.remedy:
            lines.append(f"{'':{9 + width}}  hint: {safe(check.remedy)}")
    errors, warnings = checkup.count(Verdict.ERROR), checkup.count(Verdict.WARNING)
    lines.append("")
    lines.append(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}.")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def render_json(checkup: Checkup, *, environment: str, account: str) -> str:
    """A versioned contract."""
    value = {"version": VERSION, "environment": environment, "account": account, **as_data(checkup)}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_data(checkup: Checkup) -> dict[str, object]:
    """Checks and counts, for this report and for that of a plan."""
    return {
        "summary": {verdict.value: checkup.count(verdict) for verdict in Verdict},
        "checks": [_check(check) for check in checkup.checks],
    }


def _check(check: Check) -> dict[str, object]:
    return {"name": check.name, "verdict": check.verdict, "message": check.message, "remedy": check.remedy}


def _painted(verdict: Verdict, paint: Paint) -> str:
    word = f"{_WORDS[verdict]:<7}"
    if verdict is Verdict.ERROR:
        return paint.red(word)
    if verdict is Verdict.WARNING:
        return paint.yellow(word)
    return paint.green(word) if verdict is Verdict.OK else paint.dim(word)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
