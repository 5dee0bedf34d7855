"""The program: `deployer COMMAND`. Commands are imported when they are called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

from deployer import __version__
from deployer.cli.options import Globals, global_options_of_all
from deployer.errors import DeployerError

COMMANDS = {
    "account": "Show what the account may use and has used: functions, time zones, instances.",
    "adopt": "Bind workflows to definitions that exist already.",
    "apply": "Make the server match the files.",
    "chat": "Talk to a workflow in the terminal, offline.",
    "compare": "Show what differs between the servers of two environments, variables aside.",
    "disable": "Stop workflows from starting anew, and hold them so.",
    "doctor": "Check what every run depends on, and change nothing: key, host, clock, state, Git, numbers, usage.",
    "drift": "Tell whether the server moved since the last apply.",
    "emulator": "Serve the Automation API on this machine.",
    "enable": "Let disabled workflows start again.",
    "explain": "Say what a rule checks, and why.",
    "fmt": "Write workflow files in one canonical layout.",
    "forget": "Unbind workflows; their definitions stay as they are.",
    "github": "Post reports to GitHub.",
    "graph": "Draw workflows, what changes in them, or what tests reach of them.",
    "hold": "List the keys that apply leaves alone, and release them.",
    "init": "Make a project: configuration, one workflow, editor settings, hooks, CI.",
    "log": "Show who changed what: the state's log and the server's versions, the newest first.",
    "plan": "Show what apply would do, and change nothing.",
    "pull": "Take the server's definitions into files.",
    "render": "Print the body as it would be sent, secrets masked.",
    "rollback": "Put an earlier version's content back, as a new version, and hold it there.",
    "runs": "List, start and steer instances of workflows.",
    "schema": "Print the JSON Schema of workflow files, or of one step type.",
    "show": "Print a definition as the server has it, now or at version N, as YAML.",
    "state": "Look at the state of an environment, and repair it.",
    "status": "Show id, version, status, hold and running instances of each workflow.",
    "test": "Run the test cases of workflows, offline, and measure what they cover.",
    "validate": "Check workflow files and their tests, without a network.",
}
"""Each is `deployer.cli.<name>:command`."""


class LazyGroup(click.Group):
    """Knows every command by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"deployer.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(error.message + meant, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # Asking each command for its help would import all of them.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deployer", message="%(prog)s %(version)s")
@global_options_of_all
def cli() -> None:
    """Deploy 8x8 Automation workflow definitions from files in Git."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    code = run(arguments)
    # Python looks for rubbish in all that is left several times while it ends, which takes a fifth of a short run.
    # What is frozen is passed over; buffers are flushed, threads awaited and exit handlers called all the same.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program; every way a run can end becomes an exit code and at most one message."""
    options = Globals()
    # A command makes much and throws little away before it ends: looking for rubbish takes longer than all JSON.
    gc.set_threshold(200_000, 50, 100)
    gc.enable()
    try:
        result = cli.main(args=list(arguments) if arguments is not None else None, prog_name="deployer",
                          standalone_mode=False, obj=options)  # fmt: skip
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        # click's own code for wrong usage is 2, which here means "changes pending".
        error.show(file=sys.stderr)
        return 3
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough of it. Python would complain again while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DeployerError as error:
        return _tell(error, options)
    except Exception as error:  # noqa: BLE001  # the last resort: a message, never a traceback
        return _surprise(error, options)
    return result if isinstance(result, int) else 0


def _tell(error: DeployerError, options: Globals) -> int:
    from deployer.cli.telling import tell

    tell(error, options)
    return error.exit_code


def _surprise(error: Exception, options: Globals) -> int:
    from deployer.cli.telling import tell_surprise

    tell_surprise(error, options)
    return 1
