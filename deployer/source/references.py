"""`${var.NAME}`, `${secret.NAME}` and `${file.PATH}`: what a file borrows from its environment.

Only these three belong to us. `$${var.NAME}` stands for the literal text `${var.NAME}` (one dollar
is dropped), and every other `${...}` is left alone, because JavaScript template literals use it.

Resolving is done in two steps. `resolve` puts the variables in and leaves secrets as references:
that *template* is what digests, plans and state are made of. `fill` puts the secrets in, at the last
moment before a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from deployer.finding import Path

REFERENCE = re.compile(r"(?<!\$)(\$+)\{(var|secret|file)\.([^{}\s]*)\}")
"""Dollars, kind and name. One dollar is a reference; of several, one is dropped."""

BEGINNING = re.compile(r"(?<!\$)(\$+)\{(var|secret|file)\.(?:([^{}\s]*)\})?")
"""What begins like ours, whether or not it ends: the name is None when it does not. With several
dollars it is text of which one dollar is dropped, so that any text can be escaped."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceProblem:
    """A reference that cannot be resolved."""

    rule: str
    path: Path
    key: bool
    part: tuple[int, int] | None
    """Which characters of the scalar are the reference."""
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A document's value with the variables put in."""

    template: object
    """The value; its strings may still hold `${secret.NAME}`, and `$${secret.NAME}` for that text."""
    secrets: Mapping[str, tuple[Path, ...]]
    """The secrets it needs, and where."""
    variables: frozenset[str]
    """The variables it used."""
    problems: tuple[ReferenceProblem, ...]


ReadFile = Callable[[str], str]
"""Gives a project file's text by its path as written; raises ValueError with a sentence when it cannot."""


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
                    self.problem("reference-in-key", (*path, key), None, "a reference cannot be a key", key=True)
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def text(self, text: str, path: Path) -> object:
        whole = REFERENCE.fullmatch(text)
        if whole is not None and len(whole[1]) == 1 and whole[2] == "var":
            # A scalar that is one reference keeps the variable's type.
            return self.variable(whole, path, ())
        self.malformed(text, path)
        return self.substitute(text, path, ())

    def substitute(self, text: str, path: Path, within: tuple[str, ...]) -> str:
        def replace(match: re.Match[str]) -> str:
            dollars, kind, name = match[1], match[2], match[3]
            if len(dollars) > 1:
                # The template keeps the escape of secrets, or `fill` would take the text for a reference.
                return match[0] if kind == "secret" else match[0][1:]
            if name is None:
                return match[0]
            if kind == "secret":
                return self.secret(match, name, path)
            if kind == "file":
                return self.file(match, name, path, within)
            value = self.variable(match, path, within)
            return value if isinstance(value, str) else _as_text(value)

        return BEGINNING.sub(replace, text)

    def variable(self, match: re.Match[str], path: Path, within: tuple[str, ...]) -> object:
        name = match[3]
        if not _NAME.fullmatch(name):
            return self.bad(match, path, "invalid-reference", f"`{name}` is not a variable's name")
        if name in within:
            chain = " -> ".join((*within, name))
            return self.bad(match, path, "recursive-variable", f"variable `{name}` refers to itself: {chain}")
        found, value = look_up(self.variables, name)
        if not found:
            near = get_close_matches(name, names_of(self.variables), 1)
            known = f'; did you mean "{near[0]}"?' if near else "; it is not declared for this environment"
            return self.bad(
                match,
                path,
                "undefined-variable",
                f"undefined variable `{name}`{known}",
                f"${{var.{near[0]}}}" if near else None,
            )
        if isinstance(value, Mapping | list):
            what = "has parts" if isinstance(value, Mapping) else "is a list"
            return self.bad(match, path, "undefined-variable", f"variable `{name}` {what}; name one value")
        self.used.add(name)
        if isinstance(value, str) and "${" in value:
            return self.substitute(value, path, (*within, name))
        return value

    def secret(self, match: re.Match[str], name: str, path: Path) -> str:
        if not _SECRET_NAME.fullmatch(name):
            self.bad(match, path, "invalid-reference", f"`{name}` is not a secret's name: letters, digits and _ only")
            return match[0]
        self.secrets.setdefault(name, []).append(path)
        return match[0]

    def file(self, match: re.Match[str], name: str, path: Path, within: tuple[str, ...]) -> str:
        if self.read_file is None:
            self.bad(match, path, "unreadable-file", f"`{name}`: text files need a project (deployer.yaml)")
            return match[0]
        if f"file:{name}" in within:
            self.bad(match, path, "recursive-variable", f"text file `{name}` includes itself")
            return match[0]
        try:
            text = self.read_file(name)
        except ValueError as error:
            self.bad(match, path, "unreadable-file", str(error))
            return match[0]
        return self.substitute(text, path, (*within, f"file:{name}"))

    def malformed(self, text: str, path: Path) -> None:
        """`${var.x y}`, `${secret.a`: begun like ours, but not ours to the end."""
        for match in BEGINNING.finditer(text):
            if match[3] is None and len(match[1]) == 1:
                self.problem(
                    "invalid-reference",
                    path,
                    match.span(),
                    f"`{match[0]}` begins a reference that does not end; write `{match[0]}NAME}}`, "
                    "or `$${` where the text is meant",
                )

    def bad(self, match: re.Match[str], path: Path, rule: str, message: str, suggestion: str | None = None) -> str:
        self.problem(rule, path, match.span(), message, suggestion=suggestion)
        return match[0]

    def problem(
        self,
        rule: str,
        path: Path,
        part: tuple[int, int] | None,
        message: str,
        *,
        key: bool = False,
        suggestion: str | None = None,
    ) -> None:
        self.problems.append(
            ReferenceProblem(rule=rule, path=path, key=key, part=part, message=message, suggestion=suggestion)
        )


def resolve(value: object, variables: Mapping[str, object], read_file: ReadFile | None = None) -> Resolved:
    """Put the variables into a document's value; secrets stay references."""
    resolver = _Resolver(variables, read_file)
    template = resolver.value(value, ())
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
