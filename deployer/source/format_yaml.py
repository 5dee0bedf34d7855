"""A YAML text in the one canonical layout.

Two columns a level, lists moved in below their key, `{ a: b }` and `[a, b]` where they fit on a line and
blocks where they do not, known keys in the documentation's order, double quotes, two blanks before a
comment beside a value, at most one blank line in a row. A comment goes where the value goes that it
speaks of: the one beside it, or the one below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deployer.source.format_gaps import Gap, Remark, column_of, last_leaf, open_blocks, read_gap, shared_out
from deployer.source.format_scalars import quotes, scalar_lines
from deployer.source.tree import Kind, Node, Part
from deployer.source.writer import BODY, Role

MAX_WIDTH = 120
"""Columns of a line with brackets; where it would be longer they become a block."""

_START = re.compile(r"---(?=[ \t\r\n]|\Z)")
_BREAK = re.compile(r"\r\n|\r|\n")


class CannotFormat(Exception):  # not an error of the program: the file is left as it is
    """The file is written in a way that the canonical layout does not know."""


def format_yaml(text: str, root: Node, *, ordered: bool) -> str:
    """The text in canonical layout. Raises CannotFormat.

    `ordered` puts known keys into their documented order; without it every key stays where it is.
    """
    if root.kind is not Kind.MAPPING or not root.entries or root.anchor or root.tagged:
        raise CannotFormat("it holds no plain mapping")
    tail = text[root.end :]
    if re.search(r"^\.\.\.", tail, re.MULTILINE):
        raise CannotFormat("`...` ends it")
    writer = _Writer(text=text, ordered=ordered)
    lines = [*_head(text[: root.at]), *writer.whole(root, read_gap(text, root.end, len(text)))]
    return "\n".join(lines) + "\n"


def _head(text: str) -> list[str]:
    """Comments and `---` above the first key."""
    *above, before = _BREAK.split(text)
    lines: list[str] = []
    for line in (*above, *([before] if before.strip(" \t") else [])):
        said = line.strip(" \t")
        start = _START.match(said)
        comment = said[start.end() :].strip(" \t") if start else said
        if comment and not comment.startswith("#"):
            raise CannotFormat("something stands above the workflow")
        if start:
            lines.append(_commented("---", comment))
        elif comment or (lines and lines[-1]):
            lines.append(comment)
    return lines


@dataclass(slots=True, kw_only=True)
class _Writer:
    text: str
    ordered: bool
    beside: dict[int, str] = field(default_factory=dict)
    """Comments at the ends of lines, by the identity of the value there."""
    hanging: dict[int, list[Remark]] = field(default_factory=dict)
    """Comments below the last part of a block, by the identity of the block."""

    def whole(self, root: Node, tail: Gap) -> list[str]:
        below = self.share(tail, root, root)
        lines = self.converted(root, 0, BODY) if root.inline else self.block(root, 0, BODY, ())
        return [*lines, *_without_blanks_at_the_end(_remarks(below, 0))]

    def share(self, gap: Gap, block: Node, node: Node) -> list[Remark]:
        """Note what of a gap belongs to the value above it, `node` within `block`; the rest of its lines."""
        if gap.beside:
            self.beside[id(last_leaf(node))] = gap.beside
        blocks = open_blocks(node)
        if not blocks or blocks[0] is not block:
            blocks = [block, *blocks]
        rest: list[Remark] = []
        for level, remark in shared_out(gap.remarks, [column_of(self.text, item) for item in blocks]):
            target = self.hanging.setdefault(id(blocks[level]), []) if level else rest
            target.append(remark)
        return rest

    # Blocks: each of their parts is some lines

    def block(self, node: Node, pad: int, role: Role, above: Sequence[Remark]) -> list[str]:
        """A list or mapping in lines that start at column `pad`; `above` stands between its key and its first part."""
        return self.parts(node, pad, role, above, ())

    def converted(self, node: Node, pad: int, role: Role) -> list[str]:
        """A list or mapping in brackets, as a block."""
        above = read_gap(self.text, node.at + 1, node.entries[0].start)
        below = read_gap(self.text, node.entries[-1].node.end, node.end - 1)
        if below.beside:
            self.beside[id(last_leaf(node.entries[-1].node))] = below.beside
        return self.parts(node, pad, role, above.comments, below.remarks)

    def parts(self, node: Node, pad: int, role: Role, above: Sequence[Remark], below: Sequence[Remark]) -> list[str]:
        if node.odd:
            raise CannotFormat("a key is written in a way that cannot be moved")
        groups: list[tuple[Part, list[str]]] = []
        for index, part in enumerate(node.entries):
            following = node.entries[index + 1].start if index + 1 < len(node.entries) else None
            gap = read_gap(self.text, part.node.end, following) if following is not None else Gap()
            rest = self.share(gap, node, part.node)
            groups.append((part, [*_remarks(above, pad), *self.part(node, part, pad, role)]))
            above = rest
        groups[-1][1].extend(_remarks([*self.hanging.pop(id(node), []), *below], pad))
        lines = [line for _, group in self.in_order(node, role, groups) for line in group]
        return lines[next(number for number, line in enumerate(lines) if line) :]

    def in_order(self, node: Node, role: Role, groups: list[tuple[Part, list[str]]]) -> list[tuple[Part, list[str]]]:
        if not self.ordered or not role.order or any(part.merge for part in node.entries):
            return groups
        rank = {name: number for number, name in enumerate(role.order)}
        return sorted(groups, key=lambda group: rank.get(str(group[0].name), len(rank)))

    def part(self, node: Node, part: Part, pad: int, role: Role) -> list[str]:
        if node.kind is Kind.LIST:
            return self.item(part, pad, role.item or Role())
        known = node.value if isinstance(node.value, Mapping) else {}
        return self.pair(part, pad, role.of(known, str(part.name)))

    def pair(self, part: Part, pad: int, role: Role) -> list[str]:
        head = f"{' ' * pad}{self.key(part)}"
        gap = read_gap(self.text, part.after, part.node.at)
        block = self.as_block(part.node, head, gap, pad + 2, role)
        if block is None:
            # A comment between a key and a value beside it stands above both.
            return [*_remarks(gap.comments, pad), *self.inline(part.node, _joined(head, gap.properties), pad + 2)]
        beside, *more = [*self.beside_block(part.node, gap), ""]
        above = [f"{' ' * pad}{comment}" for comment in more if comment]
        return [*above, _commented(_joined(head, gap.properties), beside), *block]

    def item(self, part: Part, pad: int, role: Role) -> list[str]:
        head = f"{' ' * pad}-"
        gap = read_gap(self.text, part.after, part.node.at)
        block = self.as_block(part.node, head, gap, pad + 2, role)
        if block is None:
            return [*_remarks(gap.comments, pad), *self.inline(part.node, _joined(head, gap.properties), pad + 2)]
        own = [f"{' ' * pad}{comment}" for comment in self.beside_block(part.node, gap)]
        if gap.properties:
            return [*own, _joined(head, gap.properties), *block]
        # Comments above the first key stand above the dash.
        first = next(number for number, line in enumerate(block) if line and not line.lstrip(" ").startswith("#"))
        lead = [line[2:] for line in block[:first]]
        return [*own, *lead, f"{head} {block[first][pad + 2 :]}", *block[first + 1 :]]

    def key(self, part: Part) -> str:
        """A key and its colon."""
        written = self.text[part.start : part.after].removesuffix(":").rstrip(" \t")
        return f"{quotes(written)}:"

    def beside_block(self, node: Node, gap: Gap) -> list[str]:
        """The comments in the line of the key or dash, and behind the closing bracket."""
        return [comment for comment in (gap.beside, self.beside.pop(id(node), "")) if comment]

    def as_block(self, node: Node, head: str, gap: Gap, pad: int, role: Role) -> list[str] | None:
        """A value in lines of its own; None for one that stands beside its key or dash."""
        if not node.entries:
            return None
        if not node.inline:
            return self.block(node, pad, role, gap.remarks)
        if not _BREAK.search(self.text, node.at, node.end):
            length = len(_joined(head, gap.properties)) + 1 + len(self.flow(node))
            if length <= MAX_WIDTH or id(node) in self.beside or node.odd:
                return None
        return [*_remarks(gap.remarks, pad), *self.converted(node, pad, role)]

    def inline(self, node: Node, head: str, pad: int) -> list[str]:
        """A value that starts beside its key or dash."""
        if node.entries:
            lines = [self.flow(node)]
        elif node.kind in {Kind.MAPPING, Kind.LIST}:
            lines = [self.empty(node)]
        else:
            lines = scalar_lines(node, self.text, pad)
        lines[0] = _joined(head, lines[0])
        lines[-1] = _commented(lines[-1], self.beside.pop(id(node), ""))
        return lines

    def empty(self, node: Node) -> str:
        if read_gap(self.text, node.at + 1, node.end - 1).comments:
            raise CannotFormat("a comment stands within empty brackets")
        return "{}" if node.kind is Kind.MAPPING else "[]"

    # Brackets on one line

    def flow(self, node: Node) -> str:
        """A value within brackets, or brackets, on one line as they are already."""
        source = self.text[node.at : node.end]
        if not node.entries and node.kind in {Kind.MAPPING, Kind.LIST}:
            return self.empty(node)
        if not node.entries or node.odd:
            return quotes(source)
        if node.kind is Kind.LIST:
            return f"[{', '.join(self.flow_value(part.node, part.node.start) for part in node.entries)}]"
        pairs = (_joined(self.key(part), self.flow_value(part.node, part.after)) for part in node.entries)
        return f"{{ {', '.join(pairs)} }}"

    def flow_value(self, node: Node, start: int) -> str:
        return _joined(read_gap(self.text, start, node.at).properties, self.flow(node))


def _remarks(remarks: Sequence[Remark], pad: int) -> list[str]:
    lines: list[str] = []
    for remark in remarks:
        if remark.text:
            lines.append(f"{' ' * pad}{remark.text}")
        elif not lines or lines[-1]:
            lines.append("")
    return lines


def _without_blanks_at_the_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def _joined(left: str, right: str) -> str:
    return f"{left} {right}" if left and right else left or right


def _commented(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line
