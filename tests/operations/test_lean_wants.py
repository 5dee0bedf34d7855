"""Many files are read and dropped some at a time, and want exactly what they want when all are held."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.lean_wants import Lean, read_lean
from deployer.operations.remembered_wants import Memory
from deployer.operations.selection import choose
from deployer.operations.wants import Wants, wants_of
from deployer.source.project import open_project

WORKFLOW = """\
metadata: {{ key: {key} }}
subAccountId: ${{var.sms}}_{key}
trigger: inbound_sms
status: enabled
definition:
  name: Reply {key}
  steps:
    - id: reply
      stepType: SMS
      inputs: {{ subAccountId: acme, destination: "{{{{data.payload.source}}}}", text: {text} }}
"""
CONFIG = """\
version: 1
defaultEnvironment: one
environments:
  one: { emulator: true, vars: { sms: x_one } }
  two: { emulator: true, vars: { sms: x_two } }
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "workflows").mkdir(parents=True)
    (root / "deployer.yaml").write_text(CONFIG)
    for number in range(130):
        write(root, f"k{number:03}")
    monkeypatch.chdir(root)
    return root


def write(root: Path, key: str, text: str = "Hello") -> Path:
    path = root / "workflows" / f"{key}.yaml"
    path.write_text(WORKFLOW.format(key=key, text=text))
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def held(root: Path) -> Wants:
    project = open_project(root)
    return wants_of(project, choose(project, project.environment(None)))


def lean(root: Path) -> Lean | None:
    project = open_project(root)
    return read_lean(project, project.environment(None))


def wanted(root: Path) -> Wants:
    project = open_project(root)
    found = lean(root)
    assert found is not None
    return Memory(project, project.environment(None), None).keep(found)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_dropped_after_reading_is_wanted_all_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("DEPLOYER_WORKERS", workers)
    write(root, "k010", '"${secret.token}"')
    change(root / "workflows" / "k120.yaml", "status: enabled\n", "")  # a warning
    change(root / "workflows" / "k030.yaml", "status: enabled\n", "")
    change(root / "workflows" / "k040.yaml", "key: k040", "key: k040, protect: true, movedFrom: [old]")
    change(root / "workflows" / "k050.yaml", "key: k050", "key: k050, environments: [two]")
    change(root / "workflows" / "k060.yaml", "status: enabled", "status: disabled")
    before, after = held(root), wanted(root)
    assert before.findings == after.findings != ()
    assert dict(after.keys) == dict(before.keys)
    assert list(after.desired) == list(before.desired)
    assert "k050" not in after.desired
    for key, item in before.desired.items():
        now = after.desired[key]
        for name in ("key", "digest", "secrets", "name", "file", "protect", "moved_from", "listening"):
            assert getattr(now, name) == getattr(item, name), name
        assert dict(now.template) == item.template
    assert (after.whole, after.unreadable) == (before.whole, before.unreadable) == (True, ())


NOT_PLAIN: dict[str, Callable[[Path], object]] = {
    "no YAML": lambda folder: (folder / "k120.yaml").write_text("steps: ["),
    "no workflow": lambda folder: (folder / "k120.yaml").write_text("- 1\n"),
    "an error of a rule": lambda folder: change(folder / "k120.yaml", "Hello }", "a }\n      nextStepId: no"),
    "an undefined variable": lambda folder: change(folder / "k120.yaml", "var.sms", "var.sma"),
    "an ignore comment": lambda folder: change(
        folder / "k120.yaml", "status", "# deployer: ignore[overlapping-trigger] meant\nstatus"
    ),
    "a smoke test": lambda folder: change(folder / "k120.yaml", "key: k120", "key: k120, smoke: { data: {} }"),
    "text of another file": lambda folder: change(folder / "k120.yaml", "Hello", '"${file.t.txt}"'),
    "a key that two have": lambda folder: change(folder / "k120.yaml", "key: k120", "key: k001"),
    "a name that two have": lambda folder: change(folder / "k120.yaml", "Reply k120", "Reply k001"),
    "a message that two answer": lambda folder: change(folder / "k120.yaml", "sms}_k120", "sms}_k001"),
}


@pytest.mark.parametrize("make", NOT_PLAIN.values(), ids=NOT_PLAIN)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_whatever_is_not_plain_is_left_to_the_ordinary_way(
    root: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], workers: str
) -> None:
    monkeypatch.setenv("DEPLOYER_WORKERS", workers)
    (root / "t.txt").write_text("text")
    assert lean(root) is not None
    make(root / "workflows")
    assert lean(root) is None


def test_few_files_are_held(root: Path) -> None:
    for number in range(40, 130):
        (root / "workflows" / f"k{number:03}.yaml").unlink()
    assert lean(root) is None


def test_a_file_that_changes_before_its_body_is_looked_at_is_told(root: Path) -> None:
    wants = wanted(root)
    write(root, "k007", "Another")
    with pytest.raises(ConfigurationError, match=r"workflows/k007\.yaml changed while it was planned"):
        dict(wants.desired["k007"].template)
