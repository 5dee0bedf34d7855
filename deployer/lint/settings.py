"""What the `rules` of `deployer.yaml` say, once it is known that there are such rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from deployer.errors import ConfigurationError
from deployer.finding import Severity
from deployer.lint.check import LintSettings
from deployer.lint.registry import Rule, documented_rules, find_rule
from deployer.lint.wording import did_you_mean, nearest, quoted, shorten

if TYPE_CHECKING:
    from deployer.lint.expressions.catalogue import Function


def lint_settings(
    rules: Mapping[str, object],
    allow_step_types: Iterable[str] = (),
    *,
    functions: Mapping[str, Function] | None = None,
    time_zones: frozenset[str] | None = None,
) -> LintSettings:
    """Read `rules` of `deployer.yaml`: `{RULE: off|warning|error}`, or `{RULE: {severity: ..., OPTION: ...}}`.

    Raises ConfigurationError that names the nearest rule, severity or option.
    """
    severities: dict[str, Severity] = {}
    options: dict[str, Mapping[str, object]] = {}
    for name, value in rules.items():
        rule = _known_rule(name)
        given = dict(value) if isinstance(value, Mapping) else {"severity": value}
        if "severity" in given:
            severities[name] = _severity(rule, given.pop("severity"))
        options[name] = _options(rule, given)
    return LintSettings(
        severities=severities,
        options={name: chosen for name, chosen in options.items() if chosen},
        allow_step_types=frozenset(allow_step_types),
        functions=functions,
        time_zones=time_zones,
    )


def _known_rule(name: str) -> Rule:
    rule = find_rule(name)
    if rule is None:
        raise ConfigurationError(
            f"unknown rule `{shorten(name)}`{did_you_mean(nearest(name, documented_rules()))}",
            hint="`deployer explain` lists all rules.",
        )
    return rule


def _severity(rule: Rule, value: object) -> Severity:
    # A YAML 1.1 writer may have turned a bare `off` into false.
    word = "off" if value is False else value
    if not isinstance(word, str) or word not in tuple(Severity):
        raise ConfigurationError(f"rule `{rule.name}` cannot be {quoted(value)}; write `off`, `warning` or `error`")
    if not rule.adjustable and word != rule.severity:
        raise ConfigurationError(f"rule `{rule.name}` is always an error: {rule.always}")
    return Severity(word)


def _options(rule: Rule, given: Mapping[str, object]) -> Mapping[str, object]:
    for option in given:
        if option not in rule.options:
            known = ["severity", *rule.options]
            raise ConfigurationError(
                f"rule `{rule.name}` has no option `{shorten(option)}`{did_you_mean(nearest(option, known))}"
            )
    if given:
        from jsonschema import Draft7Validator  # most projects set no options

        for option, value in given.items():
            if not Draft7Validator(dict(rule.options[option])).is_valid(value):  # type: ignore[call-overload]
                raise ConfigurationError(
                    f"option `{option}` of rule `{rule.name}` cannot be {quoted(value, (option,))}"
                )
    return given
