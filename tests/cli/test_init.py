"""`deployer init`: a project that works, checks itself in the editor, and asks for no more than it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deployer import __version__
from deployer.cli.watching import watch
from deployer.operations.init import FINDING_LINE, RUN_BEGINS, RUN_ENDS
from deployer.source.project import open_project
from deployer.steps import case_file_schema_text, project_schema_text, workflow_schema_text
from tests.action.pages import WORKFLOWS
from tests.cli.program import COMMAND, deployer, environ, within


def test_a_new_project_is_right_and_deploys_to_the_emulator(tmp_path: Path) -> None:
    assert within("init", "--yes", cwd=tmp_path).code == 0
    assert "no findings in 2 files" in within("validate", "--strict", cwd=tmp_path).out
    assert "1 passed in 1 file" in within("test", cwd=tmp_path).out
    assert within("apply", "--auto-approve", cwd=tmp_path).code == 0


def test_flags_name_the_accounts(tmp_path: Path) -> None:
    within("init", "--account", "acme", "--staging", "acme_test", "--sub-account", "acme_sms", cwd=tmp_path)
    environments = open_project(tmp_path).environments
    assert [(each.name, each.account) for each in environments.values()] == [
        ("local", "local"), ("staging", "acme_test"), ("production", "acme"),
    ]  # fmt: skip
    assert environments["production"].protect
    assert environments["staging"].variables == {"sms": "acme_sms"}


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own needs POSIX")
def test_on_a_terminal_it_asks_for_what_no_flag_says(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    os.write(ours, b"acme\n\n\n\n")
    done = subprocess.run([*COMMAND, "init"], cwd=tmp_path, stdin=theirs, capture_output=True, check=False, timeout=60,
                          env=environ())  # fmt: skip
    os.close(ours)
    os.close(theirs)
    asked = done.stderr.decode()
    assert done.returncode == 0, asked
    assert (
        asked.index("Production account")
        < asked.index("Account to try things in")
        < asked.index("SMS sub-account")
        < asked.index("OWNER/REPO@COMMIT")
    )
    assert list(open_project(tmp_path).environments) == ["local", "production"]


def test_without_a_terminal_it_asks_nothing(tmp_path: Path) -> None:
    assert deployer("init", cwd=tmp_path, given="acme\n").code == 0
    assert list(open_project(tmp_path).environments) == ["local"]


def test_a_project_is_never_made_twice(tmp_path: Path) -> None:
    within("init", "--yes", cwd=tmp_path)
    ran = within("init", "--yes", cwd=tmp_path)
    assert ran.code == 6
    assert "is a project already" in ran.err


def test_files_that_are_there_stay_and_git_learns_what_to_ignore(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("node_modules")
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []\n")
    ran = within("init", "--yes", "--format", "json", cwd=tmp_path)
    assert ran.json["kept"] == [".pre-commit-config.yaml"]
    assert (tmp_path / ".gitignore").read_text() == "node_modules\n.deployer/\n"
    assert (tmp_path / ".pre-commit-config.yaml").read_text() == "repos: []\n"


def test_the_editor_has_every_schema_and_knows_which_file_is_which(tmp_path: Path) -> None:
    within("init", "--yes", cwd=tmp_path)
    schemas = json.loads((tmp_path / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    texts = {(tmp_path / name).read_text(): files for name, files in schemas.items()}
    assert texts[project_schema_text()] == ["deployer.yaml"]
    assert "workflows/**/*.yaml" in texts[workflow_schema_text()]
    assert "!*.test.yaml" in texts[workflow_schema_text()]
    assert texts[case_file_schema_text()] == ["*.test.yaml", "*.test.yml"]


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_the_action_checks_pull_requests_as_the_documentation_shows(tmp_path: Path) -> None:
    within("init", "--account", "acme", "--action", f"example/deployer@{COMMIT}", cwd=tmp_path)
    name = ".github/workflows/deployer-check.yml"
    assert f"# {name}\n{(tmp_path / name).read_text()}" == WORKFLOWS["check"].replace(f"{COMMIT} # v0.1.0", COMMIT)
    assert not (tmp_path / ".github" / "workflows" / "deployer.yml").exists()


@pytest.mark.parametrize(
    ("flags", "environment"), [((), "local"), (("--staging", "acme_test"), "staging")], ids=["local", "staging"]
)
def test_the_action_plans_for_an_environment_that_there_is(
    tmp_path: Path, flags: tuple[str, ...], environment: str
) -> None:
    within("init", *flags, "--action", f"example/deployer@{COMMIT}", cwd=tmp_path)
    text = (tmp_path / ".github" / "workflows" / "deployer-check.yml").read_text()
    (planned,) = [step["with"]["environment"] for step in yaml.safe_load(text)["jobs"]["check"]["steps"]
                  if "environment" in step.get("with", {})]  # fmt: skip
    assert planned == environment in open_project(tmp_path).environments


BAD_ACTIONS = ("example/deployer", "example/deployer@v1", f"example/deployer@{COMMIT} # x\n", f"a/b@{COMMIT[1:]}")


@pytest.mark.parametrize("action", BAD_ACTIONS)
def test_an_action_that_somebody_else_can_move_is_refused_before_anything_is_written(
    tmp_path: Path, action: str
) -> None:
    ran = within("init", "new", "--action", action, cwd=tmp_path)
    assert ran.code == 3
    assert "the action is OWNER/REPO@COMMIT" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_without_an_action_ci_installs_this_very_version(tmp_path: Path) -> None:
    within("init", "--yes", cwd=tmp_path)
    steps = yaml.safe_load((tmp_path / ".github" / "workflows" / "deployer.yml").read_text())["jobs"]["validate"][
        "steps"
    ]
    assert [step["run"] for step in steps if "run" in step] == [
        f"pip install deployer=={__version__}", "deployer validate --strict", "deployer test",
    ]  # fmt: skip
    assert all(re.fullmatch(r"\S+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)


def test_the_schemas_of_an_editor_are_printed_too(tmp_path: Path) -> None:
    assert within("schema", "project", cwd=tmp_path).out == project_schema_text()
    assert within("schema", "test", cwd=tmp_path).out == case_file_schema_text()
    assert "Did you mean `test`?" in within("schema", "tests", cwd=tmp_path).err


def test_the_hook_of_a_new_project_checks_workflows_and_tests(tmp_path: Path) -> None:
    within("init", "--yes", cwd=tmp_path)
    (tmp_path / "workflows" / "auto-reply.test.yaml").write_text("cases: []\n")
    (hook,) = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    names = [f"workflows/{path.name}" for path in (tmp_path / "workflows").iterdir()]
    given = [name for name in names if re.search(hook["files"], name) and "exclude" not in hook]
    assert len(given) == 2
    assert hook["entry"] == "deployer validate"
    assert within("validate", *given, cwd=tmp_path).out == "no findings in 2 files\n"


def test_the_editors_task_reads_findings_from_what_validate_prints(tmp_path: Path) -> None:
    within("init", "--yes", cwd=tmp_path)
    file = tmp_path / "workflows" / "auto-reply.yaml"
    file.write_text(file.read_text().replace("stepType: SMS", "stepType: Sma"))
    once, watching = json.loads((tmp_path / ".vscode" / "tasks.json").read_text())["tasks"]
    assert (once["command"], watching["command"]) == ("deployer validate", "deployer validate --watch")
    assert watching["isBackground"] is True
    lines = within("validate", cwd=tmp_path).out.splitlines()
    (found,) = [
        match.groups() for line in lines if (match := re.match(once["problemMatcher"]["pattern"]["regexp"], line))
    ]
    assert found[:5] == ("workflows/auto-reply.yaml", "12", "17", "error", "unknown-step-type")
    assert re.match(watching["problemMatcher"]["background"]["endsPattern"], lines[-1])


def test_the_editors_task_sees_where_each_run_begins_and_ends(tmp_path: Path) -> None:
    class Done(Exception):
        """Enough seen."""

    def stop(_seconds: float) -> None:
        raise Done

    heads: list[str] = []
    with pytest.raises(Done):
        watch(lambda: None, dict, heads.append, wait=stop, now=lambda: "12:00:00")
    assert re.match(RUN_BEGINS, f"{'─' * 20} {heads[0]} {'─' * 20}")
    assert re.match(RUN_ENDS, "no findings in 12 files")
    assert re.match(RUN_ENDS, "error: deployer.yaml: cannot be read")
    assert not re.match(RUN_ENDS, "workflows/a.yaml:1:2: error[no-steps]: a workflow has steps")
    assert re.match(FINDING_LINE, "deployer.yaml:1:10: error[project-configuration]: version: version 2 is not known")
