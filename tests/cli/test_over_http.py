"""The program against a server: the emulator in a process of its own, over real HTTP on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deployer.state.file import FileStore
from deployer.state.model import State
from tests.cli.program import COMMAND, deployer, environ, project

KEY = {"DEPLOYER_API_KEY": "key-0123456789"}
Serve = Callable[..., str]


@contextmanager
def emulator(folder: Path, *settings: str, key: str = KEY["DEPLOYER_API_KEY"]) -> Iterator[str]:
    """`deployer emulator --port 0`; gives its address."""
    folder.mkdir(exist_ok=True)
    flags = [word for setting in settings for word in ("--set", setting)]
    program = subprocess.Popen(
        [*COMMAND, "emulator", "--port", "0", "--database", str(folder / "server.sqlite"), *flags],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(DEPLOYER_EMULATOR_KEY=key), text=True,
    )  # fmt: skip
    assert program.stdout is not None
    with program:
        try:
            yield program.stdout.readline().strip()
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(timeout=20)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda *settings: stack.enter_context(emulator(tmp_path / "server", *settings))


def remote(folder: Path, url: str, **texts: str) -> Path:
    settings = f"{{accountId: acme, baseUrl: '{url}', state: file, vars: {{sms: a_sms}}}}"
    config = f"version: 1\nenvironments: {{live: {settings}}}\n"
    return project(folder, config=config, **texts)


def state(here: Path) -> State:
    """The state as every command reads it: the file, and what a run that is under way or was killed has learned."""
    name = "deployer.live.lock.json"
    return FileStore(here / name, "acme", place=name, dies_with_the_runner=True).read()


def test_a_project_lives_on_a_server(tmp_path: Path, serve: Serve) -> None:
    here = remote(tmp_path / "here", serve("normalise=true", "ids=inside"))
    applied = deployer("apply", "--auto-approve", "--format", "json", cwd=here, env=KEY)
    assert (applied.code, len(applied.json["applied"])) == (0, 1)
    assert deployer("plan", "--detailed-exitcode", cwd=here, env=KEY).code == 0
    wrong = deployer("plan", cwd=here, env={"DEPLOYER_API_KEY": "another-key-123"})
    assert (wrong.code, wrong.out) == (4, "")
    assert "does not accept the API key" in wrong.err
    assert "another-key-123" not in wrong.err
    debug = deployer("plan", "--debug", cwd=here, env=KEY)
    assert "GET /api/v1/accounts/acme/definitions" in debug.err
    assert KEY["DEPLOYER_API_KEY"] not in debug.err + debug.out


def interrupted(here: Path, *signals: int) -> tuple[int, str, str]:
    """Start an apply, send signals once the first definition is in the state."""
    program = subprocess.Popen(
        [*COMMAND, "apply", "--auto-approve", "--parallelism", "1", "--max-rps", "1000", "--format", "json"],
        cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(**KEY), text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not state(here).bindings:
        time.sleep(0.02)
    for number in signals:
        os.kill(program.pid, number)
        time.sleep(0.1)
    out, err = program.communicate(timeout=30)
    return program.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_what_is_in_flight_and_lists_the_rest(tmp_path: Path, serve: Serve, number: int) -> None:
    here = remote(tmp_path / "here", serve("latency=0.25"), **{f"flow-{index}": "Hello" for index in range(8)})
    code, out, err = interrupted(here, number)
    assert code == 130
    assert "Traceback" not in err
    result = json.loads(out)
    assert result["interrupted"]
    done, left = [item["key"] for item in result["applied"]], [item["key"] for item in result["notAttempted"]]
    assert done
    assert left
    assert sorted(done + left) == [f"flow-{index}" for index in range(8)]
    assert (sorted(state(here).bindings), state(here).intents) == (sorted(done), {})
    again = deployer("apply", "--auto-approve", "--format", "json", "--max-rps", "1000", cwd=here, env=KEY)
    assert (again.code, sorted(item["key"] for item in again.json["applied"])) == (0, sorted(left))


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGKILL,)])
def test_a_run_that_stops_at_once_is_covered_by_its_journal(
    tmp_path: Path, serve: Serve, signals: tuple[int, ...]
) -> None:
    here = remote(tmp_path / "here", serve("latency=0.25"), **{f"flow-{index}": "Hello" for index in range(4)})
    code, _, err = interrupted(here, *signals)
    assert code != 0
    assert "Traceback" not in err
    assert [intent.key for intent in state(here).intents.values() if intent.maybe_sent] in (["flow-1"], [])
    deployer("apply", "--auto-approve", "--max-rps", "1000", cwd=here, env=KEY)
    # Only what may have been on its way is left: the server may have processed it or not, and a list that may be late
    # proves nothing.
    assert list(state(here).intents) in (["flow-1"], [])
    for key in state(here).intents:
        assert deployer("state", "resolve", key, "--absent", cwd=here, env=KEY).code == 0
        deployer("apply", "--auto-approve", "--max-rps", "1000", cwd=here, env=KEY)
    plan = deployer("plan", "--format", "json", "--max-rps", "1000", cwd=here, env=KEY)
    assert (plan.code, plan.json["summary"]["unchanged"], plan.json["unmanaged"]) == (0, 4, [])
    assert state(here).intents == {}
