"""A new text in the style of the old one, so that a change of words shows as a change of words."""

from __future__ import annotations

import re

from deployer.source import writer
from deployer.source.edits import split_lines
from deployer.source.regions import Style
from deployer.source.tree import Kind, Node

_HEADER_COMMENT = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)")
_BREAKABLE = re.compile(r"(?<=\S) (?=\S)")
_NARROW = 40
"""Folded text is not wrapped to less than this, however narrow it was."""
_IN_FLOW = frozenset(",[]{}")


def restyled(node: Node, value: object, source: str, *, column: int, step: int, flow: bool) -> str:
    """A scalar, `{}` or `[]` as it is written in the place of `node`; lines of a block text are parted by LF.

    `column` is that of the key or dash, `step` what the lines of a text are moved in from there when the
    old ones do not tell. In brackets (`flow`) everything is on one line.
    """
    if not isinstance(value, str):
        return writer.scalar(value)
    style = node.style if node.kind is Kind.SCALAR and isinstance(node.value, str) else Style.PLAIN
    if style is Style.SINGLE and "\n" not in value and (text := writer.single_quoted(value)):
        return text
    if style is Style.DOUBLE and (flow or "\n" not in value or "\n" in node.text):
        return writer.double_quoted(value)
    if flow:
        return flow_text(value)
    if style in {Style.LITERAL, Style.FOLDED}:
        block = _block(node, value, source, column)
        if block is not None:
            return block
    if "\n" in value and (text := writer.literal(value, column + step, step, keep=False)):
        return text
    return writer.one_line(value)


def flow_text(text: str) -> str:
    """A string inside brackets, where a plain one cannot have brackets and commas."""
    if writer.is_plain(text) and not _IN_FLOW.isdisjoint(text):
        return writer.double_quoted(text)
    return writer.one_line(text)


def header_comment(node: Node, source: str) -> str:
    """The comment beside the `|` or `>` of a block text, with the blanks before it."""
    if node.style not in {Style.LITERAL, Style.FOLDED}:
        return ""
    match = _HEADER_COMMENT.match(source, node.at)
    return match[1] if match else ""


def _block(node: Node, value: str, source: str, column: int) -> str | None:
    lines = [line.rstrip("\r\n") for line in split_lines(source[node.at : node.end])]
    filled = next((line for line in lines[1:] if line.strip(" ")), "")
    first = next((line for line in node.text.split("\n") if line.strip(" ")), "")
    pad = (len(filled) - len(filled.lstrip(" "))) - (len(first) - len(first.lstrip(" ")))
    if not 1 <= pad - column <= 9:
        return None
    keep = "+" in lines[0].split("#")[0]
    # Who already had blanks that nobody sees keeps them.
    visible = writer.literal(node.text, pad, pad - column, keep=keep) is not None
    text = writer.literal(value, pad, pad - column, keep=keep, visible=visible)
    return _folded(text, value, lines[1:], pad) if text is not None and node.style is Style.FOLDED else text


def _folded(literal: str, value: str, old: list[str], pad: int) -> str:
    """The literal block as a folded one. Paragraphs that stay keep their lines.

    Lines that start with a blank do not fold: such a text stays literal.
    """
    paragraphs = value.rstrip("\n").split("\n")
    if any(line[:1].isspace() for line in paragraphs):
        return literal
    known = _paragraphs(old)
    width = max([_NARROW, *(len(line) - pad for line in old)])
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        if number:
            lines.append("")
        if paragraph:
            lines += known.get(paragraph) or _wrapped(paragraph, width)
    header = ">" + literal.split("\n", 1)[0][1:]
    breaks = len(value) - len(value.rstrip("\n"))
    return "\n".join([header, *(f"{' ' * pad}{line}" if line else "" for line in lines)]) + "\n" * max(breaks - 1, 0)


def _paragraphs(lines: list[str]) -> dict[str, list[str]]:
    """Lines that were folded to one, by what they became."""
    found: dict[str, list[str]] = {}
    group: list[str] = []
    for line in [*(line.strip(" ") for line in lines), ""]:
        if line:
            group.append(line)
        elif group:
            found[" ".join(group)] = group
            group = []
    return found


def _wrapped(paragraph: str, width: int) -> list[str]:
    """A paragraph in lines of at most `width`, broken only where folding gives the one blank back."""
    lines: list[str] = []
    for word in _BREAKABLE.split(paragraph):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
