"""`${var.NAME}`, `${secret.NAME}` and `${file.PATH}`: what a file borrows from its environment.

Only these three belong to us. `$${var.NAME}` stands for the literal text `${var.NAME}` (one dollar
is dropped), and every other `${...}` is left alone, because JavaScript template literals use it.

Resolving is done in two steps. `resolve` puts the variables in and leaves secrets as references:
that *template* is what digests, plans and state are made of. `fill` puts the secrets in, at the last
moment before a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from deployer.finding import Path
from deployer.record import record
from deployer.regex import regex

REFERENCE = regex(r"(?<!\$)(\$+)\{(var|secret|file)\.([^{}\s]*)\}")
"""Dollars, kind and name. One dollar is a reference; of several, one is dropped."""

BEGINNING = regex(r"(?<!\$)(\$+)\{(var|secret|file)\.(?:([^{}\s]*)\})?")
"""What begins like ours, whether or not it ends: the name is None when it does not. With several
dollars it is text of which one dollar is dropped, so that any text can be escaped."""

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_SECRET_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@record
class ReferenceProblem:
    """A reference that cannot be resolved."""

    rule: str
    path: Path
    key: bool
    part: tuple[int, int] | None
    """Which characters of the scalar are the reference."""
    message: str
    suggestion: str | None = None
    within: TextFile | None = field(default=None, repr=False)
    """The text file that holds the reference; None for the document itself."""


class TextFile(str):
    """The text of a file that a reference takes in, which knows how the user would name that file."""

    __slots__ = ("file",)
    file: str

    def __new__(cls, text: str, file: str) -> TextFile:
        """A text and its file's name."""
        made = super().__new__(cls, text)
        made.file = file
        return made


@record
class Resolved:
    """A document's value with the variables put in."""

    template: object
    """The value; its strings may still hold `${secret.NAME}`, and `$${secret.NAME}` for that text."""
    secrets: Mapping[str, tuple[Path, ...]]
    """The secrets it needs, and where."""
    variables: frozenset[str]
    """The variables it used."""
    problems: tuple[ReferenceProblem, ...]

    @classmethod
    def plain(cls, value: object) -> Resolved:
        """A value that refers to nothing."""
        return cls(template=value, secrets={}, variables=frozenset(), problems=())


ReadFile = Callable[[str], str]
"""Gives a project file's text by its path as written; raises ValueError with a sentence when it cannot."""


@record
class _Frame:
    """The text that is being resolved: of the document, of a text file, or a variable's value."""

    path: Path
    names: tuple[str, ...] = ()
    """The variables and files on the way here; none of them may occur again."""
    part: tuple[int, int] | None = None
    """In a variable's value: the reference that led here, in the text that holds it."""
    within: TextFile | None = None

    def part_of(self, match: re.Match[str]) -> tuple[int, int]:
        return self.part or match.span()


@dataclass(slots=True)
class _Resolver:
    variables: Mapping[str, object]
    read_file: ReadFile | None
    secrets: dict[str, list[Path]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    problems: list[ReferenceProblem] = field(default_factory=list)

    def value(self, value: object, path: Path) -> object:
        if isinstance(value, str):
            return self.text(value, path) if "${" in value else value
        if isinstance(value, dict):
            for key in value:
                if "${" in key and any(len(match[1]) == 1 for match in REFERENCE.finditer(key)):
                    self.problems.append(ReferenceProblem(
                        rule="reference-in-key", path=(*path, key), key=True, part=None,
                        message="a reference cannot be a key",
                    ))  # fmt: skip
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def text(self, text: str, path: Path) -> object:
        frame = _Frame(path=path)
        whole = REFERENCE.fullmatch(text)
        if whole is not None and len(whole[1]) == 1 and whole[2] == "var":
            # A scalar that is one reference keeps the variable's type.
            return self.variable(whole, frame)
        self.malformed(text, frame)
        return self.substitute(text, frame)

    def substitute(self, text: str, frame: _Frame) -> str:
        matches = list(BEGINNING.finditer(text))
        quotes = iter(quotes_around(text, [match.span() for match in matches]) if "{{" in text else ())

        def put_in(match: re.Match[str]) -> str:
            dollars, kind, name = match[1], match[2], match[3]
            quote = next(quotes, None)
            if len(dollars) > 1:
                # The template keeps the escape of secrets, or `fill` would take the text for a reference.
                return match[0] if kind == "secret" else match[0][1:]
            if name is None:
                return match[0]
            if kind == "secret":
                return self.secret(match, name, frame)
            value = self.file(match, name, frame) if kind == "file" else self.variable(match, frame)
            written = value if isinstance(value, str) else _as_text(value)
            self.fits(match, frame, written, quote)
            return written

        return BEGINNING.sub(put_in, text)

    def fits(self, match: re.Match[str], frame: _Frame, value: str, quote: str | None) -> None:
        """A value within `{{ }}` must leave the expression around it as it is."""
        if quote is None:
            return
        value = REFERENCE.sub("", value)  # secrets come later, and what cannot be resolved is told already
        if found := next((mark for mark in _BREAKING[quote] if mark in value), None):
            what = f"variable `{match[3]}`" if match[2] == "var" else f"text file `{match[3]}`"
            shown = {"\n": "a line break", "\r": "a line break"}.get(found, f"`{found}`")
            place = f"the text in {quote} around it" if quote else "the expression around it"
            self.bad(match, frame, "reference-breaks-expression", f"{what} holds {shown}, which breaks {place}")

    def variable(self, match: re.Match[str], frame: _Frame) -> object:
        name = match[3]
        if not _NAME.fullmatch(name):
            return self.bad(match, frame, "invalid-reference", f"`{name}` is not a variable's name")
        if name in frame.names:
            chain = " -> ".join((*frame.names, name))
            return self.bad(match, frame, "recursive-variable", f"variable `{name}` refers to itself: {chain}")
        found, value = look_up(self.variables, name)
        if not found:
            from difflib import get_close_matches

            near = get_close_matches(name, names_of(self.variables), 1)
            known = f'; did you mean "{near[0]}"?' if near else "; it is not declared for this environment"
            via = f" (in the value of `{frame.names[-1]}`)" if frame.part is not None else ""
            return self.bad(
                match, frame, "undefined-variable", f"undefined variable `{name}`{known}{via}",
                f"${{var.{near[0]}}}" if near and not via else None,
            )  # fmt: skip
        if isinstance(value, Mapping | list):
            what = "has parts" if isinstance(value, Mapping) else "is a list"
            return self.bad(match, frame, "undefined-variable", f"variable `{name}` {what}; name one value")
        self.used.add(name)
        if isinstance(value, str) and "${" in value:
            inner = replace(frame, names=(*frame.names, name), part=frame.part_of(match))
            self.malformed(value, inner)
            return self.substitute(value, inner)
        return value

    def secret(self, match: re.Match[str], name: str, frame: _Frame) -> str:
        if not _SECRET_NAME.fullmatch(name):
            self.bad(match, frame, "invalid-reference", f"`{name}` is not a secret's name: letters, digits and _ only")
            return match[0]
        self.secrets.setdefault(name, []).append(frame.path)
        return match[0]

    def file(self, match: re.Match[str], name: str, frame: _Frame) -> str:
        if self.read_file is None:
            self.bad(match, frame, "unreadable-file", f"`{name}`: text files need a project (deployer.yaml)")
            return match[0]
        if f"file:{name}" in frame.names:
            self.bad(match, frame, "recursive-variable", f"text file `{name}` includes itself")
            return match[0]
        try:
            text = self.read_file(name)
        except ValueError as error:
            self.bad(match, frame, "unreadable-file", str(error))
            return match[0]
        source = text if isinstance(text, TextFile) else TextFile(text, name)
        inner = _Frame(path=frame.path, names=(*frame.names, f"file:{name}"), within=source)
        self.malformed(text, inner)
        return self.substitute(text, inner)

    def malformed(self, text: str, frame: _Frame) -> None:
        """`${var.x y}`, `${secret.a`: begun like ours, but not ours to the end."""
        for match in BEGINNING.finditer(text):
            if match[3] is None and len(match[1]) == 1:
                self.bad(
                    match, frame, "invalid-reference",
                    f"`{match[0]}` begins a reference that does not end; write `{match[0]}NAME}}`, "
                    "or `$${` where the text is meant",
                )  # fmt: skip

    def bad(self, match: re.Match[str], frame: _Frame, rule: str, message: str, suggestion: str | None = None) -> str:
        self.problems.append(ReferenceProblem(
            rule=rule, path=frame.path, key=False, part=frame.part_of(match), message=message, suggestion=suggestion,
            within=frame.within,
        ))  # fmt: skip
        return match[0]


_BREAKING = {
    "'": ("'", "\\", "\n", "\r", "}}"),
    '"': ('"', "\\", "\n", "\r", "}}"),
    "`": ("`", "\\", "${", "}}"),
    "": ("{{", "}}"),
}
"""What no value may hold, by the quote around its reference in an expression; none: it stands there bare."""


def quotes_around(text: str, spans: Sequence[tuple[int, int]]) -> list[str | None]:
    """For each stretch of a text: the quote of the literal around it, empty outside of one, None outside of `{{ }}`."""
    found: list[str | None] = []
    quote: str | None = None
    at = 0
    for start, end in spans:
        while at < start:
            at, quote = _step(text, at, quote)
        found.append(quote)
        at = max(at, end)
    return found


def _step(text: str, at: int, quote: str | None) -> tuple[int, str | None]:
    """One character on: where to look next, and the quote from there."""
    character = text[at]
    if quote is None:
        opening = text.find("{{", at)
        return (len(text), None) if opening < 0 else (opening + 2, "") if opening == at else (opening, None)
    if quote:
        if character == "\\":
            return at + 2, quote
        return at + 1, "" if character == quote else quote
    if text.startswith("}}", at):
        return at + 2, None
    return at + 1, character if character in "'\"`" else ""


def resolve(
    value: object, variables: Mapping[str, object], read_file: ReadFile | None = None, place: Path = ()
) -> Resolved:
    """Put the variables into a document's value, or a part of it at `place`; secrets stay references."""
    resolver = _Resolver(variables, read_file)
    template = resolver.value(value, place)
    return Resolved(
        template=template,
        secrets={name: tuple(paths) for name, paths in sorted(resolver.secrets.items())},
        variables=frozenset(resolver.used),
        problems=tuple(resolver.problems),
    )


def fill(template: object, secrets: Callable[[str], str]) -> object:
    """Put the secrets into a template. `secrets` gives the text for a name."""
    if isinstance(template, str):
        if "${secret." not in template:
            return template

        def replace(match: re.Match[str]) -> str:
            if match[2] != "secret" or (len(match[1]) == 1 and match[3] is None):
                return match[0]
            return match[0][1:] if len(match[1]) > 1 else secrets(match[3])

        return BEGINNING.sub(replace, template)
    if isinstance(template, Mapping):
        return {key: fill(item, secrets) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [fill(item, secrets) for item in template]
    return template


def shown(template: object) -> object:
    """The template as people may see it: `(secret NAME)` where a secret will stand."""
    return fill(template, lambda name: f"(secret {name})")


def secrets_in(template: object) -> frozenset[str]:
    """Names of the secrets that a template needs."""
    names: list[str] = []

    def note(name: str) -> str:
        names.append(name)
        return ""

    fill(template, note)
    return frozenset(names)


def escape(text: str) -> str:
    """Text from elsewhere, so written that `resolve` and `fill` give it back unchanged."""
    return BEGINNING.sub(lambda match: f"${match[0]}", text) if "${" in text else text


def look_up(variables: Mapping[str, object], name: str) -> tuple[bool, object]:
    """A variable by its dotted name: (True, value), or (False, None)."""
    if name in variables:
        return True, variables[name]
    value: object = variables
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False, None
        value = value[part]
    return True, value


def names_of(variables: Mapping[str, object], prefix: str = "") -> list[str]:
    """All dotted names that hold a value."""
    names: list[str] = []
    for name, value in variables.items():
        full = f"{prefix}{name}"
        names += names_of(value, f"{full}.") if isinstance(value, Mapping) else [full]
    return names


def _as_text(value: object) -> str:
    """A number or boolean inside a longer text, as JSON would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
