"""The program as people run it: real processes, TCP, real files and a real git."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from deployer.remote.client import connect
from deployer.remote.gateway import Definition
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from deployer.source.writer import write
from tests.operations.world import ACCOUNT, KEY, reply
from tests.state.repositories import ENVIRON, clone, make_remote

from .invariants import BrokenPromiseError

PROGRAM = "import sys; from deployer.cli.main import main; main(sys.argv[1:])"
Kind = Literal["file", "git"]
PATIENCE = 120.0
"""Seconds until a process that does not end counts as stuck."""


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """A server process of its own; yields its address."""
    folder.mkdir(parents=True)
    process = start(folder, "emulator", "--port", "0", "--database", str(folder / "server.sqlite"))
    try:
        if process.stdout is None:
            raise AssertionError("no pipe")
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the program in `folder`."""
    environ = {**ENVIRON, "DEPLOYER_API_KEY": KEY, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environ.pop("CI", None)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=folder, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@dataclass(kw_only=True)
class Shop:
    """An account and the checkouts that deploy to it."""

    folder: Path
    url: str
    kind: Kind
    checkouts: list[Path] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Key -> text; the name of the definition is the key."""

    def __post_init__(self) -> None:
        self.client = connect(
            Target(account=ACCOUNT, base_url=self.url), api_key=KEY, limits=Limits(max_rps=None), environ={}
        )
        remote = make_remote(self.folder / "origin") if self.kind == "git" else None
        for number in range(4 if self.kind == "git" else 1):
            checkout = self.folder / f"checkout{number}"
            if remote is not None:
                clone(remote, checkout)
            (checkout / "workflows").mkdir(parents=True)
            (checkout / "deployer.yaml").write_text(
                "version: 1\ndefaultEnvironment: prod\nenvironments:\n"
                f"  prod: {{accountId: {ACCOUNT}, baseUrl: '{self.url}', state: {self.kind}}}\n"
            )
            self.checkouts.append(checkout)

    def close(self) -> None:
        """Give back the connection."""
        self.client.close()

    def wish(self, files: Mapping[str, str]) -> None:
        """What Git holds from now on, in every checkout."""
        self.files |= files
        for key, text in files.items():
            body = write(reply(text, name=key, account=f"acme_{key}"))
            for checkout in self.checkouts:
                (checkout / "workflows" / f"{key}.yaml").write_text(body)

    def apply(self, checkout: int = 0) -> subprocess.Popen[str]:
        """Start an apply that waits for others."""
        return start(
            self.checkouts[checkout % len(self.checkouts)], "apply", "--auto-approve", "--lock-timeout", "100",
            "--max-rps", "1000",
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        out, told = process.communicate(timeout=PATIENCE)
        return process.returncode, out + told

    def listed(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for definition in self.client.definitions():
            found.setdefault(definition.name, []).append(definition)
        return found

    def check(self) -> None:
        """No name twice, and the state can be read."""
        for name, found in self.listed().items():
            if len(found) > 1:
                raise BrokenPromiseError(f"{len(found)} definitions named {name}")
        code, words = self.finish(start(self.checkouts[0], "state", "show"))
        if code:
            raise BrokenPromiseError(f"the state can't be read: {words}")

    def recover(self) -> None:
        """Two runs, or one more after the decisions that they ask for; then all is as the files say."""
        code, words = self.finish(self.apply())
        if code:
            code, words = self.finish(self.apply())
        if code == 6:
            self.decide()
            code, words = self.finish(self.apply())
        if code:
            raise BrokenPromiseError(f"it does not recover, exit code {code}: {words}")
        self.check()
        listed = self.listed()
        for key, text in self.files.items():
            if key not in listed or text not in json.dumps(dict(listed[key][0].body)):
                raise BrokenPromiseError(f"{key} is not on the server as the file says")

    def decide(self) -> None:
        """Do what the refusals say: look whether the definition is there, and tell."""
        _, text = self.finish(start(self.checkouts[0], "--format", "json", "state", "show"))
        state = json.loads(text[text.index("{") : text.rindex("}") + 1])
        bound = {binding["id"] for binding in state["bindings"].values()}
        listed = self.listed()
        for key, intent in state["intents"].items():
            if intent["action"] == "create":
                mine = [item.id for item in listed.get(key, []) if item.id not in bound]
                way = ("--adopt", mine[0]) if mine else ("--absent",)
                code, words = self.finish(start(self.checkouts[0], "state", "resolve", key, *way))
                if code:
                    raise BrokenPromiseError(f"the way out is none: {words}")


def kill_at_random(shop: Shop, kills: int, seed: int) -> Counter[str]:
    """Kill runs at random moments; every few kills, look whether everything is found again."""
    chance = Random(seed)
    shop.wish({"first": "Hello"})
    started = time.monotonic()
    shop.recover()
    length = (time.monotonic() - started) / 2
    count: Counter[str] = Counter()
    for number in range(kills):
        shop.wish({f"new{number % 8}": f"Text {number}", "first": f"Hello {number}"})
        process = shop.apply()
        started = time.monotonic()
        try:
            process.communicate(timeout=chance.uniform(0.3, 1.2) * length)
            count["too late"] += 1
            # The machine has less to do than before: a run takes less time, too.
            length = min(length, time.monotonic() - started)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            count["killed"] += 1
            # And when it has more to do, the end of a run must stay within reach.
            length *= 1.02
        if number % 6 == 5 or number == kills - 1:
            shop.recover()
            count["recovered"] += 1
    return count


def race(shop: Shop) -> None:
    """Four at once: each waits for its turn, and what one made the others see."""
    shop.wish({f"raced{number}": "Hello" for number in range(3)})
    runs = [shop.apply(number) for number in range(4)]
    ends = [shop.finish(run) for run in runs]
    for code, words in ends:
        if code not in {0, 6}:
            raise BrokenPromiseError(f"exit code {code}: {words}")
    shop.recover()
