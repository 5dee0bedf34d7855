"""How long `deployer test` takes for a thousand cases of a hundred workflows on two cores.

    python benchmarks/test.py [--cases 10] [--repeat 3] [--program deployer]

Each workflow of nine steps has `--cases` cases: office hours, replies, time-outs, an HTTP answer. Prints rows of
`work | goal | measured | ok`; exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL = 5.0
"""Seconds, for a thousand cases."""
FILES = 100

_WORKFLOW = """\
metadata: {{ key: ask-{number:03} }}
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Ask {number}
  steps:
    - id: office
      stepType: Branch
      selectNextStep:
        greet: "{{{{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Singapore Standard Time')}}}}"
        closed: null
    - id: closed
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: We are closed. }}
    - id: greet
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: "Shop {number}: 1 or 2?" }}
      nextStepId: ask
    - id: ask
      stepType: WaitForReply
      inputs: {{ from: "{{{{data.payload.source}}}}", channel: sms, timeout: "00:30:00" }}
      outputs: {{ answer: "{{{{step.reply.payload.body}}}}" }}
      selectNextStep:
        thank: "{{{{data.answer == '1'}}}}"
        crm: "{{{{data.answer == '2'}}}}"
        sorry: null
    - id: thank
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: Thank you. }}
    - id: crm
      stepType: HttpRequest
      inputs: {{ method: POST, url: "https://crm.example/{number}", body: {{ phone: "{{{{data.payload.source}}}}" }} }}
      outputs: {{ code: "{{{{step.responseCode}}}}" }}
      selectNextStep:
        pause: "{{{{data.code >= 200 && data.code < 300}}}}"
        sorry: null
    - id: pause
      stepType: Wait
      inputs: {{ duration: "1.00:00:00" }}
      nextStepId: remind
    - id: remind
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: Still there? }}
    - id: sorry
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: Sorry. }}
"""
_OPEN, _SHUT = "2026-03-02T14:00:00+08:00", "2026-03-02T21:00:00+08:00"
_KINDS = (
    (_SHUT, None, "[office, closed]"),
    (_OPEN, "1", "[office, greet, ask, thank]"),
    (_OPEN, "2", "[office, greet, ask, crm, pause, remind]"),
    (_OPEN, "3", "[office, greet, ask, sorry]"),
    (_OPEN, None, "[office, greet, ask, sorry]"),
)
"""When a message comes, what the customer answers, and the path that follows."""


def _case(number: int) -> str:
    at, reply, path = _KINDS[number % len(_KINDS)]
    lines = [
        f"- name: case {number}",
        f"  at: {at}",
        f'  trigger: {{ sms: {{ from: "+65912345{number:02}", text: hi }} }}',
        f"  expect: {{ path: {path}, status: Complete }}",
    ]
    if reply is not None:
        lines.append(f'  replies: [{{ after: 00:00:30, text: "{reply}" }}]')
    if reply == "2":
        lines.append(f"  mocks: {{ crm: {{ responseCode: 200, responseBody: {{ id: {number} }} }} }}")
    return "".join(f"  {line}\n" for line in lines)


def make(root: Path, cases: int) -> None:
    """A project of workflows with so many cases each."""
    folder = root / "workflows"
    folder.mkdir()
    (root / "deployer.yaml").write_text("version: 1\nenvironments: { local: { emulator: true } }\n")
    for number in range(FILES):
        (folder / f"ask-{number:03}.yaml").write_text(_WORKFLOW.format(number=number))
        text = f"workflow: ask-{number:03}\ncases:\n" + "".join(map(_case, range(cases)))
        (folder / f"ask-{number:03}.test.yaml").write_text(text)


def measure(program: str, root: Path) -> tuple[float, float]:
    """Seconds on the wall and of computing that one run of all tests takes."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run([program, "test", "-q"], cwd=root, capture_output=True, text=True, check=False, timeout=600)
    after, ended = os.times(), time.perf_counter()
    if done.returncode != 0:
        raise SystemExit(f"{program} test: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return ended - begun, spent


def rows(program: str, cases: int, repeat: int) -> list[tuple[str, str, str, bool]]:
    """What was measured: work, goal, figure, whether it is reached."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, cases)
        wall, spent = min(measure(program, root) for _ in range(repeat))
    goal = GOAL * max(1.0, cases * FILES / 1000)
    work = f"`test` of {cases * FILES} cases in {FILES} files, two cores"
    return [(work, f"<= {goal:.0f} s", f"{wall:.2f} s ({spent:.2f} s of computing)", wall <= goal)]


def main() -> int:
    """Measure, print the rows, say whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10, metavar="N", help="Of each workflow.")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="The best of so many runs counts.")
    beside = Path(sys.executable).with_name("deployer")
    parser.add_argument("--program", default=str(beside) if beside.exists() else shutil.which("deployer"))
    given = parser.parse_args()
    if given.program is None:
        parser.error("no program `deployer` found: install it, or give --program")
    measured = rows(given.program, given.cases, given.repeat)
    for work, goal, figure, ok in measured:
        sys.stdout.write(f"{work} | {goal} | {figure} | {'yes' if ok else 'no'}\n")
    return 0 if all(ok for *_, ok in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
