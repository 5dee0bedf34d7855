"""A project with its stand-in for the server, for `plan.py` and `apply.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus import make_project

CONFIG = "version: 1\nenvironments:\n  live: {{ accountId: acme, baseUrl: '{}', state: file }}\n"
HERE = Path(__file__).resolve().parent


class Remote:
    """The stand-in, as a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stats(self) -> dict[str, float]:
        """What came since the last time."""
        with urllib.request.urlopen(f"{self.url}/_stats") as answer:  # noqa: S310  # this machine
            found: dict[str, float] = json.load(answer)
        reset = urllib.request.Request(f"{self.url}/_reset", method="POST", data=b"{}")  # noqa: S310
        urllib.request.urlopen(reset).close()  # noqa: S310
        return found


@contextmanager
def remote(folder: Path, files: int, *flags: str) -> Iterator[Remote]:
    """A project of so many workflows in `folder`, and a server that holds them."""
    make_project(folder, files)
    (folder / "deployer.yaml").write_text(CONFIG.format("http://127.0.0.1:1"), encoding="utf-8")
    command = [sys.executable, str(HERE / "standin.py"), str(folder), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit("the stand-in has no output")
        url = process.stdout.readline().strip()
        (folder / "deployer.yaml").write_text(CONFIG.format(url), encoding="utf-8")
        try:
            yield Remote(url)
        finally:
            process.kill()


def environ(folder: Path) -> dict[str, str]:
    """A key, and a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOYER_", "CI"))}
    return {**kept, "DEPLOYER_API_KEY": "benchmark-key-0123456789", "XDG_CACHE_HOME": str(folder)}
