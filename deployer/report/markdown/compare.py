"""Two environments side by side, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.operations.compare_environments import Comparison, Difference
from deployer.operations.diff import StepChange, sentences
from deployer.report.markdown.document import Block, Document, block, counted, table_block
from deployer.report.markdown.escape import code, prose, text
from deployer.report.markdown.steps import short_steps, steps

MOST_LINES = 12
"""Differences of one workflow in the shorter version."""


def document(found: Comparison) -> Document:
    """The report of `compare`."""
    left, right = text(found.left), text(found.right)
    differing = len(found.different) + len(found.only_left) + len(found.only_right)
    if differing:
        headline = f"**{counted(differing, 'workflow')} {'is' if differing == 1 else 'are'} not the same in {left} and "
        headline += f"{right}**, variables aside; {len(found.equal)} equal."
    else:
        headline = f"**{left} and {right} are the same**, variables aside: {counted(len(found.equal), 'workflow')}."
    return Document(
        blocks=(block([headline]), _table(found, left, right), *map(_difference, found.different)),
        changes=found.differing,
    )


def versions(left: str, right: str, changes: Sequence[StepChange]) -> Document:
    """Two versions of a definition, from the left one to the right one."""
    one, other = code(left), code(right)
    if not changes:
        return Document(blocks=(block([f"**{one} and {other} are the same.**"]),), changes=False)
    headline = f"**{counted(len(changes), 'difference')} between {one} and {other}.**"
    return Document(
        blocks=(block([headline]), block(steps(changes), short_steps(changes, MOST_LINES), [])), changes=True
    )


def _table(found: Comparison, left: str, right: str) -> Block:
    rows = [
        (f"{code(item.key, cell=True)}", _said(item), f"{item.left_version}, {item.right_version}")
        for item in found.different
    ]
    rows += [(code(key, cell=True), f"only in {left}", "") for key in found.only_left]
    rows += [(code(key, cell=True), f"only in {right}", "") for key in found.only_right]
    return table_block(("Workflow", f"From {left} to {right}", "Versions"), rows)


def _said(item: Difference) -> str:
    said = sentences(item.changes)
    more = f"; {len(said) - 3} more" if len(said) > 3 else ""
    return "; ".join(prose(sentence, cell=True) for sentence in said[:3]) + more


def _difference(item: Difference) -> Block:
    title = f"### `~` {code(item.key)}"
    return block([title, "", *steps(item.changes)], [title, "", *short_steps(item.changes, MOST_LINES)], [])
