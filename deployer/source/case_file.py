"""Test files (`*.test.yaml`): the cases in them, with tables spread out and fixtures put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from deployer.finding import Path
from deployer.record import record
from deployer.regex import regex
from deployer.source.document import Document

Body = Mapping[str, object]

MOST_CASES = 10_000
"""Cases of one file, each row of a table counted."""
MOST_FILLED = 1_000_000
"""Characters of one case's texts after `${row.NAME}` was filled in."""

_ROW = regex(r"(\$+)\{row\.([^{}\s]*)\}")
_JOINED = ("mocks", "vars", "engine")
"""The parts that fixtures and cases put together key by key; of all others the latest counts."""


@record
class CaseProblem:
    """Something in a test file that cannot be meant so."""

    rule: str
    path: Path
    message: str
    key: bool = False
    """The key itself rather than its value."""
    part: tuple[int, int] | None = None
    """A stretch of the text's characters."""
    suggestion: str | None = None
    name: str = ""
    """The name that means nothing, where that is the problem."""
    nearest_of: tuple[str, ...] = ()
    """The names that would be right; whoever words the problem looks for the nearest."""


class BadCase(Exception):  # no error of the program: it carries a problem to whoever reads the file
    """A case cannot be put together."""

    def __init__(self, problem: CaseProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@record
class Case:
    """One case, or one row of a case with a table."""

    name: str
    """Unique in its file."""
    path: Path
    """Where the case stands in its file."""
    written: Body = field(repr=False)
    """As it stands there."""
    row: Body | None = field(default=None, repr=False)
    """None without a table."""
    number: int | None = None
    """Of the row, from 0."""


@record
class CaseFile:
    """One test file as read. What has not the right shape is left out here; the schema reports it."""

    document: Document = field(repr=False)
    workflow: str
    """Key of the workflow that is tested."""
    defaults: Body = field(repr=False)
    fixtures: Mapping[str, Body] = field(repr=False)
    """Those of included files too; the file's own win."""
    cases: tuple[Case, ...]
    problems: tuple[CaseProblem, ...]

    def body(self, case: Case) -> Body:
        """The whole case: defaults, fixtures and the case itself, the row's values filled in.

        Raises BadCase.
        """
        filling = _Filling(case.row)
        own = filling.fill({key: value for key, value in case.written.items() if key != "table"}, case.path)
        own = own if isinstance(own, dict) else {}
        parts: list[tuple[Body, Path]] = [(self.defaults, ("defaults",))]
        for index, name in enumerate(_list(own.get("use"))):
            fixture = self.fixtures.get(name) if isinstance(name, str) else None
            if fixture is None:
                raise BadCase(self.no_fixture(name, (*case.path, "use", index)))
            parts.append((fixture, (*case.path, "use", index)))
        merged: dict[str, object] = {}
        for part, path in parts:
            filled = filling.fill(part, path, borrowed=True)
            _merge(merged, filled if isinstance(filled, dict) else {})
        _merge(merged, own)
        return {key: value for key, value in merged.items() if key not in ("use", "name")}

    def no_fixture(self, name: object, path: Path) -> CaseProblem:
        """The problem of a `use` that names nothing."""
        return CaseProblem(
            rule="test-unknown-fixture",
            path=path,
            message=f"no fixture `{str(name)[:60]}` here",
            name=str(name),
            nearest_of=tuple(self.fixtures),
        )


def _merge(into: dict[str, object], part: Body) -> None:
    for key, value in part.items():
        before = into.get(key)
        joined = key in _JOINED and isinstance(before, Mapping) and isinstance(value, Mapping)
        into[key] = {**before, **value} if joined else value  # type: ignore[dict-item]  # mypy does not see `joined`


class _Filling:
    """Puts a row's values in the place of `${row.NAME}`."""

    def __init__(self, row: Body | None) -> None:
        self._row = row
        self._left = MOST_FILLED

    def fill(self, value: object, path: Path, *, borrowed: bool = False) -> object:
        """The value with the row's values; of a borrowed part (a fixture), `path` is where it is used."""
        if isinstance(value, str):
            return self._text(value, path) if "{row." in value else value
        if isinstance(value, dict):
            return {key: self.fill(item, path if borrowed else (*path, key), borrowed=borrowed)
                    for key, item in value.items()}  # fmt: skip
        if isinstance(value, list):
            return [self.fill(item, path if borrowed else (*path, index), borrowed=borrowed)
                    for index, item in enumerate(value)]  # fmt: skip
        return value

    def _text(self, text: str, path: Path) -> object:
        whole = _ROW.fullmatch(text)
        if whole is not None and len(whole[1]) == 1:
            value = self._value(whole, path)
            self._spend(len(value) if isinstance(value, str) else 0, path)
            return value

        def replace(match: re.Match[str]) -> str:
            filled = match[0][1:] if len(match[1]) > 1 else _words(self._value(match, path))
            self._spend(len(filled), path)
            return filled

        return _ROW.sub(replace, text)

    def _spend(self, characters: int, path: Path) -> None:
        self._left -= characters
        if self._left < 0:
            message = f"the row's values make this case longer than {MOST_FILLED:,} characters"
            raise BadCase(CaseProblem(rule="test-row", path=path, message=message))

    def _value(self, match: re.Match[str], path: Path) -> object:
        if self._row is None:
            message = f"`{match[0][:60]}` needs a `table` in this case"
            raise BadCase(CaseProblem(rule="test-row", path=path, part=match.span(), message=message))
        if match[2] not in self._row:
            raise BadCase(CaseProblem(
                rule="test-row", path=path, part=match.span(), message=f"this row has no `{match[2][:60]}`",
                name=match[2], nearest_of=tuple(self._row),
            ))  # fmt: skip
        return self._row[match[2]]


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


ReadIncluded = Callable[[str], Document]
"""Reads a file that `include` names; raises ValueError with a sentence when it cannot."""


def read_case_file(document: Document, read_included: ReadIncluded) -> CaseFile:
    """The cases of a document."""
    value = document.value if isinstance(document.value, dict) else {}
    problems: list[CaseProblem] = []
    fixtures: dict[str, Body] = {}
    for index, name in enumerate(_list(value.get("include"))):
        if isinstance(name, str):
            fixtures |= _included(name, ("include", index), read_included, problems)
    fixtures |= _fixtures(value)
    workflow = value.get("workflow")
    cases = tuple(_cases(_list(value.get("cases")), problems))
    defaults = value.get("defaults")
    return CaseFile(
        document=document,
        workflow=workflow if isinstance(workflow, str) else tested_key(document.file),
        defaults=defaults if isinstance(defaults, dict) else {},
        fixtures=fixtures,
        cases=cases,
        problems=tuple(problems),
    )


def _included(name: str, path: Path, read_included: ReadIncluded, problems: list[CaseProblem]) -> Mapping[str, Body]:
    try:
        document = read_included(name)
    except ValueError as error:
        problems.append(CaseProblem(rule="test-include", path=path, message=str(error)))
        return {}
    if not document.ok or not isinstance(document.value, dict):
        problems.append(CaseProblem(rule="test-include", path=path, message=f"`{name}` cannot be read as a test file"))
        return {}
    return _fixtures(document.value)


def _fixtures(value: Body) -> Mapping[str, Body]:
    found = value.get("fixtures")
    return {key: item for key, item in found.items() if isinstance(item, dict)} if isinstance(found, dict) else {}


def _cases(written: Sequence[object], problems: list[CaseProblem]) -> Iterator[Case]:
    taken: set[str] = set()
    count = 0
    for index, body in enumerate(written):
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            continue
        path: Path = ("cases", index)
        rows = [row for row in _list(body.get("table")) if isinstance(row, dict)] if "table" in body else [None]
        for number, row in enumerate(rows):
            count += 1
            if count > MOST_CASES:
                problems.append(
                    CaseProblem(rule="test-size", path=path, message=f"a test file has at most {MOST_CASES:,} cases")
                )
                return
            name = _name(body["name"], row, number)
            if name in taken and row is not None:
                name = f"{name} (row {number + 1})"
            if name in taken:
                message = f"the name `{name[:60]}` is taken by an earlier case"
                problems.append(CaseProblem(rule="test-duplicate-name", path=(*path, "name"), message=message))
                continue
            taken.add(name)
            yield Case(name=name, path=path, written=body, row=row, number=None if row is None else number)


def _name(name: str, row: Body | None, number: int) -> str:
    if row is None:
        return name

    def replace(match: re.Match[str]) -> str:
        return _words(row.get(match[2], match[0]))[:200]

    filled = _ROW.sub(replace, name)
    return filled if filled != name else f"{name} (row {number + 1})"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def tested_key(file: str) -> str:
    """The name of a test file up to `.test.`."""
    return file.rsplit("/", 1)[-1].split(".test.", 1)[0]
