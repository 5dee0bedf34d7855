"""One canonical layout for workflow files: comments are kept, and no file comes to mean something else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

import yaml

from deployer.source.comments import comments
from deployer.source.document import Document, parse
from deployer.source.edits import Page, same
from deployer.source.format_yaml import CannotFormat, format_yaml
from deployer.source.tree import yaml_tree
from deployer.source.writer import BODY, Role, ordered

__all__ = ["CannotFormat", "format_document"]

_FOREIGN = re.compile("[^\\n -~\\u200d]")
"""Beyond ASCII, but for what joins emoji."""
_MOST_PASSES = 5


def format_document(document: Document) -> str:
    """The document's text in canonical layout.

    The result reads as the same value, holds the same comments, and is its own canonical layout. Lines end
    as they did: that is between Git and the machine. Raises
    CannotFormat for a file that is not right, or is written so that no such text is known.
    """
    if not document.ok or document.value is None:
        raise CannotFormat("it has errors; `deployer validate` names them")
    if document.file.lower().endswith(".json"):
        return _json(document)
    # An alias may stand above its anchor once the keys are in their order: then they stay where they are.
    text = _settled(document, ordered=True) or _settled(document, ordered=False)
    if text is None:
        raise CannotFormat("no layout of it is sure to mean the same")
    return text


def _settled(document: Document, *, ordered: bool) -> str | None:
    """The text in a layout that does not change any more; None where it comes to mean something else."""
    text, wanted, eol = document.text, Counter(comments(document.text)), Page(document.text).eol
    for _ in range(_MOST_PASSES):
        try:
            done = format_yaml(text, yaml_tree(text, document.value), ordered=ordered).replace("\n", eol)
        except (yaml.YAMLError, ValueError):
            return None
        if done == text:
            return text
        read = parse(done, document.file)
        if not read.ok or not same(read.value, document.value) or Counter(comments(done)) != wanted:
            return None
        text = done
    return None


def _json(document: Document) -> str:
    try:
        text = json.dumps(_ordered(document.value, BODY), indent=2, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise CannotFormat("it cannot be written as JSON again") from error
    # What nobody sees is better escaped.
    text = _FOREIGN.sub(lambda match: match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1], text) + "\n"
    text = text.replace("\n", Page(document.text).eol)
    if not same(parse(text, document.file).value, document.value):
        raise CannotFormat("no layout of it is sure to mean the same")
    return text


def _ordered(value: object, role: Role) -> object:
    """A value with known keys in their documented order."""
    if isinstance(value, Mapping):
        return {key: _ordered(value[key], role.of(value, key)) for key in ordered(value, role.order)}
    if isinstance(value, list):
        return [_ordered(item, role.item or Role()) for item in value]
    return value
