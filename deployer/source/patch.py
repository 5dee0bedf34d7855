"""Changes a file so that it reads as another value, and touches nothing else.

Comments, the order of keys, quotes, block styles, blank lines, indentation and anchors of everything that
stays are kept, byte for byte. What the file comes to say is read back every time: where a careful edit
does not give exactly the value, the smallest part that does is written anew.
"""

from __future__ import annotations

import json

import yaml

from deployer.finding import Path
from deployer.source.document import JSON, Document, parse
from deployer.source.edits import Page, apply, is_blank, is_comment, same, split_lines
from deployer.source.patch_flow import flow_style
from deployer.source.patcher import CannotPatch, Patcher, layout_of
from deployer.source.tree import json_tree, yaml_tree
from deployer.source.writer import BODY, Layout, block, scalar, write


class Unwritable(ValueError):
    """A value that no file can hold: NaN, a lone surrogate, a number beyond JSON's, 100 levels and more."""


def patch(document: Document, value: JSON) -> str:
    """The text of a file that is to say `value`, as close to the document's text as can be.

    Raises Unwritable for what no file can hold, and nothing else.
    """
    if same(document.value, value):
        return document.text
    done = _reach(document, (), value)
    return done.text if done is not None else _anew(document, value)


def _reach(document: Document, path: Path, value: JSON) -> Document | None:
    """The document with the value at a path changed, rewriting as little as possible; None where it cannot be done."""
    whole = _with(document.value, path, value)
    if (done := _attempt(document, whole, frozenset())) is not None:
        return done
    old = _at(document.value, path)
    if isinstance(old, dict) and isinstance(value, dict):
        for key in old.keys() & value.keys():
            document = _reach(document, (*path, key), value[key]) or document
    elif isinstance(old, list) and isinstance(value, list) and len(old) == len(value):
        for index, item in enumerate(value):
            document = _reach(document, (*path, index), item) or document
    return _attempt(document, whole, frozenset()) or _attempt(document, whole, frozenset({path}))


def _attempt(document: Document, value: JSON, rewrite: frozenset[Path]) -> Document | None:
    """The document with a value put in, if that is what it then says."""
    if same(document.value, value):
        return document
    if document.value is None and not document.ok:
        return None  # nobody could read it
    json_file = _is_json(document)
    try:
        read = json_tree if json_file else yaml_tree
        root = read(document.text, document.value)
        if root is None:
            return None
        style = flow_style(document.text, root, json_file=json_file)
        layout = Layout() if json_file else layout_of(document.text, root)
        edits = Patcher(document.text, root, layout=layout, style=style, rewrite=rewrite).edits(value)
    except (yaml.YAMLError, CannotPatch, ValueError, TypeError, RecursionError):
        return None  # the caller rewrites more, and what no file can hold fails there for good
    text = apply(document.text, edits)
    done = _says(text, document, value)
    if done is None and not text.endswith(("\n", "\r")):
        # A block text at the end of a file needs the last line break that other values do without.
        done = _says(text + Page(text).eol, document, value)
    return done


def _says(text: str, document: Document, value: JSON) -> Document | None:
    """The text as a document, if it says the value and has no error that was not there."""
    done = parse(text, document.file, format="json" if _is_json(document) else "yaml")
    return done if same(done.value, value) and (done.ok or not document.ok) else None


def _anew(document: Document, value: JSON) -> str:
    """The whole file written anew, under the comments that it begins with."""
    eol = Page(document.text).eol
    try:
        if _is_json(document):
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        else:
            text = "".join(_head(document.text)).replace(eol, "\n") + _yaml(value)
        text = text.replace("\n", eol)
        if parse(text, document.file, format="json" if _is_json(document) else "yaml").ok:
            return text
    except (ValueError, TypeError, RecursionError) as error:
        raise Unwritable(str(error)) from error
    raise Unwritable("the value cannot be written so that it reads back")


def _yaml(value: JSON) -> str:
    if isinstance(value, dict):
        return write(value)
    if isinstance(value, list) and value:
        return "\n".join(block([*value], layout=Layout(), role=BODY)) + "\n"
    return scalar(value) + "\n"


def _head(text: str) -> list[str]:
    """The comments and blank lines that a file begins with."""
    lines = split_lines(text)
    size = next((number for number, line in enumerate(lines) if not is_blank(line) and not is_comment(line)), 0)
    return lines[:size]


def _is_json(document: Document) -> bool:
    return document.file.lower().endswith(".json")


def _at(value: JSON, path: Path) -> JSON:
    for name in path:
        if isinstance(value, dict):
            value = value[str(name)]
        elif isinstance(value, list) and isinstance(name, int):
            value = value[name]
    return value


def _with(value: JSON, path: Path, new: JSON) -> JSON:
    """A copy of a value with another one at a path."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _with(item, rest, new) if key == head else item for key, item in value.items()}
    if isinstance(value, list):
        return [_with(item, rest, new) if index == head else item for index, item in enumerate(value)]
    return value
