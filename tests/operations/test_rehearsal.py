"""The conversations of a changed workflow, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.plan import Plan
from deployer.operations.rehearsal import Rehearsal, rehearse
from deployer.source.project import open_project
from tests.cli.program import within
from tests.cli.projects import commit

CONFIG = "version: 1\nenvironments:\n  local: {emulator: true}\n  other: {emulator: true}\n"
MENU = """\
subAccountId: acme_menu
trigger: inbound_sms
status: enabled
definition:
  name: Menu
  steps:
    - id: greet
      stepType: SMS
      inputs: { subAccountId: acme_menu, destination: "{{data.payload.source}}", text: GREETING }
      nextStepId: wait
    - id: wait
      stepType: WaitForReply
      inputs: { channel: sms, from: "{{data.payload.source}}", timeout: "00:10:00" }
      outputs: { answer: "{{step.reply.payload.body}}" }
      selectNextStep: { thanks: "{{data.answer == '1'}}", bye: "{{data.answer != '1'}}" }
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_menu, destination: "{{data.payload.source}}", text: Thanks }
    - id: bye
      stepType: SMS
      inputs: { subAccountId: acme_menu, destination: "{{data.payload.source}}", text: BYE }
"""
CALL = "    - id: call\n      stepType: HttpRequest\n      inputs: { url: https://crm.example, method: GET }\n"
ASKING = (
    MENU.replace("GREETING", "Hello").replace("BYE", "Bye").replace("nextStepId: wait", "nextStepId: call")
    .replace("    - id: thanks\n", f"{CALL}      nextStepId: wait\n    - id: thanks\n")
)  # fmt: skip
"""The menu, with a request between greeting and question."""
TESTS = """\
cases:
  - name: answers 1
    trigger: { sms: { from: "+6591110001", text: hi } }
    replies: [ { text: "1", after: "00:00:20" } ]
    expect: { status: Complete }
  - name: stays silent
    trigger: { sms: { from: "+6591110001", text: hi } }
    expect: { sent: [ { text: Hello }, { text: Bye } ] }
  - name: elsewhere
    environment: other
    trigger: { sms: { from: "+6591110001", text: hi } }
"""


def make(folder: Path, greeting: str = "Hello", bye: str = "Bye", tests: str | None = TESTS) -> Path:
    (folder / "workflows").mkdir(parents=True, exist_ok=True)
    (folder / "deployer.yaml").write_text(CONFIG)
    (folder / "workflows" / "menu.yaml").write_text(MENU.replace("GREETING", greeting).replace("BYE", bye))
    if tests is not None:
        (folder / "workflows" / "menu.test.yaml").write_text(tests)
    return folder


def offline_plan(folder: Path) -> Plan:
    """What the work tree changes since the last commit."""
    from deployer.operations.offline import plan_offline
    from deployer.operations.selection import choose

    project = open_project(folder)
    environment = project.environment("local")
    return plan_offline(project, environment, choose(project, environment, ()), "HEAD")


def rehearsed(folder: Path) -> Rehearsal:
    project = open_project(folder)
    return rehearse(project, project.environment("local"), offline_plan(folder).changes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as it is deployed."""
    make(tmp_path)
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_changed_text_differs_in_the_conversations_that_hear_it(folder: Path) -> None:
    make(folder, bye="See you")
    found = rehearsed(folder).workflows["menu"]
    assert [(talk.after.name, talk.differs) for talk in found.talks] == [
        ("answers 1", False), ("stays silent", True), ("elsewhere", False),
    ]  # fmt: skip
    silent = found.talks[1]
    assert silent.before is not None
    assert [item.text for item in silent.before if item.side == "company"] == ["Hello", "Bye"]
    assert [item.text for item in silent.after.conversation if item.side == "company"] == ["Hello", "See you"]


def test_what_the_tests_still_expect_fails_and_the_coverage_is_that_of_the_new_version(folder: Path) -> None:
    make(folder, bye="See you")
    found = rehearsed(folder).workflows["menu"]
    assert found.passed == 2
    assert found.coverage is not None
    assert found.coverage.share("step").covered == 4


def test_a_case_of_another_environment_has_no_conversation_of_today(folder: Path) -> None:
    make(folder, greeting="Hi")
    assert rehearsed(folder).workflows["menu"].talks[2].before is None


def test_a_new_workflow_has_no_conversation_of_today(folder: Path) -> None:
    (folder / "workflows" / "new.yaml").write_text(MENU.replace("acme_menu", "acme_new"))
    (folder / "workflows" / "new.test.yaml").write_text(TESTS)
    found = rehearsed(folder)
    assert list(found.workflows) == ["new"]
    assert [talk.before for talk in found.workflows["new"].talks] == [None, None, None]


def test_a_version_of_today_that_asks_for_what_no_case_answers_is_not_shown(folder: Path) -> None:
    (folder / "workflows" / "menu.yaml").write_text(ASKING)
    commit(folder)
    make(folder)
    found = rehearsed(folder).workflows["menu"].talks
    assert [(talk.before, talk.new, talk.differs) for talk in found] == [(None, False, False)] * 3
    assert found[0].apart == "it asks for what the case does not answer: GET https://crm.example"


def test_a_request_that_no_case_answers_on_either_version_changes_nothing_for_the_customer(folder: Path) -> None:
    file = folder / "workflows" / "menu.yaml"
    file.write_text(ASKING)
    commit(folder)
    file.write_text(ASKING.replace("id: call", "id: crm").replace("nextStepId: call", "nextStepId: crm"))
    talks = rehearsed(folder).workflows["menu"].talks[:2]
    assert [len(talk.after.unmocked) for talk in talks] == [1, 1]
    assert [(talk.differs, talk.new, talk.apart) for talk in talks] == [(False, False, "")] * 2
    page = within("plan", "--offline", "--base", "HEAD", "--format", "markdown", cwd=folder).out
    shown, apart = page.split("<summary>1 conversation that cannot be compared with today's</summary>")
    assert "💬" not in shown
    assert "💬 **elsewhere**" in apart
    assert "2 conversations go as before." in apart
    assert "step crm made a request that nothing answers: GET https://crm.example" in apart


def test_a_case_that_cannot_be_run_says_why_and_shows_no_conversation(folder: Path) -> None:
    file = folder / "workflows" / "menu.yaml"
    file.write_text(file.read_text().replace("Hello", "'${var.greeting}'").replace("name: Menu", "name: The menu"))
    (folder / "deployer.yaml").write_text(CONFIG.replace("true}", "true, vars: {greeting: Hello}}", 1))
    talks = rehearsed(folder).workflows["menu"].talks
    assert [(talk.runs, talk.differs, talk.new) for talk in talks] == [
        (True, False, False), (True, False, False), (False, False, False),
    ]  # fmt: skip
    page = within("plan", "--offline", "--base", "HEAD", "--format", "markdown", cwd=folder).out
    assert "💬" not in page
    assert "❌ **elsewhere** does not go as its test expects" in page
    assert "2 conversations go as before." in page


def test_a_renamed_step_is_heard_by_nobody(folder: Path) -> None:
    file = folder / "workflows" / "menu.yaml"
    file.write_text(file.read_text().replace("id: thanks", "id: thank-you").replace("{ thanks:", "{ thank-you:"))
    assert not any(talk.differs for talk in rehearsed(folder).workflows["menu"].talks)


def test_nothing_is_run_where_nothing_changes_or_nothing_is_tested(folder: Path) -> None:
    assert rehearsed(folder) == Rehearsal()
    (folder / "workflows" / "menu.test.yaml").unlink()
    make(folder, greeting="Hi", tests=None)
    assert rehearsed(folder) == Rehearsal()


def test_a_test_file_with_a_mistake_is_a_finding(folder: Path) -> None:
    make(folder, greeting="Hi", tests="cases:\n  - name: a\n")
    found = rehearsed(folder)
    assert found.workflows == {}
    assert [finding.file for finding in found.findings] == ["workflows/menu.test.yaml"]


def test_a_server_that_was_edited_in_the_web_builder_is_what_customers_hear_today(folder: Path) -> None:
    assert within("apply", "--auto-approve", cwd=folder).code == 0
    make(folder, greeting="Good morning")
    out = within("plan", "--format", "markdown", cwd=folder).out
    assert "- Company (sms): Hello" in out
    assert "+ Company (sms): Good morning" in out
    assert "❌ 2 of 3 as expected, 2 differ from today" in out


def test_a_snapshot_that_cannot_be_read_is_told_and_the_plan_goes_on(folder: Path) -> None:
    make(folder, greeting="Hi", tests=TESTS.replace("    expect: { status: Complete }\n", "    snapshot: true\n"))
    (folder / "workflows" / "menu.test.snap.json").write_text("{")
    with pytest.raises(ConfigurationError):
        rehearsed(folder)
    ran = within("plan", "--offline", "--base", "HEAD", "--format", "markdown", cwd=folder)
    assert ran.code == 0
    assert "⚠️ The tested conversations could not be run: " in ran.out
    assert "menu.test.snap.json" in ran.out
