"""From `deployer.yaml` to a Project, with a finding for everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from deployer.finding import Finding, Path, Severity, dotted
from deployer.regex import regex
from deployer.source.document import Document
from deployer.source.project import (
    DEFAULT_BASE_URL,
    DEFAULT_WORKFLOWS,
    Environment,
    Project,
    ProjectError,
    PruneLimits,
)
from deployer.steps import project_schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_VARIABLE_PART = regex(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_ENVIRONMENT_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


class ProjectReader:
    """Turns the document into a Project; gathers every problem before it gives up."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = [item for item in document.findings if item.severity is Severity.ERROR]

    def project(self, root: FilePath) -> Project:
        """The project that the document declares. Raises ProjectError with every finding."""
        value = self.document.value
        if not self.findings and not isinstance(value, dict):
            self.report((), "deployer.yaml is a mapping with `version: 1` and `environments`")
        if self.findings or not isinstance(value, dict):
            raise self.error()
        self.known(
            value, (), ("version", "workflows", "defaultEnvironment", "environments", "rules", "validation",
                        "unmanaged", "prune"),
        )  # fmt: skip
        version = value.get("version", 1)
        if isinstance(version, bool) or version != 1:
            self.report(("version",), f"version {version!r} is not known here; this program reads version 1")
        environments = self.environments(value.get("environments"))
        default = self.text(value, ("defaultEnvironment",)) or self.default(environments)
        if "defaultEnvironment" in value and environments and default not in environments:
            self.report(
                ("defaultEnvironment",), f"`{default}` is not among the environments: {', '.join(environments)}"
            )
        workflows = self.texts(value, ("workflows",))
        validation = self.mapping(value, ("validation",))
        self.known(validation, ("validation",), ("allowStepTypes", "functions", "timeZones"))
        unmanaged = self.mapping(value, ("unmanaged",))
        self.known(unmanaged, ("unmanaged",), ("ignore",))
        project = Project(
            root=root,
            document=self.document,
            workflows=workflows or DEFAULT_WORKFLOWS,
            default_environment=default,
            environments=environments,
            rules=self.rules(value),
            allow_step_types=frozenset(self.texts(validation, ("validation", "allowStepTypes"))),
            functions_file=self.text(validation, ("validation", "functions")),
            time_zones_file=self.text(validation, ("validation", "timeZones")),
            unmanaged_ignore=self.texts(unmanaged, ("unmanaged", "ignore")),
            prune=self.prune(self.mapping(value, ("prune",))),
        )
        if self.findings:
            raise self.error()
        return project

    def default(self, environments: Mapping[str, Environment]) -> str:
        return next(iter(environments)) if len(environments) == 1 else "local"

    def prune(self, value: Mapping[str, object]) -> PruneLimits:
        self.known(value, ("prune",), ("maxShare", "maxCount"))
        share, count = value.get("maxShare", 0.2), value.get("maxCount", 5)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            self.report(("prune", "maxShare"), "maxShare is a number from 0 to 1")
            share = 0.0
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            self.report(("prune", "maxCount"), "maxCount is a whole number from 0")
            count = 0
        return PruneLimits(max_share=float(share), max_count=count)

    def environments(self, value: object) -> dict[str, Environment]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report(("environments",), "environments is a mapping: a name, then its settings")
            return {}
        result: dict[str, Environment] = {}
        for name, settings in value.items():
            path: Path = ("environments", name)
            if not name or any(character not in _ENVIRONMENT_NAME for character in name) or len(name) > 64:
                self.report(
                    path, f"`{name}` cannot name an environment: letters, digits, `_` and `-`, at most 64", key=True
                )
            elif settings is not None and not isinstance(settings, dict):
                self.report(path, f"environment `{name}` is a mapping, such as {{ emulator: true }}")
            else:
                result[name] = self.environment(name, settings or {}, path)
        return result

    def environment(self, name: str, value: Mapping[str, object], path: Path) -> Environment:
        self.known(
            value, path, ("accountId", "baseUrl", "emulator", "apiKeyEnv", "vars", "varFiles", "protect", "state",
                          "overrides"),
        )  # fmt: skip
        emulator, settings = self.emulator(value.get("emulator", False), (*path, "emulator"))
        account = self.text(value, (*path, "accountId"))
        if not emulator and value.get("accountId") is None:
            self.report(path, f"environment `{name}` needs an accountId (or `emulator: true`)", key=True)
        if emulator and "baseUrl" in value:
            self.report((*path, "baseUrl"), "an emulator environment runs in this process and has no baseUrl")
        key_env = self.text(value, (*path, "apiKeyEnv")) or "DEPLOYER_API_KEY"
        if not key_env.startswith("DEPLOYER_API_KEY"):
            # A configuration from a fork must not be able to send some other variable's value.
            self.report((*path, "apiKeyEnv"), f"`{key_env}`: the variable's name must begin with DEPLOYER_API_KEY")
        state = self.text(value, (*path, "state")) or "auto"
        if state not in {"auto", "git", "file"}:
            self.report((*path, "state"), f"`{state}` is no back end; write auto, git or file")
        self.variables(value.get("vars"), (*path, "vars"))
        return Environment(
            name=name,
            account=account or name,
            base_url=self.text(value, (*path, "baseUrl")) or DEFAULT_BASE_URL,
            emulator=emulator,
            emulator_settings=settings,
            api_key_env=key_env,
            variables=self.mapping(value, (*path, "vars")),
            variable_files=self.texts(value, (*path, "varFiles")),
            protect=self.flag(value, (*path, "protect")),
            state=state,
            overrides=self.overrides(value, path),
        )

    def emulator(self, value: object, path: Path) -> tuple[bool, tuple[str, ...]]:
        if isinstance(value, bool):
            return value, ()
        if isinstance(value, dict):
            self.emulator_settings(value, path)
            return True, tuple(f"{name}={_setting(setting)}" for name, setting in value.items())
        self.report(path, "emulator is true, false, or a mapping of emulator settings")
        return True, ()

    def emulator_settings(self, value: Mapping[str, object], path: Path) -> None:
        """The emulator's own room reads them; what they may be stands in the schema of this file."""
        if not value:
            return
        from jsonschema import Draft7Validator  # heavy, and few projects set anything here

        schema = project_schema()
        settings = schema["definitions"]["emulator"]["properties"]
        self.known(value, path, tuple(settings))
        for name, setting in value.items():
            checker = Draft7Validator({**settings.get(name, {}), "definitions": schema["definitions"]})
            for error in checker.iter_errors(setting):
                self.report((*path, name), f"{name} cannot be {setting!r}: {_legal(error)}")
                break

    def rules(self, value: Mapping[str, object]) -> dict[str, object]:
        found = self.mapping(value, ("rules",))
        for name, chosen in found.items():
            word = chosen.get("severity", "off") if isinstance(chosen, dict) else chosen
            # A YAML 1.1 writer may have turned a bare `off` into false.
            if word is not False and (not isinstance(word, str) or word not in tuple(Severity)):
                place = ("rules", name, "severity") if isinstance(chosen, dict) else ("rules", name)
                self.report(place, "write off, warning or error")
        return found

    def variables(self, value: object, path: Path) -> None:
        """Names that a reference can spell; a name below another one may begin with a digit."""
        if isinstance(value, dict):
            for name, item in value.items():
                if not (_VARIABLE if path[-1] == "vars" else _VARIABLE_PART).fullmatch(name):
                    self.report((*path, name), f"`{name}` cannot name a variable: letters, digits, `_` and `-`",
                                key=True)  # fmt: skip
                self.variables(item, (*path, name))

    def overrides(self, value: Mapping[str, object], path: Path) -> dict[str, Mapping[str, object]]:
        result: dict[str, Mapping[str, object]] = {}
        for key, settings in self.mapping(value, (*path, "overrides")).items():
            place = (*path, "overrides", key)
            if not isinstance(settings, dict):
                self.report(place, f"overrides of `{key}` are a mapping of status and protect")
                continue
            self.known(settings, place, ("status", "protect"))
            if settings.get("status", "enabled") not in {"enabled", "disabled"}:
                self.report((*place, "status"), "status is enabled or disabled")
            self.flag(settings, (*place, "protect"))
            result[key] = settings
        return result

    def known(self, value: Mapping[str, object], path: Path, names: Sequence[str]) -> None:
        for name in value:
            if name not in names:
                from difflib import get_close_matches

                near = get_close_matches(name, names, 1)
                meant = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}"
                self.report(
                    (*path, name), f"unknown setting `{name}`{meant}", key=True, suggestion=near[0] if near else None
                )

    def text(self, value: Mapping[str, object], path: Path) -> str | None:
        item = value.get(str(path[-1]))
        if item is not None and (not isinstance(item, str) or not item):
            self.report(path, f"{path[-1]} is a text")
            return None
        return item

    def flag(self, value: Mapping[str, object], path: Path) -> bool:
        item = value.get(str(path[-1]), False)
        if not isinstance(item, bool):
            self.report(path, f"{path[-1]} is true or false")
            return True
        return item

    def texts(self, value: Mapping[str, object], path: Path) -> tuple[str, ...]:
        item = value.get(str(path[-1]))
        if item is None:
            return ()
        if not isinstance(item, list) or not all(isinstance(entry, str) and entry for entry in item):
            self.report(path, f"{path[-1]} is a list of texts")
            return ()
        return tuple(str(entry) for entry in item)

    def mapping(self, value: Mapping[str, object], path: Path) -> dict[str, object]:
        item = value.get(str(path[-1]))
        if item is None:
            return {}
        if not isinstance(item, dict):
            self.report(path, f"{path[-1]} is a mapping")
            return {}
        return dict(item)

    def report(self, path: Path, message: str, *, key: bool = False, suggestion: str | None = None) -> None:
        span = self.document.span(path, key=key)
        self.findings.append(
            Finding(
                rule="project-configuration",
                severity=Severity.ERROR,
                message=f"{dotted(path)}: {message}" if path and not key else message,
                file=self.document.file,
                span=span,
                path=path,
                suggestion=suggestion,
            )
        )

    def error(self) -> ProjectError:
        """The error that tells all findings."""
        from deployer.source.excerpts import with_lines  # whoever makes no mistakes does not pay for it

        shown, count = with_lines(self.document, self.findings), len(self.findings)
        return ProjectError(f"{self.document.file}: {count} error{'s' if count > 1 else ''}", shown)


_TYPES = {"boolean": "true or false", "number": "a number", "integer": "a whole number"}


def _legal(error: ValidationError) -> str:
    """What would be right, by the word of the schema that is not met."""
    legal = error.validator_value
    if error.validator == "enum" and isinstance(legal, list):
        return "write " + " or ".join(map(str, legal))
    if error.validator == "type":
        return f"write {_TYPES.get(str(legal), legal)}"
    limits = {"minimum": f"at least {legal}", "maximum": f"at most {legal}"}
    return limits.get(str(error.validator), "write a whole number from 1, or none")


def _setting(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
