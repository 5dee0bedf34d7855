"""A document as its text has it: anchors, aliases, merges, dashes and colons, each at its place.

Regions say where values stand; whoever changes a file also needs to know what stands between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode

from deployer.source.json_reader import json_regions
from deployer.source.regions import Region, Style
from deployer.source.yaml_nodes import content

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_STYLES = {"'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}
_PROPERTIES = re.compile(r"(?:(?:&[^\s,\[\]{}]*|!<[^>\s]*>|![^\s,\[\]{}]*)(?:\s+|#[^\r\n]*)*)*")
_COLON = re.compile(r"[ \t]*:")
_DASH = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*|^#[^\r\n]*)*-")
_KEEPS = re.compile(r"[|>](?:\+|[1-9]\+)")
_EXPLICIT = re.compile(r"\?[ \t]+\Z")
_LAST_BREAK = re.compile(r"(?:\r\n|\r|\n)[ ]*\Z")


class Kind(Enum):
    """What a node is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    LIST = "list"
    ALIAS = "alias"


@dataclass(slots=True, kw_only=True)
class Node:
    """A key or a value as it is written."""

    kind: Kind
    start: int
    """With anchor and tag."""
    at: int
    """Without them."""
    end: int
    """Before what follows the value itself: trailing blanks, comments, and blank lines that are no content."""
    style: Style
    text: str = ""
    """What a scalar decodes to; the anchor that an alias names."""
    anchor: str | None = None
    tagged: bool = False
    entries: list[Part] = field(default_factory=list)
    odd: bool = False
    """A mapping written in a way that its keys cannot be changed one by one."""
    value: object = None
    """The plain data that it stands for."""

    @property
    def inline(self) -> bool:
        """Whether it stands beside what it belongs to, and not in lines of its own below."""
        return self.style is not Style.BLOCK


@dataclass(slots=True, kw_only=True)
class Part:
    """One key and value, or one item."""

    name: str | int
    start: int
    """Where the key or the dash stands; in brackets, where the item does."""
    after: int
    """Behind the colon or the dash; in brackets, where the item starts."""
    node: Node
    merge: bool = False
    """Whether it is `<<`."""


class _Stream(Protocol):
    def __call__(self) -> Event: ...


def yaml_tree(text: str, value: object) -> Node:
    """The tree of a YAML text that has been read as `value`. Raises yaml.YAMLError where there is none."""
    events: Iterator[Event] = yaml.parse(text, Loader=_LOADER)
    wanted = (NodeEvent, MappingEndEvent, SequenceEndEvent)
    root = _Builder(text, (event for event in events if isinstance(event, wanted)).__next__).node()
    _attach(root, value)
    return root


def json_tree(text: str, value: object) -> Node | None:
    """The tree of a JSON text that has been read as `value`; None where there is none."""
    region = json_regions(text)
    if region is None:
        return None
    root = _from_region(region, text)
    _attach(root, value)
    return root


class _Builder:
    def __init__(self, text: str, following: _Stream) -> None:
        self._text = text
        self._next = following

    def node(self) -> Node:
        return self._of(self._next())

    def _of(self, event: Event) -> Node:
        start, end = _start(event), _end(event)
        if isinstance(event, AliasEvent):
            return Node(kind=Kind.ALIAS, start=start, at=start, end=end, style=Style.PLAIN, text=str(event.anchor))
        at = self._content(start, end)
        if isinstance(event, ScalarEvent):
            node = self._scalar(event, start)
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(start, at, flow=bool(event.flow_style))
        elif isinstance(event, SequenceStartEvent):
            node = self._list(start, at, flow=bool(event.flow_style))
        else:
            raise TypeError(f"no node starts with {type(event).__name__}")  # the parser's grammar forbids it
        node.anchor, node.tagged = event.anchor, self._text[start : node.at].find("!") >= 0
        return node

    def _content(self, start: int, end: int) -> int:
        match = _PROPERTIES.match(self._text, start, max(start, end))
        return match.end() if match else start

    def _scalar(self, event: ScalarEvent, start: int) -> Node:
        # The types of PyYAML's two parsers are not related, though their marks are alike.
        at, end = content(ScalarNode("", event.value, event.start_mark, event.end_mark, event.style), self._text)  # type: ignore[arg-type]
        style = _STYLES.get(event.style or "", Style.PLAIN)
        if _KEEPS.match(self._text, at) and style in {Style.LITERAL, Style.FOLDED}:
            # The blank lines below are content, but for the break before what comes next.
            end = _end(event)
            last = _LAST_BREAK.search(self._text, at, end)
            end = last.start() if last else end
        return Node(kind=Kind.SCALAR, start=start, at=at, end=end, style=style, text=event.value)

    def _mapping(self, start: int, at: int, *, flow: bool) -> Node:
        node = Node(kind=Kind.MAPPING, start=start, at=at, end=at, style=Style.FLOW if flow else Style.BLOCK)
        node.odd = flow and not self._text.startswith("{", at)
        names: set[str | int] = set()
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._of(event)
            part = self._pair(key, self.node(), node)
            node.odd |= part.name in names
            names.add(part.name)
            node.entries.append(part)
        if flow:
            node.end = _end(event)
        elif node.entries:
            node.at, node.end = node.entries[0].start, node.entries[-1].node.end
        if node.kind is Kind.MAPPING and flow and self._text.startswith("{{", at):
            node.kind, node.entries = Kind.SCALAR, []  # an expression without quotes: read as the text
        return node

    def _pair(self, key: Node, value: Node, mapping: Node) -> Part:
        colon = _COLON.match(self._text, key.end)
        name = key.text if key.kind is Kind.SCALAR else self._text[key.at : key.end]
        merge = key.kind is Kind.SCALAR and name == "<<" and key.style is Style.PLAIN and not key.tagged
        if colon is None or key.anchor or key.tagged or key.kind is not Kind.SCALAR:
            mapping.odd = True
        after = colon.end() if colon else key.end
        if _EXPLICIT.search(self._text, max(0, key.start - 100), key.start):
            mapping.odd = True
        _settle(value, after)
        return Part(name=name, start=key.start, after=after, node=value, merge=merge)

    def _list(self, start: int, at: int, *, flow: bool) -> Node:
        node = Node(kind=Kind.LIST, start=start, at=at, end=at, style=Style.FLOW if flow else Style.BLOCK)
        end = at
        while not isinstance(event := self._next(), SequenceEndEvent):
            item = self._of(event)
            begin = after = item.start
            if not flow:
                dash = _DASH.match(self._text, end)
                after = dash.end() if dash else item.start
                begin = after - 1
                node.odd |= dash is None
                _settle(item, after)
            node.entries.append(Part(name=len(node.entries), start=begin, after=after, node=item))
            end = item.end
        if flow:
            node.end = _end(event)
        elif node.entries:
            node.at, node.end = node.entries[0].start, end
        return node


def _start(event: Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.index


def _end(event: Event) -> int:
    return 0 if event.end_mark is None else event.end_mark.index


def _settle(value: Node, after: int) -> None:
    """Put a value that is not written at all right behind its colon or dash."""
    if value.start == value.end:
        value.start = value.at = value.end = after


def _from_region(region: Region, text: str) -> Node:
    mapping = region.style is Style.FLOW and text.startswith("{", region.start)
    node = Node(
        kind=Kind.MAPPING if mapping else Kind.LIST if region.style is Style.FLOW else Kind.SCALAR,
        start=region.start, at=region.start, end=region.end, style=region.style, text=region.text or "",
    )  # fmt: skip
    for name, entry in region.entries.items():
        value = _from_region(entry.value, text)
        start = entry.key.start if entry.key is not None else value.start
        node.entries.append(Part(name=name, start=start, after=value.start, node=value))
    return node


def _attach(node: Node, value: object) -> None:
    """Give each node the plain data that it stands for. Merges stand for no value of their own."""
    node.value = value
    if node.kind is Kind.MAPPING and isinstance(value, dict):
        for part in node.entries:
            if not part.merge:
                _attach(part.node, value.get(str(part.name)))
    elif node.kind is Kind.LIST and isinstance(value, list):
        for part, item in zip(node.entries, value, strict=True):
            _attach(part.node, item)
