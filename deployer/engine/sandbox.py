"""A process that runs scripts and can be killed: some of JavaScript's own functions cannot be interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import IO, Final

from deployer.engine.failures import ScriptError
from deployer.engine.settings import ScriptSettings
from deployer.errors import DeployerError

Ask = Callable[[str, list[object]], object]
"""Answers a call of one of our functions: name and arguments."""

_START_SECONDS: Final = 30.0
"""How long an interpreter may take to start, on a machine that does a lot else."""
_LINE: Final = 64 * 1024 * 1024
_ADDRESS_SPACE: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One script to run, and all that it can see."""

    code: str
    data: str
    """JSON on one line."""
    step: str
    """JSON on one line."""
    as_text: bool
    now: float
    """Milliseconds since 1970, for `Date.now()`."""
    seed: int
    """For `Math.random()`."""
    names: str
    """The functions that `Ask` answers, as a JSON list."""


class Sandbox:
    """One worker process, started when first needed and again whenever it had to be killed."""

    def __init__(self, settings: ScriptSettings, realm: str) -> None:
        self._settings = settings
        self._realm = realm
        self._lock = Lock()
        self._worker: _Worker | None = None

    def run(self, job: Job, ask: Ask) -> object:
        """The script's answer, in the form that `realm.js` describes.

        Raises ScriptError when it fails or is stopped; the stop comes within the settings' grace.
        """
        with self._lock:
            deadline: float | None = None
            answers: list[object] = []
            while True:
                worker = self._started()
                deadline = deadline or time.monotonic() + self._settings.max_seconds + self._settings.grace_seconds
                value = self._exchange(worker, job, answers, deadline)
                if not (isinstance(value, str) and value.startswith("a")):
                    return value
                name, arguments = read_question(value)
                answers.append(ask(name, arguments))

    @property
    def process_id(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._worker is None else self._worker.process_id

    def close(self) -> None:
        """End the process. The sandbox may be used again; it then starts another."""
        with self._lock:
            self._end()

    def _started(self) -> _Worker:
        if self._worker is None or not self._worker.alive:
            self._end()
            self._worker = _Worker()
        return self._worker

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _exchange(self, worker: _Worker, job: Job, answers: list[object], deadline: float) -> object:
        settings = self._settings
        header = {
            "realm": self._realm,
            "code": job.code,
            "text": job.as_text,
            "now": job.now,
            "seed": job.seed,
            "names": job.names,
            "answers": answers,
            "most": settings.max_value,
            "memory": settings.max_memory,
            "seconds": settings.max_seconds,
        }
        line = worker.exchange(f"{json.dumps(header)}\n{job.data}\n{job.step}\n".encode(), deadline)
        if line is None:
            self._end()
            if time.monotonic() >= deadline:
                raise ScriptError(too_slow(settings))
            raise ScriptError("the script broke the process that ran it")
        answer = json.loads(line)
        if "error" in answer:
            raise ScriptError(explain(answer["error"], settings))
        return answer["value"]


class _Worker:
    """The process and its two pipes."""

    def __init__(self) -> None:
        if not sys.executable:
            raise DeployerError("cannot start a Python process to run scripts in: this interpreter has no path")
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("worker.py"))]
        self._process = subprocess.Popen(
            [*command, quickjs_folder(), str(_ADDRESS_SPACE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        output = self._process.stdout
        assert output is not None  # noqa: S101  # a pipe was asked for
        Thread(target=_pump, args=(output, self._lines), name="script-answers", daemon=True).start()
        weakref.finalize(self, _kill, self._process)
        if self._next(time.monotonic() + _START_SECONDS) != b"ready\n":
            self.kill()
            raise DeployerError("the process that runs scripts did not start")

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def exchange(self, request: bytes, deadline: float) -> bytes | None:
        """One request, one line; None when the process ended or the time is over."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101  # a pipe was asked for
        try:
            pipe.write(request)
            pipe.flush()
        except OSError:
            return None  # it is gone; the caller starts another
        return self._next(deadline) or None

    def _next(self, deadline: float) -> bytes:
        try:
            return self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            return b""

    def kill(self) -> None:
        _kill(self._process)


def _pump(output: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    """Make a pipe into something that can be waited for with a time limit, on every platform."""
    with output:
        while line := output.readline(_LINE):
            lines.put(line)
    lines.put(b"")


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # what was not yet written has no reader any more
            process.stdin.close()


def _environment() -> dict[str, str]:
    """Nothing of ours, keys and tokens least of all; UTC makes `Date.parse` the same everywhere."""
    kept = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {"TZ": "UTC", **{name: os.environ[name] for name in kept if name in os.environ}}


def quickjs_folder() -> str:
    """The folder to import quickjs from.

    Raises DeployerError where the package cannot be had: it has no wheels for some machines.
    """
    spec = find_spec("quickjs")
    if spec is None or spec.origin is None:
        raise DeployerError(
            "workflows cannot be run on this machine: the package quickjs-ng is not installed",
            hint="Run `pip install quickjs-ng`; it needs a C compiler where no wheel is offered.",
        )
    return str(Path(spec.origin).parent.parent)


def read_json(text: str) -> object:
    """JSON that a script made. Raises ScriptError when it is nested beyond what Python reads."""
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise ScriptError("the script gives a value that is nested too deeply") from None
    return value


def read_question(answer: str) -> tuple[str, list[object]]:
    """Which of our functions a script calls, and with what. Raises ScriptError as `read_json` does."""
    question = read_json(answer[1:])
    assert isinstance(question, list)  # noqa: S101  # realm.js writes it so
    return question[0], question[1]


def explain(error: str, settings: ScriptSettings) -> str:
    """A JavaScript error as a sentence: its first line, or the limit that was hit."""
    first = error.strip().split("\n", 1)[0]
    lowered = first.lower()
    if "interrupted" in lowered:
        return too_slow(settings)
    if "out of memory" in lowered or error == "null":
        return f"the script needs more than {settings.max_memory // (1024 * 1024)} MB of memory"
    if "stack" in lowered and ("overflow" in lowered or "exceeded" in lowered):
        return "the script calls itself too deeply"
    if first == "too large":
        return f"the script gives more than {settings.max_value} characters"
    return first[:300]


def too_slow(settings: ScriptSettings) -> str:
    """What a script's time limit says."""
    return f"the script takes longer than {settings.max_seconds * 1000:.0f} ms"
