"""Writes YAML and JSON as all sorts of people do: every style, comments everywhere, anchors and merges."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from random import Random

from deployer.source.writer import is_plain, literal, one_line, single_quoted


def handwritten(value: Mapping[str, object], random: Random, *, anchors: bool = True) -> str:
    """A YAML text that reads as `value`. Each comment is there once and names the step that it is about."""
    eol = random.choice(["\n", "\n", "\n", "\r\n"])
    lines = _Hand(random, anchors=anchors).document(value)
    # The last line break of a block text may be content.
    text = "\n".join(lines) + ("\n" if "|" in "".join(lines) else random.choice(["\n", ""]))
    return text.replace("\n", eol)


def typed(value: object, random: Random) -> str:
    """A JSON text that reads as `value`."""
    style = random.choice([{"indent": 2}, {"indent": 4}, {"indent": "\t"}, {}, {"separators": (",", ":")}])
    text = json.dumps(value, ensure_ascii=random.random() < 0.3, **style)  # type: ignore[arg-type]
    return (text + random.choice(["\n", ""])).replace("\n", random.choice(["\n", "\r\n"]))


def comments_about(step: str, text: str) -> list[str]:
    """The comments that `handwritten` made for a step."""
    return re.findall(rf"# {re.escape(step)}-note-[0-9]+", text)


class _Hand:
    def __init__(self, random: Random, *, anchors: bool) -> None:
        self._random = random
        self._step_in = random.choice([2, 2, 4, 3])
        self._dash_in = random.choice([0, 2, self._step_in])
        self._gap = " " * random.choice([1, 1, 1, 3])
        self._anchors = anchors
        self._named: dict[str, tuple[str, object]] = {}
        self._comments = 0
        self._count = 0
        self._about = "file"
        self._tidy = random.random() < 0.5

    def document(self, value: Mapping[str, object]) -> list[str]:
        head = ["# head", "#"] if self._maybe(0.4) else []
        head += ["---"] if self._maybe(0.1) else []
        tail = ["# tail"] if self._maybe(0.3) else []
        return [*head, *(self._mapping(value, 0) if value else ["{}"]), *tail]

    def _maybe(self, share: float) -> bool:
        return self._random.random() < share

    def _comment(self) -> str:
        self._comments += 1
        return f"# {self._about}-note-{self._comments}"

    def _beside(self) -> str:
        return f"{self._random.choice([' ', '   '])}{self._comment()}" if self._maybe(0.2) else ""

    def _above(self, pad: str) -> list[str]:
        lines = []
        if self._maybe(0.15):
            lines += [f"{pad}{self._comment()}", ""]
        if self._maybe(0.2):
            lines += [""]
        if self._maybe(0.2):
            lines += [f"{pad}{self._comment()}"]
        return lines

    def _mapping(self, value: Mapping[str, object], column: int, *, beside: bool = False) -> list[str]:
        """Lines; the first one is without comments above it where it stands beside a dash."""
        pad = " " * column
        lines: list[str] = []
        rest = dict(value)
        source = self._source(rest)
        if source is not None and not beside:
            name, known = source
            lines.append(f"{pad}<<: *{name}")
            rest = {key: item for key, item in rest.items() if key not in known or self._maybe(0.3)}
        for key, item in rest.items():
            if lines or not beside:
                lines += self._above(pad)
            lines += self._valued(f"{pad}{self._key(key)}:", item, column)
        return lines

    def _source(self, value: Mapping[str, object]) -> tuple[str, Mapping[str, object]] | None:
        """An anchor that a merge could take most of a mapping from."""
        if not self._anchors or "<<" in value:
            return None
        for name, known in self._named.values():
            if isinstance(known, dict) and known and all(_same(value.get(key, ...), known[key]) for key in known):
                return name, known
        return None

    def _key(self, key: str) -> str:
        return _quoted(key)[0] if self._maybe(0.1) else one_line(key)

    def _valued(self, head: str, value: object, column: int) -> list[str]:
        """A key or a dash with its value."""
        alias, anchor = self._naming(value)
        if alias:
            return [f"{head}{self._gap}*{alias}{self._beside()}"]
        if not isinstance(value, dict | list) or not value or (self._maybe(0.2) and _is_small(value)):
            first, *more = self._inline(value, column).split("\n")
            named = f"&{anchor} " if anchor else ""
            self._name(anchor, value)
            return [f"{head}{self._gap}{named}{first}{self._beside()}", *more]
        named = f" &{anchor}" if anchor else ""
        inner = column + (self._dash_in if isinstance(value, list) else self._step_in)
        lines = self._mapping(value, inner) if isinstance(value, dict) else self._list(value, inner)
        self._name(anchor, value)
        after = [f"{' ' * (inner)}{self._comment()}"] if self._maybe(0.1) and inner > column else []
        return [f"{head}{named}{self._beside()}", *lines, *after]

    def _list(self, value: list[object], column: int) -> list[str]:
        lines: list[str] = []
        pad = " " * column
        spaced = self._maybe(0.3)
        for number, item in enumerate(value):
            outer = self._about
            if isinstance(item, dict) and "stepType" in item:
                self._about = str(item.get("id"))
            lines += [""] if spaced and number else []
            lines += self._above(pad) if not self._tidy else []
            if isinstance(item, dict) and item and self._maybe(0.85):
                body = self._mapping(item, column + 2, beside=True)
                lines += [f"{pad}- {body[0][column + 2 :]}", *body[1:]]
            elif isinstance(item, list) and item and self._maybe(0.7):
                body = self._list(item, column + 2)
                plain = not body[0].strip() or body[0].lstrip().startswith("#")
                lines += [f"{pad}-", *body] if plain else [f"{pad}- {body[0][column + 2 :]}", *body[1:]]
            elif isinstance(item, dict | list) and item:
                inner = column + 2
                body = self._mapping(item, inner) if isinstance(item, dict) else self._list(item, inner)
                lines += [f"{pad}-{self._beside()}", *body]
            else:
                lines += self._valued(f"{pad}-", item, column)
            self._about = outer
        return lines

    def _naming(self, value: object) -> tuple[str | None, str | None]:
        """The alias that stands for a value, or the anchor that it gets."""
        if not self._anchors:
            return None, None
        known = self._named.get(_shown(value))
        if known is not None and self._maybe(0.7):
            return known[0], None
        self._count += 1
        return None, f"a{self._count}" if self._maybe(0.2) and known is None else None

    def _name(self, anchor: str | None, value: object) -> None:
        if anchor:
            self._named[_shown(value)] = (anchor, value)

    def _inline(self, value: object, column: int) -> str:
        if isinstance(value, str):
            return self._text(value, column)
        return self._flow(value)

    def _text(self, text: str, column: int) -> str:
        ways = [one_line(text)]
        if self._step_in <= 9:
            block = literal(text, column + self._step_in, self._step_in, keep=False)
            ways += [block, block] if block and "\n" in text else [block] if block else []
        return self._random.choice([*ways, *_quoted(text)])

    def _flow(self, value: object) -> str:
        if isinstance(value, dict) and value:
            brace = self._random.choice(["", " "])
            inside = self._random.choice([", ", ",  "]).join(
                f"{_quoted(key)[0] if not is_plain(key) or set(key) & set(',[]{}') else key}: {self._flow(item)}"
                for key, item in value.items()
            )
            return f"{{{brace}{inside}{brace}}}"
        if isinstance(value, list) and value:
            return f"[{', '.join(self._flow(item) for item in value)}{self._random.choice(['', ','])}]"
        if isinstance(value, str):
            quoted = _quoted(value)
            plain = is_plain(value) and not set(value) & set(",[]{}")
            return self._random.choice([*quoted, value] if plain else quoted)
        return one_line(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> str:
    text = json.dumps(value)
    return text.replace("e", ".0e") if isinstance(value, float) and "e" in text and "." not in text else text


def _quoted(text: str) -> list[str]:
    double = '"' + re.sub(r"[^ !#-\[\]-~]", lambda match: _escape(match[0]), text) + '"'
    single = single_quoted(text)
    return [double, single] if single is not None else [double]


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else character


def _is_small(value: object) -> bool:
    return len(_shown(value)) < 60


def _shown(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _same(left: object, right: object) -> bool:
    return left is not ... and _shown(left) == _shown(right)
