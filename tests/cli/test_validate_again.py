"""`validate` asked again: the same bytes as without a cache, at once while nothing changed, anew when something did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.program import REPOSITORY, deployer, environ
from tests.cli.projects import bad, good, program, write

TEXTS = {
    "good": good("a"),
    "bad": bad("a"),
    "same name": good("b"),
    "one key": "metadata: { key: b }\n" + good("c"),
    "every message": good("a").replace("subAccountId: acme_a\ntrigger", "trigger"),
    "ignored": bad("a").replace("stepType: SSM", "stepType: SMS  # deployer: ignore[hard-coded-secret] no"),
    "torn": "trigger: [",
    "empty": "",
}


def modules(*arguments: str, cwd: Path, cache: Path) -> set[str]:
    """What a run of the program imports."""
    code = f"""
import json, sys
from deployer.cli.main import run
run({list(arguments)!r})
print(json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=environ(XDG_CACHE_HOME=str(cache)),
                          capture_output=True, check=True, timeout=60)  # fmt: skip
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = ("yaml", "jsonschema", "httpx", "deepdiff", "tree_sitter", "deployer.lint", "deployer.source.document")


def test_the_version_and_a_remembered_answer_import_nothing_heavy(tmp_path: Path) -> None:
    root = write(tmp_path / "project", a=good("a"))
    assert not modules("--version", cwd=root, cache=tmp_path).intersection((*HEAVY, "deployer.cache"))
    assert "deployer.lint" in modules("validate", cwd=root, cache=tmp_path)
    assert not modules("validate", cwd=root, cache=tmp_path).intersection((*HEAVY, "deployer.operations"))
    assert "deployer.lint" in modules("validate", "--no-cache", cwd=root, cache=tmp_path)


FOR_FINDINGS = (
    *("jsonschema", "httpx", "deepdiff", "tree_sitter", "base64", "difflib", "hashlib", "pickle", "yaml"),
    *("deployer.lint.schema", "deployer.lint.schema_words", "deployer.lint.cases", "deployer.lint.account"),
    *("deployer.lint.expressions.syntax", "deployer.lint.expressions.catalogue", "deployer.lint.graph"),
    *("deployer.source.excerpts", "deployer.source.case_file", "deployer.source.references", "deployer.source.regions"),
    *("deployer.lint.rules", "deployer.operations.whole_project", "deployer.operations.changed"),
)
"""What a project without findings, tests and references has no use for."""


def test_a_valid_project_imports_nothing_that_only_findings_need(tmp_path: Path) -> None:
    root = write(tmp_path / "project", a=good("a"))
    loaded = modules("validate", "--no-cache", cwd=root, cache=tmp_path)
    assert sorted(loaded.intersection(FOR_FINDINGS)) == []
    assert len([name for name in loaded if name.split(".")[0] == "deployer"]) <= 65


def test_the_console_script_looks_for_no_rubbish_until_its_command_runs(tmp_path: Path) -> None:
    code = """
import gc, json, sys
from deployer.cli.start import main
before = gc.isenabled()
sys.argv = ["deployer", "--version"]
try:
    main()
except SystemExit as end:
    print(json.dumps([before, gc.isenabled(), gc.get_freeze_count() > 0, end.code]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ(), capture_output=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [False, True, True, 0]


def test_plain_files_without_findings_need_no_yaml_parser(tmp_path: Path) -> None:
    root = write(tmp_path / "project", a=good("a"), b=good("b"))
    for arguments in (("validate",), ("validate", "workflows/a.yaml"), ("validate", "--format", "json")):
        loaded = modules(*arguments, "--no-cache", cwd=root, cache=tmp_path)
        assert "deployer.source.plain_yaml" in loaded
        assert not [name for name in loaded if name.split(".")[0] == "yaml"]
    write(root, c=bad("c"))
    assert "yaml" in modules("validate", "--no-cache", cwd=root, cache=tmp_path)


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.sampled_from(sorted(TEXTS)), min_size=1), min_size=2, max_size=4
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_and_without_a_cache_the_same_is_said(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    states: list[dict[str, str]],
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("again")
    run = program(capsys)
    root = write(folder / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    for state in (*states, states[0]):
        for path in (root / "workflows").glob("*.yaml"):
            path.unlink()
        write(root, **{name: TEXTS[kind] for name, kind in state.items()})
        for arguments in (
            ("validate",),
            ("validate", "--format", "json"),
            ("validate", f"workflows/{next(iter(state))}.yaml"),
        ):
            plain = run(*arguments, "--no-cache")
            assert run(*arguments) == plain
            assert run(*arguments) == plain


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "deployer.yaml").write_text("version: 1\nenvironments:\n  local: { emulator: 1 }\n"),
        lambda root: (root / "texts" / "hello.txt").write_text("{{ data."),
        lambda root: (root / "vars.yaml").write_text("other: 1\n"),
        lambda root: (root / "workflows" / "b.yaml").write_text(good("a")),
        lambda root: (root / "workflows" / "a.test.yaml").write_text("workflow: nobody\ncases: []\n"),
        lambda root: (root / "functions.json").write_text("[]"),
    ],
    ids=["deployer.yaml", "text file", "variables", "another workflow", "test file", "functions"],
)
def test_whatever_an_answer_depends_on_is_noticed(tmp_path: Path, change: object) -> None:
    body = good("a").replace("text: Thank you", 'text: "${file.texts/hello.txt} ${var.shop}"')
    root = write(tmp_path / "project", a=body)
    (root / "deployer.yaml").write_text(
        "version: 1\nenvironments:\n  local: { emulator: true, varFiles: [vars.yaml] }\n"
        "validation: { functions: functions.json }\n"
    )
    (root / "texts").mkdir()
    (root / "texts" / "hello.txt").write_text("Hello")
    (root / "vars.yaml").write_text("shop: 1\n")
    (root / "functions.json").write_text('[{"name": "uuid", "parameters": []}]')
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    before = deployer("validate", cwd=root, env=env)
    assert before.code == 0, before.out + before.err
    assert deployer("validate", cwd=root, env=env) == before
    assert callable(change)
    change(root)
    after = deployer("validate", cwd=root, env=env)
    assert after == deployer("validate", "--no-cache", cwd=root, env=env)
    assert after != before


def test_the_environment_and_the_flags_are_part_of_the_question(tmp_path: Path) -> None:
    root = write(tmp_path / "project", a=good("a").replace("acme_a\ntrigger", "${var.sub}\ntrigger"))
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    assert deployer("validate", cwd=root, env=env).code == 1
    assert deployer("validate", cwd=root, env={**env, "DEPLOYER_VAR_SUB": "acme_a"}).code == 0
    assert deployer("validate", "--var", "sub=acme_a", cwd=root, env=env).code == 0
    assert deployer("validate", cwd=root, env=env).code == 1
    assert deployer("-C", "project", "validate", cwd=tmp_path, env=env).code == 1


def test_the_cache_lies_outside_of_the_project(tmp_path: Path) -> None:
    root = write(tmp_path / "project", a=good("a"))
    before = sorted(root.rglob("*"))
    deployer("validate", cwd=root, env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert sorted(root.rglob("*")) == before
    assert REPOSITORY not in (tmp_path / "cache").parents
