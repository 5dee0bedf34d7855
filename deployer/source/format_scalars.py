"""One scalar in the canonical layout: its words stay as they are, only quotes and indentation change."""

from __future__ import annotations

import re

from deployer.source.regions import Style
from deployer.source.tree import Node

_BREAK = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(r"([|>])([-+]?)([1-9]?)([-+]?)[ \t]*(#.*)?")


def quotes(source: str) -> str:
    """Single quotes become double ones, where nothing between them would then need an escape."""
    if not source.startswith("'"):
        return source
    inner = source[1:-1].replace("''", "'")
    return f'"{inner}"' if inner.isprintable() and not {'"', "\\"} & set(inner) else source


def scalar_lines(node: Node, text: str, pad: int) -> list[str]:
    """The lines of a scalar. The first one stands beside its key or dash, the others from column `pad` on."""
    first, *more = _BREAK.split(text[node.at : node.end])
    if node.style in {Style.LITERAL, Style.FOLDED}:
        return _block(node, first, more, pad)
    if not more:
        return [quotes(first) if node.style is Style.SINGLE else first]
    # How far such a line is moved in is no part of the text, nor are blanks at its end: but for escaped ones.
    trimmed = [line.lstrip(" \t") for line in more]
    if node.style is not Style.DOUBLE:
        first, trimmed = first.rstrip(" \t"), [line.rstrip(" \t") for line in trimmed]
    return [first, *(f"{' ' * pad}{line}" if line else "" for line in trimmed)]


def _block(node: Node, header: str, lines: list[str], pad: int) -> list[str]:
    match = _HEADER.fullmatch(header.rstrip(" \t"))
    if match is None:
        raise ValueError(f"no block text starts with `{header}`")  # the parser's grammar forbids it
    style, left, digit, right, comment = match.groups()
    old = _indentation(node, lines)
    # A digit counts from the key or dash, which is two columns to the left of the text.
    head = f"{style}{'2' if digit else ''}{left or right}{'  ' + comment if comment else ''}"
    return [head, *(_moved(line, old, pad) for line in lines)]


def _indentation(node: Node, lines: list[str]) -> int:
    """The column at which the lines of a block text begin."""
    said = next((line for line in node.text.split("\n") if line.strip(" ")), "")
    filled = next((line for line in lines if line.strip(" ")), "")
    return (len(filled) - len(filled.lstrip(" "))) - (len(said) - len(said.lstrip(" ")))


def _moved(line: str, old: int, pad: int) -> str:
    content = line[old:] if not line[:old].strip(" ") else line.lstrip(" ")
    return f"{' ' * pad}{content}" if content else ""
