"""Every write leaves who, which commit, which plan, why and when in the state's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.program import deployer, project
from tests.cli.projects import commit, git

ANN = {"GIT_AUTHOR_DATE": "2026-03-01T02:14:00Z", "GITHUB_ACTOR": "ann", "DEPLOYER_SECRET_TOKEN": "s3cr3t-value"}
LOG = Path(".deployer/local/deployer.local.log.jsonl")


def entries(here: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (here / LOG).read_text().splitlines()]


def test_apply_adopt_and_forget_say_who_from_where_by_which_plan_and_why(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello", two="Hi")
    (here / ".gitignore").write_text(".deployer\nplan.json\n")
    commit(here)
    head = git(here, "rev-parse", "HEAD").strip()
    assert deployer("plan", "--out", "plan.json", cwd=here).code == 0
    plan = json.loads((here / "plan.json").read_text())
    applied = deployer(
        "apply",
        "--plan",
        "plan.json",
        "--auto-approve",
        "--reason",
        "ticket 7, s3cr3t-value",
        "--parallelism",
        "1",
        cwd=here,
        env=ANN,
    )
    assert applied.code == 0, applied.err
    one, two = entries(here)
    assert (one["action"], one["key"], one["version"], one["who"], one["commit"]) == ("create", "one", 1, "ann", head)
    assert (one["plan"], two["plan"]) == (plan["digest"], plan["digest"])
    assert one["reason"] == "ticket 7, (secret TOKEN)"
    assert "s3cr3t" not in (here / LOG).read_text()
    assert one["at"].endswith("Z")

    (here / "workflows" / "one.yaml").write_text((here / "workflows" / "one.yaml").read_text().replace("Hello", "Hey"))
    assert deployer("apply", "--auto-approve", cwd=here, env={"GITLAB_USER_LOGIN": "bob"}).code == 0
    update = entries(here)[2]
    assert [update[name] for name in ("action", "base", "version", "who", "commit")] == [
        "update", 1, 2, "bob", f"{head}+",
    ]  # fmt: skip
    assert update["plan"] != one["plan"]
    assert deployer("forget", "one", "--reason", "moved away", cwd=here).code == 0
    assert deployer("adopt", "one", one["id"], cwd=here).code == 0
    forget, adopt = entries(here)[3:]
    assert (forget["action"], forget["id"], forget["reason"]) == ("forget", one["id"], "moved away")
    assert (adopt["action"], adopt["id"], adopt["version"]) == ("adopt", one["id"], 2)


def test_a_run_that_writes_nothing_leaves_no_entry_and_one_that_fails_says_so(tmp_path: Path) -> None:
    here = project(tmp_path, config="version: 1\nenvironments: {local: {emulator: {max-body: 600}}}\n", one="Hello")
    file = here / "workflows" / "one.yaml"
    file.write_text(file.read_text().replace("${var.sms}", "acme_one"))
    assert deployer("apply", "--auto-approve", cwd=here).code == 0
    assert deployer("apply", "--auto-approve", cwd=here).code == 0
    assert len(entries(here)) == 1
    file.write_text(file.read_text().replace("Hello", "Hello " * 200))
    assert deployer("apply", "--auto-approve", cwd=here).code == 1
    failed = entries(here)[1]
    assert (failed["action"], failed["base"], failed.get("version")) == ("update", 1, None)
    assert failed["note"].startswith("failed: cannot update definition ")


def test_without_a_ci_job_it_is_the_name_that_git_knows(tmp_path: Path) -> None:
    here = project(tmp_path)
    commit(here)
    git(here, "config", "user.name", "Ann Arbor")
    git(here, "config", "user.email", "ann@example.com")
    assert deployer("apply", "--auto-approve", cwd=here, env={"GITHUB_ACTOR": "", "GITLAB_USER_LOGIN": ""}).code == 0
    assert entries(here)[0]["who"] == "Ann Arbor <ann@example.com>"
