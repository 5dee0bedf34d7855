"""`deployer emulator`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session


@click.command("emulator")
@click.option("--port", type=click.IntRange(0, 65535), default=8808, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--database", type=click.Path(dir_okay=False), metavar="FILE",
              help="The SQLite file; default: one of its own below `.deployer`.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="How to behave where the vendor's "
              "documents are silent, such as offset=items; `--list-settings` names all.")  # fmt: skip
@click.option("--list-settings", is_flag=True, help="Name the settings and their values.")
@global_options
@pass_session
def command(
    session: Session,
    /,
    *,
    port: int,
    host: str,
    database: str | None,
    settings: tuple[str, ...],
    list_settings: bool,
) -> int:
    """Serve the Automation API on this machine.

    Any bearer token is accepted, or only DEPLOYER_EMULATOR_KEY where that is set.
    """
    from deployer.emulator import Settings, create_app, serve

    if list_settings:
        session.show("".join(f"{name}={values}\n" for name, values in Settings.legal_values().items()))
        return 0
    app = create_app(
        Path(database) if database else _default_database(session),
        Settings.parse(settings),
        api_key=os.environ.get("DEPLOYER_EMULATOR_KEY"),
    )
    log = session.debug if session.options.debug or session.options.verbose else None
    try:
        server = serve(app, host, port, log=log)
        session.show(f"{server.url}\n")
        session.say(f"Point an environment at it: baseUrl: {server.url}. Ctrl-C ends it.")
        _flush()
        app.run_in_background()
        # What ends a container ends it as Ctrl-C does: with what is under way in the database.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            session.say("stopped")
        finally:
            server.shutdown()
    finally:
        app.close()
    return 0


def _default_database(session: Session) -> Path:
    from deployer.source.local import make_local_folder

    folder = session.project.root / ".deployer" / "emulator"
    make_local_folder(folder)
    return folder / "emulator.sqlite"


def _flush() -> None:
    """Whoever started us may be waiting for the address on a pipe."""
    import sys

    sys.stdout.flush()
