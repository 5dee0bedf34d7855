"""What an apply did, in Markdown: the sentence, and a table with every id and version."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.operations.applied import Applied, Result
from deployer.operations.diff import sentences
from deployer.operations.plan import Action
from deployer.report.markdown.document import Block, Document, block, counted, listed, table_block
from deployer.report.markdown.escape import code, named, prose, text
from deployer.report.markdown.plan import changed
from deployer.report.result import closing

_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DISABLE: "disabled", Action.DELETE: "deleted"}
Row = tuple[str, str, str, str, str]


def document(result: Result) -> Document:
    """The report of `apply`."""
    rows = list(_rows(result))
    written = {item.key for item in result.applied}
    return Document(
        blocks=(
            block([_headline(result)]),
            table_block(("", "Workflow", "What happened", "Version", "Id"), rows),
            *_remarks(result),
            *(part for change in result.plan.changes if change.key in written for part in changed(change)),
            block([f"{closing(result)} <sub>{_where(result)}</sub>"]),
        ),
        changes=bool(rows),
    )


def _headline(result: Result) -> str:
    where = text(result.plan.environment)
    done, left = len(result.applied), _left(result)
    if not done and not left:
        return f"**Nothing was to change in {where}.**"
    deployed = f"{counted(done, 'change')} {'is' if done == 1 else 'are'} live in {where}" if done else (
        f"nothing was changed in {where}"
    )  # fmt: skip
    if not left:
        return f"**✅ Deployed: {deployed}.**"
    return f"**❌ {deployed[0].upper()}{deployed[1:]}; {listed(left)}.**"


def _left(result: Result) -> list[str]:
    counts = (
        (len(result.failed), "failed"),
        (len(result.not_attempted), "not attempted"),
        (len(result.not_approved), "not approved"),
        (len(result.plan.refused), "refused"),
    )
    said = [f"{count} {word}" for count, word in counts if count]
    return [*said, "interrupted"] if result.interrupted else said


def _rows(result: Result) -> Iterator[Row]:
    for item in result.applied:
        versions = f"{item.old_version} → {item.new_version}" if item.old_version else str(item.new_version or "")
        name = f"<br>{named(item.name)}" if item.name and item.name != item.key else ""
        yield "✅", f"{code(item.key, cell=True)}{name}", _DONE[item.action], versions, code(item.id, cell=True)
    for failed in result.failed:
        said = f"{failed.action}: {prose(failed.message, cell=True)}"
        hint = f"<br>{prose(failed.hint, cell=True)}" if failed.hint else ""
        yield _row("❌", failed.key, said + hint, failed.version, failed.id)
    for left in result.not_attempted:
        said = f"{left.action}: not attempted: {prose(left.reason, cell=True)}"
        yield _row("⏭️", left.key, said, left.version, left.id)
    for change in result.not_approved:
        yield _row("⛔", change.key, f"{change.action}: not approved by the saved plan", change.base, change.id)
    for change in result.plan.refused:
        if change.refusal is not None:
            said = f"refused: {prose(change.refusal.message, cell=True)}<br>{prose(change.refusal.hint, cell=True)}"
            yield _row("⚠️", change.key, said, change.base, change.id)


def _row(sign: str, key: str, said: str, version: int | None, identifier: str | None) -> Row:
    shown = code(identifier, cell=True) if identifier else ""
    return sign, code(key, cell=True), said, "" if version is None else str(version), shown


def _remarks(result: Result) -> Iterator[Block]:
    lines = [line for item in result.applied for line in _lost(item)]
    lines += [f"- ❌ {code(item.key)}: {prose(item.message)}" for item in result.settled if item.lost]
    lines += [f"- {code(item.key)}: {prose(note)}" for item in result.applied for note in item.notes]
    lines += [f"- ⚠️ {prose(warning)}" for warning in result.warnings]
    if lines:
        yield block(lines)


def _lost(item: Applied) -> Iterator[str]:
    for lost in item.lost:
        yield (f"- ❌ {code(item.key)}: lost update: version {lost.version} was somebody else's and is replaced; "
               "the server keeps it")  # fmt: skip
        yield from (f"  - it had changed: {prose(sentence)}" for sentence in sentences(lost.changes))


def _where(result: Result) -> str:
    plan = result.plan
    commit = f", commit {code(plan.commit[:12])}" if plan.commit else ""
    return f"Environment {text(plan.environment)}, account {code(plan.account)} on {code(plan.host)}{commit}"
