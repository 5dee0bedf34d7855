"""Drift in Markdown: what moved on the server since the last apply."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.operations.diff import sentences
from deployer.operations.drift import Report, Stand, Standing
from deployer.report.markdown.document import Block, Document, block, counted, table_block
from deployer.report.markdown.escape import code, named, prose, text
from deployer.report.markdown.steps import short_steps, steps

MOST_LINES = 12
"""Differences of one workflow in the shorter version."""


def document(found: Report) -> Document:
    """The report of `drift`."""
    return Document(
        blocks=(
            block([_headline(found)]),
            _table(found),
            *(part for stand in found.drifted for part in _stand(stand)),
            *([block(f"- ⚠️ {prose(warning)}" for warning in found.warnings)] if found.warnings else []),
            block([f"<sub>{_where(found)}</sub>"]),
        ),
        changes=bool(found.drifted),
    )  # fmt: skip


def _headline(found: Report) -> str:
    count, where = len(found.drifted), text(found.environment)
    if not count:
        return f"**Nobody changed {where} since the last apply:** {counted(len(found.stands), 'workflow')} as deployed."
    verb = "is" if count == 1 else "are"
    return f"**{counted(count, 'workflow')} {verb} not as deployed in {where}:** somebody changed the server."


def _table(found: Report) -> Block:
    rows = [
        (code(stand.key, cell=True), _what(stand), _versions(stand), f"{code(_remedy(stand), cell=True)}")
        for stand in found.drifted
    ]
    return table_block(("Workflow", "What happened", "Version", "What to do"), rows)


def _what(stand: Stand) -> str:
    if stand.standing is Standing.GONE:
        return "was deleted on the server"
    said = sentences(stand.changes)
    more = f"; {len(said) - 3} more" if len(said) > 3 else ""
    return "; ".join(prose(sentence, cell=True) for sentence in said[:3]) + more or "its content is another one"


def _versions(stand: Stand) -> str:
    return f"{stand.applied_version} → {stand.version}" if stand.version is not None else str(stand.applied_version)


def _remedy(stand: Stand) -> str:
    verb = "forget" if stand.standing is Standing.GONE else "pull"
    return f"deployer {verb} {stand.key}"


def _stand(stand: Stand) -> Iterator[Block]:
    if stand.changes:
        title = f"### `~` {code(stand.key)}"
        about = f"{named(stand.name)} · {text(stand.status)}"
        yield block([title, "", about, "", *steps(stand.changes)],
                    [title, "", *short_steps(stand.changes, MOST_LINES)], [])  # fmt: skip


def _where(found: Report) -> str:
    unmanaged = f", {counted(len(found.unmanaged), 'definition')} without a file" if found.unmanaged else ""
    return (
        f"Environment {text(found.environment)}, account {code(found.account)} on {code(found.host)}, "
        f"{counted(len(found.stands), 'workflow')} looked at{unmanaged}"
    )
