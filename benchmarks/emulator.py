"""How many reads a second the emulator answers within one process, as `emulator: true` uses it.

    python benchmarks/emulator.py [--count 3000]

`app` is the emulator alone, asked as any WSGI application; `client` is the same read through the program's own API
client, which parses and checks the answer. Prints rows of `work | goal | measured | ok`; exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from werkzeug.test import Client

from deployer.emulator import Settings, create_app
from deployer.remote.client import connect
from deployer.remote.target import Target

GOAL = 1000
"""Reads a second."""
STEP = {
    "id": "reply", "stepType": "SMS",
    "inputs": {"subAccountId": "acme_sms", "destination": "{{data.payload.source}}", "text": "Hello"},
}  # fmt: skip
DEFINITIONS = 500


def body(number: int) -> dict[str, object]:
    """A definition of one step."""
    return {
        "subAccountId": "acme_sms", "trigger": "inbound_sms", "status": "enabled",
        "definition": {"name": f"Auto reply {number}", "steps": [STEP]},
    }  # fmt: skip


def rate(read: Callable[[int], object], count: int) -> float:
    """Reads a second of computing time."""
    for number in range(20):
        read(number)
    started = time.process_time()
    for number in range(count):
        read(number)
    return count / (time.process_time() - started)


def rows(count: int) -> list[tuple[str, str, str, bool]]:
    """What was measured: work, goal, figure, whether it is reached."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Path(folder) / "emulator.sqlite", Settings())
        web = Client(app)
        headers = {"Authorization": "Bearer emulator"}
        with connect(target=Target(account="acme"), api_key=None, wsgi_app=app) as client:
            ids = [client.create(body(number)).id for number in range(DEFINITIONS)]

            def ask_app(number: int) -> None:
                path = f"/api/v1/accounts/acme/definitions/{ids[number % len(ids)]}"
                answer = web.get(path, headers=headers)
                if answer.status_code != 200:
                    raise SystemExit(f"{path}: {answer.status} {answer.text[:200]}")

            alone = rate(ask_app, count)
            through = rate(lambda number: client.latest(ids[number % len(ids)]), count)
        app.close()
    work = f"emulator with {DEFINITIONS} definitions, in-process reads of one"
    return [
        (f"{work}, app", f">= {GOAL} a second", f"{alone:.0f} a second", alone >= GOAL),
        (f"{work}, client", f">= {GOAL} a second", f"{through:.0f} a second", through >= GOAL),
    ]


def main() -> int:
    """Measure, print the rows, say whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=3000, metavar="N")
    measured = rows(parser.parse_args().count)
    for work, goal, figure, ok in measured:
        sys.stdout.write(f"{work} | {goal} | {figure} | {'yes' if ok else 'no'}\n")
    return 0 if all(ok for *_, ok in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
