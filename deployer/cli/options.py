"""Global options: they work before and after the command; the one after the command wins."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import click
from click.core import ParameterSource

Command = TypeVar("Command", bound=Callable[..., object])

FORMATS = ("text", "json")
"""What every command offers."""

REPORT_FORMATS = (*FORMATS, "markdown")
"""What commands offer whose result goes into pull requests."""

PLAN_FORMATS = (*REPORT_FORMATS, "github")
"""What commands offer that findings in the files can stop."""

FINDING_FORMATS = (*REPORT_FORMATS, "github", "gitlab", "sarif", "junit")
"""What commands offer that report findings."""

TEST_FORMATS = (*REPORT_FORMATS, "github", "junit")
"""What `test` offers."""

GRAPH_FORMATS = (*FORMATS, "mermaid", "svg")
"""What `graph` offers."""

ALL_FORMATS = tuple(dict.fromkeys((*FINDING_FORMATS, *TEST_FORMATS, *GRAPH_FORMATS)))
"""What may stand before the command."""


class Globals:
    """What the global options say. Filled by click while it reads the command line.

    No dataclass: every run of the program begins here, and `--version` needs nothing else.
    """

    def __init__(self) -> None:
        self.directory: str | None = None
        self.env: str | None = None
        self.format = "text"
        self.no_color = False
        self.debug = False
        self.quiet = False
        self.verbose = 0
        self.variables: tuple[str, ...] = ()
        self.reports: tuple[tuple[str, str], ...] = ()
        """Format and file of each report that is written beside what is printed."""
        self.typed: set[str] = set()
        """Options that stand on the command line, so that no variable counts for them any more."""
        self.masks: list[Callable[[str], str]] = []
        """What takes secrets out of a text; sessions add to it what they come to know."""

    def elsewhere(self, env: str) -> Globals:
        """The same for another environment."""
        other = Globals()
        other.__dict__.update(self.__dict__, env=env)
        return other

    def mask(self) -> Callable[[str], str]:
        """What takes out of a text all that is known to be secret by now, here or in the process's environment."""
        masks = (*self.masks, _key_mask())

        def masked(text: str) -> str:
            for mask in masks:
                text = mask(text)
            return text

        return masked


_HOLDERS = ("DEPLOYER_API_KEY", "DEPLOYER_SECRET_")
"""How the names of variables begin that hold a key or a secret."""


def _key_mask() -> Callable[[str], str]:
    """What takes API keys and secret values of the process's environment out of a text."""
    if not any(name.startswith(_HOLDERS) for name in os.environ):
        return str
    from deployer.source.secrets_file import MIN_LENGTH, Secrets

    # Too short a value cannot be hidden without hiding ordinary text; as a secret it is refused anyway.
    values = {
        name.removeprefix("DEPLOYER_SECRET_"): value
        for name, value in os.environ.items()
        if name.startswith(_HOLDERS) and len(value) >= MIN_LENGTH
    }
    return Secrets({}, values).mask


class _Global(click.Option):
    """Knows while its callback runs where its value is from; click 8.4.0 tells that only afterwards."""

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        value, source = super().consume_value(ctx, opts)
        ctx.set_parameter_source(self.name or "", source)
        return value, source


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> object:
    given = context.get_parameter_source(parameter.name or "")
    options, name = context.ensure_object(Globals), (parameter.name or "").removeprefix("global_")
    if given is ParameterSource.COMMANDLINE:
        options.typed.add(name)
    if given is ParameterSource.COMMANDLINE or (given is ParameterSource.ENVIRONMENT and name not in options.typed):
        setattr(options, name, value)
    return value


def _keep_variables(context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Variables before and after the command count together; of one name the later wins."""
    options = context.ensure_object(Globals)
    options.variables += value
    return value


def _keep_reports(
    formats: Sequence[str], context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Each is `FORMAT=FILE`, with a format that the command offers."""
    pairs = [(output, file) for item in value for output, _, file in (item.partition("="),)]
    for item, (output, file) in zip(value, pairs, strict=True):
        if not file or output not in formats:
            raise click.BadParameter(
                f"`{item}` is not FORMAT=FILE with a format of {', '.join(formats)}.", context, parameter
            )
    context.ensure_object(Globals).reports = tuple(pairs)
    return value


class _Format(click.Choice[str]):
    """The formats that a command offers; one that others offer gets a precise answer."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in ALL_FORMATS and value not in self.choices and ctx is not None:
            self.fail(f"`{ctx.command_path}` prints {_listed(self.choices)}, not {value}.", param, ctx)
        return str(super().convert(value, param, ctx))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _keep_format(context: click.Context, parameter: click.Parameter, value: object) -> object:
    """Keep the format; where none is given, check the one that stood before the command."""
    if value is None:
        parameter.type.convert(context.ensure_object(Globals).format, parameter, context)
    return _keep(context, parameter, value)


COMMENT = "comment"
"""The format of `--report` that `github comment` reads."""

IN_MARKDOWN = ("markdown", COMMENT)
"""Formats that a Markdown document is made for."""

_option = partial(click.option, cls=_Global, expose_value=False, callback=_keep, is_eager=True)


def global_options(command: Command) -> Command:
    """Add the global options to a command or group."""
    return _add(command, FORMATS)


def global_options_with_plain_reports(command: Command) -> Command:
    """Add the global options to a command whose result goes to programs, too."""
    return _reporting(_add(command, FORMATS), FORMATS)


def global_options_with_reports(command: Command) -> Command:
    """Add the global options to a command whose result goes into pull requests."""
    return _reporting(_add(command, REPORT_FORMATS), REPORT_FORMATS)


def global_options_of_plans(command: Command) -> Command:
    """Add the global options to a command that findings in the files can stop."""
    return _reporting(_add(command, PLAN_FORMATS), PLAN_FORMATS)


def global_options_with_findings(command: Command) -> Command:
    """Add the global options to a command that reports findings."""
    return _reporting(_add(command, FINDING_FORMATS), FINDING_FORMATS)


def global_options_with_tests(command: Command) -> Command:
    """Add the global options to a command that reports tests."""
    return _reporting(_add(command, TEST_FORMATS), TEST_FORMATS)


def global_options_with_pictures(command: Command) -> Command:
    """Add the global options to a command that draws."""
    return _add(command, GRAPH_FORMATS)


def global_options_of_all(command: Command) -> Command:
    """Add the global options to the group of all commands."""
    return _add(command, ALL_FORMATS)


def _reporting(command: Command, formats: Sequence[str]) -> Command:
    """Add `--report FORMAT=FILE`: one run, and its result in as many formats as somebody needs."""
    formats = (*formats, COMMENT) if "markdown" in formats else formats
    add = click.option(
        "--report", "reports", metavar="FORMAT=FILE", multiple=True, expose_value=False,
        callback=partial(_keep_reports, formats), help="Also write the result to FILE as FORMAT; may be repeated.",
    )  # fmt: skip
    return add(command)


def report_formats(command: click.Command) -> Sequence[str]:
    """The formats that `--report` of a command takes; none where it has no such option."""
    for option in command.params:
        if option.name == "reports" and isinstance(option.callback, partial):
            formats: Sequence[str] = option.callback.args[0]
            return formats
    return ()


def _add(command: Command, formats: Sequence[str]) -> Command:
    options = [
        _option("-C", "global_directory", metavar="DIR", help="Work in DIR."),
        _option("--env", "global_env", metavar="NAME", envvar="DEPLOYER_ENV", help="The environment."),
        _option("--var", "global_variables", metavar="NAME=VALUE", multiple=True, callback=_keep_variables,
                help="Set a variable of the environment."),
        _option("--format", "global_format", type=_Format(formats), envvar="DEPLOYER_FORMAT",
                callback=_keep_format, help="How to print it: text or json; many commands know more."),
        _option("--no-color", "global_no_color", is_flag=True, help="No colours (NO_COLOR does the same)."),
        _option("--debug", "global_debug", is_flag=True, envvar="DEPLOYER_DEBUG", help="Requests and tracebacks."),
        _option("-q", "--quiet", "global_quiet", is_flag=True, help="Results only."),
        _option("-v", "--verbose", "global_verbose", count=True, help="Say more."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
