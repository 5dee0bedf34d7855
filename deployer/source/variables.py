"""Where the variables of an environment come from, the strongest last: files, deployer.yaml, environment, flags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath

from deployer.errors import ConfigurationError
from deployer.finding import Path, Severity
from deployer.record import record
from deployer.regex import regex
from deployer.source.document import Document, read
from deployer.source.project import Environment, Project, ProjectError, relative_name
from deployer.source.root import stays_inside

PREFIX = "DEPLOYER_VAR_"
"""`DEPLOYER_VAR_SMS_ID` sets `sms.id`, `sms-id` or `sms_id`, whichever is declared, else `sms_id`."""

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


@record
class Variable:
    """One variable and where its value was found."""

    name: str
    """Dotted."""
    value: object
    origin: str
    """`deployer.yaml:8:12`, a file's place, `DEPLOYER_VAR_X` or `--var`."""


def with_variables(
    environment: Environment, project: Project, environ: Mapping[str, str], flags: Sequence[str] = ()
) -> Environment:
    """The environment with the variables of its files, the process's environment and `--var NAME=VALUE` flags.

    Raises ConfigurationError (ProjectError with findings for a file) for what cannot be read.
    """
    found: dict[str, Variable] = {}
    for name in environment.variable_files:
        found |= _of_file(project, name)
    found |= _declared(environment, project.document)
    found |= _of_process(environ, found)
    found |= _of_flags(flags)
    return replace(
        environment,
        variables=_tree(found.values()),
        origins={variable.name: variable.origin for variable in found.values()},
    )


@record
class Declaration:
    """A place that gives a variable a value, in `deployer.yaml` or in a file of variables."""

    name: str
    """Dotted."""
    document: Document
    path: Path
    environments: frozenset[str]
    """Those that read it."""


def declarations(project: Project) -> Iterator[Declaration]:
    """Every place that gives a variable a value. Raises as `with_variables` does."""
    files: dict[str, set[str]] = {}
    for environment in project.environments.values():
        if project.document is not None:
            path = ("environments", environment.name, "vars")
            yield from _places(environment.variables, project.document, path, frozenset({environment.name}))
        for name in environment.variable_files:
            files.setdefault(name, set()).add(environment.name)
    for name, environments in files.items():
        document = _variable_file(project, name)
        value = document.value if isinstance(document.value, dict) else {}
        yield from _places(value, document, (), frozenset(environments))


def _places(
    tree: Mapping[str, object], document: Document, path: Path, environments: frozenset[str], prefix: str = ""
) -> Iterator[Declaration]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _places(value, document, (*path, name), environments, f"{prefix}{name}.")
        else:
            yield Declaration(
                name=f"{prefix}{name}", document=document, path=(*path, name), environments=environments
            )  # fmt: skip


def _declared(environment: Environment, document: Document | None) -> dict[str, Variable]:
    path = ("environments", environment.name, "vars")
    return _flat(environment.variables, document, path)


def _of_file(project: Project, name: str) -> dict[str, Variable]:
    document = _variable_file(project, name)
    return _flat(document.value, document, ()) if isinstance(document.value, dict) else {}


def _variable_file(project: Project, name: str) -> Document:
    path = project.root / name
    if FilePath(name).is_absolute() or ".." in FilePath(name).parts or not stays_inside(path, project.root):
        raise ConfigurationError(f"deployer.yaml: varFiles: `{name}` leads out of the project")
    document = read(path, relative_name(path))
    errors = [finding for finding in document.findings if finding.severity is Severity.ERROR]
    if errors:
        from deployer.source.excerpts import with_lines  # whoever makes no mistakes does not pay for it

        raise ProjectError(f"{document.file} cannot be read", with_lines(document, errors))
    if not isinstance(document.value, dict):
        raise ConfigurationError(f"{document.file}: a file of variables is a mapping: a name, then its value")
    return document


def _flat(
    tree: Mapping[str, object], document: Document | None, path: tuple[str, ...], prefix: str = ""
) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for name, value in tree.items():
        full, place = f"{prefix}{name}", (*path, name)
        if isinstance(value, Mapping):
            found |= _flat(value, document, place, f"{full}.")
            continue
        origin = "deployer.yaml"
        if document is not None:
            span = document.span(place)
            origin = f"{document.file}:{span.line}:{span.column}"
        found[full] = Variable(name=full, value=value, origin=origin)
    return found


def _of_process(environ: Mapping[str, str], declared: Mapping[str, Variable]) -> dict[str, Variable]:
    by_word = {_word(name): name for name in declared}
    found: dict[str, Variable] = {}
    for variable, value in sorted(environ.items()):
        if variable.startswith(PREFIX) and len(variable) > len(PREFIX):
            word = variable.removeprefix(PREFIX)
            name = by_word.get(_word(word), word.lower())
            found[name] = Variable(name=name, value=value, origin=variable)
    return found


def _word(name: str) -> str:
    return re.sub(r"[.-]", "_", name).upper()


def _of_flags(flags: Sequence[str]) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for flag in flags:
        name, equals, value = flag.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise ConfigurationError(f"--var {name[:60]}: write --var NAME=VALUE")
        found[name] = Variable(name=name, value=value, origin="--var")
    return found


def _tree(variables: Iterable[Variable]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for variable in variables:
        *parents, last = variable.name.split(".")
        node = tree
        for parent in parents:
            child = node.get(parent)
            if not isinstance(child, dict):
                # A stronger source made a tree of what was a value.
                child = {}
                node[parent] = child
            node = child
        node[last] = variable.value
    return tree
