"""Scripts of somebody who means harm: each is stopped, and nothing else notices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployer.engine.failures import ScriptError
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import ScriptSettings
from deployer.engine.syntax import read_script
from tests.engine.workflows import scope, value

HOSTILE = {
    "endless loop": "while(true);",
    "endless generator": "[...{[Symbol.iterator]: () => ({next: () => ({value: 1, done: false})})}]",
    "huge list": "[...Array(1e9).keys()].length",
    "huge list by call-back": "Array.from({length: 1e9}, (x, i) => i).length",
    "huge text": "'a'.repeat(1e9)",
    "huge text step by step": "Array(1e6).fill('a').reduce((a, b) => a + a, 'a')",
    "uninterruptible search": "'a'.repeat(1.2e7).includes('a'.repeat(5e6) + 'b')",
    "sort of much": "Array(1e6).fill('aaaaaaaaaaaaaaaa').map((x, i) => x + i).sort()",
    "deep recursion": "(f => f(f))(f => f(f))",
    "deep structure": "JSON.stringify(Array(1e5).fill(0).reduce(a => [a], []))",
    "deep value": "Array(3000).fill(0).reduce(a => [a], [])",
    "deep argument": "isDayOfWeek(Array(3000).fill(0).reduce(a => [a], []), 'Monday')",
    "catastrophic regex": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
    "catastrophic regex on much": "'x'.repeat(2e5).match(/(x+x+)+y/) && 1",
    "huge number": "9n ** 9999999n",
    "code from text": "constructor.constructor('return 1')()",
    "code from text by an arrow": "(x => x).constructor('return 1')()",
    "code from text by a method": "[].at.constructor('while(1);')()",
    "eval": "eval('1')",
    "eval by another name": "(0, globalThis.eval)('1')",
    "too large a result": "'a'.repeat(2e6)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_is_stopped_within_a_second_over_its_limit(evaluator: Evaluator, name: str) -> None:
    value(evaluator, "[1].map(x => x)")  # the process runs; its start is not the script's time
    started = time.monotonic()
    with pytest.raises(ScriptError):
        value(evaluator, HOSTILE[name])
    assert time.monotonic() - started < 1.5
    assert value(evaluator, "[1].map(x => x + 1)") == [2]


def test_the_hard_stop_says_what_the_soft_one_says() -> None:
    settings = ScriptSettings(max_seconds=0.1, grace_seconds=0.1)
    with Evaluator(settings) as evaluator, pytest.raises(ScriptError, match="takes longer than 100 ms"):
        value(evaluator, HOSTILE["uninterruptible search"])


@pytest.mark.parametrize(
    "script",
    [
        "Object.assign(Object.prototype, {polluted: 1}) && 1",
        "Object.defineProperty(Array.prototype, 'map', {value: () => 'mine'}) && 1",
        "Object.assign(globalThis, {polluted: 1, stringContains: () => 'mine'}) && 1",
        "Object.assign(JSON, {stringify: () => 'mine'}) && 1",
        "Object.assign(String.prototype, {toWellFormed: () => 'mine'}) && 1",
    ],
)
def test_nothing_stays_behind_for_the_next_script(evaluator: Evaluator, script: str) -> None:
    value(evaluator, script)
    assert value(evaluator, "[typeof polluted, ({}).polluted, [1].map(x => x)]") == ["undefined", None, [1]]
    assert value(evaluator, "({}).polluted || data.polluted") is None
    assert value(evaluator, "stringContains('a', 'a') && [1].map(x => stringContains('b', 'a'))") == [False]


@pytest.mark.parametrize(
    "script", ["data.items.push(3)", "Object.assign(data, {items: []}) && 1", "data.items.reverse() && 1"]
)
def test_a_script_works_on_a_copy_of_the_data(evaluator: Evaluator, script: str) -> None:
    items = [1, 2]
    here = scope({"items": items})
    evaluator.value(read_script(script), here)
    assert items == [1, 2]
    assert evaluator.value(read_script("data.items"), here) == [1, 2]
    assert evaluator.value(read_script("data.items.map(x => x)"), here) == [1, 2]


def test_keys_of_the_payload_are_data_and_nothing_else(evaluator: Evaluator) -> None:
    hostile = {"__proto__": {"polluted": 1}, "constructor": "x", "toString": "y", "toJSON": "z"}
    assert value(evaluator, "data.h.polluted", h=hostile) is None
    assert value(evaluator, "data.h", h=hostile) == hostile
    assert value(evaluator, "[data.h].map(x => x)[0]", h=hostile) == hostile


@pytest.mark.parametrize(
    "name",
    ["require", "process", "std", "os", "fetch", "XMLHttpRequest", "WebSocket", "Deno", "setTimeout", "print", "open"],
)
def test_nothing_that_reaches_files_or_the_network_exists(evaluator: Evaluator, name: str) -> None:
    assert value(evaluator, f"[typeof {name}, typeof globalThis.{name}].map(x => x)") == ["undefined", "undefined"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads the environment through /proc")
def test_the_process_sees_no_variable_of_ours() -> None:
    os.environ["DEPLOYER_API_KEY_OF_TEST"] = "hidden"
    try:
        with Evaluator() as evaluator:
            value(evaluator, "[1].map(x => x)")
            environment = Path(f"/proc/{evaluator.process_id}/environ").read_bytes()
    finally:
        del os.environ["DEPLOYER_API_KEY_OF_TEST"]
    assert b"TZ=UTC" in environment
    assert b"hidden" not in environment


ORPHAN = """
import os, signal, sys
from datetime import datetime, UTC
from deployer.engine.facts import Facts
from deployer.engine.scripting import Evaluator, Scope
from deployer.engine.syntax import read_script
evaluator = Evaluator()
scope = Scope(data=Facts({}), step=Facts({}), now=datetime.now(UTC), new_uuid=lambda: "0" * 36)
evaluator.value(read_script("[1].map(x => x)"), scope)
print(evaluator.process_id, flush=True)
signal.setitimer(signal.ITIMER_REAL, 0.2)
evaluator.value(read_script(sys.argv[1]), scope)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the process through /proc")
def test_a_killed_program_leaves_no_script_running() -> None:
    script = "'a'.repeat(1.5e7).includes('a'.repeat(7e6) + 'b')"
    command = [sys.executable, "-c", ORPHAN, script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == -signal.SIGALRM
    status = Path("/proc") / done.stdout.strip() / "status"
    deadline = time.monotonic() + 8
    while status.exists() and "(zombie)" not in status.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not status.exists() or "(zombie)" in status.read_text()


def test_a_large_payload_makes_a_harmless_script_run_elsewhere(evaluator: Evaluator) -> None:
    text = "a" * 400_000
    started = time.monotonic()
    with pytest.raises(ScriptError, match="takes longer"):
        value(evaluator, "data.text.includes(data.half + 'b')", text=text, half=text[:200_000])
    assert time.monotonic() - started < 1.5


def test_a_closed_evaluator_starts_again() -> None:
    with Evaluator() as other:
        assert value(other, "[1].map(x => x)") == [1]
        other.close()
        assert value(other, "[2].map(x => x)") == [2]


def test_many_different_scripts_do_not_pile_up(evaluator: Evaluator) -> None:
    for number in range(4500):
        assert value(evaluator, f"data.n + {number}", n=1) == number + 1
