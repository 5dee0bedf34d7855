"""What somebody on call finds: three applied versions of one workflow, on an account behind HTTP."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from filelock import FileLock

from deployer.emulator import Settings, create_app, serve
from tests.cli.program import Ran, project, within
from tests.cli.projects import commit, git

TEXTS = ("One", "Two", "Three is wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A checkout whose environment `live` is a real account, as far as the program knows."""

    here: Path
    database: Path

    def run(self, *arguments: str) -> Ran:
        return within(*arguments, cwd=self.here)

    def say(self, text: str, key: str = "reply") -> None:
        """Change the text of a file."""
        file = self.here / "workflows" / f"{key}.yaml"
        file.write_text(file.read_text().replace(self.text(key), text))

    def text(self, key: str = "reply") -> str:
        lines = (self.here / "workflows" / f"{key}.yaml").read_text().splitlines()
        return next(line for line in lines if "text: " in line).partition("text: ")[2].removesuffix(" }")

    def apply(self, *arguments: str) -> Ran:
        return self.run("apply", "--auto-approve", *arguments)

    def status(self, key: str = "reply") -> dict[str, object]:
        """How `status` describes a key."""
        ran = self.run("status", "--format", "json")
        assert ran.code == 0, ran.err
        found: dict[str, object] = next(item for item in ran.json["workflows"] if item["key"] == key)
        return found

    def done(self, *arguments: str) -> dict[str, Any]:
        """What an emergency command did to its only workflow."""
        ran = self.run(*arguments, "--auto-approve", "--format", "json")
        assert ran.code == 0, ran.err
        (only,) = ran.json["done"]
        return {**only, "warnings": ran.json["warnings"], "files": ran.json["files"], "running": ran.json["running"]}


@contextmanager
def night(
    folder: Path, *, state: str = "file", settings: Settings | None = None, more: str = "", **texts: str
) -> Iterator[Night]:
    """A server, and a project from which `reply` was applied three times, each from a commit of its own."""
    app = create_app(folder / "server.sqlite", settings or Settings(speed=1))
    # What somebody has set in their shell; in this process, since a command takes a tenth of the time so.
    with serve(app) as server, patch.dict(os.environ, {"DEPLOYER_API_KEY": "key-0123456789", "CI": ""}):
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: {state}, vars: {{sms: acme_sms}}{more}}}"
        config = f"version: 1\ndefaultEnvironment: live\nenvironments: {{live: {live}}}\n"
        here = project(folder / "here", config=config, **(texts or {"reply": TEXTS[0]}))
        (here / ".gitignore").write_text(".deployer\n")
        commit(here)
        if state == "git":
            subprocess.run(["git", "init", "-q", "--bare", str(folder / "remote.git")], check=True)
            git(here, "remote", "add", "origin", str(folder / "remote.git"))
        found = Night(here=here, database=folder / "server.sqlite")
        for text in TEXTS:
            if not texts and found.text() != text:
                found.say(text)
                commit(here)
            confirm = ("--confirm", "live") if "protect" in more else ()
            ran = found.apply(*confirm)
            assert ran.code == 0, ran.out + ran.err
            if texts:
                break
        yield found
    app.close()


@contextmanager
def trouble(kind: str, found: Night) -> Iterator[None]:
    """One of the conditions that must not stop anybody at two in the morning."""
    if kind == "broken files":
        file = found.here / "workflows" / "reply.yaml"
        text = file.read_text()
        file.write_text("definition: [\n")
        yield
        file.write_text(text)
    elif kind == "a held lock":
        local = found.here / ".deployer" / "live"
        with FileLock(local / "state.lock"), FileLock(local / "ref.lock"):  # of a state file, of a ref
            yield
    else:
        remote = found.here.parent / "remote.git"
        remote.rename(remote.with_suffix(".away"))
        yield
        remote.with_suffix(".away").rename(remote)
