"""Where each effective setting, variable and secret of an environment came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deployer.finding import Path
from deployer.record import record
from deployer.source.project import Environment, Project
from deployer.source.references import look_up
from deployer.source.workflow import Workflow

DEFAULT = "default"


@record
class Known:
    """One value and where it came from."""

    name: str
    value: object
    """None for a secret: it is never shown."""
    origin: str
    """A place in a file, an environment variable, a flag, `default`, or that nobody gave it."""
    used_by: tuple[str, ...] = ()
    """Keys of workflows."""


@record
class Explanation:
    """Everything about one environment."""

    environment: str
    settings: tuple[Known, ...]
    variables: tuple[Known, ...]
    secrets: tuple[Known, ...]
    overrides: tuple[Known, ...]


def explain(
    project: Project,
    environment: Environment,
    workflows: Sequence[Workflow],
    *,
    chosen_by: str | None,
    secret_origin: Callable[[str], str | None],
) -> Explanation:
    """What the workflows get from this environment. `chosen_by` says who chose it, None that nobody did.

    Variables and secrets are those that the workflows use; all settings are listed.
    """
    used: dict[str, list[str]] = {}
    secrets: dict[str, list[str]] = {}
    for workflow in workflows:
        for name in workflow.variables:
            used.setdefault(name, []).append(workflow.key)
        for name in workflow.secrets:
            secrets.setdefault(name, []).append(workflow.key)
    return Explanation(
        environment=environment.name,
        settings=tuple(_settings(project, environment, chosen_by)),
        variables=tuple(
            Known(name=name, value=look_up(environment.variables, name)[1],
                  origin=environment.origins.get(name, "deployer.yaml"), used_by=tuple(sorted(keys)))
            for name, keys in sorted(used.items())
        ),
        secrets=tuple(
            Known(name=name, value=None, origin=secret_origin(name) or "nobody gave it", used_by=tuple(sorted(keys)))
            for name, keys in sorted(secrets.items())
        ),
        overrides=tuple(_overrides(project, environment, workflows)),
    )  # fmt: skip


def _settings(project: Project, environment: Environment, chosen_by: str | None) -> list[Known]:
    base: Path = ("environments", environment.name)
    rows: Mapping[str, tuple[object, Path]] = {
        "accountId": (environment.account, (*base, "accountId")),
        "baseUrl": (None if environment.emulator else environment.base_url, (*base, "baseUrl")),
        "emulator": (environment.emulator, (*base, "emulator")),
        "apiKeyEnv": (None if environment.emulator else environment.api_key_env, (*base, "apiKeyEnv")),
        "protect": (environment.protect, (*base, "protect")),
        "state": (environment.state, (*base, "state")),
        "workflows": (list(project.workflows), ("workflows",)),
        "prune.maxShare": (project.prune.max_share, ("prune", "maxShare")),
        "prune.maxCount": (project.prune.max_count, ("prune", "maxCount")),
        "unmanaged.ignore": (list(project.unmanaged_ignore), ("unmanaged", "ignore")),
    }
    known = [
        Known(name="environment", value=environment.name, origin=chosen_by or _origin(project, ("defaultEnvironment",)))
    ]
    return known + [
        Known(name=name, value=value, origin=_origin(project, path)) for name, (value, path) in rows.items()
        if value is not None
    ]  # fmt: skip


def _overrides(project: Project, environment: Environment, workflows: Sequence[Workflow]) -> list[Known]:
    return [
        Known(name=f"{workflow.key}: {field}", value=value, used_by=(workflow.key,),
              origin=_origin(project, ("environments", environment.name, "overrides", workflow.key, field)))
        for workflow in workflows
        for field, value in environment.overrides.get(workflow.key, {}).items()
    ]  # fmt: skip


def _origin(project: Project, path: Path) -> str:
    """The place in `deployer.yaml` where a setting stands, or that it has its default."""
    document = project.document
    value: object = document.value if document is not None else None
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if document is None or value is None:
        return DEFAULT
    span = document.span(path)
    return f"{document.file}:{span.line}:{span.column}"
