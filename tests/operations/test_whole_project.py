"""A large project is judged as a small one is, although its files are not held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.cache import taking_notes
from deployer.operations.selection import choose, files_of
from deployer.operations.validate import validate
from deployer.operations.whole_project import validate_whole
from deployer.source.project import open_project
from tests.cli.program import deployer, environ
from tests.cli.projects import bad, good

CONFIG = """\
version: 1
environments:
  production:
    emulator: true
    vars: { shop: Corner, brand: "${var.shop} Ltd", spare: 1 }
    overrides: { f3: { status: disabled }, nobody: { status: disabled } }
  staging: { emulator: true, vars: { brand: Test } }
rules: { description-missing: warning, plain-http-url: off }
"""


KINDS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: _meta(good(key)),
    "an error": lambda key: _meta(bad(key)),
    "a warning of the reader": lambda key: _meta(good(key)).replace("Thank you", "no"),
    "a shared name": lambda key: _meta(good(key)).replace(f"name: Reply {key}", "name: Reply"),
    "a shared key": lambda key: _meta(good(key), "key: shared"),
    "every message": lambda key: _meta(good(key)).replace(f"subAccountId: acme_{key}\ntrigger", "trigger"),
    "a disabled one": lambda key: _meta(good(key)).replace("enabled", "disabled"),
    "an ignore": lambda key: _meta(bad(key)).replace("SSM", "SSM  # deployer: ignore[unknown-step-type] no"),
    "an ignore of a rule about several": lambda key: _meta(good(key)).replace(
        "trigger: inbound_sms", "trigger: inbound_sms  # deployer: ignore[overlapping-trigger] so"
    ),
    "a variable": lambda key: _meta(good(key)).replace("Thank you", '"${var.brand}"'),
    "a variable of one environment": lambda key: _meta(good(key)).replace("Thank you", '"${var.shop}"'),
    "a text file": lambda key: _meta(good(key)).replace("Thank you", '"${file.texts/hello.txt}"'),
    "a text file with a slip": lambda key: _meta(good(key)).replace("Thank you", '"${file.texts/slip.txt}"'),
    "of one environment": lambda key: _meta(good(key), "environments: [staging]"),
    "of an unknown environment": lambda key: _meta(good(key), "environments: [staging, prodution]"),
    "protected": lambda key: _meta(good(key), "protect: true"),
    "a smoke test": lambda key: _meta(good(key), "smoke: { payload: { number: 1 }, status: Complete }"),
    "no workflow": lambda _: "name: Auto reply\nsteps: []\n",
    "a list": lambda _: "- 1\n",
    "empty": lambda _: "",
    "torn": lambda _: "trigger: [",
    "bytes": lambda _: "\udcff",
}


def _meta(text: str, more: str = "") -> str:
    return f"metadata: {{ description: Answers{', ' if more else ''}{more} }}\n{text}"


def project(root: Path, kinds: Sequence[str]) -> Path:
    """A project with a file of each kind, in this order."""
    (root / "workflows").mkdir(parents=True)
    (root / "texts").mkdir()
    (root / "texts" / "hello.txt").write_text("Hello")
    (root / "texts" / "slip.txt").write_text("Hello ${var.nobody}")
    (root / "deployer.yaml").write_text(CONFIG)
    for number, kind in enumerate(kinds):
        text = KINDS[kind](f"f{number}")
        (root / "workflows" / f"f{number}.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    return root


def both(root: Path) -> tuple[object, object]:
    """What is found with the files held, and without."""
    opened = open_project(root)
    first, *others = opened.environments.values()
    chosen = choose(opened, first)
    held = validate(opened, chosen, environments=others, complete=True)
    passed = validate_whole(opened, (first, *others), files_of(opened), complete=True)
    if passed is not None:
        assert set(passed.files) == {document.file for document in chosen.documents}
    return held, passed.validation if passed is not None else None


@pytest.mark.parametrize("kind", KINDS)
def test_one_odd_file_among_plain_ones_is_judged_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    root = project(tmp_path / "project", ["plain"] * 13 + [kind] + ["plain"] * 15 + [kind])
    monkeypatch.chdir(root)
    held, passed = both(root)
    assert passed == held


@given(st.lists(st.sampled_from(sorted(KINDS)) | st.just("plain"), min_size=20, max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mixture_of_files_is_judged_as_ever(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, kinds: list[str]
) -> None:
    root = project(tmp_path_factory.mktemp("mixture") / "project", ["plain"] * 26 + kinds)
    monkeypatch.chdir(root)
    held, passed = both(root)
    assert passed == held


def test_where_few_files_are_plain_the_ordinary_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(tmp_path / "project", ["an ignore"] * 30)
    monkeypatch.chdir(root)
    assert both(root)[1] is None


def test_all_files_that_were_read_are_noted_wherever_they_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "project", ["plain"] * 70 + ["a text file"])
    monkeypatch.chdir(root)
    opened = open_project(root)
    with taking_notes() as held:
        first, *others = opened.environments.values()
        validate(opened, choose(opened, first), environments=others, complete=True)
    with taking_notes() as passed:
        validate_whole(opened, tuple(opened.environments.values()), files_of(opened), complete=True)
    assert (passed.files, passed.folders, passed.certain) == (held.files, held.folders, held.certain)
    assert str(root / "texts" / "hello.txt") in passed.files


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_project_of_many_files_says_what_its_folder_says(tmp_path: Path, workers: str) -> None:
    kinds = (["plain"] * 20 + sorted(set(KINDS) - {"a shared key"})) * 4
    root = project(tmp_path / "project", kinds)
    env = environ(XDG_CACHE_HOME=str(tmp_path), DEPLOYER_WORKERS=workers)
    for output in ("text", "json", "github", "sarif", "junit"):
        whole = deployer("validate", "--format", output, cwd=root, env=env)
        assert deployer("validate", "--format", output, "workflows", cwd=root, env=env) == whole
        assert whole.code == 1
    again = deployer("validate", cwd=root, env=env)
    assert again == deployer("validate", "--no-cache", cwd=root, env=env)
    (root / "workflows" / "f70.yaml").write_text(bad("f70"))
    changed = deployer("validate", cwd=root, env=env)
    assert changed == deployer("validate", "--no-cache", cwd=root, env=env)
    assert changed != again
