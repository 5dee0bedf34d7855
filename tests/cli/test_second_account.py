"""A second account joins: what it holds becomes variables, and the files mean both accounts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import Ran, within

CONFIG = """\
version: 1
defaultEnvironment: staging
environments:
  staging:            # where we try things
    emulator: true
  production: { emulator: true }
"""
FILE = """\
# Greets whoever writes.
subAccountId: ACCOUNT   # ours
trigger: inbound_sms
status: STATUS
definition:
  name: Greeting KEY
  steps:
    - id: greet
      stepType: SMS
      inputs: { subAccountId: ACCOUNT, destination: "{{data.payload.source}}", text: TEXT }
      nextStepId: later
    - id: later
      stepType: Wait
      inputs:
        duration: "0.00:05:00"
"""


def write(root: Path, key: str, account: str, text: str = "Hello", status: str = "enabled") -> Path:
    (root / "workflows").mkdir(exist_ok=True)
    path = root / "workflows" / f"{key}.yaml"
    body = FILE.replace("ACCOUNT", account).replace("TEXT", text).replace("STATUS", status).replace("KEY", key)
    path.write_text(body)
    return path


def run(root: Path, *arguments: str) -> Ran:
    ran = within(*arguments, cwd=root)
    assert ran.code == 0, ran.out + ran.err
    return ran


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """Files that say what staging holds; production was made by hand, with values of its own."""
    (tmp_path / "deployer.yaml").write_text(CONFIG)
    for key in ("chat", "news"):
        write(tmp_path, key, f"acme_{key}", text="Good day" if key == "chat" else "Hello")
    write(tmp_path, "night", "acme_night")
    run(tmp_path, "apply", "--env", "production", "--auto-approve")
    run(tmp_path, "forget", "--env", "production", "chat", "news", "night")
    for key in ("chat", "news", "night"):
        write(tmp_path, key, f"test_{key}", status="disabled" if key == "night" else "enabled")
    run(tmp_path, "apply", "--env", "staging", "--auto-approve")
    return tmp_path


def no_changes(root: Path) -> None:
    for environment in ("staging", "production"):
        assert within("plan", "--env", environment, "--detailed-exitcode", cwd=root).code == 0, environment


def test_each_value_that_differs_becomes_a_variable_and_the_plan_is_empty_on_both(accounts: Path) -> None:
    ran = run(accounts, "adopt", "--all", "--env", "production", "--auto-approve")
    assert "+ variable chat_sub_account_id: acme_chat here, test_chat elsewhere\n    for 2 places of chat\n" in ran.out
    assert "+ variable chat_text: Good day here, Hello elsewhere" in ran.out
    assert "+ status of night: enabled here, disabled elsewhere" in ran.out
    no_changes(accounts)
    assert run(accounts, "validate", "--strict").code == 0


def test_workflows_that_share_a_value_share_the_variable(tmp_path: Path) -> None:
    (tmp_path / "deployer.yaml").write_text(CONFIG)
    for account, environment in (("acme", "production"), ("acme_test", "staging")):
        for key in ("chat", "news"):
            path = write(tmp_path, key, account)
            path.write_text(path.read_text().replace("trigger: inbound_sms", "trigger: http_request"))
        run(tmp_path, "apply", "--env", environment, "--auto-approve")
    run(tmp_path, "forget", "--env", "production", "chat", "news")
    run(tmp_path, "adopt", "--all", "--env", "production", "--auto-approve")
    assert "sub_account_id: acme_test" in (tmp_path / "deployer.yaml").read_text()
    assert "sub_account_id_2" not in (tmp_path / "deployer.yaml").read_text()
    no_changes(tmp_path)


def test_files_keep_their_comments_and_layout(accounts: Path) -> None:
    run(accounts, "adopt", "--all", "--env", "production", "--auto-approve")
    assert (
        (accounts / "deployer.yaml")
        .read_text()
        .startswith(
            "version: 1\ndefaultEnvironment: staging\nenvironments:\n  staging:            # where we try things\n"
        )
    )
    text = (accounts / "workflows" / "chat.yaml").read_text()
    assert text.startswith("# Greets whoever writes.\nsubAccountId: ${var.chat_sub_account_id}   # ours\n")
    assert 'inputs: { subAccountId: "${var.chat_sub_account_id}", destination: "{{data.payload.source}}"' in text


def test_the_proposals_are_part_of_the_json(accounts: Path) -> None:
    ran = run(accounts, "adopt", "--all", "--env", "production", "--auto-approve", "--format", "json")
    proposed = {item["variable"]: item for item in ran.json["proposed"]}
    assert proposed["chat_text"]["places"] == [{"key": "chat", "path": "definition.steps[0].inputs.text"}]
    assert (proposed[None]["here"], proposed[None]["elsewhere"]) == ("enabled", "disabled")
    assert all(pair["differences"] == 0 for pair in ran.json["paired"])


def test_nothing_is_written_without_approval(accounts: Path) -> None:
    before = {path: path.read_bytes() for path in accounts.rglob("*.yaml")}
    ran = within("adopt", "--all", "--env", "production", cwd=accounts)
    assert ran.code == 6
    assert "no terminal to ask on" in ran.err
    assert {path: path.read_bytes() for path in accounts.rglob("*.yaml")} == before


def test_the_files_stay_as_they_are_where_nobody_wants_variables(accounts: Path) -> None:
    before = (accounts / "workflows" / "chat.yaml").read_bytes()
    ran = run(accounts, "adopt", "--all", "--env", "production", "--auto-approve", "--no-variables")
    assert "variable" not in ran.out
    assert (accounts / "workflows" / "chat.yaml").read_bytes() == before
    assert "3 to update" in within("plan", "--env", "production", cwd=accounts).out


def test_what_looks_like_a_credential_never_becomes_a_variable(tmp_path: Path) -> None:
    (tmp_path / "deployer.yaml").write_text(CONFIG)
    (tmp_path / "workflows").mkdir()
    path = tmp_path / "workflows" / "crm.json"

    def crm(token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        step = {"id": "send", "stepType": "HttpRequest",
                "inputs": {"url": "https://crm.example.com/leads", "method": "POST", "headers": headers}}  # fmt: skip
        path.write_text(json.dumps({
            "trigger": "http_request", "status": "enabled", "subAccountId": "acme",
            "definition": {"name": "Leads", "steps": [step]},
        }))  # fmt: skip

    crm("eyJhbGciOiJIUzI1NiJ9.production-7Yb2Qx91kLmZ")
    run(tmp_path, "apply", "--env", "production", "--auto-approve")
    run(tmp_path, "forget", "--env", "production", "crm")
    crm("eyJhbGciOiJIUzI1NiJ9.staging-aP4vW8tR0sDc31")
    ran = run(tmp_path, "adopt", "--all", "--env", "production", "--auto-approve")
    assert "+ variable" not in ran.out
    assert (tmp_path / "deployer.yaml").read_text() == CONFIG
