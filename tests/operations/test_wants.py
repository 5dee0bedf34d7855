"""What files want is remembered by their content, and never believed where anything else could have changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.cache import Cache, open_cache
from deployer.errors import ConfigurationError
from deployer.operations.remembered_wants import Memory
from deployer.operations.selection import choose
from deployer.operations.wants import Wants, wants_of
from deployer.source.project import Project, open_project

WORKFLOW = """\
metadata: {{ key: {key} }}
subAccountId: ${{var.sms}}
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
  one: {{ emulator: true, vars: {{ sms: {sms} }} }}
  two: {{ emulator: true, vars: {{ sms: x_two }} }}
"""


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    cache = open_cache({"HOME": str(tmp_path / "home")})
    assert cache is not None
    return cache


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "workflows").mkdir(parents=True)
    config(root)
    for key in ("a", "b", "c"):
        write(root, key)
    monkeypatch.chdir(root)
    return root


def config(root: Path, sms: str = "x_one") -> None:
    (root / "deployer.yaml").write_text(CONFIG.format(sms=sms))


def write(root: Path, key: str, text: str = "Hello", name: str | None = None) -> Path:
    path = root / "workflows" / f"{name or key}.yaml"
    path.write_text(WORKFLOW.format(key=key, text=text))
    return path


def memory(root: Path, cache: Cache, environment: str | None = None) -> Memory:
    project = open_project(root)
    return Memory(project, project.environment(environment), cache)


def read(root: Path, environment: str | None = None) -> tuple[Project, Wants]:
    project = open_project(root)
    return project, wants_of(project, choose(project, project.environment(environment)))


def remembered(root: Path, cache: Cache) -> None:
    project = open_project(root)
    chosen = choose(project, project.environment(None))
    wants_of(project, chosen)
    memory(root, cache).remember(chosen.loaded.workflows, tuple(chosen.loaded.absent.values()))


def recalled(root: Path, cache: Cache) -> Wants:
    wants = memory(root, cache).recall()
    assert wants is not None
    return wants


def test_what_is_remembered_is_what_would_be_read(root: Path, cache: Cache) -> None:
    (root / "workflows" / "secret.yaml").write_text(
        WORKFLOW.format(key="secret", text='"${secret.token}"').replace("acme,", '"${var.sms}",')
    )
    (root / "workflows" / "there.yaml").write_text(
        WORKFLOW.format(key="there", text="x").replace("key: there", "key: there, environments: [two]")
    )
    remembered(root, cache)
    _, fresh = read(root)
    again = recalled(root, cache)
    assert dict(again.keys) == dict(fresh.keys)
    assert again.desired.keys() == fresh.desired.keys() == {"a", "b", "c", "secret"}
    for key, item in fresh.desired.items():
        known = again.desired[key]
        for name in ("key", "digest", "secrets", "name", "file", "protect", "moved_from", "listening"):
            assert getattr(known, name) == getattr(item, name), name
        assert dict(known.template) == item.template
    assert (again.whole, again.unreadable, again.selected("a", None)) == (True, (), True)


def test_one_changed_text_is_read_and_checked_by_itself(root: Path, cache: Cache) -> None:
    remembered(root, cache)
    before = recalled(root, cache).desired["b"]
    write(root, "b", "Goodbye")
    after = recalled(root, cache)
    assert after.desired["b"].digest == read(root)[1].desired["b"].digest != before.digest
    assert recalled(root, cache).desired["b"].digest == after.desired["b"].digest


CHANGES: dict[str, Callable[[Path], object]] = {
    "an error in a file": lambda root: (root / "workflows" / "b.yaml").write_text("steps: ["),
    "a step that is not there": lambda root: write(root, "b", "x }\n      nextStepId: nowhere #"),
    "a new file": lambda root: write(root, "d"),
    "a file that is gone": lambda root: (root / "workflows" / "b.yaml").unlink(),
    "another key": lambda root: write(root, "z", name="b"),
    "a name that two have": lambda root: (root / "workflows" / "b.yaml").write_text(
        WORKFLOW.format(key="b", text="x").replace("Reply b", "Reply a")
    ),
    "another variable": lambda root: config(root, sms="x_three"),
    "a text file": lambda root: (root / "workflows" / "b.yaml").write_text(
        WORKFLOW.format(key="b", text='"${file.t.txt}"')
    ),
    "a folder": lambda root: (root / "workflows" / "more").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_else_changes_makes_all_files_be_read(
    root: Path, cache: Cache, change: Callable[[Path], object]
) -> None:
    (root / "t.txt").write_text("text")
    remembered(root, cache)
    change(root)
    assert memory(root, cache).recall() is None


def test_another_environment_or_folder_to_stand_in_is_another_question(
    root: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered(root, cache)
    assert memory(root, cache, "two").recall() is None
    monkeypatch.chdir(root / "workflows")
    assert memory(root, cache).recall() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some users make symbolic links")
def test_a_link_in_a_files_place_is_not_followed(root: Path, cache: Cache) -> None:
    remembered(root, cache)
    path = root / "workflows" / "b.yaml"
    path.rename(root / "elsewhere.yaml")
    path.symlink_to(root / "elsewhere.yaml")
    assert memory(root, cache).recall() is None
    remembered(root, cache)
    assert memory(root, cache).recall() is None


def test_what_takes_in_text_files_is_not_remembered(root: Path, cache: Cache) -> None:
    (root / "t.txt").write_text("text")
    CHANGES["a text file"](root)
    remembered(root, cache)
    assert memory(root, cache).recall() is None


def test_a_file_that_changes_while_it_is_planned_is_told(root: Path, cache: Cache) -> None:
    remembered(root, cache)
    wants = recalled(root, cache)
    write(root, "a", "Another")
    with pytest.raises(ConfigurationError, match=r"workflows/a\.yaml changed while it was planned"):
        dict(wants.desired["a"].template)
    assert dict(wants.desired["b"].template)["status"] == "enabled"
