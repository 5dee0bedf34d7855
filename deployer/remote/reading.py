"""From JSON to what the rest of the program works with. Raises UnusableError where an answer has another shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

from deployer.remote.answer import UnusableError, parse
from deployer.remote.errors import printable
from deployer.remote.gateway import Body, Definition, Instance, InstanceError, StepLog, TimeZone

T = TypeVar("T")


def each(value: object, read: Callable[[object, str], T]) -> list[T]:
    """Read every element of a list; the error names the element."""
    if not isinstance(value, list):
        raise UnusableError("the answer is not a list")
    return [read(element, f"element {number} of the answer") for number, element in enumerate(value, start=1)]


def page_of(read: Callable[[object, str], T]) -> Callable[[bytes], list[T]]:
    """Reads the content of an answer that is a list, element by element."""
    return lambda content: each(parse(content), read)


def body(value: object, where: str = "the answer") -> Body:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise UnusableError(f"{where} is not an object")
    return cast("Body", value)


def bodies(value: object) -> list[Body]:
    """JSON objects, or a single one where the documents contradict themselves."""
    return each([value] if isinstance(value, Mapping) else value, body)


def definition(value: object, where: str = "the answer") -> Definition:
    """One version of a definition.

    The schema puts `id`, `version` and `createdAt` at the top level, the documented examples put the first two
    inside `definition`. The top level counts first: a body inside may carry somebody else's id along.
    """
    outer = body(value, where)
    nested = outer.get("definition")
    inner: Body = cast("Body", nested) if isinstance(nested, Mapping) else {}
    created = _either(outer, inner, "createdAt")
    return Definition(
        id=_id(_either(outer, inner, "id"), f"the `id` of {where}"),
        version=_version(_either(outer, inner, "version"), f"the `version` of {where}"),
        body=outer,
        created_at=created if isinstance(created, str) else None,
    )


def instance(value: object, where: str = "the answer") -> Instance:
    """One instance, with its log if there is one."""
    source = body(value, where)
    logs = source.get("logs")
    data = source.get("data")
    return Instance(
        id=_id(source.get("workflowId"), f"the `workflowId` of {where}"),
        definition_id=_id(source.get("definitionId"), f"the `definitionId` of {where}"),
        version=_version(source.get("version"), f"the `version` of {where}"),
        status=_text(source, "status", where),
        started_at=_text(source, "startedAt", where),
        completed_at=_optional(source, "completedAt"),
        data=cast("Body", data) if isinstance(data, Mapping) else {},
        logs=tuple(each(logs, _step_log)) if logs is not None else (),
    )


def instance_errors(value: object) -> list[InstanceError]:
    """The schema shows a list, the example one object: both are read."""
    return each([value] if isinstance(value, Mapping) else value, _instance_error)


def time_zone(value: object, where: str) -> TimeZone:
    """One zone."""
    source = body(value, where)
    return TimeZone(id=_text(source, "id", where), name=_text(source, "name", where))


def newest_first(instances: Sequence[Instance]) -> list[Instance]:
    """Order by start; the server's order where it sends a moment that cannot be read."""
    try:
        return sorted(instances, key=lambda run: _moment(run.started_at), reverse=True)
    except ValueError:
        return list(instances)


def _step_log(value: object, where: str) -> StepLog:
    source = body(value, f"the log, {where},")
    return StepLog(
        id=_optional(source, "id") or "",
        step=_text(source, "stepName", where),
        status=_text(source, "status", where),
        started_at=_optional(source, "startedAt"),
        completed_at=_optional(source, "completedAt"),
    )


def _instance_error(value: object, where: str) -> InstanceError:
    source = body(value, where)
    return InstanceError(
        instance_id=_optional(source, "workflowId") or "",
        step=_optional(source, "step") or "",
        message=_optional(source, "message") or "",
        at=_optional(source, "errorTime"),
    )


def _either(outer: Body, inner: Body, name: str) -> object:
    value = outer.get(name)
    return inner.get(name) if value is None else value


def _id(value: object, what: str) -> str:
    if not isinstance(value, str) or not value or printable(value) != value:
        raise UnusableError(f"{what} is missing or not a plain text")
    return value


def _version(value: object, what: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnusableError(f"{what} is missing or not a whole number")
    return value


def _text(source: Body, name: str, where: str) -> str:
    value = source.get(name)
    if not isinstance(value, str):
        raise UnusableError(f"the `{name}` of {where} is missing or not a text")
    return value


def _optional(source: Body, name: str) -> str | None:
    value = source.get(name)
    return value if isinstance(value, str) else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
