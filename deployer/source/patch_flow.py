"""Lists and mappings in brackets: rendered, and put together anew from their old pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from deployer.record import record
from deployer.source import writer
from deployer.source.edits import Edit, apply
from deployer.source.plan_entries import Fresh, Kept
from deployer.source.restyle import flow_text
from deployer.source.tree import Kind, Node

_SEPARATOR = re.compile(r"[ \t]*,((?:[ \t]+#[^\r\n]*)?)(\s(?:.*)|)", re.DOTALL)
_CLOSING = re.compile(r"(,?)((?:[ \t]+#[^\r\n]*)?)(\s(?:.*)|)", re.DOTALL)
_LAST_LINE = re.compile(r"(?:\r\n|\r|\n)[ \t]*\Z")
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*\Z")


@record
class FlowStyle:
    """How brackets are written in a file."""

    json: bool = False
    ascii: bool = False
    """Whether JSON strings escape what is not ASCII."""
    colon: str = ": "
    comma: str = ", "
    brace: str = ""
    """What stands between braces and content on one line."""
    step: str | None = None
    """What JSON moves a level in by; None where it is on one line."""


def flow_style(text: str, root: Node, *, json_file: bool) -> FlowStyle:
    """The style that a file has, judged by the first brackets in it."""
    if not json_file:
        found = (brace_of(text, node) for node in _walk(root))
        return FlowStyle(brace=next((brace for brace in found if brace is not None), ""))
    escaped = text.isascii() and "\\u" in text
    if not root.entries:
        return FlowStyle(json=True, ascii=escaped, step="  ")
    part = root.entries[0]
    lead = text[root.at + 1 : part.start]
    colon = _COLON.search(text[part.start : part.after])
    separator = _between(text, root, 1)
    gap = separator[1] if separator is not None and len(root.entries) > 1 else " "
    step = None if _LAST_LINE.search(lead) is None else lead[len(lead.rstrip(" \t")) :]
    return FlowStyle(
        json=True,
        ascii=escaped,
        colon=colon[0] if colon else ": ",
        comma=", " if gap else ",",
        brace=lead if step is None else "",
        step=step,
    )


def flow(value: object, style: FlowStyle, pad: str | None) -> str:
    """A value as it stands in brackets. With `pad` JSON spreads over lines, the last one starting with it.

    Raises ValueError and TypeError for what JSON does not have.
    """
    if style.json:
        separators = (style.comma if pad is None or style.step is None else ",", style.colon)
        indent = style.step if pad is not None else None
        text = json.dumps(value, ensure_ascii=style.ascii, allow_nan=False, indent=indent, separators=separators)
        return text.replace("\n", f"\n{pad}") if pad else text
    if isinstance(value, Mapping) and value:
        inside = ", ".join(f"{flow_text(key)}: {flow(item, style, None)}" for key, item in value.items())
        return f"{{{style.brace}{inside}{style.brace}}}"
    if isinstance(value, list) and value:
        return f"[{', '.join(flow(item, style, None) for item in value)}]"
    return flow_text(value) if isinstance(value, str) else writer.scalar(value)


def brace_of(text: str, node: Node) -> str | None:
    """What stands between the braces of a mapping and its content on one line; None where it does not tell."""
    if node.odd or not node.inline or not node.entries or node.kind is not Kind.MAPPING:
        return None
    lead = text[node.at + 1 : node.entries[0].start]
    return None if lead.strip(" \t") else lead


def item_pad(text: str, node: Node) -> str | None:
    """The blanks before each item where the items of brackets have lines of their own, else None."""
    lead = _LAST_LINE.search(text[node.at + 1 : node.entries[0].start])
    return lead[0].lstrip("\r\n") if lead else None


def rebuild_flow(text: str, node: Node, plan: Sequence[Kept | Fresh], style: FlowStyle) -> Edit | None:
    """The edit that makes brackets hold what is planned; None where comments stand in the way."""
    entries = node.entries
    between = [_between(text, node, number) for number in range(1, len(entries))]
    closing = _CLOSING.fullmatch(text, entries[-1].node.end, node.end - 1)
    if closing is None or None in between:
        return None
    found = [item for item in between if item is not None]
    first_lead = text[node.at + 1 : entries[0].start]
    leads = [first_lead, *(lead for _, lead in found)]
    trails = [*(trail for trail, _ in found), closing[2]]
    usual = _bare(leads[1] if len(leads) > 1 else first_lead if _LAST_LINE.search(first_lead) else style.comma[1:])
    pieces = [text[node.at]]
    for number, item in enumerate(plan):
        kept = isinstance(item, Kept)
        own = leads[item.index] if isinstance(item, Kept) else ""
        if number == 0:
            pieces.append(own if kept and ("#" in own or own == first_lead) else _bare(first_lead))
        else:
            pieces.append(own if isinstance(item, Kept) and item.index > 0 else usual)
        if isinstance(item, Kept):
            part = entries[item.index]
            pieces.append(apply(text, item.edits, part.start, part.node.end))
        else:
            pieces.append(item.lines[0])
        pieces.append("," if number + 1 < len(plan) else closing[1])
        pieces.append(trails[item.index] if isinstance(item, Kept) else "")
    pieces += (closing[3], text[node.end - 1])
    return Edit(node.at, node.end, "".join(pieces))


def _between(text: str, node: Node, number: int) -> tuple[str, str] | None:
    """The comment beside an item's comma, and what leads to the next item."""
    if number >= len(node.entries):
        return None
    left, right = node.entries[number - 1], node.entries[number]
    match = _SEPARATOR.fullmatch(text, left.node.end, right.start)
    return (match[1], match[2]) if match else None


def _bare(lead: str) -> str:
    """What leads to an item, without comments and blank lines."""
    last = _LAST_LINE.search(lead)
    return last[0] if last else lead


def _walk(root: Node) -> list[Node]:
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(part.node for part in reversed(node.entries))
    return found
