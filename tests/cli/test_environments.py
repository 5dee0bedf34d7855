"""One project, several accounts, at a shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.program import Ran, deployer, project, within

TWO = """\
version: 1
defaultEnvironment: staging
environments:
  staging: { emulator: true, vars: { sms: acme_staging } }
  production: { emulator: true, vars: { sms: acme } }
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A project that two accounts hold alike."""
    root = project(tmp_path, config=TWO, reply="Hello", bye="Goodbye")
    for environment in ("staging", "production"):
        assert apply(root, environment).code == 0
    return root


def apply(root: Path, environment: str) -> Ran:
    return within("apply", "--auto-approve", "--env", environment, cwd=root)


def test_accounts_that_differ_in_their_variables_alone_compare_as_equal(both: Path) -> None:
    ran = within("compare", "staging", "production", cwd=both)
    assert ran.code == 0
    assert "2 equal, 0 different" in ran.out


def test_compare_says_what_differs_and_in_which_direction(both: Path) -> None:
    file = both / "workflows" / "reply.yaml"
    file.write_text(file.read_text().replace("text: Hello", "text: Good morning"))
    assert apply(both, "staging").code == 0
    ran = within("compare", "production", "staging", "--format", "json", cwd=both)
    assert ran.code == 2
    assert ran.json["equal"] == ["bye"]
    (different,) = ran.json["different"]
    assert (different["key"], different["leftVersion"], different["rightVersion"]) == ("reply", 1, 2)
    (step,) = different["steps"]
    assert (step["id"], step["path"], step["before"], step["after"]) == (
        "reply",
        "inputs.text",
        "Hello",
        "Good morning",
    )


def test_compare_tells_what_only_one_account_holds(both: Path) -> None:
    project(both, config=TWO, thanks="Thank you")
    assert apply(both, "staging").code == 0
    assert "- thanks: only in staging" in within("compare", "staging", "production", cwd=both).out
    assert "+ thanks: only in staging" in within("compare", "production", "staging", cwd=both).out
    assert within("compare", "staging", "production", "bye", cwd=both).code == 0


def test_compare_names_the_known_environments(both: Path) -> None:
    ran = within("compare", "staging", "prodution", cwd=both)
    assert ran.code == 3
    assert "production, staging" in ran.err
    assert "Did you mean `production`?" in ran.err


def test_a_password_manager_gives_what_a_plan_needs_and_nothing_shows_it(tmp_path: Path) -> None:
    root = project(tmp_path / "project", config=TWO, reply='"Key ${secret.crm_key} of ${secret.other_key}"')
    config = tmp_path / "home" / "deployer" / "config.yaml"
    config.parent.mkdir(parents=True)
    script = "import sys; sys.exit(1) if 'other' in sys.argv[1] else print('value-of-' + sys.argv[1])"
    config.write_text(json.dumps({"secrets": {"command": [sys.executable, "-c", script, "{account}-{name}"]}}))
    env = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    refused = deployer("apply", "--auto-approve", cwd=root, env=env)
    assert refused.code == 3
    assert "secret `other_key` is not available (needed by reply)" in refused.err
    assert "`crm_key`" not in refused.err
    env["DEPLOYER_SECRET_OTHER_KEY"] = "from-a-variable"
    applied = deployer("apply", "--auto-approve", "--debug", cwd=root, env=env)
    assert applied.code == 0
    assert "value-of-staging-crm_key" not in applied.out + applied.err
    assert "No changes" in deployer("plan", cwd=root, env=env).out


def test_missing_secrets_are_named_all_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    root = project(tmp_path, config=TWO, reply='"${secret.first_key}"', bye='"${secret.second_key}"')
    ran = apply(root, "staging")
    assert ran.code == 3
    assert "secret `first_key` is not available (needed by reply)" in ran.err
    assert "secret `second_key` is not available (needed by bye)" in ran.err
    assert "2 to create" in within("plan", "--env", "staging", cwd=root).out


def test_render_says_where_everything_came_from(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        config=TWO.replace("vars: { sms: acme }", "varFiles: [vars.yaml], overrides: {reply: {status: disabled}}"),
        reply='"${var.greeting} ${var.name} ${secret.crm_key} ${secret.other}"',
    )
    (root / "vars.yaml").write_text("sms: acme\ngreeting: Hello\nname: you\n")
    secrets = root / ".deployer" / "production"
    secrets.mkdir(parents=True)
    (secrets / "secrets.env").write_text("CRM_KEY=from-the-file\n")
    (secrets / "secrets.env").chmod(0o600)
    ran = deployer("render", "reply", "--env", "production", "--explain", "--var", "name=Ann", "--format", "json",
                   cwd=root, env={"DEPLOYER_VAR_GREETING": "Hi"})  # fmt: skip
    explained = ran.json["explain"]
    origins = {item["name"]: (item["value"], item["origin"]) for item in explained["variables"]}
    assert origins == {
        "sms": ("acme", "vars.yaml:1:6"), "greeting": ("Hi", "DEPLOYER_VAR_GREETING"), "name": ("Ann", "--var"),
    }  # fmt: skip
    settings = {item["name"]: (item["value"], item["origin"]) for item in explained["settings"]}
    assert settings["environment"] == ("production", "--env")
    assert settings["emulator"] == (True, "deployer.yaml:5:27")
    assert settings["prune.maxCount"] == (5, "default")
    assert [(item["name"], item["origin"]) for item in explained["secrets"]] == [
        ("crm_key", ".deployer/production/secrets.env"), ("other", "nobody gave it"),
    ]  # fmt: skip
    assert explained["overrides"] == [
        {"name": "reply: status", "value": "disabled", "origin": "deployer.yaml:5:84", "usedBy": ["reply"]}
    ]
    text = deployer("render", "reply", "--env", "production", "--explain", cwd=root).out
    assert "#   crm_key  (secret crm_key)  .deployer/production/secrets.env" in text
    assert "from-the-file" not in text + ran.out


def test_a_project_without_a_default_environment_is_checked_and_asks_which_to_plan(tmp_path: Path) -> None:
    root = project(tmp_path, config=TWO.replace("defaultEnvironment: staging\n", ""), reply="Hello")
    assert within("validate", cwd=root).code == 0
    asked = within("plan", cwd=root)
    assert asked.code == 3
    assert "which environment? deployer.yaml declares: production, staging" in asked.err


def test_a_text_file_is_not_reached_by_a_symbolic_link(tmp_path: Path) -> None:
    root = project(tmp_path, config=TWO, reply='"${file.texts/link.txt}"')
    (root / "texts").mkdir()
    (root / "texts" / "real.txt").write_text("Hello")
    (root / "texts" / "link.txt").symlink_to("real.txt")
    refused = within("validate", cwd=root)
    assert refused.code == 1
    assert "is reached by a symbolic link" in refused.out
