"""`pull --files-only`: the server's version comes in by a pull request, and is drift until that is merged."""

from __future__ import annotations

import json
from pathlib import Path

from deployer.emulator import create_app
from deployer.remote.client import connect
from deployer.remote.target import Target
from tests.cli.program import project, within


def edit_in_the_web_builder(folder: Path, text: str) -> None:
    app = create_app(folder / ".deployer" / "local" / "emulator.sqlite")
    try:
        with connect(Target(account="local"), api_key=None, wsgi_app=app) as gateway:
            (found,) = gateway.definitions()
            body = json.loads(json.dumps(dict(found.body)))
            body["definition"]["steps"][0]["inputs"]["text"] = text
            gateway.update(found.id, body)
    finally:
        app.close()


def test_the_state_waits_for_the_merge(tmp_path: Path) -> None:
    folder = project(tmp_path)
    file = folder / "workflows" / "reply.yaml"
    on_main = file.read_text()
    within("apply", "--auto-approve", cwd=folder)
    edit_in_the_web_builder(folder, "We answer tomorrow.")

    pulled = within("pull", "*", "--files-only", "--report", "json=pulled.json", cwd=folder)
    assert pulled.code == 0
    assert "We answer tomorrow." in file.read_text()
    assert [item["written"] for item in json.loads((folder / "pulled.json").read_text())["pulled"]] == [True]

    in_the_branch = file.read_text()
    file.write_text(on_main)
    assert within("drift", cwd=folder).code == 2
    refused = within("apply", "--auto-approve", cwd=folder)
    assert refused.code == 6, "main must not put its own version over the colleague's"

    file.write_text(in_the_branch)
    assert "No changes." in within("apply", "--auto-approve", cwd=folder).out
    assert within("drift", cwd=folder).code == 0
