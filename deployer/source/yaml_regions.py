"""Composed YAML nodes to regions of the text."""

from __future__ import annotations

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from deployer.regex import regex
from deployer.source.reading import MAX_DEPTH, too_deep
from deployer.source.regions import Entry, Region, Style
from deployer.source.yaml_nodes import content, is_expression, is_merge, key_text, merge_sources

_STYLES = {"'": Style.SINGLE, '"': Style.DOUBLE, "|": Style.LITERAL, ">": Style.FOLDED}
_ALIAS = regex(r"[\s:-]*\*[^\s,\[\]{}]+")


def region_of(root: Node, text: str) -> Region:
    """Where everything in a composed text stands. Raises `Unreadable` if aliases nest it too deeply."""
    return _Mapper(text).region(root, 0)


class _Mapper:
    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, Region] = {}

    def region(self, node: Node, depth: int) -> Region:
        known = self._known.get(id(node))
        if known is None:
            if depth > MAX_DEPTH:
                raise too_deep(*content(node, self._text))
            known = self._known[id(node)] = self._make(node, depth)
        return known

    def _make(self, node: Node, depth: int) -> Region:
        start, end = content(node, self._text)
        if isinstance(node, ScalarNode):
            return Region(start=start, end=end, style=_STYLES.get(node.style or "", Style.PLAIN), text=node.value)
        if is_expression(node, self._text):
            return Region(start=start, end=end, style=Style.VERBATIM, text=self._text[start:end])
        entries, last = self._entries(node, start, depth + 1)
        if isinstance(node, CollectionNode) and node.flow_style:
            return Region(start=start, end=end, style=Style.FLOW, entries=entries)
        # libyaml ends a block where the next token starts, behind comments and empty lines
        return Region(start=start, end=last, style=Style.BLOCK, entries=entries)

    def _entries(self, node: Node, start: int, depth: int) -> tuple[dict[str | int, Entry], int]:
        """What a list or mapping holds, and where the last of it ends."""
        entries: dict[str | int, Entry] = {}
        last = start
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.value):
                entries[index] = Entry(None, self.region(item, depth))
                last = self._end(entries[index].value, last)
            return entries, last
        merges: list[Node] = []
        for key_node, value_node in node.value if isinstance(node, MappingNode) else ():
            key, value = self.region(key_node, depth), self.region(value_node, depth)
            last = self._end(value, self._end(key, last))
            if is_merge(key_node):
                merges.append(value_node)
            else:
                entries.setdefault(key_text(key_node, self._text), Entry(key, value))
        for source in (source for merge in merges for source in merge_sources(merge)):
            if isinstance(source, MappingNode):
                for name, entry in self.region(source, depth).entries.items():
                    entries.setdefault(name, entry)
        return entries, last

    def _end(self, region: Region, last: int) -> int:
        """The end of a list or mapping after one more item, which an alias may have taken from further up."""
        if region.start >= last:
            return region.end
        alias = _ALIAS.match(self._text, last)
        return alias.end() if alias else last
