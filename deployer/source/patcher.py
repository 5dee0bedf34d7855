"""The edits that make a text say another value, found by walking the old tree beside the new value.

Aliases are followed in the order of the text: an alias stays as long as what it names comes to say what
is wanted at the alias, and is written out where it does not, or where what it names is gone.
"""

from __future__ import annotations

import re
from dataclasses import replace

from deployer.finding import Path
from deployer.record import record
from deployer.source.edits import Edit, Page, same
from deployer.source.pairing import pair
from deployer.source.patch_block import rebuild_block
from deployer.source.patch_flow import FlowStyle, brace_of, flow, item_pad, rebuild_flow
from deployer.source.plan_entries import Fresh, Kept, with_added
from deployer.source.regions import Style
from deployer.source.restyle import header_comment, restyled
from deployer.source.tree import Kind, Node, Part
from deployer.source.writer import ANY, BODY, Layout, Role, block

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


class CannotPatch(Exception):  # a signal to `patch`, which has other ways
    """There is no smaller edit than the whole text."""


@record
class _Place:
    """Where a value stands, and what is around it."""

    path: Path = ()
    role: Role = BODY
    after: int = 0
    """Behind the colon or the dash."""
    column: int = -1
    """Of the key or the dash."""
    flow: bool = False
    """Inside brackets."""
    dash: int = 0
    """For an item: columns from the dash to its content. 0 for the value of a key."""
    lines: bool = True
    """Whether what stands beside it has lines of its own."""


class Patcher:
    """Makes the edits for one tree, once."""

    def __init__(
        self, text: str, root: Node, *, layout: Layout, style: FlowStyle, rewrite: frozenset[Path] = frozenset()
    ) -> None:
        """`rewrite` are paths whose values are written anew as a whole."""
        self._text = text
        self._page = Page(text)
        self._root = root
        self._layout = layout
        self._style = style
        self._rewrite = rewrite
        self._anchors: dict[str, object] = {}
        """What each anchor that is still there comes to stand for."""

    def edits(self, value: object) -> list[Edit]:
        """The edits to the text. Raises CannotPatch, and as `writer.write` does for what is not JSON."""
        place = _Place(flow=self._style.json, lines=self._style.step is not None)
        return self._node(self._root, value, place)

    def _node(self, node: Node, value: object, place: _Place) -> list[Edit]:
        if place.path in self._rewrite:
            edits = self._replaced(node, value, place)
        elif node.kind is Kind.ALIAS:
            stays = node.text in self._anchors and same(self._anchors[node.text], value)
            return [] if stays else self._replaced(node, value, place)
        else:
            known = dict(self._anchors)
            changed = self._changed(node, value, place)
            if changed is None:
                self._anchors = known  # what is written anew has no anchors
                changed = self._replaced(node, value, place)
            edits = changed
        if node.anchor:
            self._anchors[node.anchor] = value
        return edits

    def _changed(self, node: Node, value: object, place: _Place) -> list[Edit] | None:
        """The edits inside a node; None where it has to be replaced."""
        if node.entries and value and node.kind is Kind.MAPPING and isinstance(value, dict):
            return self._mapping(node, value, place)
        if node.entries and value and node.kind is Kind.LIST and isinstance(value, list):
            return self._list(node, value, place)
        return [] if same(node.value, value) else None

    def _mapping(self, node: Node, value: dict[str, object], place: _Place) -> list[Edit] | None:
        inside: dict[int, list[Edit]] = {}
        supplied: dict[str, object] = {}
        whole = True
        own = {str(part.name) for part in node.entries if not part.merge}
        for index, part in enumerate(node.entries):
            if part.merge:
                whole &= self._supply(supplied, part.node, node.value, own)
            elif part.name in value:
                name = str(part.name)
                inner = self._inner(node, part, place, place.role.of(value, name), name)
                inside[index] = self._node(part.node, value[name], inner)
        merging = whole and all(name in value for name in supplied)
        kept = [index for index, part in enumerate(node.entries) if index in inside or (part.merge and merging)]
        added = [
            name
            for name in value
            if name not in own and not (merging and name in supplied and same(supplied[name], value[name]))
        ]
        if not added and len(kept) == len(node.entries):
            return [edit for edits in inside.values() for edit in edits]
        if node.odd or not kept:
            return None
        plan = with_added(
            {str(node.entries[index].name): Kept(index=index, edits=tuple(inside.get(index, ()))) for index in kept},
            {name: self._fresh_pair(node, name, value, place) for name in added},
            value,
            place.role.order,
        )
        return self._rebuilt(node, plan, place)

    def _supply(self, supplied: dict[str, object], source: Node, value: object, own: set[str]) -> bool:
        """Note what a merge brings in from now on; False where an anchor that it names is gone."""
        whole = True
        for node in [part.node for part in source.entries] if source.kind is Kind.LIST else [source]:
            # What is written out beside the `<<` stays as it is.
            content = self._anchors.get(node.text) if node.kind is Kind.ALIAS else value
            whole &= node.kind is not Kind.ALIAS or node.text in self._anchors
            for name, item in content.items() if isinstance(content, dict) else ():
                if node.kind is Kind.ALIAS or name not in own:
                    supplied.setdefault(name, item)
        return whole

    def _list(self, node: Node, value: list[object], place: _Place) -> list[Edit] | None:
        old = node.value if isinstance(node.value, list) else []
        pairs = pair(old, value)
        role = place.role.item or ANY
        inside: dict[int, list[Edit]] = {}
        for index, item in zip(pairs, value, strict=True):
            # In the new order: what moves in front of an anchor can no longer name it.
            if index is not None:
                part = node.entries[index]
                inside[index] = self._node(part.node, item, self._inner(node, part, place, role, index))
        if pairs == list(range(len(node.entries))):
            return [edit for edits in inside.values() for edit in edits]
        if node.odd or not inside:
            return None
        plan = [
            self._fresh_item(node, item, role) if index is None else Kept(index=index, edits=tuple(inside[index]))
            for index, item in zip(pairs, value, strict=True)
        ]
        return self._rebuilt(node, plan, place)

    def _inner(self, node: Node, part: Part, place: _Place, role: Role, name: str | int) -> _Place:
        return _Place(
            path=(*place.path, name),
            role=role,
            after=part.after,
            column=self._page.column(part.start),
            flow=node.inline,
            dash=self._dash(part) if node.kind is Kind.LIST else 0,
            lines=node.inline and item_pad(self._text, node) is not None,
        )

    def _dash(self, part: Part) -> int:
        """From the dash to the content, as in this list."""
        start = part.node.start
        if part.node.end > part.after and self._page.line_start(start) == self._page.line_start(part.start):
            return start - part.start
        return 2

    def _rebuilt(self, node: Node, plan: list[Kept | Fresh], place: _Place) -> list[Edit] | None:
        if node.inline:
            edit = rebuild_flow(self._text, node, plan, self._style)
            return None if edit is None else [edit]
        floor = None if not place.path else self._page.next_line(place.after)
        return [rebuild_block(self._page, node, plan, floor)]

    def _fresh_pair(self, node: Node, name: str, value: dict[str, object], place: _Place) -> Fresh:
        if node.inline:
            head = flow(name, self._style, None)
            return Fresh(lines=(f"{head}{self._style.colon}{self._flow_beside(node, value[name])}",))
        role = place.role.of(value, name)
        column = self._page.column(node.entries[0].start)
        texts = block({name: value[name]}, column, layout=self._layout, role=Role(child=lambda _value, _key: role))
        return Fresh(lines=tuple(line for text in texts for line in text.split("\n")))

    def _fresh_item(self, node: Node, item: object, role: Role) -> Fresh:
        if node.inline:
            return Fresh(lines=(self._flow_beside(node, item),))
        column = self._page.column(node.entries[0].start)
        texts = block([item], column, layout=self._layout, role=Role(item=role))
        return Fresh(lines=tuple(line for text in texts for line in text.split("\n")))

    def _replaced(self, node: Node, value: object, place: _Place) -> list[Edit]:
        """A value written anew. Its anchor stays, its tag does not."""
        if place.flow:
            return [self._replaced_in_flow(node, value, place)]
        if not place.path:
            raise CannotPatch
        anchor = f"&{node.anchor}" if node.anchor else ""
        comment = header_comment(node, self._text) if node.inline else self._comment_beside(node, place)
        if isinstance(value, dict | list) and value:
            head, rest = self._block(value, place, beside=not anchor and not comment)
        else:
            head, *rest = restyled(
                node, value, self._text, column=place.column, step=place.dash or self._layout.step, flow=False
            ).split("\n")  # fmt: skip
        first = "".join(f" {piece}" for piece in (anchor, head) if piece)
        if not node.inline:
            end = self._page.below(node.end, place.column)
            return [Edit(place.after, end, self._page.eol.join((first + comment, *rest)))]
        below = self._page.line_end(node.end)
        lines = [Edit(below, below, "".join(f"{self._page.eol}{line}" for line in rest))] if rest else []
        if head and node.end > node.at and not node.tagged:
            return [Edit(node.at, node.end, head + comment), *lines]
        return [Edit(place.after, node.end, first + comment), *lines]

    def _flow_beside(self, node: Node, value: object) -> str:
        """A value among those of some brackets, and in their style."""
        return self._flow(value, item_pad(self._text, node), brace_of(self._text, node))

    def _flow(self, value: object, pad: str | None, brace: str | None = None) -> str:
        style = self._style if brace is None else replace(self._style, brace=brace)
        return flow(value, style, pad).replace("\n", self._page.eol)

    def _replaced_in_flow(self, node: Node, value: object, place: _Place) -> Edit:
        pad = None
        if place.lines:
            line = self._text[self._page.line_start(node.start) : node.start]
            pad = line[: len(line) - len(line.lstrip(" \t"))]
        scalar = not (isinstance(value, dict | list) and value) and not self._style.json
        text = restyled(node, value, self._text, column=0, step=2, flow=True) if scalar else self._flow(value, pad)
        if node.end == node.start:
            return Edit(node.start, node.end, f" {text}")
        if node.tagged:
            return Edit(node.start, node.end, f"&{node.anchor} {text}" if node.anchor else text)
        return Edit(node.at, node.end, text)

    def _block(self, value: dict[str, object] | list[object], place: _Place, *, beside: bool) -> tuple[str, list[str]]:
        """A list or mapping written anew: what stands beside the colon or dash, and the lines below."""
        layout = self._layout
        step = place.dash or (layout.step if isinstance(value, dict) else layout.dash)
        texts = block(value, place.column + step, layout=layout, role=place.role)
        lines = [line for text in texts for line in text.split("\n")]
        if place.dash and beside:
            # One blank of the dash's columns is the one that every value has before it.
            return lines[0][place.column + 2 :], lines[1:]
        return "", lines

    def _comment_beside(self, node: Node, place: _Place) -> str:
        """The comment behind the colon or the dash of a block."""
        end = min(self._page.line_end(place.after), node.at)
        match = _COMMENT.search(self._text, place.after, end)
        return match[0] if match else ""


def layout_of(page_text: str, root: Node) -> Layout:
    """How far a file moves things in, judged by its first nested mapping and its first list in one."""
    page = Page(page_text)
    step = dash = None
    waiting = [root]
    while waiting and (step is None or dash is None):
        node = waiting.pop()
        for part in node.entries:
            child = part.node
            told = node.kind is Kind.MAPPING and not node.inline and not node.odd and not child.odd
            if told and child.style is Style.BLOCK and child.entries:
                moved = page.column(child.entries[0].start) - page.column(part.start)
                if child.kind is Kind.MAPPING and step is None and 1 <= moved <= 8:
                    step = moved
                elif child.kind is Kind.LIST and dash is None and 0 <= moved <= 8:
                    dash = moved
        waiting.extend(part.node for part in reversed(node.entries))
    step = step or 2
    return Layout(step=step, dash=step if dash is None else dash)
