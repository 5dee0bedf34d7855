"""`deployer forget`."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click

from deployer.cli.flags import with_reason
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.state.log import Entry


@click.command("forget")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@with_reason
@global_options
@pass_session
def command(session: Session, /, *, keys: tuple[str, ...], reason: str | None) -> int:
    """Unbind workflows; their definitions stay as they are."""
    with session.store.session() as state:
        forgotten = state.state
        for key in keys:
            if key not in state.state.bindings:
                near = get_close_matches(key, state.state.bindings, 1)
                hint = f"Did you mean `{near[0]}`?" if near else "`deployer status` lists the bound ones."
                raise ConfigurationError(f"`{key}` is bound to nothing in `{session.environment.name}`", hint=hint)
            forgotten = forgotten.unbind(key)
        ids = {key: state.state.bindings[key].id for key in keys}
        lost = {key: f"its {state.state.holds[key].kind}'s hold ends" for key in keys if key in state.state.holds}
        state.save(
            forgotten, note=f"forget: {', '.join(keys)}",
            entries=[
                Entry(action="forget", key=key, id=ids[key], reason=reason, note=lost.get(key)) for key in keys
            ],
        )  # fmt: skip
    if session.json:
        session.show(json.dumps({"version": 1, "forgotten": ids}, indent=2) + "\n")
    else:
        session.show("".join(f"{key} is no longer bound; {ids[key]} stays as it is\n" for key in keys))
    for key, said in lost.items():
        session.say(f"warning: {key}: {said}; whoever adopts it again applies its file again")
    return 0
