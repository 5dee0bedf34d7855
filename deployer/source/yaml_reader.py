"""YAML to plain data in one pass, and to regions in a second one.

Values follow the YAML 1.2 core schema. Merge keys (`<<`) are an extension of YAML 1.1 that people use
in Git, and work as there: a key of the mapping itself wins, then the first source that has it.
"""

from __future__ import annotations

from sys import intern

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.finding import Path
from deployer.source import scalars
from deployer.source.problems import Problem, Problems, Unreadable, shown
from deployer.source.reading import MAX_DEPTH, Reading, too_deep
from deployer.source.regions import Region, paths_at
from deployer.source.scalars import JSON, NUMERIC, WORDS, Doubt, quoted
from deployer.source.yaml_aliases import check_aliases
from deployer.source.yaml_compose import Composers, compose
from deployer.source.yaml_hashes import hash_problems
from deployer.source.yaml_nodes import (
    STR_TAG,
    content,
    has_tag,
    is_expression,
    is_merge,
    key_text,
    merge_sources,
    tag_place,
)
from deployer.source.yaml_regions import region_of
from deployer.source.yaml_syntax import check_text, explain

_CORE = "tag:yaml.org,2002:"
_COLLECTION_TAGS: dict[type[Node], str] = {MappingNode: f"{_CORE}map", SequenceNode: f"{_CORE}seq"}
_PLAIN_TAGS = frozenset(f"{_CORE}{name}" for name in ("str", "null", "bool", "int", "float", "map", "seq"))
_EMPTY = Problem(rule="empty-file", start=0, end=0, message="the file is empty")
_LONGEST_WORD = max(map(len, WORDS))
_COMMON = 40
"""Characters of texts that may well occur in many files, and are then kept once. Keys are always kept once."""


def read_yaml(text: str, composers: Composers | None = None) -> Reading:
    """The value of a YAML text and everything that is wrong with it. Never raises for what a text holds."""
    try:
        check_text(text)
        root = compose(text, composers)
        if root is None or _is_blank(root):
            return Reading(value=None, problems=(_EMPTY,))
        check_aliases(root, text)
        builder = _Builder(text)
        value = builder.value(root, 0)
    except Unreadable as end:
        return Reading(value=None, problems=(end.problem,))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        return Reading(value=None, problems=(explain(error, text),))
    hash_problems(root, text, builder.problems)
    problems = builder.problems.in_order()
    return Reading(value=value, problems=problems, paths=_paths(root, text, problems), readable=True)


def yaml_regions(text: str) -> Region | None:
    """Where everything in a YAML text stands; None for a text that cannot be read."""
    try:
        root = compose(text)
        return None if root is None else region_of(root, text)
    except (yaml.YAMLError, UnicodeEncodeError, Unreadable):
        return None  # reading the value has reported it


def _paths(root: Node, text: str, problems: tuple[Problem, ...]) -> dict[int, Path]:
    if not problems:
        return {}
    return paths_at(region_of(root, text), (problem.owner for problem in problems))


def _is_blank(root: Node) -> bool:
    """Whether there is nothing but `---`."""
    return isinstance(root, ScalarNode) and not root.style and not root.value and not root.tag


class _Builder:
    """Makes plain data of nodes, once, top down."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._first_keys: dict[int, dict[str, Node]] = {}
        self.problems = Problems()

    def value(self, node: Node, depth: int) -> JSON:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if depth >= MAX_DEPTH:
            raise too_deep(node.start_mark.index, node.start_mark.index + 1)
        if node.tag and node.tag != _COLLECTION_TAGS.get(type(node)):
            self._wrong_tag(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, depth + 1)
        scalar, value = self._scalar, self.value
        return [scalar(item) if item.__class__ is ScalarNode else value(item, depth + 1) for item in node.value]

    def _scalar(self, node: ScalarNode) -> JSON:
        text: str = node.value
        if node.tag:
            return self._tagged(node)
        if node.style or not (text[:1] in NUMERIC or (len(text) <= _LONGEST_WORD and text in WORDS)):
            return intern(text) if len(text) <= _COMMON else text
        if self._text.startswith(("!", "&"), node.start_mark.index) and has_tag(node, self._text):
            return text  # `! 12` is text, though PyYAML does not say so
        value, doubt = scalars.plain(text)
        if doubt is not None:
            self._doubt(node, doubt, as_text=isinstance(value, str))
        return value

    def _mapping(self, node: MappingNode, depth: int) -> JSON:
        if node.flow_style and is_expression(node, self._text):
            return self._expression(node)
        result: dict[str, JSON] = {}
        merges: list[Node] = []
        scalar, value = self._scalar, self.value
        for key_node, value_node in node.value:
            key: str = key_node.value
            if (
                key_node.__class__ is not ScalarNode
                or key_node.tag
                or (not key_node.style and (key[:1] in NUMERIC or (len(key) <= _LONGEST_WORD and key in WORDS)))
            ):
                if is_merge(key_node):
                    merges.append(value_node)
                    continue
                key = self._odd_key(key_node)
            if key in result:
                self._duplicate(node, key_node, key)
                value(value_node, depth)  # for what is wrong in there
                continue
            result[intern(key)] = scalar(value_node) if value_node.__class__ is ScalarNode else value(value_node, depth)
        if merges:
            self._merge(result, merges, node, depth)
        return result

    def _merge(self, result: dict[str, JSON], merges: list[Node], node: MappingNode, depth: int) -> None:
        if len(merges) > 1:
            second = [key for key, _ in node.value if is_merge(key)][1]
            self._add("duplicate-mapping-key", second, "`<<` is here twice; write one `<<: [*a, *b]`")
        for merge in merges:
            for source in merge_sources(merge):
                if not isinstance(source, MappingNode) or is_expression(source, self._text):
                    self._add("yaml-syntax", source, "`<<` takes in a mapping or a list of mappings, not this value")
                    continue
                for key, value in self._sourced(source, depth).items():
                    result.setdefault(key, value)

    def _sourced(self, source: MappingNode, depth: int) -> dict[str, JSON]:
        merged = self.value(source, depth)
        return merged if isinstance(merged, dict) else {}

    def _odd_key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            if is_expression(node, self._text):
                return str(self._expression(node))
            start, end = content(node, self._text)
            text = self._text[start:end]
            self._add("non-string-key", node, f"a key is text, not a list or a mapping: `{shown(text)}`")
            return text
        if node.tag and node.tag != STR_TAG:
            self._add("non-string-key", node, f"a key is text; remove the tag of `{shown(node.value)}`")
        elif not node.tag and not node.style and (doubt := scalars.key_doubt(node.value)):
            self._doubt(node, doubt, as_text=True)
        return str(node.value)

    def _tagged(self, node: ScalarNode) -> JSON:
        kind = node.tag.removeprefix(_CORE)
        if kind == "str":
            return str(node.value)
        try:
            return scalars.convert(node.value, kind)
        except ValueError:
            self._wrong_tag(node)
            return str(node.value)

    def _wrong_tag(self, node: Node) -> None:
        start, end = tag_place(node, self._text)
        if node.tag in _PLAIN_TAGS:
            message = f"the value does not fit the tag `{self._text[start:end]}`; remove the tag"
        else:
            message = f"`{shown(self._text[start:end])}` is no tag of plain data; remove it, or quote the text"
        self.problems.add(
            Problem(rule="forbidden-tag", start=start, end=end, message=message, about=content(node, self._text)[0])
        )

    def _expression(self, node: Node) -> str:
        start, end = content(node, self._text)
        expression = self._text[start:end]
        self._add(
            "expression-needs-quotes",
            node,
            f"an expression needs quotes, or YAML reads a mapping: write {shown(quoted(expression))}",
            quoted(expression),
            quoted(expression),
        )
        return expression

    def _duplicate(self, mapping: MappingNode, node: Node, key: str) -> None:
        firsts = self._first_keys.get(id(mapping))
        if firsts is None:
            firsts = {key_text(other, self._text): other for other, _ in reversed(mapping.value)}
            self._first_keys[id(mapping)] = firsts
        self._add(
            "duplicate-mapping-key",
            node,
            f"the key `{shown(key)}` is here for the second time; line {firsts[key].start_mark.line + 1} has the first",
        )

    def _doubt(self, node: ScalarNode, doubt: Doubt, *, as_text: bool) -> None:
        """Note a doubt; where the scalar is text for us (`as_text`), quotes say the same and leave no doubt."""
        start, end = content(node, self._text)
        self.problems.add(
            Problem(
                rule=doubt.rule,
                start=start,
                end=end,
                message=doubt.message,
                suggestion=doubt.suggestion,
                fix=quoted(node.value) if as_text and doubt.suggestion is not None else None,
                severity=doubt.severity,
            )
        )

    def _add(self, rule: str, node: Node, message: str, suggestion: str | None = None, fix: str | None = None) -> None:
        start, end = content(node, self._text)
        self.problems.add(Problem(rule=rule, start=start, end=end, message=message, suggestion=suggestion, fix=fix))
