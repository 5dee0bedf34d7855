"""Questions about one node that PyYAML composed: what it is, and which characters are its own."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.regex import regex

STR_TAG = "tag:yaml.org,2002:str"

_PROPERTY = regex(r"(?:&[^\s,\[\]{}]*|!<[^>\s]*>|![^\s,\[\]{}]*)(?:[ \t\r\n]+|#[^\r\n]*(?=[\r\n]))*")
_TAG = regex(r"(?<![^\s,\[{])![^\s,\[\]{}]*")
_BREAK = regex(r"[\r\n]")


def content(node: Node, text: str) -> tuple[int, int]:
    """Where a node starts and ends, without its anchor and tag; a block's end is where the next token starts."""
    start, end = node.start_mark.index, node.end_mark.index
    while start < end and text[start] in "&!" and (match := _PROPERTY.match(text, start, end)):
        start = match.end()
    if isinstance(node, ScalarNode) and node.style in {"|", ">"}:
        filled = start + len(text[start:end].rstrip(" \t\r\n"))
        line_end = _BREAK.search(text, filled, end)
        end = line_end.start() if line_end else end
    return start, end


def tag_place(node: Node, text: str) -> tuple[int, int]:
    """Where a node's tag stands; empty where it has none."""
    start, end = node.start_mark.index, content(node, text)[0]
    tag = _TAG.search(text, start, end)
    return tag.span() if tag else (start, start)


def has_tag(node: Node, text: str) -> bool:
    """Whether a tag is written before a node."""
    start, end = tag_place(node, text)
    return end > start


def is_expression(node: Node, text: str) -> bool:
    """Whether a node is what YAML makes of an unquoted `{{...}}`: a mapping whose key is a mapping."""
    return isinstance(node, MappingNode) and bool(node.flow_style) and text.startswith("{{", node.start_mark.index)


def is_merge(key: Node) -> bool:
    """Whether a key is `<<`, unquoted."""
    return isinstance(key, ScalarNode) and key.value == "<<" and not key.style and not key.tag


def merge_sources(value: Node) -> list[Node]:
    """The mappings that `<<` takes in, the strongest first."""
    return list(value.value) if isinstance(value, SequenceNode) else [value]


def key_text(key: Node, text: str) -> str:
    """A key as the value has it: a scalar's text, and the source of anything else."""
    if isinstance(key, ScalarNode):
        return str(key.value)
    start, end = content(key, text)
    return text[start:end]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly in a node, keys included."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value
