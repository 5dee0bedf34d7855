"""`validate --watch`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from deployer.cli.watching import INTERVAL, Signature, signatures, watch
from tests.cli.projects import bad, good, program, write


class Interrupted(Exception):
    """The user's Ctrl-C."""


class Desk:
    """A user who changes files between looks, and stops after the last one."""

    def __init__(self, *looks: Mapping[Path, Signature]) -> None:
        self.looks = list(looks)
        self.events: list[str] = []

    def look(self) -> Mapping[Path, Signature]:
        if not self.looks:
            raise Interrupted
        return self.looks.pop(0)

    def run(self) -> None:
        self.events.append("run")

    def watch(self) -> list[str]:
        with pytest.raises(Interrupted):
            watch(self.run, self.look, self.events.append, wait=self.wait, now=lambda: "12:00:00")
        return self.events

    def wait(self, seconds: float) -> None:
        assert seconds == INTERVAL


A, B = Path("workflows/a.yaml"), Path("workflows/b.yaml")


def test_files_are_checked_at_once_and_when_one_changes() -> None:
    assert Desk({A: (1, 1)}, {A: (1, 1)}, {A: (2, 1)}).watch() == [
        "12:00:00  watching 1 file; Ctrl-C ends it", "run", "12:00:00  a.yaml changed", "run",
    ]  # fmt: skip


def test_files_that_come_and_go_are_changes() -> None:
    events = Desk({A: (1, 1)}, {A: (1, 1), B: (1, 1)}, {B: (1, 1)}).watch()
    assert [event for event in events if event.endswith("changed")] == [
        "12:00:00  b.yaml changed",
        "12:00:00  a.yaml changed",
    ]


def test_several_changes_are_one_run() -> None:
    assert Desk({A: (1, 1), B: (1, 1)}, {A: (2, 1), B: (2, 1)}).watch()[2:] == ["12:00:00  2 files changed", "run"]


def test_a_file_that_is_gone_has_no_signature(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert list(signatures([tmp_path / "a", tmp_path / "b"])) == [tmp_path / "a"]


def read_until(text: str, stream: IO[str]) -> None:
    """Read lines up to one with this text; the stream ends when the program does."""
    assert any(text in line for line in iter(stream.readline, "")), f"the program ended without: {text}"


def test_the_program_watches_until_it_is_interrupted(tmp_path: Path) -> None:
    root = write(tmp_path, a=good("a"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from deployer.cli.main import main; main()", "validate", "--watch"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    deadline = threading.Timer(30, process.kill)
    deadline.start()
    try:
        read_until("no findings in 1 file", process.stdout)
        (root / "deployer.yaml").write_text("version: 9\n")
        read_until("deployer.yaml changed", process.stdout)
        read_until("version 9 is not known here", process.stdout)
        write(root, a=bad("a"))
        read_until("1 error in 1 file", process.stdout)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    finally:
        deadline.cancel()
        process.kill()
    assert process.returncode == 130
    assert rest.strip() == "interrupted"


@pytest.mark.parametrize("flags", [["--format", "json"], ["-"], ["--baseline", "x", "--write-baseline"]])
def test_watching_is_for_people_at_a_terminal(capsys: pytest.CaptureFixture[str], flags: list[str]) -> None:
    assert program(capsys)("validate", "--watch", *flags).code == 3
