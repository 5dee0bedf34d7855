"""Workflows for tests: from texts as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deployer.finding import Finding
from deployer.lint.check import LintSettings, check
from deployer.source.document import Document, parse
from deployer.source.load import load_workflow
from deployer.source.workflow import Workflow

_FILE = re.compile(r"^# file: (.*)\n", re.MULTILINE)

SMS = 'stepType: SMS, inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Hi }'
"""A step that is right, but for its id."""


def documents(text: str, name: str = "case.yaml") -> tuple[tuple[Document, ...], Mapping[str, object]]:
    """The files in a text, each begun by `# file: NAME`, and the variables of a `deployer.yaml` among them."""
    pieces = _FILE.split(text)
    named = [(name, text)] if len(pieces) == 1 else list(zip(pieces[1::2], pieces[2::2], strict=True))
    variables: Mapping[str, object] = {}
    found = []
    for file, content in named:
        document = parse(content, file)
        if file == "deployer.yaml":
            value: Any = document.value
            variables = value["environments"]["local"]["vars"]
        else:
            found.append(document)
    return tuple(found), variables


def workflow(text: str, file: str = "case.yaml", variables: Mapping[str, object] | None = None) -> Workflow:
    return load_workflow(parse(text, file), variables=variables or {})


def with_steps(*steps: str, head: str = "trigger: inbound_sms\nstatus: enabled\n") -> Workflow:
    """A workflow with these steps, each in YAML's flow style without its braces."""
    lines = "".join(f"    - {{ {step} }}\n" for step in steps)
    return workflow(f"{head}definition:\n  name: Auto reply\n  steps:\n{lines}")


def findings_of(text: str, name: str = "case.yaml", settings: LintSettings | None = None) -> tuple[Finding, ...]:
    """Everything wrong with the files in a text."""
    files, variables = documents(text, name)
    workflows = [load_workflow(file, variables=variables) for file in files if isinstance(file.value, dict)]
    return check(workflows, files, settings=settings)


def rules_of(findings: Sequence[Finding]) -> list[str]:
    return [finding.rule for finding in findings]
