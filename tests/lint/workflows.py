"""Workflows for tests: from texts as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployer.finding import Finding
from deployer.lint.cases import Surroundings, check_case_file
from deployer.lint.check import LintSettings, check
from deployer.operations.selection import Chosen
from deployer.operations.validate import validate
from deployer.source.case_file import read_case_file
from deployer.source.document import Document, parse
from deployer.source.load import assemble, load_workflow, stem
from deployer.source.project import Project, ProjectError, read_project
from deployer.source.workflow import Workflow

_FILE = re.compile(r"^# file: (.*)\n", re.MULTILINE)

SMS = 'stepType: SMS, inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Hi }'
"""A step that is right, but for its id."""


def documents(text: str, name: str = "case.yaml") -> tuple[tuple[Document, ...], Project | None]:
    """The files in a text, each begun by `# file: NAME`, and what a `deployer.yaml` among them says."""
    pieces = _FILE.split(text)
    named = [(name, text)] if len(pieces) == 1 else list(zip(pieces[1::2], pieces[2::2], strict=True))
    project = None
    found = []
    for file, content in named:
        document = parse(content, file)
        if file == "deployer.yaml":
            project = read_project(document, Path("/nowhere"))
        else:
            found.append(document)
    return tuple(found), project


def workflow(text: str, file: str = "case.yaml", variables: Mapping[str, object] | None = None) -> Workflow:
    return load_workflow(parse(text, file), variables=variables or {})


def with_steps(*steps: str, head: str = "trigger: inbound_sms\nstatus: enabled\n") -> Workflow:
    """A workflow with these steps, each in YAML's flow style without its braces."""
    lines = "".join(f"    - {{ {step} }}\n" for step in steps)
    return workflow(f"{head}definition:\n  name: Auto reply\n  steps:\n{lines}")


def findings_of(text: str, name: str = "case.yaml", settings: LintSettings | None = None) -> tuple[Finding, ...]:
    """Everything wrong with the files in a text."""
    try:
        files, project = documents(text, name)
    except ProjectError as error:
        return error.findings
    if project is None:
        workflows = [load_workflow(file) for file in files if isinstance(file.value, dict)]
        return check(workflows, files, settings=settings)
    first, *others = project.environments.values()
    loaded = assemble(project, first, files)
    keys = {file.file: stem(file.file) for file in files}
    chosen = Chosen(loaded=loaded, keys=keys)
    return validate(project, chosen, environments=others, complete=True).findings


_PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
_SURVEY = re.findall(r"```yaml file=workflows/survey.yaml\n(.*?)```", _PAGE, re.DOTALL)[0]


def case_findings_of(text: str) -> tuple[Finding, ...]:
    """Everything wrong with the test files in a text, in a project with the workflow that docs/testing.md shows."""
    files = {file.file: file for file in documents(text, "survey.test.yaml")[0]}
    around = Surroundings(
        workflows={"survey": workflow(_SURVEY, "survey.yaml")}, environments=frozenset({"local", "production"})
    )

    def included(name: str) -> Document:
        if name not in files:
            raise ValueError(f"no test file `{name}` here")
        return files[name]

    read = [read_case_file(document, included) for document in files.values()]
    return tuple(finding for file in read for finding in check_case_file(file, around))


def rules_of(findings: Sequence[Finding]) -> list[str]:
    return [finding.rule for finding in findings]
