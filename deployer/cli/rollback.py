"""`deployer rollback`."""

from __future__ import annotations

from functools import partial

import click

from deployer.cli.flags import read_flags
from deployer.cli.session import Session
from deployer.cli.turning import Order, Targets, meant_by, turn, turning
from deployer.errors import ConfigurationError
from deployer.operations.turn import Wish
from deployer.operations.versions_at import versions_at
from deployer.source.revision import ancestors, resolve_commit
from deployer.state.model import State


@click.command("rollback")
@click.option("--to", type=click.IntRange(min=1), metavar="N", help="To the content of this version; default: the "
              "newest that is neither current nor rolled back from.")  # fmt: skip
@click.option("--to-commit", metavar="SHA", help="Everything, or SEL, to what it was after the last run from this "
              "commit.")  # fmt: skip
@click.option("--write", is_flag=True, help="Also take the content into the file, references and comments kept.")
@turning
def command(session: Session, /, *, to: int | None, to_commit: str | None, write: bool, **flags: object) -> int:
    """Put an earlier version's content back, as a new version, and hold it there.

    Needs no workflow files, no lock and no Git remote. Apply leaves the key alone until its file changes.
    """
    order = read_flags(Order, flags)
    wish = Wish(turn="rollback", reason=order.reason, to=to, protected_too=order.protected_too)
    if to_commit is None:
        return turn(session, order, "rollback", partial(_by_name, session, order, wish), write=write)
    if to is not None or order.definition_id is not None:
        raise ConfigurationError("--to-commit goes with neither --to nor --id")
    return turn(session, order, "rollback", partial(_by_commit, session, order, wish, to_commit), write=write)


def _by_name(session: Session, order: Order, wish: Wish, state: State) -> tuple[Targets, tuple[str, ...]]:
    meant = meant_by(session, order, state, wish)
    if wish.to is not None and len(meant) > 1:
        raise ConfigurationError(f"--to {wish.to} needs one workflow, and {len(meant)} are meant")
    return meant, ()


def _by_commit(
    session: Session, order: Order, wish: Wish, commit: str, state: State
) -> tuple[Targets, tuple[str, ...]]:
    from deployer.cli.keys import key_selection

    root = session.project.root
    sha = resolve_commit(root, commit)
    snapshot = versions_at(session.store.entries(), sha, ancestors(root, sha))
    selected = key_selection(session, state, order.selectors, order.exclude)
    meant: dict[str, tuple[str | None, Wish]] = {}
    warnings: list[str] = []
    for key, binding in sorted(state.bindings.items()):
        version = snapshot.versions.get(binding.id)
        if not selected(key):
            continue
        if version is None:
            warnings.append(f"{key} was not on the server at {commit}; it is left alone (`deployer disable {key}`)")
        else:
            meant[binding.id] = (key, Wish(
                turn="rollback", reason=wish.reason or f"to commit {commit}", to=version,
                protected_too=wish.protected_too,
            ))  # fmt: skip
    if snapshot.commit != sha:
        warnings.append(f"nothing was applied from {commit} itself; this is {snapshot.commit[:12]}, applied before it")
    if not snapshot.clean:
        warnings.append(f"the run at {snapshot.at} was made from files that differed from that commit")
    return meant, tuple(warnings)
