"""Which workflow files a command is about, and what they want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.cache import Cache
    from deployer.cli.session import Session
    from deployer.operations.selection import Chosen
    from deployer.operations.wants import Wants
    from deployer.state.model import State


def choose_workflows(
    session: Session, selectors: Sequence[str], exclude: Sequence[str] = (), state: State | None = None
) -> Chosen:
    """The workflows that SEL means, in the project around the first path among them.

    Raises ConfigurationError where the paths stand in several projects: each has a state of its own.
    """
    from deployer.operations.selection import choose
    from deployer.source.project import relative_name
    from deployer.source.root import existing, find_root

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
    state: Callable[[], State],
    cache: Cache | None = None,
    *,
    by_file: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> Wants:
    """What the chosen files want. `state` gives the state, which is asked for as late as can be.

    `by_file`: the files need not be held, so of a whole project each is read by itself, and what did not change
    since is known already. `meanwhile` is what else there is to do while another process reads some of them. Raises
    InvalidFiles where a file has an error, ConfigurationError where there are neither files nor a state.
    """
    wants = _wants(session, selectors, exclude, state, cache, by_file=by_file, meanwhile=meanwhile)
    if not wants.keys and state().empty:
        from deployer.operations.selection import no_files

        raise no_files(session.project)
    return wants


def _wants(
    session: Session,
    selectors: Sequence[str],
    exclude: Sequence[str],
    state: Callable[[], State],
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

    chosen = choose_workflows(session, selectors, exclude, state())
    wants = wants_of(session.project, chosen)
    if files is not None and not wants.unreadable:
        files.remember(chosen.loaded.workflows, tuple(chosen.loaded.absent.values()))
    return wants
