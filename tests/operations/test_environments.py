"""What an environment makes of the files: overrides, and where a workflow lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Ran, project, within

CONFIG = """\
version: 1
defaultEnvironment: staging
environments:
  staging: { emulator: true, vars: { sms: acme_test } }
  production: { emulator: true, vars: { sms: acme }, overrides: { reply: { status: disabled, protect: true } } }
prune: { maxShare: 1 }
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    root = project(tmp_path, config=CONFIG)
    for environment in ("staging", "production"):
        assert run(root, environment, "apply", "--auto-approve").code == 0
    return root


def run(root: Path, environment: str, *arguments: str) -> Ran:
    return within(*arguments, "--env", environment, cwd=root)


def lives_in(root: Path, environments: str) -> None:
    file = root / "workflows" / "reply.yaml"
    file.write_text(f"metadata: {{ environments: {environments} }}\n{file.read_text()}")


def test_an_override_decides_the_status_in_its_environment_alone(both: Path) -> None:
    bodies = {name: run(both, name, "render", "--format", "json").json["bodies"] for name in ("staging", "production")}
    assert bodies["staging"]["reply"]["status"] == "enabled"
    assert bodies["production"]["reply"]["status"] == "disabled"
    assert run(both, "production", "plan", "--detailed-exitcode").code == 0


def test_leaving_an_environment_counts_as_having_no_file_there(both: Path) -> None:
    lives_in(both, "[production]")
    assert run(both, "production", "plan", "--detailed-exitcode").code == 0
    ran = run(both, "staging", "plan")
    assert "reply has no file and still answers customers" in ran.out
    assert "0 to disable" in ran.out
    assert "1 to disable" in run(both, "staging", "plan", "--prune").out


def test_an_override_protects_in_its_environment_alone(both: Path) -> None:
    (both / "workflows" / "reply.yaml").unlink()
    project(both, config=CONFIG.replace(", overrides: { reply: { status: disabled, protect: true } }", ""), other="Hi")
    refused = run(both, "production", "plan", "--prune", "--prune-action", "delete")
    assert "protect" in refused.out
    assert "0 to delete" in refused.out
    assert "1 to delete" in run(both, "staging", "plan", "--prune", "--prune-action", "delete").out


def test_an_override_of_a_workflow_that_is_not_there_is_a_warning_with_the_nearest_key(both: Path) -> None:
    (both / "deployer.yaml").write_text(CONFIG.replace("overrides: { reply", "overrides: { repyl"))
    ran = within("validate", cwd=both)
    assert ran.code == 0
    assert (
        'deployer.yaml:5:67: warning[unknown-override]: no workflow has the key `repyl`; did you mean "reply"?'
        in ran.out
    )


def test_an_unknown_rule_is_told_with_its_place(both: Path) -> None:
    (both / "deployer.yaml").write_text(CONFIG + "rules:\n  no-stepz: off\n")
    ran = within("validate", cwd=both)
    assert ran.code == 3
    assert "deployer.yaml:8:3: error[project-configuration]: unknown rule `no-stepz`" in ran.err


def test_limits_and_known_definitions_are_the_projects(both: Path) -> None:
    lives_in(both, "[production]")
    (both / "deployer.yaml").write_text(CONFIG.replace("maxShare: 1", "maxCount: 0"))
    ran = run(both, "staging", "plan", "--prune")
    assert "--max-prune" in ran.out + ran.err
    run(both, "staging", "forget", "reply")
    assert "1 definition" in run(both, "staging", "plan").out
    (both / "deployer.yaml").write_text(CONFIG + 'unmanaged: { ignore: ["rep*"] }\n')
    assert "1 definition" not in run(both, "staging", "plan").out


@pytest.mark.parametrize("name", ["../outside.txt", "link.txt", "/etc/hostname"])
def test_text_files_outside_of_the_project_are_refused(both: Path,
                                                       name: str) -> None:  # fmt: skip
    outside = both.parent / "outside.txt"
    outside.write_text("not ours")
    (both / "link.txt").symlink_to(outside)
    file = both / "workflows" / "reply.yaml"
    file.write_text(file.read_text().replace("text: Hello", f'text: "${{file.{name}}}"'))
    ran = within("validate", "--format", "json", cwd=both)
    (finding,) = [item for item in ran.json["findings"] if item["severity"] == "error"]
    assert finding["rule"] == "unreadable-file"
    assert "leads out of the project" in finding["message"]


def test_findings_in_the_configuration_come_in_the_formats_of_programs(both: Path) -> None:
    (both / "deployer.yaml").write_text(CONFIG + "rules:\n  no-stepz: off\n")
    ran = within("validate", "--format", "json", cwd=both)
    assert ran.code == 3
    (finding,) = ran.json["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("project-configuration", "deployer.yaml", 8)
