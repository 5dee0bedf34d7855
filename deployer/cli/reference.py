"""The command line as Markdown: docs/cli.md is made from it, and a test holds both equal."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from deployer.cli.main import COMMANDS, cli

GLOBAL = frozenset({"global_directory", "global_env", "global_format", "global_no_color", "global_debug",
                    "global_quiet", "global_verbose", "global_variables"})  # fmt: skip


def render() -> str:
    """Every command with its arguments and options."""
    context = click.Context(cli, info_name="deployer")
    parts = ["# Commands", "", "Made from the program itself.", "", "## Global options", "",
             "They work before and after the command.", ""]  # fmt: skip
    parts += [*_options(cli, context, globals_too=True), ""]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            parts += _command(command, click.Context(command, info_name=name, parent=context), level=2)
    return "\n".join(parts).rstrip() + "\n"


def _command(command: click.Command, context: click.Context, *, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}"
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    yield "```"
    yield " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield "```"
    yield ""
    options = list(_options(command, context, globals_too=False))
    if options:
        yield from (*options, "")
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _command(child, click.Context(child, info_name=name, parent=context), level=level + 1)


def _options(command: click.Command, context: click.Context, *, globals_too: bool) -> Iterator[str]:
    rows = [
        record
        for parameter in command.params
        if globals_too or parameter.name not in GLOBAL
        for record in (parameter.get_help_record(context),)
        if record is not None
    ]
    if rows:
        yield "| option | meaning |"
        yield "|---|---|"
        yield from (f"| `{_cell(name)}` | {_cell(text)} |" for name, text in rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
