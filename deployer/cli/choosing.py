"""Options and steps that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deployer.cache import Cache
    from deployer.cli.session import Session
    from deployer.operations.selection import Chosen
    from deployer.operations.wants import Wants
    from deployer.remote.limits import Limits
    from deployer.source.project import Project
    from deployer.state.model import State

Command = TypeVar("Command", bound=Callable[..., object])
Flags = TypeVar("Flags")


def selection(command: Command) -> Command:
    """Add `SEL...` and `--exclude SEL`."""
    command = click.argument("selectors", metavar="[SEL]...", nargs=-1)(command)
    return click.option("--exclude", multiple=True, metavar="SEL", help="Leave these out.")(command)


def speed(command: Command) -> Command:
    """Add `--parallelism` and `--max-rps`."""
    command = click.option(
        "--parallelism", type=click.IntRange(1, 64), default=4, show_default=True, envvar="DEPLOYER_PARALLELISM",
        help="Requests at once.",
    )(command)  # fmt: skip
    return click.option(
        "--max-rps", type=click.FloatRange(min=0.01), envvar="DEPLOYER_MAX_RPS",
        help="Requests a second, at most; 10 unless it is the emulator.",
    )(command)  # fmt: skip


def with_reason(command: Command) -> Command:
    """Add `--reason`."""
    return click.option("--reason", metavar="TEXT", help="Why, for the state's log.")(command)


def remembering(command: Command) -> Command:
    """Add `--no-cache`."""
    return click.option(
        "--no-cache", is_flag=True, envvar="DEPLOYER_NO_CACHE", help="Neither use nor keep what an earlier run found."
    )(command)


def read_flags(kind: Callable[..., Flags], flags: Mapping[str, object]) -> Flags:
    """A command's flags as one value: click has filled in what the options declare, under the names of its fields."""
    return kind(**flags)


def limits(session: Session, parallelism: int, max_rps: float | None) -> Limits:
    """The limits that the flags ask for."""
    from deployer.remote.limits import Limits

    usual = None if session.environment.emulator else Limits().max_rps
    return Limits(parallelism=parallelism, max_rps=max_rps or usual)


def choose_workflows(
    session: Session, selectors: Sequence[str], exclude: Sequence[str] = (), state: State | None = None
) -> Chosen:
    """The workflows that SEL means, in the project around the first path among them.

    Raises ConfigurationError where the paths stand in several projects: each has a state of its own.
    """
    from deployer.cli.session import existing
    from deployer.operations.selection import choose
    from deployer.source.project import find_root, relative_name

    for path in existing(selectors):
        if find_root(path) not in {None, session.project.root}:
            raise ConfigurationError(
                f"{relative_name(path)} belongs to another project than {relative_name(session.project.root)}",
                hint="Run the command once for each project; `validate` takes several.",
            )
    keys = (state or session.store.read()).bindings
    return choose(session.project, session.environment, selectors, exclude=exclude, known_keys=keys)


def read_wants(
    session: Session,
    selectors: Sequence[str],
    exclude: Sequence[str],
    state: State,
    cache: Cache | None = None,
    *,
    by_file: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> Wants:
    """What the chosen files want.

    `by_file`: the files need not be held, so of a whole project each is read by itself, and what did not change
    since is known already. `meanwhile` is what else there is to do while another process reads some of them. Raises
    InvalidFiles where a file has an error, ConfigurationError where there are neither files nor a state.
    """
    from deployer.cli.stores import remember

    remember(session, state)
    wants = _wants(session, selectors, exclude, state, cache, by_file=by_file, meanwhile=meanwhile)
    if not wants.keys and state.empty:
        from deployer.operations.selection import no_files

        raise no_files(session.project)
    return wants


def _wants(
    session: Session,
    selectors: Sequence[str],
    exclude: Sequence[str],
    state: State,
    cache: Cache | None,
    *,
    by_file: bool,
    meanwhile: Callable[[], None] | None,
) -> Wants:
    from deployer.operations.wants_by_file import FileByFile

    whole = by_file and not selectors and not exclude
    files = FileByFile(session.project, session.environment, cache) if whole else None
    wants = files.wants(meanwhile) if files is not None else None
    if wants is not None:
        return wants
    from deployer.operations.wants import wants_of

    chosen = choose_workflows(session, selectors, exclude, state)
    wants = wants_of(session.project, chosen)
    if files is not None and not wants.unreadable:
        files.remember(chosen.loaded.workflows, tuple(chosen.loaded.absent.values()))
    return wants


def projects(selectors: Sequence[str]) -> Iterator[tuple[Project, Sequence[str]]]:
    """Selectors by the project that their path stands in; keys and globs mean the project around the user."""
    from pathlib import Path

    from deployer.cli.session import existing
    from deployer.source.project import find_root, open_project

    here = find_root(Path())
    roots = {str(path): find_root(path) for path in existing(selectors)}
    parts: dict[Path | None, list[str]] = {}
    for selector in selectors:
        root = roots.get(str(Path(selector)), here) if Path(selector).exists() else here
        parts.setdefault(root, []).append(selector)
    for root, part in (parts or {here: []}).items():
        yield open_project(root or Path()), part


def may_be_hidden(session: Session) -> Callable[[Mapping[str, object]], bool]:
    """Whether the server may hold a new definition and not list it.

    Of the real service nobody knows; of the emulator in this process its settings say.
    """
    if not session.environment.emulator:
        return lambda _template: True
    from deployer.emulator import Settings

    settings = Settings.parse(session.environment.emulator_settings)

    def hidden(template: Mapping[str, object]) -> bool:
        return settings.list_delay > 0 or (not settings.list_disabled and template.get("status") != "enabled")

    return hidden
