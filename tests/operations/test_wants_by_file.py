"""What files want, told one by one and remembered by their content, is exactly what they want read together."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.cache import Cache, open_cache
from deployer.errors import ConfigurationError
from deployer.operations.selection import choose
from deployer.operations.validation import InvalidFiles
from deployer.operations.wants import Wants, wants_of
from deployer.operations.wants_by_file import FileByFile
from deployer.source.project import open_project
from tests.cli.projects import good

CONFIG = """\
version: 1
defaultEnvironment: one
environments:
  one: {{ emulator: true, vars: {{ sms: {sms} }} }}
  two: {{ emulator: true, vars: {{ sms: x_two }} }}
"""


@pytest.fixture(params=["1", "2"], ids=["one process", "two processes"], autouse=True)
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER_WORKERS", request.param)


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
    for number in range(80):
        write(root, f"k{number:03}")
    monkeypatch.chdir(root)
    return root


def config(root: Path, sms: str = "x_one") -> None:
    (root / "deployer.yaml").write_text(CONFIG.format(sms=sms))


def write(root: Path, key: str, text: str = "Hello") -> Path:
    path = root / "workflows" / f"{key}.yaml"
    body = good(key).replace(f"subAccountId: acme_{key}", f"subAccountId: ${{var.sms}}_{key}", 1)
    path.write_text(f"metadata: {{ key: {key} }}\n" + body.replace("Thank you", text))
    return path


def change(root: Path, key: str, old: str, new: str) -> Path:
    path = root / "workflows" / f"{key}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def together(root: Path, environment: str | None = None) -> Wants:
    project = open_project(root)
    return wants_of(project, choose(project, project.environment(environment)))


def by_file(root: Path, cache: Cache | None = None, environment: str | None = None) -> Wants | None:
    project = open_project(root)
    return FileByFile(project, project.environment(environment), cache).wants()


def remember_together(root: Path, cache: Cache) -> None:
    project = open_project(root)
    chosen = choose(project, project.environment(None))
    wants_of(project, chosen)
    files = FileByFile(project, project.environment(None), cache)
    files.remember(chosen.loaded.workflows, tuple(chosen.loaded.absent.values()))


def must_be_alike(now: Wants | None, then: Wants) -> None:
    assert now is not None
    assert dict(now.keys) == dict(then.keys)
    assert now.desired.keys() == then.desired.keys()
    for key, item in then.desired.items():
        ours = now.desired[key]
        for name in ("key", "digest", "secrets", "name", "file", "protect", "moved_from", "listening"):
            assert getattr(ours, name) == getattr(item, name), name
        assert dict(ours.template) == item.template
    assert (now.whole, now.unreadable, now.selected("k001", None)) == (True, (), True)


def of_every_kind(root: Path) -> None:
    write(root, "k010", '"${secret.token}"')
    change(root, "k070", "status: enabled\n", "")  # a warning
    change(root, "k030", "status: enabled\n", "")
    change(root, "k040", "key: k040", "key: k040, protect: true, movedFrom: [old]")
    change(root, "k050", "key: k050", "key: k050, environments: [two]")
    change(root, "k060", "status: enabled", "status: disabled")


def test_files_want_by_themselves_what_they_want_together(root: Path) -> None:
    of_every_kind(root)
    now, then = by_file(root), together(root)
    must_be_alike(now, then)
    assert now is not None
    assert now.findings == then.findings != ()
    assert "k050" not in now.desired


def test_what_is_remembered_is_what_would_be_read(root: Path, cache: Cache) -> None:
    of_every_kind(root)
    first = by_file(root, cache)
    must_be_alike(first, together(root))
    again = by_file(root, cache)
    must_be_alike(again, together(root))
    assert again is not None
    assert again.findings == ()  # nothing was read


def test_what_was_read_together_is_remembered_too(root: Path, cache: Cache) -> None:
    change(root, "k070", "sms}_k070", "sms}_k001")  # a warning about both
    assert by_file(root, cache) is None
    remember_together(root, cache)
    must_be_alike(by_file(root, cache), together(root))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a text": lambda root: write(root, "k007", "Goodbye"),
    "many texts": lambda root: [write(root, f"k{number:03}", "Goodbye") for number in range(60)],
    "a new file": lambda root: write(root, "new"),
    "a file that is gone": lambda root: (root / "workflows" / "k007.yaml").unlink(),
    "a file with another name": lambda root: (root / "workflows" / "k007.yaml").rename(root / "workflows" / "z.yaml"),
    "another key": lambda root: change(root, "k007", "key: k007", "key: other"),
    "another name": lambda root: change(root, "k007", "Reply k007", "Another name"),
    "another sub-account": lambda root: change(root, "k007", "_k007", "_other"),
    "another status": lambda root: change(root, "k007", "enabled", "disabled"),
    "a file that left the environment": lambda root: change(root, "k007", "k007 }", "k007, environments: [two] }"),
    "two names that change places": lambda root: [
        change(root, ours, f"Reply {ours}", f"Reply {theirs}") for ours, theirs in (("k007", "k008"), ("k008", "k007"))
    ],
    "another variable": lambda root: config(root, sms="x_three"),
    "a folder": lambda root: (root / "workflows" / "more").mkdir(),
}


@pytest.mark.parametrize("make", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen(root: Path, cache: Cache, make: Callable[[Path], object]) -> None:
    assert by_file(root, cache) is not None
    make(root)
    for _ in range(2):  # seen, and remembered
        must_be_alike(by_file(root, cache), together(root))


NOT_PLAIN: dict[str, Callable[[Path], object]] = {
    "no YAML": lambda root: (root / "workflows" / "k070.yaml").write_text("steps: ["),
    "no workflow": lambda root: (root / "workflows" / "k070.yaml").write_text("- 1\n"),
    "nothing": lambda root: (root / "workflows" / "k070.yaml").write_text(""),
    "too much": lambda root: (root / "workflows" / "k070.yaml").write_text("# " + "x" * 4_000_000),
    "an error of a rule": lambda root: change(root, "k070", "Hello }", "a }\n      nextStepId: no"),
    "an undefined variable": lambda root: change(root, "k070", "var.sms", "var.sma"),
    "an ignore comment": lambda root: change(
        root, "k070", "status", "# deployer: ignore[overlapping-trigger] meant\nstatus"
    ),
    "a smoke test": lambda root: change(root, "k070", "key: k070", "key: k070, smoke: { data: {} }"),
    "text of another file": lambda root: change(root, "k070", "Hello", '"${file.t.txt}"'),
    "a key that two have": lambda root: change(root, "k070", "key: k070", "key: k001"),
    "a name that two have": lambda root: change(root, "k070", "Reply k070", "Reply k001"),
    "a message that two answer": lambda root: change(root, "k070", "sms}_k070", "sms}_k001"),
    "no file at all": lambda root: [path.rename(path.with_suffix(".old")) for path in (root / "workflows").iterdir()],
}


@pytest.mark.parametrize("make", NOT_PLAIN.values(), ids=NOT_PLAIN)
@pytest.mark.parametrize("known", [True, False], ids=["known before", "new"])
def test_whatever_is_not_plain_is_left_to_reading_together(
    root: Path, cache: Cache, make: Callable[[Path], object], known: bool
) -> None:
    (root / "t.txt").write_text("text")
    if known:
        assert by_file(root, cache) is not None
    make(root)
    assert by_file(root, cache) is None
    assert by_file(root, cache) is None


def test_two_changes_that_only_clash_together_are_told(root: Path, cache: Cache) -> None:
    """Each of them was well beside what the other one was before."""
    assert by_file(root, cache) is not None
    change(root, "k007", "Reply k007", "Meanwhile")
    assert by_file(root, cache) is not None
    change(root, "k008", "Reply k008", "Meanwhile")
    assert by_file(root, cache) is None
    assert {finding.rule for finding in together(root).findings} == {"duplicate-definition-name"}
    change(root, "k008", "key: k008", "key: k007")
    with pytest.raises(InvalidFiles):
        together(root)
    assert by_file(root, cache) is None


def test_few_changes_are_kept_beside_what_was_kept(root: Path, cache: Cache, tmp_path: Path) -> None:
    by_file(root, cache)
    folder = tmp_path / "home" / ".cache" / "deployer"
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    for text in ("One", "Two", "Hello"):
        write(root, "k007", text)
        for _ in range(2):
            must_be_alike(by_file(root, cache), together(root))
    assert {path: path.read_bytes() for path in kept} == kept
    for number in range(20, 40):
        write(root, f"k{number:03}", "Three")
        for _ in range(2):
            must_be_alike(by_file(root, cache), together(root))
    assert {path: path.read_bytes() for path in kept} != kept


def test_changes_beside_what_is_no_longer_kept_count_for_nothing(root: Path, cache: Cache, tmp_path: Path) -> None:
    by_file(root, cache)
    write(root, "k007", "One")
    by_file(root, cache)
    (beside,) = (tmp_path / "home" / ".cache" / "deployer").glob("*-since")
    stale = beside.read_bytes()
    write(root, "k080")
    write(root, "k007", "Two")
    by_file(root, cache)
    beside.write_bytes(stale)
    for _ in range(2):
        must_be_alike(by_file(root, cache), together(root))


def test_another_environment_or_folder_to_stand_in_is_another_question(
    root: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_file(root, cache) is not None
    must_be_alike(by_file(root, cache, "two"), together(root, "two"))
    monkeypatch.chdir(root / "workflows")
    must_be_alike(by_file(root, cache), together(root))


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some users make symbolic links")
@pytest.mark.parametrize("known", [True, False], ids=["known before", "new"])
def test_a_link_in_a_files_place_is_not_followed(root: Path, cache: Cache, known: bool) -> None:
    if known:
        assert by_file(root, cache) is not None
    path = root / "workflows" / "k007.yaml"
    path.rename(root / "elsewhere.yaml")
    path.symlink_to(root / "elsewhere.yaml")
    assert by_file(root, cache) is None
    remember_together(root, cache)
    assert by_file(root, cache) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_pipe_in_a_files_place_keeps_nobody_waiting(root: Path, cache: Cache) -> None:
    assert by_file(root, cache) is not None
    path = root / "workflows" / "k007.yaml"
    path.unlink()
    os.mkfifo(path)
    assert by_file(root, cache) is None


def test_what_takes_in_text_files_is_not_remembered(root: Path, cache: Cache) -> None:
    (root / "t.txt").write_text("text")
    change(root, "k070", "Hello", '"${file.t.txt}"')
    remember_together(root, cache)
    assert by_file(root, cache) is None


@pytest.mark.parametrize("remembered", [True, False])
def test_a_file_that_changes_while_it_is_planned_is_told(root: Path, cache: Cache, remembered: bool) -> None:
    if remembered:
        by_file(root, cache)
    wants = by_file(root, cache if remembered else None)
    assert wants is not None
    write(root, "k007", "Another")
    with pytest.raises(ConfigurationError, match=r"workflows/k007\.yaml changed while it was planned"):
        dict(wants.desired["k007"].template)
    assert dict(wants.desired["k008"].template)["status"] == "enabled"
