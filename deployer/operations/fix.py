"""Mends what needs no thought: quotes, spellings, leftovers, durations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deployer.finding import Finding, Severity
from deployer.lint.check import LintSettings, check
from deployer.lint.mending import mend
from deployer.lint.registry import documented_rules
from deployer.operations.rewrite import Rewrite
from deployer.operations.selection import Chosen
from deployer.operations.validate import settings_of
from deployer.record import record
from deployer.source.document import Document
from deployer.source.load import assemble
from deployer.source.project import Environment, Project

_MOST_ROUNDS = 20
"""One mend may show the next problem, and a file may hold more of one kind than are told at once."""


@record
class Fixed:
    """The chosen files as they are after all fixes; nothing is written yet."""

    chosen: Chosen
    rewrites: tuple[Rewrite, ...]
    """The files that change."""
    count: int
    """How many findings are mended."""


def fix(project: Project, environment: Environment | None, chosen: Chosen) -> Fixed:
    """Carry out every safe fix in the files that are meant."""
    settings = _settings(project)
    before = {document.file: document for document in chosen.documents}
    count = 0
    for _ in range(_MOST_ROUNDS):
        found = _findings(chosen, settings)
        mended = {document.file: mend(document, found.get(document.file, ())) for document in chosen.documents}
        if not any(item.count for item in mended.values()):
            break
        count += sum(item.count for item in mended.values())
        documents = tuple(
            mended[document.file].document if document.file in mended else document
            for document in chosen.loaded.documents
        )
        chosen = replace(chosen, loaded=assemble(project, environment, documents))
    rewrites = (_rewrite(before[document.file], document) for document in chosen.documents)
    return Fixed(chosen=chosen, rewrites=tuple(item for item in rewrites if item.changes), count=count)


def _rewrite(before: Document, after: Document) -> Rewrite:
    return Rewrite(file=after.file, before=before.text, after=after.text)


def _findings(chosen: Chosen, settings: LintSettings) -> Mapping[str, list[Finding]]:
    selected = {document.file for document in chosen.documents}
    found: dict[str, list[Finding]] = {}
    for finding in check(chosen.loaded.workflows, chosen.loaded.documents, settings=settings, selected=selected):
        found.setdefault(finding.file, []).append(finding)
    return found


def _settings(project: Project) -> LintSettings:
    """The project's rules. Those that are off unless somebody turns them on mend all the same."""
    settings = settings_of(project)
    tidy = {name: Severity.WARNING for name, rule in documented_rules().items() if rule.severity is Severity.OFF}
    return replace(settings, severities={**tidy, **settings.severities})
