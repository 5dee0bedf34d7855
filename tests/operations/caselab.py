"""Projects with test files, and a way to run them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deployer.operations.case_run import CaseResult, Wishes
from deployer.operations.test_run import RunResult, choose_tests, run_tests
from deployer.source.project import open_project

CONFIG = """\
version: 1
defaultEnvironment: local
environments:
  local: { emulator: true, vars: { sms: acme_sms, greeting: Hi } }
  indonesia: { emulator: true, accountId: acme_id, vars: { sms: acme_sms_id, greeting: Halo } }
"""

MENU = """\
subAccountId: ${var.sms}
trigger: inbound_sms
status: enabled
definition:
  name: Menu
  steps:
    - id: greet
      stepType: SMS
      inputs: { subAccountId: "${var.sms}", destination: "{{data.payload.source}}", text: "${var.greeting}! 1 or 2?" }
      nextStepId: wait
    - id: wait
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:10:00" }
      outputs: { answer: "{{step.reply.payload.body}}" }
      selectNextStep:
        nobody: "{{data.answer == null}}"
        look-up: "{{data.answer == '1'}}"
        bye: null
    - id: look-up
      stepType: HttpRequest
      inputs:
        url: https://crm.example/customers
        method: POST
        headers: { Authorization: "Bearer ${secret.CRM_KEY}" }
        body: { phone: "{{data.payload.source}}" }
      outputs: { code: "{{step.responseCode}}", name: "{{step.responseBody?.name ?? null}}" }
      nextStepId: bye
    - id: bye
      stepType: SMS
      inputs: { subAccountId: "${var.sms}", destination: "{{data.payload.source}}", text: "Bye {{data.name}}" }
    - id: nobody
      stepType: Branch
"""


def project(root: Path, **files: str) -> Path:
    """A project with the workflow `menu` and these files in `workflows/`; `_test` in a name stands for `.test`."""
    folder = root / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "deployer.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "menu.yaml").write_text(MENU, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name.replace('_test', '.test')}.yaml").write_text(text, encoding="utf-8")
    return root


def case(**fields: object) -> dict[str, object]:
    """A case that begins with an SMS."""
    return {"name": "a case", "trigger": {"sms": {"from": "+6591234567", "text": "hi"}}, **fields}


def run_all(
    root: Path, *selectors: str, wishes: Wishes | None = None, jobs: int = 1, env: str | None = None
) -> RunResult:
    """Run the project's tests."""
    opened = open_project(root)
    chosen = choose_tests(opened, opened.environment(env), selectors)
    return run_tests(chosen, wishes or Wishes(), jobs=jobs)


def run_cases(root: Path, *cases: Mapping[str, object], **top: object) -> tuple[CaseResult, ...]:
    """The results of these cases of `menu`; the file must have no finding."""
    text = json.dumps({"workflow": "menu", **top, "cases": list(cases)})
    project(root, menu_test=text)
    run = run_all(root)
    assert run.findings == ()
    return run.cases


def run_case(root: Path, **fields: object) -> CaseResult:
    """The result of one case of `menu`."""
    (result,) = run_cases(root, case(**fields))
    return result
