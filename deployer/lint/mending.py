"""Carries out the fixes that findings declare: the text changes where they say, and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from deployer.finding import Finding, Path, Remove, Replace, Respell, Severity
from deployer.source.comments import comments
from deployer.source.document import JSON, Document, parse
from deployer.source.edits import Edit, apply, same
from deployer.source.patch import Unwritable, patch
from deployer.source.regions import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A document after its fixes, and how many findings they were for."""

    document: Document
    count: int


def mend(document: Document, findings: Iterable[Finding]) -> Mended:
    """Carry out what can be carried out; `findings` are those of this document.

    A file with an error that keeps it from being read rightly is never touched.
    """
    fixable = [finding for finding in findings if finding.fix is not None]
    if not fixable or document.value is None or not _readable(document):
        return Mended(document=document, count=0)
    respelled = _respelled(document, fixable)
    changed = _changed(respelled.document, fixable)
    return Mended(document=changed.document, count=respelled.count + changed.count)


def _readable(document: Document) -> bool:
    """Whether each error of the reader is one that quotes mend."""
    return all(finding.fix is not None or finding.severity is not Severity.ERROR for finding in document.findings)


def _respelled(document: Document, findings: Sequence[Finding]) -> Mended:
    edits = {finding.span: finding.fix.source for finding in findings if isinstance(finding.fix, Respell)}
    lines = Lines(document.text)
    text = apply(document.text, [Edit(*lines.offsets(span), source) for span, source in edits.items()])
    done = parse(text, document.file)
    kept = same(done.value, document.value) and _comments(done) == _comments(document)
    return Mended(document=done, count=len(edits)) if edits and kept else Mended(document=document, count=0)


def _changed(document: Document, findings: Sequence[Finding]) -> Mended:
    value, count = document.value, 0
    removals = 0
    for path, fix in _of_values(findings):
        found, old = _at(value, path)
        if found and same(old, fix.old):
            value = _with(value, path, fix)
            count += 1
            removals += isinstance(fix, Remove)
    try:
        done = parse(patch(document, value), document.file)
    except Unwritable:
        return Mended(document=document, count=0)
    # A comment goes only together with the field that it stands beside.
    lost = _comments(document) - _comments(done)
    if not same(done.value, value) or lost.total() > removals:
        return Mended(document=document, count=0)
    return Mended(document=done, count=count)


def _of_values(findings: Sequence[Finding]) -> Iterator[tuple[Path, Replace | Remove]]:
    """Each place once."""
    seen: set[Path] = set()
    for finding in findings:
        if isinstance(finding.fix, Replace | Remove) and finding.path not in seen:
            seen.add(finding.path)
            yield finding.path, finding.fix


def _comments(document: Document) -> Counter[str]:
    return Counter() if document.file.lower().endswith(".json") else Counter(comments(document.text))


def _at(value: JSON, path: Path) -> tuple[bool, JSON]:
    for name in path:
        if isinstance(value, dict) and name in value:
            value = value[str(name)]
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return False, None
    return True, value


def _with(value: JSON, path: Path, fix: Replace | Remove) -> JSON:
    """A copy of a value with a fix carried out at a path."""
    if not path:
        return fix.new if isinstance(fix, Replace) else value
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        gone = not rest and isinstance(fix, Remove)
        return {
            key: _with(item, rest, fix) if key == head else item
            for key, item in value.items()
            if not (gone and key == head)
        }
    if isinstance(value, list):
        return [_with(item, rest, fix) if index == head else item for index, item in enumerate(value)]
    return value
