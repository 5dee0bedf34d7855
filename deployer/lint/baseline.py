"""Findings told apart over time, and the debt that a project has agreed to pay later."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

from deployer.errors import ConfigurationError
from deployer.finding import Finding, dotted

VERSION = 1
MAX_BYTES = 16_000_000
"""Bytes of a baseline; some 100,000 findings."""

_LONG_LINE = 400
"""Characters. A longer line is a whole JSON file, and any edit in it would change every fingerprint."""


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What stays the same of each finding while lines move: 32 hex digits each, all different.

    Made of rule, file, the source line without its blanks, and how many equal ones stand above it.
    The file names must not depend on where the user stands.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    result = []
    for finding in findings:
        parts = (finding.rule, finding.file, *_landmark(finding))
        text = "\0".join((*parts, str(seen[parts])))
        seen[parts] += 1
        result.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return tuple(result)


def _landmark(finding: Finding) -> tuple[str, ...]:
    line = finding.excerpt
    if len(line) <= _LONG_LINE:
        return ("line", "".join(line.split()))
    span = finding.span
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    inside = line[span.column - 1 : min(end, span.column - 1 + _LONG_LINE)]
    # The step's own id stands for its index, which moves when a step is added above.
    path = finding.path
    if finding.step is not None:
        last = max((index for index, part in enumerate(path) if isinstance(part, int)), default=-1)
        path = (finding.step, *path[last + 1 :])
    return ("part", dotted(path), "".join(inside.split()))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Debt:
    """One finding that the baseline knows."""

    file: str
    rule: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Known findings, sorted."""

    debts: tuple[Debt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Findings beside a baseline."""

    new: tuple[int, ...]
    """Positions of the findings that it does not know."""
    gone: tuple[Debt, ...]
    """What it knows and nobody finds any more."""


def compare(
    findings: Sequence[Finding], baseline: Baseline, *, checked: Container[str], always: Container[str] = ()
) -> Comparison:
    """Take out what the baseline knows.

    `checked` names the files that were looked at, or that are no more: debt in other files is not gone.
    `always` names the rules that no baseline hides. Its file names are those of the findings.
    """
    known = {debt.fingerprint for debt in baseline.debts}
    marks = fingerprints(findings)
    hidden = {
        mark for mark, finding in zip(marks, findings, strict=True) if mark in known and finding.rule not in always
    }
    return Comparison(
        new=tuple(position for position, mark in enumerate(marks) if mark not in hidden),
        gone=tuple(debt for debt in baseline.debts if debt.fingerprint not in hidden and debt.file in checked),
    )


def renewed(
    findings: Sequence[Finding], former: Baseline, *, checked: Container[str], always: Container[str] = ()
) -> Baseline:
    """A baseline of these findings; debt in files that were not looked at stays."""
    debts = {
        Debt(file=finding.file, rule=finding.rule, fingerprint=mark)
        for mark, finding in zip(fingerprints(findings), findings, strict=True)
        if finding.rule not in always
    }
    debts |= {debt for debt in former.debts if debt.file not in checked}
    return Baseline(debts=tuple(sorted(debts)))


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Read a baseline. Raises ConfigurationError when it is none, or of a later version."""
    if len(data) > MAX_BYTES:
        raise ConfigurationError(f"{name}: a baseline has at most {MAX_BYTES:,} bytes")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _no_baseline(name, "it is not JSON") from error
    if not isinstance(value, dict) or not isinstance(value.get("findings"), list):
        raise _no_baseline(name, "it has no list `findings`")
    if value.get("version") != VERSION:
        raise ConfigurationError(
            f"{name}: this program reads baselines of version {VERSION}", hint="Write it anew with --write-baseline."
        )
    return Baseline(debts=tuple(sorted(_debt(item, name) for item in value["findings"])))


def _debt(item: object, name: str) -> Debt:
    if isinstance(item, dict):
        file, rule, mark = item.get("file"), item.get("rule"), item.get("fingerprint")
        if isinstance(file, str) and isinstance(rule, str) and isinstance(mark, str):
            return Debt(file=file, rule=rule, fingerprint=mark)
    raise _no_baseline(name, "an entry lacks `file`, `rule` or `fingerprint`")


def _no_baseline(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: this is no baseline: {why}", hint="Write one with --write-baseline.")


def render_baseline(baseline: Baseline) -> str:
    """As a file: a line a finding, sorted, so that branches merge."""
    lines = [
        json.dumps({"file": debt.file, "rule": debt.rule, "fingerprint": debt.fingerprint}, ensure_ascii=False)
        for debt in baseline.debts
    ]
    inner = "".join(f"\n    {line}," for line in lines).removesuffix(",")
    text = f'{{\n  "version": {VERSION},\n  "findings": [{inner}\n  ]\n}}\n' if lines else _EMPTY
    return text.encode("utf-8", "replace").decode()


_EMPTY = f'{{\n  "version": {VERSION},\n  "findings": []\n}}\n'
