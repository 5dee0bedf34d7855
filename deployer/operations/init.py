"""A new project: configuration, one workflow with a test, editor settings, hooks, CI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deployer.errors import Refused
from deployer.operations.init_ci import ci_file
from deployer.record import record
from deployer.source.local import write_file
from deployer.steps import case_file_schema_text, project_schema_text, workflow_schema_text

DEFAULT_SUB_ACCOUNT = "acme_sms"


@record
class Answers:
    """What a new project has to know."""

    account: str | None = None
    """The production account; None leaves it for later."""
    staging: str | None = None
    """The account to try things in; None where there is none."""
    sub_account: str = DEFAULT_SUB_ACCOUNT
    """An SMS sub-account for the first workflow."""
    action: str | None = None
    """Where CI finds the program's own action, `OWNER/REPO@COMMIT`; None where it installs the program."""

    @property
    def planned_for(self) -> str:
        """The environment that a change is meant for in the end."""
        return "production" if self.account else "staging" if self.staging else "local"


SCHEMA = ".vscode/deployer-workflow.schema.json"
PROJECT_SCHEMA = ".vscode/deployer-project.schema.json"
CASE_FILE_SCHEMA = ".vscode/deployer-test.schema.json"

_WORKFLOW = """\
# Answers every SMS that arrives at the sub-account.
metadata:
  key: auto-reply
  description: Confirms that a message has arrived
subAccountId: ${var.sms}
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: ${var.sms}
        destination: "{{data.payload.source}}"
        text: Thank you for your message. We answer within one working day.
"""

_HOOKS = """\
# pre-commit install
repos:
  - repo: local
    hooks:
      - id: deployer-validate
        name: deployer validate
        entry: deployer validate
        language: system
        files: ^workflows/.*\\.(ya?ml|json)$
"""

_TEST = """\
# `deployer test` runs these, offline.
workflow: auto-reply
cases:
  - name: confirms that a message has arrived
    trigger: { sms: { from: "+6591234567", text: Are you open? } }
    expect:
      path: [reply]
      sent:
        - { step: reply, to: "+6591234567", text: Thank you for your message. We answer within one working day. }
      status: Complete
"""

FINDING_LINE = r"^(.+?):(\d+):(\d+): (error|warning)\[([a-z0-9-]+)\]: (.*)$"
"""A finding in the text that `validate` prints, as a regular expression of JavaScript."""

RUN_BEGINS = r"^─+ .+ ─+$"
"""The line that `validate --watch` prints before each run."""

RUN_ENDS = r"^(.* in \d+ files?|error: .*)$"
"""The line that a run ends with, whether or not the files could be read."""

_IGNORE = ".deployer/\n"


def project_files(answers: Answers) -> Mapping[str, str]:
    """The files of a new project, by their path in it. Raises ConfigurationError for an action without a commit."""
    ci, steps = ci_file(answers.action, answers.planned_for)
    return {
        "deployer.yaml": _config(answers),
        "workflows/auto-reply.yaml": _WORKFLOW,
        "workflows/auto-reply.test.yaml": _TEST,
        ".gitignore": _IGNORE,
        ".pre-commit-config.yaml": _HOOKS,
        ci: steps,
        ".vscode/settings.json": _json(_settings()),
        ".vscode/extensions.json": _json({"recommendations": ["redhat.vscode-yaml"]}),
        ".vscode/tasks.json": _json(_tasks()),
        SCHEMA: workflow_schema_text(),
        PROJECT_SCHEMA: project_schema_text(),
        CASE_FILE_SCHEMA: case_file_schema_text(),
    }


def create(folder: Path, answers: Answers) -> tuple[list[str], list[str]]:
    """Write the files that are not there yet: (written, left as they are).

    Raises Refused where the folder is a project already, ConfigurationError as `project_files` does.
    """
    must_be_new(folder)
    written: list[str] = []
    kept: list[str] = []
    for name, text in project_files(answers).items():
        path = folder / name
        if path.exists() and name == ".gitignore":
            present = path.read_text(encoding="utf-8", errors="surrogateescape")
            if ".deployer/" in present.split():
                kept.append(name)
                continue
            text = present + ("" if present.endswith("\n") or not present else "\n") + _IGNORE  # noqa: PLW2901
        elif path.exists():
            kept.append(name)
            continue
        write_file(path, text, inside=folder)
        written.append(name)
    return written, kept


def must_be_new(folder: Path) -> None:
    """Raise Refused where the folder is a project already: nobody should answer questions in vain."""
    if (folder / "deployer.yaml").exists():
        raise Refused(f"{folder} is a project already: it has a deployer.yaml", hint="Edit that file instead.")


def _config(answers: Answers) -> str:
    sms = _quoted(answers.sub_account)
    lines = [
        "version: 1",
        "defaultEnvironment: local",
        "environments:",
        "  # The emulator in this process: no account, no key.",
        "  local:",
        "    emulator: true",
        f"    vars: {{ sms: {sms} }}",
    ]
    if answers.staging:
        lines += [
            "  staging:",
            f"    accountId: {_quoted(answers.staging)}",
            f"    vars: {{ sms: {sms} }}",
        ]
    if answers.account:
        lines += [
            "  production:",
            f"    accountId: {_quoted(answers.account)}",
            "    protect: true",
            f"    vars: {{ sms: {sms} }}",
        ]
    else:
        lines += [
            "  # production:",
            "  #   accountId: your_account",
            "  #   protect: true",
            "  #   vars: { sms: your_sms_sub_account }",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _settings() -> dict[str, object]:
    """The YAML extension completes and checks with these; test files are no workflows."""
    workflows = ["workflows/**/*.yaml", "workflows/**/*.yml", "!*.test.yaml", "!*.test.yml"]
    tests = ["*.test.yaml", "*.test.yml"]
    return {"yaml.schemas": {SCHEMA: workflows, CASE_FILE_SCHEMA: tests, PROJECT_SCHEMA: ["deployer.yaml"]}}


def _tasks() -> dict[str, object]:
    """`validate` on demand and as you type, its findings in the editor's list of problems."""
    matcher: dict[str, object] = {
        "owner": "deployer",
        "fileLocation": ["relative", "${workspaceFolder}"],
        "pattern": {
            "regexp": FINDING_LINE,
            "file": 1, "line": 2, "column": 3, "severity": 4, "code": 5, "message": 6,
        },
    }  # fmt: skip
    watching = {
        "activeOnStart": False,
        "beginsPattern": RUN_BEGINS,
        "endsPattern": RUN_ENDS,
    }
    once: dict[str, object] = {
        "label": "deployer validate",
        "type": "shell",
        "command": "deployer validate",
        "group": {"kind": "build", "isDefault": True},
        "problemMatcher": matcher,
    }
    watch: dict[str, object] = {
        "label": "deployer validate --watch",
        "type": "shell",
        "command": "deployer validate --watch",
        "isBackground": True,
        "presentation": {"reveal": "never", "panel": "dedicated"},
        "problemMatcher": {**matcher, "background": watching},
    }
    return {"version": "2.0.0", "tasks": [once, watch]}
