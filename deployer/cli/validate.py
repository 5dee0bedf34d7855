"""`deployer validate`: an answer that still holds is given at once; else the work is done, by modules imported then."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from deployer.cache import Answer, Cache, open_cache, question, taking_notes
from deployer.cli.flags import remembering, selection
from deployer.cli.options import global_options_with_findings
from deployer.cli.session import Session, pass_session


@click.command("validate")
@selection
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--stdin-name", default="stdin.yaml", show_default=True, metavar="FILE", help="What `-` is called.")
@click.option("--since", metavar="REF", help="Check what changed since the work tree left REF, uncommitted changes "
              "and new files included.")  # fmt: skip
@click.option("--changed-files", is_flag=True, help="SEL are changed files: check what they concern, pass over others.")
@click.option("--baseline", metavar="FILE", help="Report only what this file does not know.")
@click.option("--write-baseline", is_flag=True, help="Write all that is found to the --baseline FILE.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend: quotes, spellings, leftovers, durations.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@remembering
@global_options_with_findings
@pass_session
def command(session: Session, /, *, no_cache: bool, **flags: object) -> int:
    """Check workflow files and their tests, without a network.

    SEL is a workflow's key, a path, or a glob of either; `-` reads stdin. Exit code 1 when there is an error.
    Test files (`*.test.yaml`) are checked with the workflows that they test; SEL may name them, too. Rules that
    compare workflows know the whole project, however few files are checked. Without --env the references are
    checked for every environment.
    """
    cache = None if no_cache or not _repeatable(session, flags) else open_cache(os.environ)
    if cache is None:
        return _work(session, flags)
    asked = _question(session, flags)
    answer = cache.recall(asked)
    if answer is None:
        return _think(session, flags, cache, asked)
    session.show(answer.text)
    return answer.code


def _work(session: Session, flags: Mapping[str, object]) -> int:
    import gc

    # A run makes objects and ends: looking for what could be freed on the way takes a tenth of the time.
    enabled = gc.isenabled()
    if not flags["watch"]:
        gc.disable()
    try:
        from deployer.cli.validating import validate_files

        return validate_files(session, flags)
    finally:
        if enabled:
            gc.enable()


def _think(session: Session, flags: Mapping[str, object], cache: Cache, asked: str) -> int:
    with taking_notes() as notes:
        code = _work(session, flags)
    if code in (0, 1):
        cache.remember(asked, Answer(code, "".join(session.shown)), notes)
    return code


_ALONE = frozenset({"selectors", "exclude", "strict", "stdin_name"})
"""Flags beside which the files decide alone; with any other one, Git, a baseline or the moment do, too."""


def _repeatable(session: Session, flags: Mapping[str, object]) -> bool:
    """Whether nothing but files and the question itself decides what is printed."""
    plain = not any(value for name, value in flags.items() if name not in _ALONE) and not session.options.reports
    return plain and "-" not in _selectors(flags) and session.options.format in {"text", "json"}


def _question(session: Session, flags: Mapping[str, object]) -> str:
    options = session.options
    environ = sorted(item for item in os.environ.items() if item[0].startswith("DEPLOYER_"))
    paths = [(name, os.path.isdir(name), os.path.isfile(name)) for name in _selectors(flags)]
    shown = (options.format, session.color, options.env, options.variables)
    return question("validate", os.getcwd(), paths, sorted(flags.items()), shown, environ)


def _selectors(flags: Mapping[str, object]) -> list[str]:
    found = (flags.get(name) for name in ("selectors", "exclude"))
    return [str(selector) for given in found if isinstance(given, tuple) for selector in given]
