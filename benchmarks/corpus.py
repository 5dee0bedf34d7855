"""Projects to measure with: workflow files of ten steps with eight expressions each, as many as wanted.

    python benchmarks/corpus.py FOLDER [--files 500] [--kind plain|findings|different]

`plain` files have no findings and share most of their expressions, as the files of one company do. Of
`findings` every twentieth file has one. In `different` files no expression occurs twice.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

Kind = Literal["plain", "findings", "different"]

_WORKFLOW = """\
# Asks customers how a visit was, and lets somebody call those who were unhappy.
metadata:
  key: survey-{number:04}
  description: Survey after visit number {number}
subAccountId: acme_{number:04}
trigger: inbound_sms
status: enabled
definition:
  name: Survey {number}
  steps:
    - id: greet
      stepType: SMS
      inputs:
        subAccountId: acme_{number:04}
        destination: "{{{{data.payload.source{a}}}}}"
        text: Thank you for visiting shop number {number}. How was it? Answer 1 (good) or 2 (bad).
      nextStepId: wait-for-mark
    - id: wait-for-mark
      stepType: WaitForReply
      inputs:
        from: "{{{{data.payload.source{b}}}}}"
        channel: sms
        timeout: "00:30:00"
      outputs:
        mark: "{{{{step.reply.payload.body{c}}}}}"
      nextStepId: choose
    - id: choose
      stepType: Branch
      selectNextStep:
        thank: "{{{{data.mark == '1{d}'}}}}"
        apologise: "{{{{data.mark == '2{d}'}}}}"
        remind: null
    - id: thank
      stepType: SMS
      inputs:
        subAccountId: acme_{number:04}
        destination: "{{{{data.payload.source}}}}"
        text: "We are glad that you liked it, and hope to see you again soon"
      nextStepId: count
    - id: apologise
      stepType: SMS
      inputs:
        subAccountId: acme_{number:04}
        destination: "+6591234567"
        text: >-
          We are sorry that you did not like it. Somebody from shop {number}
          will call you before the end of tomorrow to hear more about it.
      nextStepId: report
    - id: report
      stepType: HttpRequest
      inputs:
        url: https://crm.acme.example/complaints/{number}
        method: POST
        headers:
          Content-Type: application/json
        body:
          shop: {number}
          kind: complaint
          urgent: true
          note: "Said: {{{{data.mark{e}}}}}"
        timeoutSeconds: 20
      nextStepId: pause
    - id: pause
      stepType: Wait
      inputs:
        duration: 1.00:00:00
      nextStepId: follow-up
    - id: follow-up
      stepType: SMS
      inputs:
        subAccountId: acme_{number:04}
        destination: "+6591234567"
        text: A customer of shop {number} was unhappy yesterday; please see that somebody called.
    - id: remind
      stepType: SMS
      inputs:
        subAccountId: acme_{number:04}
        destination: "+6591234567"
        text: 'No answer yet; one word is enough, and we will not ask again'
      nextStepId: count
    - id: count
      stepType: HttpRequest
      inputs:
        url: https://crm.acme.example/answers/{number}
        method: POST
        body:
          shop: {number}
          answer: "{{{{data.mark ?? 'none{f}'}}}}"
"""


def workflow(number: int, kind: Kind = "plain") -> str:
    """The text of one workflow file."""
    tails = dict.fromkeys("abcdef", "")
    if kind == "different":
        tails = {"a": f" ?? '{number}'", "b": f" || '+65{number:08}'", "c": f".trim() + '{number}'", "d": f"{number}",
                 "e": f".slice(0, {number + 1})", "f": f" {number}"}  # fmt: skip
    text = _WORKFLOW.format(number=number, **tails)
    if kind == "different":
        text = text.replace('"{{data.payload.source}}"', f"\"{{{{data.payload.source + '{number}'}}}}\"")
    if kind == "findings" and number % 20 == 0:
        text = text.replace("      nextStepId: pause\n", "      nextStepId: pauze\n")
    return text


def make_project(folder: Path, files: int, kind: Kind = "plain") -> list[Path]:
    """Write a project of so many workflows into a folder; gives the paths of the workflow files."""
    workflows = folder / "workflows"
    workflows.mkdir(parents=True)
    (folder / "deployer.yaml").write_text("version: 1\nenvironments:\n  local: { emulator: true }\n", encoding="utf-8")
    paths = [workflows / f"survey-{number:04}.yaml" for number in range(files)]
    for number, path in enumerate(paths):
        path.write_text(workflow(number, kind), encoding="utf-8")
    return paths


def main() -> int:
    """Write the project that the flags describe."""
    arguments = argparse.ArgumentParser(description="Make a project of many workflow files.")
    arguments.add_argument("folder", type=Path, help="where to; it must not exist")
    arguments.add_argument("--files", type=int, default=500)
    arguments.add_argument("--kind", choices=("plain", "findings", "different"), default="plain")
    chosen = arguments.parse_args()
    make_project(chosen.folder, chosen.files, chosen.kind)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
