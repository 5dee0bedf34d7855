"""The other process: runs scripts that could hurt, one at a time, each in a context of its own.

Started as a file by `sandbox.py`, never imported by the program: its interpreter is isolated
(`-I -S`), its environment is empty, and it can be killed at any moment. It reads requests of
three lines (header, `data`, `step`, each JSON) and answers each with one line.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from typing import IO


def _confine(address_space: int) -> None:
    """Take from this process what JavaScript never needs; each platform knows some of it."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    for limit, most in (("RLIMIT_AS", address_space), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        # macOS knows RLIMIT_AS and refuses it.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, limit), (most, most))


def _arm(seconds: float) -> None:
    """Die by the system's hand if nobody is left to do it: the parent may have been killed."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _evaluate(quickjs: object, header: dict[str, object], data: str, step: str) -> dict[str, object]:
    context = quickjs.Context()  # type: ignore[attr-defined]  # the package has no types
    context.set_memory_limit(header["memory"])
    context.set_max_stack_size(512 * 1024)
    try:
        context.set_time_limit(header["seconds"])
        realm = context.eval(header["realm"])
        run = realm(header["now"], header["seed"], header["names"])("compile")(header["code"])
        answers = context.parse_json(json.dumps(header["answers"]))
        value = run(context.parse_json(data), context.parse_json(step), answers, header["text"])
    except (quickjs.JSException, quickjs.StackOverflow) as error:  # type: ignore[attr-defined]
        return {"error": str(error)}
    if isinstance(value, str) and len(value) > header["most"]:  # type: ignore[operator]
        return {"error": "too large"}
    return {"value": value}


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until the other end closes. The arguments: where quickjs is, bytes of memory."""
    sys.path.append(sys.argv[1])
    import quickjs  # only now on the path

    _confine(int(sys.argv[2]))
    answers.write(b"ready\n")
    answers.flush()
    while line := requests.readline():
        header = json.loads(line)
        data, step = requests.readline().decode(), requests.readline().decode()
        _arm(2 * header["seconds"] + 2)
        try:
            answer = _evaluate(quickjs, header, data, step)
        except MemoryError:
            answer = {"error": "out of memory"}
        _arm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
